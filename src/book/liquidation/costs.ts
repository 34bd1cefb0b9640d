import { HEALTH_PARTS } from '../../protocol/liquidation.ts'
import { BASIS_POINTS } from '../../protocol/ranges.ts'
import type { LotSummary } from './summary.ts'
import type { LotShare } from './terms.ts'

/** What the engine's parameters say of costs, basis points (contracts/engine/Parameter.sol). */
export interface CostParameters {
  readonly liquidationFeeBps: bigint
  readonly softPenaltyBps: bigint
  readonly reserveShareBps: bigint
  readonly insolventMaxDiscountBps: bigint
}

/** Basis points of the relief. */
export interface LotCosts {
  /** Highest discount that the lot is sold at. */
  readonly capBps: bigint
  /** For the fund. */
  readonly feeBps: bigint
  /** Both: the most that the sale can cost the account, which the lot's terms state. */
  readonly costBps: bigint
}

/**
 * What the engine lets a lot cost (contracts/engine/CaseConfirmation.sol), from the account's health in 64ths. For a
 * solvent account the costs are at most E / MM of the relief, so never more than its equity.
 */
export function lotCosts(
  mode: LotShare['mode'],
  { health, insolvent }: Pick<LotSummary, 'health' | 'insolvent'>,
  parameters: CostParameters,
): LotCosts {
  const capOf = (capBps: bigint, feeBps: bigint) => ({ capBps, feeBps, costBps: capBps + feeBps })
  // A fee of a debtor would come out of the fund that it goes to.
  if (insolvent) return capOf(parameters.insolventMaxDiscountBps, 0n)
  const headroomBps = (health * BASIS_POINTS) / HEALTH_PARTS
  const reserveBps = (parameters.reserveShareBps * health) / HEALTH_PARTS
  if (mode === 'soft') return capOf(min(reserveBps, parameters.softPenaltyBps), 0n)
  return capOf(reserveBps, min(headroomBps - reserveBps, parameters.liquidationFeeBps))
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
