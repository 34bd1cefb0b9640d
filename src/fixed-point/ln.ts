import { OutOfRangeError } from '../protocol/errors.ts'
import { bitLength, Q64_BITS } from './q64.ts'
import { LN2_Q120, ONE_Q120, Q120_BITS, SQRT2_Q120 } from './q120.ts'

/** 1/1, 1/3, 1/5, ... in Q120. With z^2 <= 0.02944 the first term left out is below 2^-100 of the sum. */
export const ODD_RECIPROCALS_Q120: readonly bigint[] = Array.from(
  { length: 19 },
  (_, index) => ONE_Q120 / BigInt(2 * index + 1),
)
const DROPPED_BITS = Q120_BITS - Q64_BITS
const ROUND_TO_Q64 = 1n << (DROPPED_BITS - 1n)

/**
 * ln n of a whole number (nano-USD, say), as Q64, rounded to nearest.
 * Error: at most 0.5 ulp + 2^-100, over the whole domain; ln 1 = 0 exactly.
 * @param n 1 <= n < 2^255.
 * @throws OutOfRangeError outside the domain.
 */
export function lnIntegerQ64(n: bigint): bigint {
  return (lnQ120(n) + ROUND_TO_Q64) >> DROPPED_BITS
}

/**
 * ln x for a Q64 argument, as Q64, rounded to nearest. Error: at most 0.5 ulp + 2^-100; ln 1 = 0 exactly.
 * @param x Q64, above zero and below 2^191.
 * @throws OutOfRangeError outside the domain.
 */
export function lnQ64(x: bigint): bigint {
  return (lnQ120(x) - Q64_BITS * LN2_Q120 + ROUND_TO_Q64) >> DROPPED_BITS
}

/** n = 2^k m with m in [sqrt 1/2, sqrt 2]; ln m = 2 artanh z with z = (m - 1) / (m + 1), |z| <= 0.1716. */
function lnQ120(n: bigint): bigint {
  if (n <= 0n || n >> 255n !== 0n) throw new OutOfRangeError('argument of ln', n, 'must be in [1, 2^255)')
  let octave = bitLength(n) - 1n
  let mantissa = octave <= Q120_BITS ? n << (Q120_BITS - octave) : n >> (octave - Q120_BITS)
  if (mantissa > SQRT2_Q120) {
    mantissa >>= 1n
    octave += 1n
  }
  const z = ((mantissa - ONE_Q120) << Q120_BITS) / (mantissa + ONE_Q120)
  const square = (z * z) >> Q120_BITS
  let series = 0n
  for (let term = ODD_RECIPROCALS_Q120.length - 1; term >= 0; term--) {
    series = ODD_RECIPROCALS_Q120[term]! + ((series * square) >> Q120_BITS)
  }
  return octave * LN2_Q120 + ((z * series) >> (Q120_BITS - 1n))
}
