import { OutOfRangeError } from '../protocol/errors.ts'

/**
 * Binary fixed point: a Q64 number x stands for x / 2^64. Everything in this folder uses only + - * / << >> and
 * comparisons on integers that fit int256, with the meaning that the EVM gives them: `/` truncates toward zero
 * (SDIV) and `>>` floors (SAR). So Solidity can repeat every function bit for bit.
 * One ulp below is 2^-64, about 5.4e-20.
 */
export const Q64_BITS = 64n
export const ONE_Q64 = 1n << Q64_BITS
export const HALF_Q64 = ONE_Q64 >> 1n

/** Scale of every amount, price and volatility whose name ends in Nano. */
export const NANO = 1_000_000_000n

/**
 * floor(a * b / denominator): rounds toward minus infinity whatever the signs. Exact in bigint.
 * @throws OutOfRangeError unless denominator > 0.
 */
export function mulDivDown(a: bigint, b: bigint, denominator: bigint): bigint {
  requirePositive(denominator)
  const product = a * b
  const quotient = product / denominator
  return product < 0n && quotient * denominator !== product ? quotient - 1n : quotient
}

/**
 * ceil(a * b / denominator): rounds toward plus infinity whatever the signs. Exact in bigint.
 * @throws OutOfRangeError unless denominator > 0.
 */
export function mulDivUp(a: bigint, b: bigint, denominator: bigint): bigint {
  requirePositive(denominator)
  const product = a * b
  const quotient = product / denominator
  return product > 0n && quotient * denominator !== product ? quotient + 1n : quotient
}

/** floor(numerator / denominator) as Q64; numerator of any sign, denominator > 0. */
export function ratioQ64(numerator: bigint, denominator: bigint): bigint {
  return mulDivDown(numerator, ONE_Q64, denominator)
}

/** Number of bits of n, the position of its highest set bit plus one; 0 for 0. n in [0, 2^256). */
export function bitLength(n: bigint): bigint {
  let rest = n
  let bits = 0n
  for (const step of [128n, 64n, 32n, 16n, 8n, 4n, 2n, 1n]) {
    if (rest >> step !== 0n) {
      rest >>= step
      bits += step
    }
  }
  return rest === 0n ? 0n : bits + 1n
}

export function absolute(x: bigint): bigint {
  return x < 0n ? -x : x
}

/** x held to [low, high]; low <= high. */
export function clamp(x: bigint, low: bigint, high: bigint): bigint {
  if (x < low) return low
  return x > high ? high : x
}

function requirePositive(denominator: bigint): void {
  if (denominator <= 0n) throw new OutOfRangeError('denominator', denominator, 'must be above zero')
}
