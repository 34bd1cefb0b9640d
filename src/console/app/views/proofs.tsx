import type { ComponentChildren, FunctionComponent } from 'preact'
import { useState } from 'preact/hooks'
import type { Epoch, ProofInfo } from '../../../service/client/index.ts'
import { type Live, useLive } from '../data/loaded.ts'
import { publicClient } from '../data/service.ts'
import { count, plural } from '../format.ts'
import { Ago, Badge, Card, Empty, Fact, Hash, PageHead, Show, type Tone } from '../parts/common.tsx'
import { WithWallet } from '../wallet/connect.tsx'
import { useWallet } from '../wallet/wallet.ts'
import { THRESHOLD_WORDS } from './thresholds.ts'
import { type Check, checkClaim, checkSeal, Verify } from './verify.tsx'

export function ProofsView() {
  const proofs = useLive('proofs', () => publicClient.proofs(100), ['jobs', 'attestation', 'trigger'])
  const epochs = useLive('epochs', () => publicClient.epochs(50), ['jobs', 'seal'])
  return (
    <>
      <PageHead title="Attestations and seals">
        Proofs that the venue published. Your browser checks them by itself: it recomputes the round from raw
        market data, checks each proof against the verifying key, and holds the key against those of the
        chain's contracts. The service says which keys those are; so does your own node, once a wallet is
        connected.
      </PageHead>
      <OwnNode />
      <Records
        title="Attestations and triggers"
        note="One account each, known by its tag alone."
        live={proofs}
        row={ProofRecord}
        none={
          <Empty title="Nothing published yet">
            A venue publishes a proof with its order, or posts it on the chain.
          </Empty>
        }
      />
      <Records
        title="Seals of the whole book"
        note="Every account counted once, nothing left out, shortfall within reserves."
        live={epochs}
        row={SealRecord}
        none={<Empty title="No seal yet">The first sealed epoch appears here with its bundle.</Empty>}
      />
    </>
  )
}

/** Where there is a wallet: its node may be asked for the chain's keys. */
function OwnNode() {
  const { wallets, connected } = useWallet()
  if (wallets.length === 0 && connected === undefined) return null
  return (
    <div class="stack">
      <WithWallet purpose="to have your own node asked for the chain's keys">
        {() => <p class="small soft">With the next verification its node is asked for the chain's keys.</p>}
      </WithWallet>
    </div>
  )
}

interface RecordsProps<T> {
  readonly title: string
  readonly note: string
  readonly live: Live<readonly T[]>
  readonly row: FunctionComponent<{ readonly item: T }>
  readonly none: ComponentChildren
}

const FIRST = 8

/** The newest few; the rest when asked for. */
function Records<T extends { readonly id: string }>({ title, note, live, row: Row, none }: RecordsProps<T>) {
  const [isAll, setAll] = useState(false)
  return (
    <Card title={title} note={note}>
      <Show data={live.data} reload={live.reload}>
        {(items) => (
          <>
            {items.length === 0 && none}
            <ul class="records">
              {items.slice(0, isAll ? items.length : FIRST).map((item) => (
                <li key={item.id}>
                  <Row item={item} />
                </li>
              ))}
            </ul>
            {items.length > FIRST && !isAll && (
              <div>
                <button type="button" class="button" onClick={() => setAll(true)}>
                  Show all {count(items.length)}
                </button>
              </div>
            )}
          </>
        )}
      </Show>
    </Card>
  )
}

interface RecordProps {
  readonly badge: string
  readonly tone: Tone
  readonly name: string
  /** Said to whoever cannot see where the button stands. */
  readonly subject?: string
  readonly of: Pick<ProofInfo | Epoch, 'riskRoot' | 'bookRoot' | 'createdAt'>
  readonly check: Check
  /** What only this kind of record has, between its name and its roots. */
  readonly facts: ComponentChildren
  readonly children?: ComponentChildren
}

/** A published proof, and the button that verifies it. */
function PublishedProof({ badge, tone, name, subject = name, of, check, facts, children }: RecordProps) {
  return (
    <>
      <div class="row apart">
        <h3 class="row">
          <Badge tone={tone}>{badge}</Badge>
          {name}
        </h3>
        <span class="soft small">
          <Ago time={of.createdAt} />
        </span>
      </div>
      <dl class="facts">
        {facts}
        <Fact name="Risk root">
          <Hash value={of.riskRoot} />
        </Fact>
        <Fact name="Book root">
          <Hash value={of.bookRoot} />
        </Fact>
      </dl>
      <Verify subject={subject} check={check} />
      {children}
    </>
  )
}

function ProofRecord({ item }: { readonly item: ProofInfo }) {
  const isAttestation = item.kind === 'attestation'
  const name = `${isAttestation ? 'Covered at' : 'Below'} ${THRESHOLD_WORDS[item.threshold]}`
  return (
    <PublishedProof
      badge={isAttestation ? 'Attestation' : 'Trigger'}
      tone={isAttestation ? 'good' : 'bad'}
      name={name}
      subject={`${name}, tag ${item.tag.slice(0, 8)}`}
      of={item}
      check={checkClaim(item)}
      facts={
        <Fact name="Account's tag">
          <Hash value={item.tag} />
        </Fact>
      }
    />
  )
}

function SealRecord({ item }: { readonly item: Epoch }) {
  const { id, policy, context, accounts } = item
  return (
    <PublishedProof
      badge="Seal"
      tone="accent"
      name={`Seal of ${plural(accounts, 'account')}`}
      of={item}
      check={checkSeal(item)}
      facts={
        <>
          <Fact name="For">
            {context === null ? 'no chain' : `epoch ${context.epoch} on chain ${context.chainId}`}
          </Fact>
          <Fact name="Discloses">{policy}</Fact>
        </>
      }
    >
      <p class="small">
        <a href={`/v1/epochs/${id}/bundle`}>Download the bundle</a>{' '}
        <span class="soft">for tacit verify, a regulator, or the page that checks without this service</span>
      </p>
    </PublishedProof>
  )
}
