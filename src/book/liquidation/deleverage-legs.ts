import type { Account, Position } from '../account.ts'
import { entriesOf, quantityOf, scaledTowardZero, subtractPositions } from './positions.ts'
import { isRestoredAfterCosts, marginIn, type RoundRisk } from './requirement.ts'
import { RuleError } from './rules.ts'
import { restoresBuffer } from './slice.ts'
import type { TransferTerms } from './terms.ts'
import { type TransferOutcome, type TransferRequest, transferOutcome } from './transfer.ts'

/** A leg is tried in parts of 1/10,000. */
const PARTS = 10_000n
/** First in steps of this many parts; the end is then found by halving. */
const COARSE_PARTS = 200n

export interface DeleverageStep {
  readonly moved: readonly Position[]
  readonly terms: TransferTerms
  readonly outcome: TransferOutcome
  /** Whether the account's buffer is restored: nothing is left to do. */
  readonly restored: boolean
}

/** What could be netted between two accounts: for every instrument held on opposite sides the smaller quantity. */
export function oppositeLegs(from: readonly Position[], to: readonly Position[]): Position[] {
  const legs: Position[] = []
  for (const { id, quantityLots } of entriesOf(from)) {
    const other = quantityOf(to, id)
    if (quantityLots > 0n && other < 0n) legs.push({ id, quantityLots: min(quantityLots, -other) })
    if (quantityLots < 0n && other > 0n) legs.push({ id, quantityLots: -min(-quantityLots, other) })
  }
  return legs
}

/**
 * The largest feasible reduction of an account against one counterparty, stopped exactly where its buffer is
 * restored; undefined where no part of any leg is feasible. Legs are scaled together: all of them, else the ones that
 * lower the requirement, else the best single one.
 */
export function chooseLegs(request: Omit<TransferRequest, 'moved'>): DeleverageStep | undefined {
  const { from, to, round } = request
  const legs = oppositeLegs(from.positions, to.positions)
  if (legs.length === 0) return undefined
  const together = largestFeasible(request, legs) ?? largestFeasible(request, loweringLegs(from, legs, round))
  if (together !== undefined) return together
  const single = legs.map((leg) => largestFeasible(request, [leg])).filter((step) => step !== undefined)
  return single.sort((a, b) => compare(reliefOf(b), reliefOf(a)))[0]
}

/** Legs by greed: at each turn the one that lowers MM the most, until none does. */
function loweringLegs(from: Account, legs: readonly Position[], round: RoundRisk): Position[] {
  const chosen: Position[] = []
  let present = from.positions
  let mmBps = marginIn(round, present).mmBpsNano
  for (let rest = [...legs]; rest.length > 0; ) {
    const tried = rest.map((leg) => {
      const positions = subtractPositions(present, [leg])
      return { leg, positions, mmBps: marginIn(round, positions).mmBpsNano }
    })
    const best = tried.reduce((a, b) => (b.mmBps < a.mmBps ? b : a))
    if (best.mmBps >= mmBps) break
    chosen.push(best.leg)
    present = best.positions
    mmBps = best.mmBps
    rest = rest.filter((leg) => leg !== best.leg)
  }
  return chosen.sort((a, b) => a.id - b.id)
}

function largestFeasible(
  request: Omit<TransferRequest, 'moved'>,
  legs: readonly Position[],
): DeleverageStep | undefined {
  if (legs.length === 0) return undefined
  const at = (parts: bigint) => attempt(request, scaledTowardZero(legs, parts, PARTS))
  let parts = PARTS
  while (parts > 0n && at(parts) === undefined) parts -= COARSE_PARTS
  if (parts <= 0n) {
    parts = COARSE_PARTS / 2n
    while (parts > 0n && at(parts) === undefined) parts /= 2n
    if (parts === 0n) return undefined
  }
  if (parts < PARTS) parts = lastWhere(parts, min(parts + COARSE_PARTS, PARTS), (p) => at(p) !== undefined)
  const restoredAt = (p: bigint) =>
    restoresBuffer(
      request.from.positions,
      scaledTowardZero(legs, p, PARTS),
      request.round,
      request.terms.costBps,
    )
  if (!restoredAt(parts)) return at(parts)
  const least = lastWhere(0n, parts, (p) => !restoredAt(p)) + 1n
  return at(least) ?? at(parts)
}

/** The largest p in [low, high) where the predicate holds, by halving; it holds at low and fails at high. */
function lastWhere(low: bigint, high: bigint, holds: (parts: bigint) => boolean): bigint {
  let [last, first] = [low, high]
  while (first - last > 1n) {
    const middle = (last + first) / 2n
    if (holds(middle)) last = middle
    else first = middle
  }
  return last
}

function attempt(
  request: Omit<TransferRequest, 'moved'>,
  moved: readonly Position[],
): DeleverageStep | undefined {
  try {
    const outcome = transferOutcome({ ...request, moved })
    const { before, remaining } = outcome.reduction
    const restored = isRestoredAfterCosts(before, remaining, request.terms.costBps)
    return { moved, terms: request.terms, outcome, restored }
  } catch (error) {
    if (error instanceof RuleError) return undefined
    throw error
  }
}

function reliefOf({ outcome }: DeleverageStep): bigint {
  return outcome.reduction.reliefBpsNano
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
