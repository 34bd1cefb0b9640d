import { WHOLE_PERCENT } from '../../protocol/liquidation.ts'
import type { Position } from '../account.ts'
import { cashOf, entriesOf, scaledTowardZero, subtractPositions } from './positions.ts'
import { isRestoredAfterCosts, marginIn, type RoundRisk } from './requirement.ts'
import type { MovedShare } from './terms.ts'

/** A whole percent of every position but cash, each rounded toward zero; positions that round to nothing are left out. */
export function slice(positions: readonly Position[], percent: bigint): Position[] {
  return scaledTowardZero(entriesOf(positions), percent, WHOLE_PERCENT)
}

/** 99 hundredths of a hedge: the step before the whole one. */
export function lessOfHedge(moved: readonly Position[]): Position[] {
  return scaledTowardZero(moved, WHOLE_PERCENT - 1n, WHOLE_PERCENT)
}

/** An account that fills its slots and holds no cash has no slot for what a part would be paid with. */
export function takenWholeOnly(positions: readonly Position[], slotCount: number): boolean {
  return entriesOf(positions).length >= slotCount && cashOf(positions) === 0n
}

/**
 * Whether there is no smaller step than this one, so that overshoot is not asked about: an account that can only be
 * taken whole gives a place to the proceeds when a slice is all of it, or a hedge is one position, whole.
 */
export function isSmallestStep(
  positions: readonly Position[],
  moved: readonly Position[],
  { mode, percent }: MovedShare,
  slotCount: number,
): boolean {
  if (!takenWholeOnly(positions, slotCount)) return false
  if (mode === 'slice') return percent === WHOLE_PERCENT
  return moved.length === 1 && entriesOf(subtractPositions(positions, moved)).length === slotCount - 1
}

/** Whether equity is at least SOFT once a part is gone and paid for, and costBps of its relief are paid. */
export function restoresBuffer(
  positions: readonly Position[],
  part: readonly Position[],
  round: RoundRisk,
  costBps: bigint,
): boolean {
  const remaining = marginIn(round, subtractPositions(positions, part))
  return isRestoredAfterCosts(marginIn(round, positions), remaining, costBps)
}

/**
 * The smallest whole percent whose removal restores E >= SOFT after its costs: one percent less would not. 100 where
 * nothing less does, and for an account that can only be taken whole. In [1, 100].
 */
export function leastPercent(
  positions: readonly Position[],
  round: RoundRisk,
  slotCount: number,
  costBps: bigint,
): bigint {
  if (takenWholeOnly(positions, slotCount)) return WHOLE_PERCENT
  const before = marginIn(round, positions)
  for (let percent = 1n; percent < WHOLE_PERCENT; percent++) {
    const remaining = marginIn(round, subtractPositions(positions, slice(positions, percent)))
    if (isRestoredAfterCosts(before, remaining, costBps)) return percent
  }
  return WHOLE_PERCENT
}
