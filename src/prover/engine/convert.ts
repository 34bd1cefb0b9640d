/** Points of a snarkjs key (x * 2^256, 32 bytes per element) into the engine's form. */
import type { Group } from './big-curve.ts'
import { degree, type Machine, pointBytes, unpackLimbs } from './machine.ts'
import { FQ, LIMBS, PAIR_BYTES } from './wasm/layout.ts'

/** Elements that are converted at a time. */
const CHUNK = 4096

/** Bytes of scratch for `convertPoints`. */
export const CONVERT_BYTES = (CHUNK / 2) * PAIR_BYTES

/**
 * Converts the points with the numbers in `indices` (all if undefined), one after the other, to `target`.
 * The point at infinity stays all zeros.
 */
export function convertPoints(
  machine: Machine,
  group: Group,
  source: Uint32Array,
  indices: Uint32Array,
  target: number,
  scratch: number,
): void {
  const perPoint = 2 * degree(group)
  const { words, call } = machine
  const chunkPoints = CHUNK / perPoint
  // Elements of a point follow each other, here and there; two at a time make a pair.
  for (let first = 0; first < indices.length; first += chunkPoints) {
    const count = Math.min(chunkPoints, indices.length - first)
    for (let i = 0; i < count * perPoint; i++) {
      const from = (indices[first + Math.floor(i / perPoint)]! * perPoint + (i % perPoint)) * 8
      unpackLimbs(source, from, words, scratch / 4 + (i >> 1) * (PAIR_BYTES / 4) + (i & 1), 2)
    }
    const lifts = (count * perPoint) / 2
    for (let k = 0; k < lifts; k++) {
      const pair = scratch + k * PAIR_BYTES
      call.fqMul(pair, pair, FQ.lift)
    }
    scatter(words, scratch, count * perPoint, target + first * pointBytes(group))
  }
}

function scatter(words: Uint32Array, pairs: number, count: number, target: number): void {
  for (let i = 0; i < count; i++) {
    const from = pairs / 4 + (i >> 1) * (PAIR_BYTES / 4) + (i & 1)
    for (let limb = 0; limb < LIMBS; limb++) words[target / 4 + i * 12 + limb] = words[from + 2 * limb]!
  }
}
