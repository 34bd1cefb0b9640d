import { useState } from 'preact/hooks'
import type { BookInfo } from '../../../service/client/index.ts'
import type { OwnAccount } from '../../worker/messages.ts'
import { type Fault, faultOf, useLive } from '../data/loaded.ts'
import { type OwnerSession, publicClient, useSession } from '../data/service.ts'
import { runJob } from '../data/work.ts'
import { plural, usdOfNano, words } from '../format.ts'
import {
  Ago,
  Badge,
  Card,
  Empty,
  Fact,
  FaultMessage,
  Hash,
  PageHead,
  Show,
  type Tone,
} from '../parts/common.tsx'
import { saveText } from '../parts/save.ts'
import { Rows } from '../parts/table.tsx'
import { WithWallet } from '../wallet/connect.tsx'
import type { ConnectedWallet } from '../wallet/wallet.ts'
import { signInWith } from './sign-in.ts'
import { rawRound } from './verify.tsx'

export function AccountView() {
  const { owner, setOwner } = useSession()
  const leave = () => {
    owner?.client.signOut().catch(() => {})
    setOwner(undefined)
  }
  return (
    <>
      <PageHead title="Your account">
        What the venue's book counts for you, shown to you alone: you sign in with the key that owns the
        account.
      </PageHead>
      {owner === undefined ? <SignIn enter={setOwner} /> : <Own owner={owner} leave={leave} />}
    </>
  )
}

function SignIn({ enter }: { readonly enter: (owner: OwnerSession) => void }) {
  const [fault, setFault] = useState<Fault>()
  const [isRunning, setRunning] = useState(false)
  const sign = async (wallet: ConnectedWallet) => {
    setRunning(true)
    setFault(undefined)
    try {
      enter(await signInWith(wallet))
    } catch (error) {
      setFault(faultOf(error))
      setRunning(false)
    }
  }
  return (
    <Card
      title="Sign in"
      note="A signature, no transaction: it costs nothing and moves nothing. The session ends with this page."
    >
      <WithWallet purpose="to sign in with the key that owns your account">
        {(wallet) => (
          <div>
            <button type="button" class="button primary" disabled={isRunning} onClick={() => sign(wallet)}>
              {isRunning ? 'Waiting for the wallet …' : 'Sign in with Ethereum'}
            </button>
          </div>
        )}
      </WithWallet>
      {fault !== undefined && <FaultMessage fault={fault} />}
    </Card>
  )
}

function Own({ owner, leave }: { readonly owner: OwnerSession; readonly leave: () => void }) {
  const { data, reload } = useLive('books', () => publicClient.books(5), ['head'])
  return (
    <>
      <Card
        title="Signed in"
        actions={
          <button type="button" class="button small" onClick={leave}>
            Sign out
          </button>
        }
      >
        <dl class="facts">
          <Fact name="Address">
            <Hash value={owner.address} />
          </Fact>
          <Fact name="Until">
            <Ago time={owner.expiresAt} />
          </Fact>
          {owner.roles.includes('liquidator') && (
            <Fact name="Also">
              <Badge tone="accent">Liquidator</Badge>
            </Fact>
          )}
        </dl>
      </Card>
      <Show data={data} reload={reload}>
        {([newest]) =>
          newest === undefined ? (
            <Card title="The book">
              <Empty title="The venue has handed in no book yet" />
            </Card>
          ) : (
            <OwnBook owner={owner} book={newest} />
          )
        }
      </Show>
    </>
  )
}

function OwnBook({ owner, book }: { readonly owner: OwnerSession; readonly book: BookInfo }) {
  const key = `${owner.address} ${book.bookRoot}`
  const { data, reload } = useLive(key, () => readOwn(owner, book))
  return (
    <Card
      title="In the newest book"
      note="Computed in this browser from your opening, at the prices of the round that the book came with."
    >
      <dl class="facts">
        <Fact name="Book root">
          <Hash value={book.bookRoot} />
        </Fact>
        <Fact name="Handed in">
          <Ago time={book.createdAt} />
        </Fact>
      </dl>
      <Show data={data} reload={reload}>
        {(accounts) =>
          accounts.length === 0 ? (
            <Empty title="This book has no account of yours">
              Accounts belong to the address that signed in. If it should have one, ask the venue.
            </Empty>
          ) : (
            accounts.map((account) => <AccountCard key={account.own.accountId} account={account} />)
          )
        }
      </Show>
    </Card>
  )
}

interface ReadAccount {
  readonly own: OwnAccount
  /** Its receipt's file. */
  readonly receipt: string
}

async function readOwn(
  { client }: OwnerSession,
  { bookRoot, riskRoot }: BookInfo,
): Promise<readonly ReadAccount[]> {
  const [receipts, round] = await Promise.all([client.receipts(bookRoot), rawRound(riskRoot)])
  const read: ReadAccount[] = []
  for (const each of receipts) {
    const receipt = JSON.stringify(each)
    read.push({ receipt, own: await runJob({ kind: 'account', receipt, round }) })
  }
  return read
}

const TIER_TONES: Readonly<Record<OwnAccount['tier'], Tone>> = {
  healthy: 'good',
  reduceOnly: 'accent',
  softLiquidation: 'warning',
  fullLiquidation: 'bad',
  insolvent: 'bad',
}

function AccountCard({ account: { own, receipt } }: { readonly account: ReadAccount }) {
  const { accountId, tier, equityNano, requirementsNano, positions } = own
  return (
    <div class="panel" data-account={accountId}>
      <div class="row apart">
        <h3>Account {accountId}</h3>
        <Badge tone={TIER_TONES[tier]}>{words(tier)}</Badge>
      </div>
      <dl class="facts">
        <Fact name="Equity">{usdOfNano(equityNano)}</Fact>
        <Fact name="Initial margin">{usdOfNano(requirementsNano.im)}</Fact>
        <Fact name="Soft-liquidation level">{usdOfNano(requirementsNano.soft)}</Fact>
        <Fact name="Maintenance margin">{usdOfNano(requirementsNano.mm)}</Fact>
      </dl>
      {positions.length === 0 ? (
        <Empty title="It holds nothing" />
      ) : (
        <Rows
          caption={`Positions of account ${accountId}: ${plural(positions.length, 'position')}`}
          rows={positions}
          keyOf={({ symbol }) => symbol}
          columns={[
            { name: 'Instrument', cell: ({ symbol }) => symbol },
            { name: 'Contracts, or USD of cash', isNumber: true, cell: ({ quantity }) => quantity },
          ]}
        />
      )}
      <div>
        <button type="button" class="button" onClick={() => saveText(`receipt-${accountId}.json`, receipt)}>
          Save the receipt
        </button>
      </div>
      <p class="small soft">
        With a bundle it shows that the book counts you (tacit check-receipt). It is private: it names
        positions and secret.
      </p>
    </div>
  )
}
