import { useId, useState } from 'preact/hooks'
import type { Auction } from '../../../service/client/index.ts'
import { percentOfBps, shortHash } from '../format.ts'
import { Hash, Message } from '../parts/common.tsx'
import { saveText } from '../parts/save.ts'
import { bidsFile } from '../wallet/bids.ts'
import type { DeskState } from './bid-desk.tsx'
import type { Act } from './use-act.ts'

interface FormProps {
  readonly auction: Auction
  readonly state: DeskState
  /** The desk's own: what is under way, whichever form is shown meanwhile. */
  readonly act: Act
}

/** Percent as typed, in basis points; undefined for what is none. */
export function bpsOfPercent(text: string): bigint | undefined {
  const match = /^(\d{1,3})(?:[.,](\d{1,2}))?$/.exec(text.trim())
  if (match === null) return undefined
  const bps = BigInt(match[1]!) * 100n + BigInt((match[2] ?? '').padEnd(2, '0'))
  return bps <= 10_000n ? bps : undefined
}

interface TermsProps extends FormProps {
  readonly verb: string
  readonly label: string
  readonly note: string
  readonly initial?: string
  readonly send: (discountBps: bigint, subTag: bigint) => Promise<string>
}

/** Discount and sub-account, checked before the wallet is asked. */
function Terms({ auction, state, act, verb, label, note, initial = '', send }: TermsProps) {
  const id = useId()
  const [typed, setDiscount] = useState<string>()
  // What is proposed follows the sale until the bidder has typed.
  const discount = typed ?? initial
  const [chosen, setChosen] = useState('')
  const { subTags } = state.bidder
  // One that was vouched for while the form was open is there to be chosen, and one that is taken is not.
  const subTag = subTags.includes(chosen) ? chosen : (subTags[0] ?? '')
  const submit = (event: Event) => {
    event.preventDefault()
    act.run(async () => {
      const bps = bpsOfPercent(discount)
      if (bps === undefined)
        throw new Error('The discount must be a percentage with two digits at most, like 2.5.')
      if (bps > BigInt(auction.lot.capBps)) {
        throw new Error(
          `The discount must be at most ${percentOfBps(auction.lot.capBps)}: that is the reserve price.`,
        )
      }
      if (!/^\d{1,78}$/.test(subTag)) throw new Error('Choose a sub-account.')
      return send(bps, BigInt(subTag))
    })
  }
  return (
    <form class="panel-form" onSubmit={submit} noValidate>
      <div class="fields">
        <div class="field">
          <label for={`${id}-discount`}>{label}</label>
          <input
            id={`${id}-discount`}
            name="discount"
            inputMode="decimal"
            autocomplete="off"
            value={discount}
            onInput={({ currentTarget }) => setDiscount(currentTarget.value)}
            aria-describedby={`${id}-note`}
          />
          <small id={`${id}-note`}>{note}</small>
        </div>
        <SubAccounts id={`${id}-sub`} tags={subTags} value={subTag} choose={setChosen} />
      </div>
      <div>
        <button type="submit" class="button primary" disabled={act.isRunning}>
          {act.isRunning ? 'Waiting for the wallet and the chain …' : verb}
        </button>
      </div>
    </form>
  )
}

interface SubAccountsProps {
  readonly id: string
  readonly tags: readonly string[]
  readonly value: string
  readonly choose: (tag: string) => void
}

function SubAccounts({ id, tags, value, choose }: SubAccountsProps) {
  return (
    <div class="field">
      <label for={id}>Sub-account for the lot</label>
      <select id={id} name="sub" value={value} onChange={({ currentTarget }) => choose(currentTarget.value)}>
        {tags.length === 0 && <option value="">none is free</option>}
        {tags.map((tag) => (
          <option key={tag} value={tag}>
            {shortHash(`0x${BigInt(tag).toString(16).padStart(64, '0')}`)}
          </option>
        ))}
      </select>
      <small>Empty, yours, and vouched for by the venue.</small>
    </div>
  )
}

export function ActResult({ act }: { readonly act: Act }) {
  if (act.fault !== undefined) return <Message tone="bad" title={act.fault} />
  if (act.sent === undefined) return null
  return (
    <Message tone="good" title="Done.">
      {act.sent !== '' && (
        <span>
          Transaction <Hash value={act.sent} />
        </span>
      )}
    </Message>
  )
}

