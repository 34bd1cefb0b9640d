/**
 * Scalars made ready for a multi-exponentiation: those that are zero dropped, those above half the modulus replaced
 * by their negatives (so that -3 is as cheap as 3), and shifted so that windows are signed digits without carries.
 */
import { SCALAR_MODULUS } from './wasm/layout.ts'

export const WORDS = 8

/** Bits of (modulus - 1) / 2. */
export const SCALAR_BITS = 253

/** What a window job needs to know of a multi-exponentiation; addresses in the key's memory. */
export interface Prepared {
  readonly count: number
  /** 8 words per scalar, shifted. */
  readonly scalars: number
  /** One word per scalar: the address of its base, lowest bit set for its negative. */
  readonly pointers: number
  readonly windowBits: number
}

/** A scalar and the address of its base. */
export interface Source {
  /** Words of the scalars, 8 each, below 2^254. */
  readonly words: Uint32Array
  /** For each base the number of its scalar, or undefined: as many as there are scalars. */
  readonly indices?: Uint32Array
  readonly count: number
  readonly base: number
  readonly baseBytes: number
}

const wordsOf = (value: bigint) =>
  Uint32Array.from({ length: WORDS }, (_, i) => Number((value >> BigInt(32 * i)) & 0xffffffffn))
const MODULUS_WORDS = wordsOf(SCALAR_MODULUS)
const HALF_WORDS = wordsOf((SCALAR_MODULUS - 1n) / 2n)

/** Cost in affine additions of a window size for a histogram of scalar lengths in bits. */
function cost(histogram: ArrayLike<number>, bits: number): number {
  let total = 2.2 * windowCount(bits) * 2 ** (bits - 1)
  for (let length = 1; length <= SCALAR_BITS; length++) total += histogram[length]! * Math.ceil(length / bits)
  return total
}

export function windowCount(windowBits: number): number {
  return Math.ceil(SCALAR_BITS / windowBits)
}

export const MAXIMUM_WINDOW_BITS = 15

function cheapestWindow(histogram: ArrayLike<number>, maximum: number): number {
  let best = 3
  for (let bits = 4; bits <= maximum; bits++) if (cost(histogram, bits) < cost(histogram, best)) best = bits
  return best
}

/** The window for so many scalars of full length, which is the largest that any `count` scalars get. */
export function largestWindow(count: number): number {
  const histogram = new Float64Array(SCALAR_BITS + 1)
  histogram[SCALAR_BITS] = count
  return cheapestWindow(histogram, MAXIMUM_WINDOW_BITS)
}

/** Bytes that a multi-exponentiation of up to so many scalars takes for its prepared form. */
export function preparedBytes(count: number): number {
  return count * (WORDS + 1) * 4
}

/** Writes the prepared form to `address`, in `memory`. */
export function prepare(memory: Uint32Array, address: number, sources: readonly Source[]): Prepared {
  const capacity = sources.reduce((sum, source) => sum + source.count, 0)
  const [pointers, scalars] = [address, address + 4 * capacity]
  const histogram = new Uint32Array(SCALAR_BITS + 4)
  let count = 0
  for (const { words, indices, count: length, base, baseBytes } of sources) {
    for (let i = 0; i < length; i++) {
      const from = (indices === undefined ? i : indices[i]!) * WORDS
      const to = scalars / 4 + count * WORDS
      const sign = copyHalved(words, from, memory, to)
      const bits = bitLength(memory, to)
      if (bits === 0) continue
      histogram[bits]!++
      memory[pointers / 4 + count] = base + i * baseBytes + sign
      count++
    }
  }
  const windowBits = cheapestWindow(histogram, largestWindow(capacity))
  addHalves(memory, scalars / 4, count, windowBits)
  return { count, scalars, pointers, windowBits }
}

/** Copies a scalar, or the modulus less it where that is smaller, and says which: 0 or 1. */
export function copyHalved(source: Uint32Array, from: number, target: Uint32Array, to: number): 0 | 1 {
  let above = false
  for (let i = WORDS - 1; i >= 0; i--) {
    const [word, half] = [source[from + i]!, HALF_WORDS[i]!]
    if (word !== half) {
      above = word > half
      break
    }
  }
  if (!above) {
    for (let i = 0; i < WORDS; i++) target[to + i] = source[from + i]!
    return 0
  }
  let borrow = 0
  for (let i = 0; i < WORDS; i++) {
    const difference = MODULUS_WORDS[i]! - source[from + i]! - borrow
    target[to + i] = difference
    borrow = difference < 0 ? 1 : 0
  }
  return 1
}

function bitLength(words: Uint32Array, from: number): number {
  for (let i = WORDS - 1; i >= 0; i--) {
    const word = words[from + i]!
    if (word !== 0) return 32 * i + 32 - Math.clz32(word)
  }
  return 0
}

/**
 * Adds half a window at every window but the last. Each window of the sum, less that half, is then a digit in
 * [-2^(bits-1), 2^(bits-1)) of the scalar; the last window is a digit as it stands.
 */
export function addHalves(memory: Uint32Array, from: number, count: number, windowBits: number): void {
  let shift = 0n
  for (let w = 0; w < windowCount(windowBits) - 1; w++) shift |= 1n << BigInt(w * windowBits + windowBits - 1)
  const addends = wordsOf(shift)
  for (let at = from; at < from + count * WORDS; at += WORDS) {
    let carry = 0
    for (let i = 0; i < WORDS; i++) {
      const sum = memory[at + i]! + addends[i]! + carry
      memory[at + i] = sum
      carry = sum > 0xffffffff ? 1 : 0
    }
  }
}

/** The bits of window `w` of a scalar; all that is left for the last window. */
export function windowAt(memory: Uint32Array, from: number, w: number, windowBits: number): number {
  const bit = w * windowBits
  const [word, offset] = [bit >>> 5, bit & 31]
  let value = memory[from + word]! >>> offset
  if (offset + windowBits > 32 && word < WORDS - 1) value |= memory[from + word + 1]! << (32 - offset)
  return value & ((1 << windowBits) - 1)
}
