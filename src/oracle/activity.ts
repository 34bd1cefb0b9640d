import { lnIntegerQ64 } from '../fixed-point/ln.ts'
import { NANO, ratioQ64 } from '../fixed-point/q64.ts'
import { InputError } from '../protocol/errors.ts'
import { ACTIVITY_AMOUNTS, ACTIVITY_FIGURE } from '../protocol/oracle-words.ts'
import { YEAR_SECONDS } from '../risk/black76.ts'
import { MAX_PRICE_NANO } from '../risk/market/check.ts'

/** What a venue publishes about one interval of trading in one underlying. Integers; prices nano-USD. */
export interface MarketActivity {
  readonly endSeconds: number
  readonly openNano: bigint
  readonly highNano: bigint
  readonly lowNano: bigint
  readonly closeNano: bigint
  /** Traded in the interval, 1e-9 of a unit; 0: none, or not published. */
  readonly volumeNano: bigint
  /** Resting within a fixed distance of the price, the thinner side, nano-USD at the end; 0: not published. */
  readonly depthNano: bigint
  /** At-the-money volatility at thirty days, 1e-9; 0: not published. */
  readonly impliedVolNano: bigint
}

const IMPLIED_BITS = Object.fromEntries(ACTIVITY_FIGURE).impliedVolNano!

/** 1 / (4 ln 2) as 1e-9. */
export const PARKINSON_NANO = 360_673_760n

/**
 * Variance of an interval by the year, 1e-18 (a square of 1e-9): Parkinson's range estimator (M. Parkinson, Journal of Business
 * 53, 1980), ln(high / low)^2 / (4 ln 2), and the square of the gap from the close before. The range sees a fall that was
 * bought back within the interval, which closes do not. Rounded down.
 * @param seconds since the interval before ended, > 0. @param closeBeforeNano its close.
 */
export function activityVariance(
  { openNano, highNano, lowNano }: MarketActivity,
  closeBeforeNano: bigint,
  seconds: number,
): bigint {
  const rangeQ64 = lnIntegerQ64(highNano) - lnIntegerQ64(lowNano)
  const gapQ64 = lnIntegerQ64(openNano) - lnIntegerQ64(closeBeforeNano)
  const square = (rangeQ64 * rangeQ64 * PARKINSON_NANO) / NANO + gapQ64 * gapQ64
  return (((square * NANO) >> 64n) * NANO * ratioQ64(BigInt(YEAR_SECONDS), BigInt(seconds))) >> 128n
}

/** @throws InputError unless 0 < low <= open, close <= high, and everything fits its field of a round's data. */
export function checkActivity(activity: MarketActivity): void {
  const { lowNano, highNano, openNano, closeNano } = activity
  const inside = (price: bigint) => lowNano <= price && price <= highNano
  if (lowNano <= 0n || highNano > MAX_PRICE_NANO || !inside(openNano) || !inside(closeNano)) {
    const rule = 'open and close must lie between low and high, above zero and at most a billion USD'
    throw new InputError(rule, { field: 'activity' })
  }
  for (const [field, bits] of [...ACTIVITY_AMOUNTS, ['impliedVolNano', IMPLIED_BITS] as const]) {
    if (activity[field] < 0n || activity[field] >> BigInt(bits) !== 0n) {
      throw new InputError(`must be an unsigned integer of ${bits} bits`, { field })
    }
  }
}
