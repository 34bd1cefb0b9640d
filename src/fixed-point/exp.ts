import { OutOfRangeError } from '../protocol/errors.ts'
import { lnQ64 } from './ln.ts'
import { ONE_Q64, Q64_BITS } from './q64.ts'
import { LN2_Q120, ONE_Q120, Q120_BITS } from './q120.ts'

/** Largest argument of expQ64: e^128 is below 2^185, so its Q64 value fits int256. */
export const EXP_LIMIT_Q64 = 128n << Q64_BITS
/** Below -45 the result is less than one ulp. */
export const EXP_UNDERFLOW_Q64 = -45n << Q64_BITS

/** 1 / ln 2 as Q64, rounded down. Only picks the octave, so its own error cannot reach the result. */
export const LOG2_E_Q64 = 0x171547652b82fe177n
const ROUND_TO_OCTAVE = 1n << 127n
/** 0.3466^23 / 23! is below 2^-109. */
export const TAYLOR_TERMS = 22n

/**
 * e^x for a Q64 argument, as Q64: x = k ln 2 + r with |r| <= ln 2 / 2, Taylor series of e^r in Q120, shifted by k.
 * Error: |result - e^x| <= 2^-64 + 2^-104 e^x (one ulp by the final floor; the relative part matters above e^27).
 * Gives 0 below -45.
 * @param x Q64, at most 128.
 * @throws OutOfRangeError above 128.
 */
export function expQ64(x: bigint): bigint {
  if (x > EXP_LIMIT_Q64) throw new OutOfRangeError('exponent', x, 'must be at most 128 in Q64')
  if (x < EXP_UNDERFLOW_Q64) return 0n
  const octave = (x * LOG2_E_Q64 + ROUND_TO_OCTAVE) >> 128n
  const rest = (x << (Q120_BITS - Q64_BITS)) - octave * LN2_Q120
  let sum = ONE_Q120
  for (let term = TAYLOR_TERMS; term > 0n; term--) sum = ONE_Q120 + ((rest * sum) >> Q120_BITS) / term
  const shift = octave - (Q120_BITS - Q64_BITS)
  return shift >= 0n ? sum << shift : sum >> -shift
}

/**
 * x^power = e^(power ln x), Q64 in and out.
 * Error: relative (|power| / 2 + 2) * 2^-64 (the error of ln times the power, and one floor), plus one ulp.
 * @param x Q64, above zero; @param power Q64 of any sign, |power| < 2^100 in Q64.
 * @throws OutOfRangeError when x <= 0 or power ln x > 128.
 */
export function powQ64(x: bigint, power: bigint): bigint {
  if (power === 0n) return ONE_Q64
  return expQ64((power * lnQ64(x)) >> Q64_BITS)
}
