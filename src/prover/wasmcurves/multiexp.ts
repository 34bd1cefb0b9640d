/** Multi-exponentiation over the worker threads: one job per window of the scalars, joined here. */
import { integerBytes, sharedBytes } from '../binary.ts'
import { Point } from '../points.ts'
import { affineBytes, type Group } from '../workers/bn128.ts'
import type { WorkerPool } from '../workers/pool.ts'

const SCALAR_BITS = 254
const WORDS = 8

/** The window that makes bucket sums (one addition per point) and bucket reductions cheapest together. */
export function multiexpWindow(count: number): number {
  // A bucket costs a mixed and a full addition, each dearer than an affine one in a batch.
  const cost = (bits: number) => Math.ceil(SCALAR_BITS / bits) * (count + 3.4 * 2 ** (bits - 1))
  let best = 2
  for (let bits = 3; bits <= 15; bits++) if (cost(bits) < cost(best)) best = bits
  return best
}

/**
 * sum(scalar_i * base_i).
 * @param bases affine points, shared memory
 * @param scalars as many plain 32-byte scalars below 2^254, shared memory
 */
export async function multiexp(
  pool: WorkerPool,
  group: Group,
  bases: Uint8Array,
  scalars: Uint8Array,
): Promise<Point> {
  if (bases.length === 0) return Point.zero(group)
  const bits = multiexpWindow(bases.length / affineBytes(group))
  const shifted = shiftScalars(scalars, bits)
  const windows: Promise<Uint8Array>[] = []
  for (let firstBit = 0; firstBit < SCALAR_BITS; firstBit += bits) {
    const last = firstBit + bits >= SCALAR_BITS
    // The last window takes the carries of all others: one bit more than the scalars have.
    const width = last ? SCALAR_BITS - firstBit + 1 : bits
    windows.push(
      pool.run({ kind: 'window', group, bases, scalars: shifted, firstBit, bits: width, signed: !last }),
    )
  }
  const sums = await Promise.all(windows)
  let total = Point.zero(group)
  for (const sum of sums.reverse()) {
    for (let i = 0; i < bits && !total.isZero(); i++) total = total.double()
    total = total.add(Point.fromJacobian(group, sum))
  }
  return total
}

/**
 * Adds half a window at every window but the last. Each window of the sum, less that half, is then a digit in
 * [-2^(bits-1), 2^(bits-1)) of the scalar, and windows need no carries from each other.
 */
function shiftScalars(scalars: Uint8Array, bits: number): Uint8Array {
  let shift = 0n
  for (let bit = bits - 1; bit + 1 < SCALAR_BITS; bit += bits) shift |= 1n << BigInt(bit)
  const addends = new Uint32Array(integerBytes(shift).buffer)
  const result = sharedBytes(scalars.length)
  const input = new Uint32Array(scalars.buffer, scalars.byteOffset, scalars.length / 4)
  const output = new Uint32Array(result.buffer)
  for (let i = 0; i < input.length; i += WORDS) {
    let carry = 0
    for (let word = 0; word < WORDS; word++) {
      const sum = input[i + word]! + addends[word]! + carry
      output[i + word] = sum
      carry = sum > 0xffffffff ? 1 : 0
    }
  }
  return result
}
