import { CASH_LOT_NANO, COARSE_SHARE, HEALTH_PARTS, LOT_SUMMARY } from '../../protocol/liquidation.ts'
import { packWord } from '../../protocol/packed-word.ts'
import { BASIS_POINTS, QUANTITY_BITS } from '../../protocol/ranges.ts'
import type { MarginResult } from '../../risk/margin.ts'
import { coarseDown, coarseUp } from './coarse.ts'
import { divideUp } from './price.ts'
import { requireRule } from './rules.ts'

/** What the public learns of a lot. Amounts in lots of cash, coarse. */
export interface LotSummary {
  /** Covers IM of the lot as a portfolio of its own, and one lot of cash: what the price is rounded up by at most. */
  readonly carryLots: bigint
  /** Is covered by the relief. */
  readonly reliefLots: bigint
  /** Covers -E of an insolvent account; 0 for a solvent one. */
  readonly shortfallLots: bigint
  /** E / MM in 64ths, rounded down; 0 to 64. */
  readonly health: bigint
  readonly insolvent: boolean
}

/** One lot of cash in the unit of mmBps and imBps. */
export const CASH_LOT_BPS_NANO = CASH_LOT_NANO * BASIS_POINTS

/**
 * The summary of a lot, each amount on the public grid. Throws RuleError quantityRange for an amount beyond 38 bits.
 * `account` is the margin before, `lot` that of the moved portfolio alone.
 */
export function lotSummary(account: MarginResult, lot: MarginResult, reliefBpsNano: bigint): LotSummary {
  const insolvent = account.equityNano < 0n
  const summary = {
    carryLots: coarseUp(divideUp(lot.imBpsNano, CASH_LOT_BPS_NANO) + 1n),
    reliefLots: coarseDown(reliefBpsNano / CASH_LOT_BPS_NANO),
    shortfallLots: insolvent ? coarseUp(divideUp(-account.equityNano, CASH_LOT_NANO)) : 0n,
    health: healthOf(account),
    insolvent,
  }
  for (const lots of [summary.carryLots, summary.reliefLots, summary.shortfallLots]) {
    requireRule(lots < 1n << BigInt(QUANTITY_BITS), 'quantityRange', () => `${lots} lots of cash`)
  }
  return summary
}

/** min(64, floor(64 E / MM)); 0 when insolvent, 64 for no requirement. */
export function healthOf({ equityNano, mmBpsNano }: MarginResult): bigint {
  if (equityNano < 0n) return 0n
  if (BASIS_POINTS * equityNano >= mmBpsNano) return HEALTH_PARTS
  return (HEALTH_PARTS * BASIS_POINTS * equityNano) / mmBpsNano
}

export function lotSummaryWord(summary: LotSummary): bigint {
  return packWord(LOT_SUMMARY, { ...summary, insolvent: summary.insolvent ? 1n : 0n })
}

/** Whether a coarse upper bound covers an amount and lies within a quarter of it and a lot. Both in one unit. */
export function boundsClosely(coarse: bigint, amount: bigint, lot: bigint): boolean {
  return coarse >= amount && COARSE_SHARE * (coarse - amount) <= amount + COARSE_SHARE * lot
}
