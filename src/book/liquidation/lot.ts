import { WHOLE_PERCENT } from '../../protocol/liquidation.ts'
import type { MarginResult } from '../../risk/margin.ts'
import type { Position } from '../account.ts'
import { greekUnits } from './greek-units.ts'
import { entriesOf, subtractPositions } from './positions.ts'
import { checkReduction, type Reduction } from './reduction.ts'
import { marginIn, type RoundRisk } from './requirement.ts'
import { RuleError, requireRule } from './rules.ts'
import { leastPercent, slice } from './slice.ts'
import { type LotSummary, lotSummary } from './summary.ts'
import type { LotTerms } from './terms.ts'

/** A lot that a case may sell: what is moved, what it does, and what the public learns of it. */
export interface Lot {
  readonly terms: LotTerms
  readonly moved: readonly Position[]
  readonly reduction: Reduction
  /** Margin of the moved portfolio alone. */
  readonly margin: MarginResult
  readonly summary: LotSummary
  /** As greekUnits. */
  readonly greeks: readonly bigint[]
}

/** The lot of an account under one round. Throws RuleError naming the first rule of docs/liquidation.md that it breaks. */
export function lotOf(
  positions: readonly Position[],
  moved: readonly Position[],
  terms: LotTerms,
  round: RoundRisk,
  slotCount: number,
): Lot {
  const reduction = checkReduction(positions, moved, terms, round, slotCount)
  checkPlaces(positions, moved, slotCount)
  const margin = marginIn(round, moved)
  const summary = lotSummary(reduction.before, margin, reduction.reliefBpsNano)
  return { terms, moved, reduction, margin, summary, greeks: greekUnits(margin, summary.carryLots) }
}

/** Cash must have a slot on both sides: beside what is left, and beside the lot in an empty sub-account. */
function checkPlaces(positions: readonly Position[], moved: readonly Position[], slotCount: number): void {
  const left = entriesOf(subtractPositions(positions, moved)).length
  requireRule(left < slotCount, 'slotsSuffice', () => 'the proceeds would have no slot')
  requireRule(
    moved.length < slotCount,
    'slotsSuffice',
    () => 'no receiver has a slot for cash beside the lot',
  )
}

/**
 * The way out of an account whose positions fill every slot: one of them, whole, as a soft hedge, the one that lowers
 * MM the most. It makes the slot that cash needs; the next case is then an ordinary one. Undefined where no single
 * position keeps the rules.
 */
export function closeOnePosition(
  positions: readonly Position[],
  round: RoundRisk,
  slotCount: number,
  costBps: bigint,
): Lot | undefined {
  const lots = entriesOf(positions).flatMap((entry) => {
    try {
      return [lotOf(positions, [entry], { mode: 'soft', percent: WHOLE_PERCENT, costBps }, round, slotCount)]
    } catch (error) {
      if (error instanceof RuleError) return []
      throw error
    }
  })
  return lots.reduce<Lot | undefined>((best, lot) => {
    const relief = best?.reduction.reliefBpsNano ?? -1n
    return lot.reduction.reliefBpsNano > relief ? lot : best
  }, undefined)
}

/**
 * The slice that a full case sells: the least percent that restores the buffer after costBps of its relief. Where rounding to whole lots leaves
 * that one outside another rule (a hedge that rounds away faster than what it hedges), the largest percent below it
 * that keeps every rule. Throws RuleError of the least percent where there is none.
 */
export function chooseSlice(
  positions: readonly Position[],
  round: RoundRisk,
  slotCount: number,
  costBps: bigint,
): Lot {
  const least = leastPercent(positions, round, slotCount, costBps)
  const at = (percent: bigint) =>
    lotOf(positions, slice(positions, percent), { mode: 'slice', percent, costBps }, round, slotCount)
  let refused: unknown
  for (let percent = least; percent >= 1n; percent--) {
    try {
      return at(percent)
    } catch (error) {
      if (!(error instanceof RuleError)) throw error
      refused ??= error
      if (error.rule === 'belowMaintenance') break
    }
  }
  throw refused
}
