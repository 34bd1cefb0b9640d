/** A case from its events. Pure: the same events give the same record, in whatever order the chain was read. */
import { unpackGreekUnits } from '../../book/liquidation/greek-units.ts'
import { KINDS, STAGES } from '../../chain/engine-client/cases.ts'
import { LOT_SUMMARY, LOT_TERMS } from '../../protocol/liquidation.ts'
import { unpackWord } from '../../protocol/packed-word.ts'
import { GREEKS } from '../../protocol/risk-layout.ts'
import { type ChainEvent, placeOf } from './decode.ts'
import type { AwardRecord, BidRecord, CaseRecord, LotRecord, TimelineEntry } from './records.ts'

type Values = ChainEvent['values']
type Draft = { -readonly [K in keyof CaseRecord]: CaseRecord[K] }

/**
 * @param events of the case, in order
 * @param trigger the proof that it was opened on, where it was seen
 * @returns undefined for a case that was never opened
 */
export function foldCase(
  events: readonly ChainEvent[],
  trigger: ChainEvent | undefined,
): CaseRecord | undefined {
  const opened = events.find(({ name }) => name === 'CaseOpened')
  if (opened === undefined) return undefined
  const { values } = opened
  const draft: Draft = {
    caseId: String(values.caseId),
    tag: String(values.tag),
    kind: KINDS.find((kind) => kind === values.kind) ?? 'full',
    stage: 'opened',
    round: Number(values.round),
    since: 0,
    ending: null,
    lot: null,
    bids: [],
    award: null,
    timeline: [...(trigger === undefined ? [] : [trigger]), ...events].map(entryOf),
  }
  for (const event of events) CHANGES[event.name]?.(draft, event)
  return draft
}

function entryOf(event: ChainEvent): TimelineEntry {
  const { caseId: _case, tag: _tag, slice: _slice, terms: _terms, ...values } = event.values
  return { event: event.name, ...placeOf(event), values }
}

const CHANGES: Readonly<Record<string, (draft: Draft, event: ChainEvent) => void>> = {
  ConfirmationDue: (draft, { values }) => {
    draft.since = Number(values.since)
  },
  CaseMoved: (draft, { values }) => {
    draft.stage = stageOf(values.to)
    draft.since = Number(values.since)
    if (draft.stage !== 'awarded' && draft.stage !== 'shortfall') draft.award = null
  },
  CaseClosed: (draft, { values }) => {
    draft.stage = 'closed'
    draft.ending = String(values.ending)
  },
  LotConfirmed: (draft, { values }) => {
    draft.lot = lotOf(values)
    draft.round = Number(values.round)
    if (draft.lot?.isHedge) draft.kind = 'soft'
  },
  Offered: (draft, event) =>
    addBid(draft, { ...bidOf(event, 'soft'), isRevealed: true, discountBps: Number(event.values.askBps) }),
  Committed: (draft, event) =>
    addBid(draft, { ...bidOf(event, 'sealed'), bondLots: String(event.values.bondLots) }),
  Revealed: (draft, { values }) => {
    draft.bids = draft.bids.map((bid) =>
      bid.mode === 'sealed' && bid.bidder === values.bidder
        ? { ...bid, isRevealed: true, discountBps: Number(values.discountBps) }
        : bid,
    )
  },
  Awarded: (draft, event) => {
    draft.award = awardOf(event)
  },
  SettlementDue: (draft, { values }) => {
    if (draft.award !== null) draft.award = { ...draft.award, settleBy: Number(values.settleBy) }
  },
}

function stageOf(value: Values[string] | undefined) {
  return STAGES.find((stage) => stage === value) ?? 'none'
}

function addBid(draft: Draft, bid: BidRecord): void {
  const others = draft.bids.filter(({ bidder, mode }) => bidder !== bid.bidder || mode !== bid.mode)
  draft.bids = [...others, bid]
}

function bidOf(event: ChainEvent, mode: BidRecord['mode']): BidRecord {
  const bidder = String(event.values.bidder)
  return { bidder, mode, isRevealed: false, discountBps: null, bondLots: null, ...placeOf(event) }
}

function awardOf(event: ChainEvent): AwardRecord {
  const { values } = event
  return {
    winner: String(values.winner),
    subTag: String(values.subTag),
    soldIn: stageOf(values.soldIn),
    discountBps: Number(values.discountBps),
    taxBps: Number(values.taxBps),
    escrowLots: String(values.escrowLots),
    settleBy: null,
    ...placeOf(event),
  }
}

/** Undefined words are the contracts' business: a lot that cannot be read is shown as none. */
function lotOf(values: Values): LotRecord | null {
  try {
    const { mode, percent } = unpackWord(LOT_TERMS, BigInt(String(values.terms)))
    const summary = unpackWord(LOT_SUMMARY, BigInt(String(values.summary)))
    const units = unpackGreekUnits(BigInt(String(values.greeks))).map(Number)
    return {
      percent: Number(percent),
      isHedge: mode === 1n,
      health: Number(summary.health),
      isInsolvent: summary.insolvent === 1n,
      carryLots: `${summary.carryLots}`,
      reliefLots: `${summary.reliefLots}`,
      shortfallLots: `${summary.shortfallLots}`,
      greeks: Array.from({ length: units.length / GREEKS.length }, (_, underlying) => {
        const [delta, gamma, vega] = units.slice(GREEKS.length * underlying)
        return { underlying, delta: delta!, gamma: gamma!, vega: vega! }
      }),
      round: Number(values.round),
      capBps: Number(values.capBps),
      feeBps: Number(values.feeBps),
    }
  } catch {
    return null
  }
}
