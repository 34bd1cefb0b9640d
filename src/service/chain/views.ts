/** Records as the API shows them: what depends on the time, and names that the chain does not know. Pure. */
import type { z } from 'zod'
import type { Stage } from '../../chain/engine-client/cases.ts'
import type { Auction, ChainPosition, ChainSeal, LotSummary, OracleRound } from '../api/chain-schemas.ts'
import type { Case } from '../api/schemas.ts'
import type { ChainCursor } from '../storage/chain.ts'
import type { Spot } from './markets.ts'
import type { CaseRecord, ChainStatus, LotRecord, RoundRecord, SealRecord } from './records.ts'

type Shape<T extends z.ZodType> = z.output<T>

/** @param spots undefined when the round's market is not here */
export function roundView(
  record: RoundRecord,
  cursor: ChainCursor,
  spots: readonly Spot[] | undefined,
): Shape<typeof OracleRound> {
  const { isRejected, ...rest } = record
  const { challengeSeconds } = cursor.deployment
  const until = record.atSeconds + challengeSeconds
  const isOpen = challengeSeconds > 0 && cursor.atSeconds < until
  return {
    ...rest,
    status: isRejected ? 'rejected' : isOpen ? 'open' : 'settleable',
    challengeUntil: challengeSeconds === 0 ? null : until,
    hasMarket: spots !== undefined,
    spots: [...(spots ?? [])],
  }
}

export function sealView(record: SealRecord, symbols: readonly string[]): Shape<typeof ChainSeal> {
  return { ...record, gauge: named(record.gauge, symbols) }
}

export function lotView(lot: LotRecord, symbols: readonly string[]): Shape<typeof LotSummary> {
  return { ...lot, greeks: named(lot.greeks, symbols) }
}

function named<T extends { readonly underlying: number }>(rows: readonly T[], symbols: readonly string[]) {
  return rows.map((row) => ({ ...row, symbol: symbols[row.underlying] ?? null }))
}

export function positionView(cursor: ChainCursor): Shape<typeof ChainPosition> {
  const { block, hash, atSeconds, headBlock, seenAt, trouble } = cursor
  return { block, hash, atSeconds, headBlock, seenAt: seenAt.toISOString(), trouble }
}

export function caseView(record: CaseRecord, symbols: readonly string[]): Shape<typeof Case> {
  const { since: _since, lot, timeline, bids, ...rest } = record
  const last = timeline.at(-1)
  return {
    ...rest,
    ...(lot === null ? {} : { percent: lot.percent }),
    lot: lot === null ? null : lotView(lot, symbols),
    bids: [...bids],
    timeline: [...timeline],
    source: 'chain',
    updatedAt: new Date(1_000 * (last?.atSeconds ?? 0)).toISOString(),
  }
}

type Mode = Shape<typeof Auction>['mode']
const MODES: Partial<Record<Stage, Mode>> = {
  soft: 'soft',
  sealed: 'sealed',
  dutch: 'public',
  house: 'house',
}

/** Undefined for a case that is not on sale and not awarded. */
export function auctionView(
  record: CaseRecord,
  status: ChainStatus,
  symbols: readonly string[],
): Shape<typeof Auction> | undefined {
  const { caseId, tag, kind, stage, since, lot, bids, award } = record
  const mode = MODES[stage === 'awarded' ? (award?.soldIn ?? 'none') : stage]
  if (lot === null || mode === undefined) return undefined
  const window = (name: string) => Number(status.parameters[name] ?? 0)
  const now = status.clock.engineSeconds
  const commitEnds = since + window('commitWindow')
  const revealEnds = commitEnds + window('revealWindow')
  const ends: Record<Mode, number> = {
    soft: since + window('softWindow'),
    sealed: revealEnds,
    public: since + window('dutchDuration'),
    house: since + window('houseWindow'),
  }
  const isSold = stage === 'awarded'
  const isSealed = mode === 'sealed' && !isSold
  const revealed = bids.filter(({ isRevealed }) => isRevealed)
  return {
    caseId,
    tag,
    kind,
    stage,
    mode,
    phase: isSold ? 'awarded' : phaseOf(mode, now, { commitEnds, end: ends[mode] }),
    since,
    commitEnds: isSealed ? commitEnds : null,
    revealEnds: isSealed ? revealEnds : null,
    endsAt: isSold ? (award?.settleBy ?? null) : ends[mode],
    discountBps:
      mode === 'public' && !isSold ? discountAt(lot.capBps, now - since, ends.public - since) : null,
    lot: lotView(lot, symbols),
    leastBondLots: status.parameters.bidBondLots ?? '0',
    commitments: bids.filter((bid) => bid.mode === 'sealed').length,
    reveals: revealed.filter((bid) => bid.mode === 'sealed').length,
    offers: bids.filter((bid) => bid.mode === 'soft').length,
    bids: [...bids],
    award: isSold ? award : null,
  }
}

function phaseOf(mode: Mode, now: number, { commitEnds, end }: { commitEnds: number; end: number }) {
  if (mode === 'house') return 'house'
  if (mode === 'public') return now < end ? 'falling' : 'floor'
  if (now >= end) return 'ended'
  if (mode === 'soft') return 'offers'
  return now < commitEnds ? 'commit' : 'reveal'
}

/** As contracts/engine/DutchAuction.sol: from zero to the cap over the duration, rounded down. */
function discountAt(capBps: number, elapsed: number, duration: number): number {
  return elapsed >= duration ? capBps : Math.floor((capBps * Math.max(0, elapsed)) / duration)
}
