import { lnIntegerQ64 } from '../fixed-point/ln.ts'
import { normalCdfQ64 } from '../fixed-point/normal.ts'
import { NANO, Q64_BITS } from '../fixed-point/q64.ts'
import { sqrtDown } from '../fixed-point/sqrt.ts'
import { OutOfRangeError } from '../protocol/errors.ts'

/**
 * Undiscounted Black-76 (F. Black, "The pricing of commodity contracts", Journal of Financial Economics 3, 1976):
 *   call = F N(d1) - K N(d2),  d1 = ln(F/K) / s + s / 2,  d2 = d1 - s,  s = vol * sqrt(T)
 *   put  = call - F + K
 * in whole nano-USD, rounded down once, then held inside its no-arbitrage bounds. Undiscounted because margin and
 * settlement are in the same money at the same time; a venue that discounts does so in its forward.
 *
 * Error of the call, for forward and strike below 2^128 nano-USD, vol <= 2,000% and T <= 100 years:
 *   -1 nano - (F + K) 2^-60  <=  computed - true  <=  (F + K) 2^-60
 * (2 ulp each for N; at most 21 ulp for s, as vol scales the rounding of sqrt(T), times pdf <= 0.4; the error of
 * ln moves d1 and d2 alike and cancels to first order). So 1e-18 of F + K, and the last nano-USD.
 */
export type OptionRight = 'call' | 'put'

export const YEAR_SECONDS = 365 * 86_400

/**
 * Price of one unit of an option in nano-USD. Deterministic; put-call parity holds exactly, and
 * max(0, F - K) <= call <= F, max(0, K - F) <= put <= K. At seconds = 0 or volNano = 0: intrinsic.
 * @param forwardNano > 0, nano-USD. @param strikeNano > 0, nano-USD. @param volNano >= 0, 1e-9 of 1 a year.
 * @param seconds to expiry, a whole number >= 0; a year has 365 days.
 * @throws OutOfRangeError outside these ranges.
 */
export function black76Nano(
  right: OptionRight,
  forwardNano: bigint,
  strikeNano: bigint,
  volNano: bigint,
  seconds: number,
): bigint {
  checkPrice('forwardNano', forwardNano)
  checkPrice('strikeNano', strikeNano)
  if (volNano < 0n) throw new OutOfRangeError('volNano', volNano, 'must not be negative')
  const lnMoneynessQ64 = lnIntegerQ64(forwardNano) - lnIntegerQ64(strikeNano)
  const deviationQ64 = totalDeviationQ64(volNano, sqrtYearsQ64(seconds))
  const callNano = callFromLogsNano(forwardNano, strikeNano, lnMoneynessQ64, deviationQ64)
  return right === 'call' ? callNano : callNano - forwardNano + strikeNano
}

/**
 * The same call from shared parts, for many prices on one expiry; unchecked.
 * @param lnMoneynessQ64 ln(F/K). @param deviationQ64 vol * sqrt(T) >= 0; 0 gives intrinsic.
 */
export function callFromLogsNano(
  forwardNano: bigint,
  strikeNano: bigint,
  lnMoneynessQ64: bigint,
  deviationQ64: bigint,
): bigint {
  const forwardLessStrike = forwardNano - strikeNano
  const intrinsic = forwardLessStrike > 0n ? forwardLessStrike : 0n
  if (deviationQ64 === 0n) return intrinsic
  const d1 = (lnMoneynessQ64 << Q64_BITS) / deviationQ64 + (deviationQ64 >> 1n)
  const call = (forwardNano * normalCdfQ64(d1) - strikeNano * normalCdfQ64(d1 - deviationQ64)) >> Q64_BITS
  if (call < intrinsic) return intrinsic
  return call > forwardNano ? forwardNano : call
}

/** sqrt(T) in years as Q64, rounded down: less than one ulp low. @throws OutOfRangeError unless a whole number >= 0. */
export function sqrtYearsQ64(seconds: number): bigint {
  if (!Number.isSafeInteger(seconds) || seconds < 0) {
    throw new OutOfRangeError('seconds to expiry', seconds, 'must be a whole number, not negative')
  }
  return sqrtDown((BigInt(seconds) << (2n * Q64_BITS)) / BigInt(YEAR_SECONDS))
}

/** vol * sqrt(T) as Q64, rounded down. */
export function totalDeviationQ64(volNano: bigint, rootYearsQ64: bigint): bigint {
  return (volNano * rootYearsQ64) / NANO
}

function checkPrice(name: string, priceNano: bigint): void {
  if (priceNano <= 0n || priceNano >> 128n !== 0n) {
    throw new OutOfRangeError(name, priceNano, 'must be in [1, 2^128) nano-USD')
  }
}
