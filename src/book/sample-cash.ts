import { OutOfRangeError } from '../protocol/errors.ts'
import { MAX_QUANTITY_LOTS, MIN_QUANTITY_LOTS } from '../protocol/ranges.ts'
import { TIERS, type Tier } from '../risk/margin.ts'
import type { Position } from './account.ts'

export type TierOf = (positions: readonly Position[]) => Tier
type TierAt = (cashLots: bigint) => Tier

/**
 * Cash, in lots, that puts an account in a tier: the middle of the tier's band; for the two open bands
 * bufferPercent of the distance between insolvency and IM (or MM) beyond the edge, and never a debt if healthy
 * can be had without one. Knows nothing of margin but the tier, which must not fall as cash grows: each band's edge is
 * found by bisection. When a band is empty (SOFT = MM, or no requirement at all) it is the edge where it would be.
 */
export function tuneCash(tierAt: TierAt, tier: Tier, bufferPercent: bigint): bigint {
  if (tier === 'healthy') {
    const edge = leastCash(tierAt, 'healthy')
    const cash = edge + ((edge - leastCash(tierAt, 'fullLiquidation')) * bufferPercent) / 100n
    return cash > 0n ? cash : 0n
  }
  if (tier === 'insolvent') {
    const edge = leastCash(tierAt, 'fullLiquidation')
    return edge - 1n - ((leastCash(tierAt, 'softLiquidation') - edge) * bufferPercent) / 100n
  }
  const better = TIERS[TIERS.indexOf(tier) - 1]!
  return (leastCash(tierAt, tier) + leastCash(tierAt, better)) >> 1n
}

/** The nearest round number of lots (down, towards minus infinity) that leaves the tier as it is. */
export function roundCash(tierAt: TierAt, cashLots: bigint): bigint {
  const tier = tierAt(cashLots)
  for (const unit of [1_000_000n, 100_000n, 10_000n, 1_000n, 100n]) {
    const rest = ((cashLots % unit) + unit) % unit
    const rounded = cashLots - rest
    if (rest * 20n < (cashLots < 0n ? -cashLots : cashLots) && tierAt(rounded) === tier) return rounded
  }
  return cashLots
}

/** The least cash at which the account is in this tier or a better one. */
function leastCash(tierAt: TierAt, tier: Tier): bigint {
  const reached = (cashLots: bigint) => TIERS.indexOf(tierAt(cashLots)) <= TIERS.indexOf(tier)
  let below = MIN_QUANTITY_LOTS
  let least = MAX_QUANTITY_LOTS
  if (reached(below) || !reached(least)) {
    throw new OutOfRangeError('cash', least, `no amount of cash makes the account just ${tier}`)
  }
  while (least - below > 1n) {
    const middle = (below + least) >> 1n
    if (reached(middle)) least = middle
    else below = middle
  }
  return least
}
