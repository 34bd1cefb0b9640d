import { CASH_ID, CASH_LOT_NANO } from '../../protocol/liquidation.ts'
import type { MarginParameters } from '../../protocol/parameters.ts'
import { BASIS_POINTS, MAX_QUANTITY_LOTS, MIN_QUANTITY_LOTS } from '../../protocol/ranges.ts'
import { VALUE_DIM } from '../../protocol/risk-layout.ts'
import { type Holding, type MarginResult, marginOf, type VectorsById } from '../margin.ts'

/** An account in a round, as a hedge sees it. */
export interface HedgeAccount {
  /** Cash (instrument 1) included; each id at most once. */
  readonly holdings: readonly Holding[]
  readonly vectors: VectorsById
  readonly parameters: MarginParameters
  /** Slots of the instance. */
  readonly slots: number
}

/** The rules that docs/liquidation.md sets for mode soft, and that the buffer is restored after its costs. */
export type SoftRule =
  | 'aboveSoft'
  | 'notAHedge'
  | 'quantityRange'
  | 'wideSlots'
  | 'slotsAfter'
  | 'receiverSlots'
  | 'mmNotLower'
  | 'imHigher'
  | 'shortGammaHigher'
  | 'shortGammaNotLower'
  | 'softNotRestored'
  | 'overshoot'

export interface SoftOutcome {
  readonly before: MarginResult
  /** With the proceeds at mark, rounded up to lots of cash; no discount and no fee. */
  readonly after: MarginResult
  /** What the account holds then, by increasing id. */
  readonly holdingsAfter: readonly Holding[]
  /** MM times 10,000, before less after: what discount and fee are shares of. */
  readonly reliefBpsNano: bigint
  /** Empty: the circuits accept it, and SOFT is restored whatever up to costBps is paid. */
  readonly broken: readonly SoftRule[]
}

/**
 * Holds a hedge against every rule of a soft transfer, exactly. `moved` is m: what leaves the account, at most one entry an id, none of
 * cash and none of zero lots. costBps: the most that discount and fee may come to, on the relief. Throws OutOfRangeError and
 * InputError as marginOf.
 */
export function softOutcome(account: HedgeAccount, moved: readonly Holding[], costBps: bigint): SoftOutcome {
  const { holdings, vectors, parameters } = account
  const before = marginOf(holdings, vectors, parameters)
  const proceedsLots = ceilDivide(markValue(moved, vectors), CASH_LOT_NANO)
  const holdingsAfter = changed(holdings, [...negated(moved), { id: CASH_ID, quantityLots: proceedsLots }])
  const broken = [...shapeFaults(account, moved, holdingsAfter)]
  if (broken.includes('quantityRange')) {
    return { before, after: before, holdingsAfter, reliefBpsNano: 0n, broken }
  }
  const after = marginOf(holdingsAfter, vectors, parameters)
  broken.push(...riskFaults(before, after))
  if (!isRestored(before, after, costBps)) broken.push('softNotRestored')
  const less = changed(holdings, negated(shareOf(moved, 99n)))
  if (isRestored(before, marginOf(less, vectors, parameters), costBps)) broken.push('overshoot')
  return { before, after, holdingsAfter, reliefBpsNano: before.mmBpsNano - after.mmBpsNano, broken }
}

/** Holdings with changes added: zeros dropped, by increasing id. */
export function changed(holdings: readonly Holding[], changes: readonly Holding[]): Holding[] {
  const lots = new Map<number, bigint>()
  for (const { id, quantityLots } of [...holdings, ...changes]) {
    lots.set(id, (lots.get(id) ?? 0n) + quantityLots)
  }
  return [...lots]
    .filter(([, quantityLots]) => quantityLots !== 0n)
    .map(([id, quantityLots]) => ({ id, quantityLots }))
    .sort((a, b) => a.id - b.id)
}

/**
 * Whether the equity of before, less costBps of what MM falls by, is at or above SOFT of after: a move at mark changes no
 * equity but by its costs. Exact, as rule 4 of the circuits.
 */
export function isRestored(before: MarginResult, after: MarginResult, costBps: bigint): boolean {
  const costsBps2Nano = costBps * (before.mmBpsNano - after.mmBpsNano)
  return BASIS_POINTS * BASIS_POINTS * before.equityNano - costsBps2Nano >= after.softBps2Nano
}

/** A whole percentage of every leg, rounded toward zero, as the circuits round. */
export function shareOf(legs: readonly Holding[], percent: bigint): Holding[] {
  return legs.map(({ id, quantityLots }) => ({ id, quantityLots: (quantityLots * percent) / 100n }))
}

export function negated(legs: readonly Holding[]): Holding[] {
  return legs.map(({ id, quantityLots }) => ({ id, quantityLots: -quantityLots }))
}

/** At mark, nano-USD. The vectors are known to be there. */
export function markValue(legs: readonly Holding[], vectors: VectorsById): bigint {
  return legs.reduce(
    (sum, { id, quantityLots }) => sum + quantityLots * vectors.get(id)!.ratesNano[VALUE_DIM]!,
    0n,
  )
}

/** What the wide list, the canonical slots and the receiver's empty sub-account can hold. */
function* shapeFaults(
  { holdings, slots }: HedgeAccount,
  moved: readonly Holding[],
  after: readonly Holding[],
): Generator<SoftRule> {
  const ids = new Set(moved.map(({ id }) => id))
  const isHedge = moved.length > 0 && ids.size === moved.length && !ids.has(CASH_ID)
  if (!isHedge || moved.some(({ quantityLots }) => quantityLots === 0n)) yield 'notAHedge'
  const all = [...moved, ...after].map(({ quantityLots }) => quantityLots)
  if (all.some((lots) => lots < MIN_QUANTITY_LOTS || lots > MAX_QUANTITY_LOTS)) yield 'quantityRange'
  for (const { id, quantityLots } of holdings) if (quantityLots !== 0n && id !== CASH_ID) ids.add(id)
  if (ids.size > slots) yield 'wideSlots'
  if (after.length > slots) yield 'slotsAfter'
  // The receiver keeps cash beside the legs.
  if (moved.length > slots - 1) yield 'receiverSlots'
}

function* riskFaults(before: MarginResult, after: MarginResult): Generator<SoftRule> {
  if (isRestored(before, before, 0n)) yield 'aboveSoft'
  if (after.mmBpsNano >= before.mmBpsNano) yield 'mmNotLower'
  if (after.imBpsNano > before.imBpsNano) yield 'imHigher'
  if (after.shortGammaNano.some((gamma, underlying) => gamma > before.shortGammaNano[underlying]!)) {
    yield 'shortGammaHigher'
  }
  const had = total(before.shortGammaNano)
  if (had > 0n && total(after.shortGammaNano) >= had) yield 'shortGammaNotLower'
}

function total(amounts: readonly bigint[]): bigint {
  return amounts.reduce((sum, amount) => sum + amount, 0n)
}

function ceilDivide(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator
  return numerator % denominator > 0n ? quotient + 1n : quotient
}