/** Public auction and soft offers: one step. */
export function BidForm(props: FormProps) {
  const { auction, state } = props
  const { engine } = state
  if (auction.mode === 'public' && (auction.phase === 'falling' || auction.phase === 'floor')) {
    return (
      <Terms
        {...props}
        verb="Take the lot"
        label="Least discount, %"
        note="The discount of the block counts. It only rises; should the sale start anew meanwhile, nothing is taken for less."
        initial={percentText(auction.discountBps ?? 0)}
        send={(bps, tag) => engine.take(auction.caseId, tag, bps)}
      />
    )
  }
  if (auction.mode === 'soft' && auction.phase === 'offers') {
    if (state.held.some(({ mode }) => mode === 'soft')) return null
    return (
      <Terms
        {...props}
        verb="Offer"
        label="Penalty that you ask, %"
        note="The lowest takes the hedge."
        send={(bps, tag) => engine.offer(auction.caseId, bps, tag)}
      />
    )
  }
  return <Message title="Nothing can be bid at this stage." />
}

/** The inverse of bpsOfPercent. */
export function percentText(bps: number): string {
  return `${Math.floor(bps / 100)}.${`${bps % 100}`.padStart(2, '0')}`
}

function placedOf(held: DeskState['held']): 'nothing' | 'committed' | 'revealed' {
  const bid = held.find(({ mode }) => mode === 'sealed')
  if (bid === undefined) return 'nothing'
  return bid.isOpen ? 'revealed' : 'committed'
}

/** Sealed bids: a hash first, the bid after. */
export function SealedDesk(props: FormProps) {
  const { auction, state, act } = props
  const { stored, held, engine } = state
  const placed = placedOf(held)
  // The bid is stored before it is sent. Until the wallet has answered, it must not be taken for one that was left behind.
  const isNew = stored === undefined || act.isRunning
  if (auction.phase === 'commit' && placed === 'nothing' && isNew) {
    return (
      <Terms
        {...props}
        verb="Seal the bid"
        label="Discount that you ask, %"
        note={`At most ${percentOfBps(auction.lot.capBps)}; the lowest wins. Nobody sees it before you open it.`}
        send={(discountBps, subTag) => engine.commit(auction.caseId, { discountBps, subTag })}
      />
    )
  }
  return (
    <>
      {stored !== undefined && <StoredView {...props} />}
      {stored === undefined && placed === 'committed' && (
        <Message
          tone="warning"
          title="A bid of this wallet is sealed, and this browser does not have its salt."
        >
          <span>Open it where it was made, or the bond is lost.</span>
        </Message>
      )}
      <SealedActions {...props} />
    </>
  )
}

function StoredView({ state: { stored, held } }: FormProps) {
  const placed = placedOf(held)
  const save = () => saveText('tacit-bids.json', bidsFile([stored!]))
  return (
    <Message
      tone={placed === 'revealed' ? 'good' : 'warning'}
      title={`Your bid: ${percentOfBps(stored!.discountBps)}, ${placed === 'nothing' ? 'not on the chain yet' : placed === 'committed' ? 'sealed' : 'opened'}`}
    >
      {placed !== 'revealed' && (
        <>
          <span>
            Its salt is in this browser alone. A bid that is not opened in time loses its bond: keep a copy.
          </span>
          <span>
            <button type="button" class="button small" onClick={save}>
              Save a copy (tacit.bids)
            </button>
          </span>
        </>
      )}
    </Message>
  )
}

function SealedActions({ auction, state, act }: FormProps) {
  const { stored, held, engine } = state
  const { caseId, phase } = auction
  const placed = placedOf(held)
  const again = () =>
    engine.commit(caseId, { discountBps: BigInt(stored!.discountBps), subTag: BigInt(stored!.subTag) })
  const forget = async () => {
    await engine.forget(caseId)
    return ''
  }
  const canReveal = phase === 'reveal' && placed === 'committed' && stored !== undefined
  return (
    <div class="row">
      {phase === 'commit' && placed === 'nothing' && stored !== undefined && (
        <button type="button" class="button primary" disabled={act.isRunning} onClick={() => act.run(again)}>
          Send the commitment again
        </button>
      )}
      {placed === 'nothing' && stored !== undefined && (
        <button type="button" class="button" disabled={act.isRunning} onClick={() => act.run(forget)}>
          Forget this bid
        </button>
      )}
      {canReveal && (
        <button
          type="button"
          class="button primary"
          disabled={act.isRunning}
          onClick={() => act.run(() => engine.reveal(caseId))}
        >
          {act.isRunning ? 'Waiting for the wallet and the chain …' : 'Open the bid'}
        </button>
      )}
      {phase === 'commit' && placed === 'committed' && (
        <span class="soft">It can be opened when sealing ends.</span>
      )}
      {phase === 'reveal' && placed === 'nothing' && <span class="soft">Sealing is over for this sale.</span>}
      {phase === 'ended' && (
        <span class="soft">Both windows are over; the result follows with the next step.</span>
      )}
    </div>
  )
}
