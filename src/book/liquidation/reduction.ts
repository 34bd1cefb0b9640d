import { isBelow, type MarginResult } from '../../risk/margin.ts'
import type { Position } from '../account.ts'
import { checkMovedShape, entriesOf, samePositions, subtractPositions } from './positions.ts'
import {
  isRestoredAfterCosts,
  marginIn,
  type RoundRisk,
  reliefBpsNano,
  totalShortGamma,
} from './requirement.ts'
import { requireRule } from './rules.ts'
import { isSmallestStep, lessOfHedge, slice } from './slice.ts'
import type { ReductionTerms } from './terms.ts'

/** The liquidated account around a reduction, before any cash has moved. */
export interface Reduction {
  readonly before: MarginResult
  /** Without the moved portfolio: same requirement as with the proceeds, which are cash. */
  readonly remaining: MarginResult
  /** Without one step less. */
  readonly less: MarginResult
  readonly lessPositions: readonly Position[]
  readonly reliefBpsNano: bigint
}

/**
 * Rules 1 to 4 of a lot, which a transfer repeats: the account is below its threshold, what is moved is what the mode
 * allows, lowers risk, and no less of it would do after its costs. Throws RuleError naming the first rule that is broken.
 */
export function checkReduction(
  positions: readonly Position[],
  moved: readonly Position[],
  terms: ReductionTerms,
  round: RoundRisk,
  slotCount: number,
): Reduction {
  checkMovedShape(moved)
  const before = marginIn(round, positions)
  checkTrigger(before, terms)
  const { mode, percent } = terms
  if (mode === 'slice') {
    requireRule(samePositions(moved, slice(positions, percent)), 'exactPercent', () => `${percent} percent`)
  }
  const remaining = marginIn(round, subtractPositions(positions, moved))
  checkRelief(before, remaining, mode === 'soft')
  const lessMoved = mode === 'slice' ? slice(positions, percent - 1n) : lessOfHedge(moved)
  const lessPositions = subtractPositions(positions, lessMoved)
  const less = marginIn(round, lessPositions)
  const isExempt = isSmallestStep(positions, moved, terms, slotCount)
  requireRule(isExempt || !isRestoredAfterCosts(before, less, terms.costBps), 'noOvershoot')
  return { before, remaining, less, lessPositions, reliefBpsNano: reliefBpsNano(before, remaining) }
}

function checkTrigger(before: MarginResult, { mode }: ReductionTerms): void {
  if (mode === 'soft') requireRule(isBelow(before, 'soft'), 'belowSoft')
  else requireRule(isBelow(before, 'mm'), 'belowMaintenance')
}

function checkRelief(before: MarginResult, remaining: MarginResult, gammaMustFall: boolean): void {
  requireRule(remaining.mmBpsNano < before.mmBpsNano, 'maintenanceFalls')
  requireRule(remaining.imBpsNano <= before.imBpsNano, 'initialNotRaised')
  const raised = remaining.shortGammaNano.findIndex((gamma, i) => gamma > before.shortGammaNano[i]!)
  requireRule(raised < 0, 'gammaNotRaised', () => `underlying ${raised}`)
  const total = totalShortGamma(before)
  requireRule(!gammaMustFall || total === 0n || totalShortGamma(remaining) < total, 'gammaFalls')
}

/** Whether every position but cash of a portfolio shrank toward zero or stayed, by instrument. */
export function shrinks(before: readonly Position[], after: readonly Position[]): boolean {
  const held = new Map(before.map(({ id, quantityLots }) => [id, quantityLots]))
  return entriesOf(after).every(({ id, quantityLots }) => {
    const lots = held.get(id) ?? 0n
    return lots > 0n ? quantityLots >= 0n && quantityLots <= lots : quantityLots <= 0n && quantityLots >= lots
  })
}
