import { black76Nano, type OptionRight } from '../risk/black76.ts'
import { MAX_VOL_NANO, MIN_VOL_NANO } from '../risk/market/check.ts'

/** Bisection stops at a hundredth of a volatility point. */
const RESOLUTION_NANO = 100_000n

/**
 * The volatility (1e-9) at which Black-76 gives this price, to 0.01%, rounded down: for a bid or an ask that a venue shows as
 * a price. Integers throughout, by the matrix's own pricing.
 * @returns undefined when no volatility of a live market (1% to 1,000%) gives it.
 */
export function impliedVolNano(
  right: OptionRight,
  forwardNano: bigint,
  strikeNano: bigint,
  priceNano: bigint,
  seconds: number,
): bigint | undefined {
  const price = (volNano: bigint) => black76Nano(right, forwardNano, strikeNano, volNano, seconds)
  let low = MIN_VOL_NANO
  let high = MAX_VOL_NANO
  if (priceNano < price(low) || priceNano > price(high)) return undefined
  while (high - low > RESOLUTION_NANO) {
    const middle = (low + high) >> 1n
    if (price(middle) <= priceNano) low = middle
    else high = middle
  }
  return low
}
