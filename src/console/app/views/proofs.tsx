import type { FunctionComponent } from 'preact'
import { useState } from 'preact/hooks'
import type { Epoch, ProofInfo } from '../../../service/client/index.ts'
import { useLive } from '../data/loaded.ts'
import { publicClient } from '../data/service.ts'
import { count, plural } from '../format.ts'
import { Ago, Badge, Card, Empty, Fact, Hash, PageHead, Show } from '../parts/common.tsx'
import { checkClaim, checkSeal, Verify } from './verify.tsx'

export function ProofsView() {
  const proofs = useLive('proofs', () => publicClient.proofs(100), ['jobs', 'attestation', 'trigger'])
  const epochs = useLive('epochs', () => publicClient.epochs(50), ['jobs', 'seal'])
  return (
    <>
      <PageHead title="Attestations and seals">
        Proofs that the venue published. Your browser checks them by itself: the round is recomputed from raw
        market data, the pairing with the verifying key. Compare the key's hash with the one that you trust.
      </PageHead>
      <Card title="Attestations and triggers" note="One account each, known by its tag alone.">
        <Show data={proofs.data} reload={proofs.reload}>
          {(list) =>
            list.length === 0 ? (
              <Empty title="Nothing published yet">
                A venue publishes a proof with its order, or posts it on the chain.
              </Empty>
            ) : (
              <Chosen items={list} row={ProofRow} />
            )
          }
        </Show>
      </Card>
      <Card
        title="Seals of the whole book"
        note="Every account counted once, nothing left out, shortfall within reserves."
      >
        <Show data={epochs.data} reload={epochs.reload}>
          {(list) =>
            list.length === 0 ? (
              <Empty title="No seal yet">The first sealed epoch appears here with its bundle.</Empty>
            ) : (
              <Chosen items={list} row={SealRow} />
            )
          }
        </Show>
      </Card>
    </>
  )
}

interface ChosenProps<T> {
  readonly items: readonly T[]
  readonly row: FunctionComponent<{ readonly item: T }>
}

const FIRST = 8

/** The newest few; the rest when asked for. */
function Chosen<T extends { readonly id: string }>({ items, row: Row }: ChosenProps<T>) {
  const [isAll, setAll] = useState(false)
  return (
    <>
      <ul class="records">
        {items.slice(0, isAll ? items.length : FIRST).map((item) => (
          <li key={item.id}>
            <Row item={item} />
          </li>
        ))}
      </ul>
      {items.length > FIRST && !isAll && (
        <button type="button" class="button" onClick={() => setAll(true)}>
          Show all {count(items.length)}
        </button>
      )}
    </>
  )
}

const CLAIMS: Readonly<Record<ProofInfo['threshold'], string>> = {
  zero: 'zero',
  mm: 'maintenance margin',
  soft: 'soft-liquidation level',
  im: 'initial margin',
}

function proofName({ kind, threshold }: ProofInfo): string {
  return kind === 'attestation' ? `Covered at ${CLAIMS[threshold]}` : `Below ${CLAIMS[threshold]}`
}

function ProofRow({ item }: { readonly item: ProofInfo }) {
  const { kind, tag, riskRoot, bookRoot, createdAt } = item
  return (
    <>
      <div class="row apart">
        <h3 class="row">
          <Badge tone={kind === 'attestation' ? 'good' : 'bad'}>
            {kind === 'attestation' ? 'Attestation' : 'Trigger'}
          </Badge>
          {proofName(item)}
        </h3>
        <span class="soft small">
          <Ago time={createdAt} />
        </span>
      </div>
      <dl class="facts">
        <Fact name="Account's tag">
          <Hash value={tag} />
        </Fact>
        <Fact name="Risk root">
          <Hash value={riskRoot} />
        </Fact>
        <Fact name="Book root">
          <Hash value={bookRoot} />
        </Fact>
      </dl>
      <Verify subject={`${proofName(item)}, tag ${tag.slice(0, 8)}`} check={() => checkClaim(item)} />
    </>
  )
}

function sealName({ accounts }: Epoch): string {
  return `Seal of ${plural(accounts, 'account')}`
}

function SealRow({ item }: { readonly item: Epoch }) {
  const { id, riskRoot, bookRoot, policy, context, createdAt } = item
  return (
    <>
      <div class="row apart">
        <h3 class="row">
          <Badge tone="accent">Seal</Badge>
          {sealName(item)}
        </h3>
        <span class="soft small">
          <Ago time={createdAt} />
        </span>
      </div>
      <dl class="facts">
        <Fact name="For">
          {context === null ? 'no chain' : `epoch ${context.epoch} on chain ${context.chainId}`}
        </Fact>
        <Fact name="Discloses">{policy}</Fact>
        <Fact name="Risk root">
          <Hash value={riskRoot} />
        </Fact>
        <Fact name="Book root">
          <Hash value={bookRoot} />
        </Fact>
      </dl>
      <Verify subject={sealName(item)} check={(progress, signal) => checkSeal(item, progress, signal)} />
      <p class="small">
        <a href={`/v1/epochs/${id}/bundle`}>Download the bundle</a>{' '}
        <span class="soft">for tacit verify, a regulator, or the page that checks without this service</span>
      </p>
    </>
  )
}
