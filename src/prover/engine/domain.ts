/** Tables of the transforms, and the transform of an array to the odd coset of its domain. */

import { invertModulo } from './big-curve.ts'
import type { KeyLayout } from './layout.ts'
import type { Machine } from './machine.ts'
import { ELEMENT_BYTES, LIMBS, limbsOf, PAIR_BYTES, R, SCALAR_MODULUS } from './wasm/layout.ts'

const PAIR_WORDS = PAIR_BYTES / 4

function power(base: bigint, exponent: bigint): bigint {
  let [result, square] = [1n, base]
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % SCALAR_MODULUS
    square = (square * square) % SCALAR_MODULUS
  }
  return result
}

/** The root of unity of order 2^log that snarkjs uses. */
function rootOfUnity(log: number): bigint {
  return power(5n, (SCALAR_MODULUS - 1n) >> BigInt(log))
}

/** Fills the tables; uses the memory of the rows. */
export function writeTables(machine: Machine, layout: KeyLayout): void {
  const n = layout.domainSize
  const log = Math.log2(n)
  const root = rootOfUnity(log)
  const scratch = layout.rows.a
  const room = layout.rows.b
  for (const [base, target] of [
    [root, layout.roots],
    [invertModulo(root, SCALAR_MODULUS), layout.inverseRoots],
  ] as const) {
    powers(machine, 1n, base, n / 2, scratch, room)
    forEachValue(machine, scratch, n / 2, (i, words, from) => {
      for (let limb = 0; limb < LIMBS; limb++) {
        words[(target + i * ELEMENT_BYTES) / 4 + limb] = words[from + 2 * limb]!
      }
    })
  }
  powers(machine, invertModulo(BigInt(n), SCALAR_MODULUS), rootOfUnity(log + 1), n, scratch, room)
  forEachValue(machine, scratch, n, (i, words, from) => {
    const place = reverseBits(i, log)
    const to = layout.shifts / 4 + (place % (n / 2)) * PAIR_WORDS + (place >= n / 2 ? 1 : 0)
    for (let limb = 0; limb < LIMBS; limb++) words[to + 2 * limb] = words[from + 2 * limb]!
  })
}

/** first * base^i for i below `count`, Montgomery form, in pairs (2 i, 2 i + 1) at `to`. */
function powers(machine: Machine, first: bigint, base: bigint, count: number, to: number, scratch: number) {
  const montgomery = (value: bigint) => limbsOf((value * R) % SCALAR_MODULUS)
  machine.setLane(to, 0, montgomery(first))
  machine.setLane(to, 1, montgomery((first * base) % SCALAR_MODULUS))
  let square = (base * base) % SCALAR_MODULUS
  for (let known = 1; 2 * known < count; known *= 2) {
    machine.words.set(montgomery(square), scratch / 4)
    for (let i = 0; i < known; i++) {
      machine.call.frMulElement(to + (known + i) * PAIR_BYTES, to + i * PAIR_BYTES, scratch)
    }
    square = (square * square) % SCALAR_MODULUS
  }
}

function forEachValue(
  { words }: Machine,
  pairs: number,
  count: number,
  visit: (i: number, words: Uint32Array, from: number) => void,
): void {
  for (let i = 0; i < count; i++) visit(i, words, pairs / 4 + (i >> 1) * PAIR_WORDS + (i & 1))
}

function reverseBits(value: number, bits: number): number {
  let result = 0
  for (let i = 0; i < bits; i++) result |= ((value >> i) & 1) << (bits - 1 - i)
  return result
}

/** Values on the domain become values on its odd coset, in place. `work` is room for 2 pairs. */
export function toCoset(machine: Machine, layout: KeyLayout, array: number, work: number): void {
  const { call } = machine
  const half = layout.domainSize / 2
  call.frInverseCross(array, half, layout.inverseRoots, work)
  for (let size = half / 2; size >= 1; size /= 2) {
    const stride = (half / size) * ELEMENT_BYTES
    call.frInverse(array, half / (2 * size), size, layout.inverseRoots, stride, work)
  }
  call.frMultiplyAll(array, array, layout.shifts, half)
  for (let size = 1; size < half; size *= 2) {
    call.frForward(array, half / (2 * size), size, layout.roots, (half / size) * ELEMENT_BYTES, work)
  }
  call.frForwardCross(array, half, layout.roots, work)
}
