import { OutOfRangeError } from '../protocol/errors.ts'
import { bitLength, Q64_BITS } from './q64.ts'

/**
 * floor(sqrt(n)), exact, for 0 <= n < 2^255. Newton's iteration from a power of two above the root: it falls
 * until it reaches the floor, then stops. No error bound is needed: any correct implementation agrees.
 * @throws OutOfRangeError outside the domain.
 */
export function sqrtDown(n: bigint): bigint {
  if (n < 0n || n >> 255n !== 0n) throw new OutOfRangeError('square', n, 'must be in [0, 2^255)')
  if (n < 2n) return n
  let root = 1n << ((bitLength(n) + 1n) >> 1n)
  for (;;) {
    const next = (root + n / root) >> 1n
    if (next >= root) return root
    root = next
  }
}

/** floor of the square root of a Q64 number in [0, 2^191), as Q64: below the true root by less than one ulp. */
export function sqrtQ64(x: bigint): bigint {
  return sqrtDown(x << Q64_BITS)
}
