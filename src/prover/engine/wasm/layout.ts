/**
 * How numbers lie in the engine's memory, and the constants of the two fields at its start.
 *
 * An element is 9 limbs of 29 bits, least first, in 48 bytes (12 words, the last three zero). A pair is two
 * elements with their limbs interleaved, x0 y0 x1 y1 ... x8 y8, in 80 bytes: five vectors of four words.
 * Values stand for x * 2^261 modulo the field (Montgomery form) and are reduced lazily; see bounds.md.
 */

export const LIMBS = 9
export const LIMB_BITS = 29
export const ELEMENT_BYTES = 48
export const PAIR_BYTES = 80
export const VECTORS = 5
export const SCALAR_BYTES = 32

export const BASE_MODULUS = 21888242871839275222246405745257275088696311157297823662689037894645226208583n
export const SCALAR_MODULUS = 21888242871839275222246405745257275088548364400416034343698204186575808495617n

const RADIX = 1n << BigInt(LIMB_BITS)
const MASK = RADIX - 1n

/** Montgomery's R. */
export const R = 1n << BigInt(LIMBS * LIMB_BITS)

/** Byte addresses, relative to a field's block of constants. */
const PAIRS = ['modulus', 'one', 'plainOne', 'sub2', 'sub3', 'sub4', 'sub5', 'excess', 'lift'] as const
type PairName = (typeof PAIRS)[number]

export interface FieldLayout extends Readonly<Record<PairName, number>> {
  readonly p: bigint
  /** `lift` is 2 to this. */
  readonly liftBits: bigint
  /** -1/p mod 2^29 in all lanes. */
  readonly inverse: number
  /** 2^29 - 1 in all lanes. */
  readonly mask: number
  /** For a pair's last vector: all ones where the top limb is, zero elsewhere. */
  readonly topMask: number
  /** All ones in lanes 1 and 3. */
  readonly oddLanes: number
  /** The 4-bit digits of p - 2, most significant first, one byte each. */
  readonly exponent: number
  /** The lowest limbs of p, 2p, ... 5p, each in all lanes of a vector. */
  readonly multiples: number
  /** One as an element in Montgomery form, and in the same size zero. */
  readonly oneElement: number
  readonly zeroElement: number
}

function fieldLayout(p: bigint, base: number, liftBits: bigint): FieldLayout {
  let at = base
  const take = (length: number) => {
    const address = at
    at += length
    return address
  }
  const pairs = Object.fromEntries(PAIRS.map((name) => [name, take(PAIR_BYTES)])) as Record<PairName, number>
  return {
    p,
    liftBits,
    ...pairs,
    inverse: take(16),
    mask: take(16),
    topMask: take(16),
    oddLanes: take(16),
    exponent: take(64),
    multiples: take(5 * 16),
    oneElement: take(ELEMENT_BYTES),
    zeroElement: take(ELEMENT_BYTES),
  }
}

/**
 * A product with `lift` brings what a snarkjs key holds to the engine's form. Coordinates: from x * 2^256 to
 * x * 2^261. Coefficients: from x * 2^512 to x * 2^522, whose product with a plain value is in Montgomery form.
 */
export const FQ = fieldLayout(BASE_MODULUS, 1024, 266n)
export const FR = fieldLayout(SCALAR_MODULUS, 4096, 271n)

/** Everything below is constants; the rest of the memory is the caller's. */
export const FIRST_FREE_ADDRESS = 8192

export function limbsOf(value: bigint): number[] {
  return Array.from({ length: LIMBS }, (_, i) => {
    const rest = value >> BigInt(LIMB_BITS * i)
    return Number(i === LIMBS - 1 ? rest : rest & MASK)
  })
}

export function fromLimbs(limbs: ArrayLike<number>): bigint {
  let value = 0n
  for (let i = LIMBS - 1; i >= 0; i--) value = (value << BigInt(LIMB_BITS)) + BigInt(limbs[i]!)
  return value
}

/**
 * A multiple of p written so that every limb but the top one is at least `borrow` * (2^29 - 1): subtracting from
 * it whatever has limbs below that never borrows.
 */
export function redundant(value: bigint, borrow: number): number[] {
  const limbs = limbsOf(value)
  return limbs.map((limb, i) => {
    const given = i < LIMBS - 1 ? borrow * 2 ** LIMB_BITS : 0
    return limb + given - (i > 0 ? borrow : 0)
  })
}

export function writeConstants(memory: ArrayBufferLike): void {
  for (const field of [FQ, FR]) writeField(new Uint32Array(memory), new Uint8Array(memory), field)
}

function writeField(words: Uint32Array, bytes: Uint8Array, field: FieldLayout): void {
  const { p } = field
  const pair = (name: PairName, limbs: readonly number[]) => {
    limbs.forEach((limb, i) => {
      words[field[name] / 4 + 2 * i] = limb
      words[field[name] / 4 + 2 * i + 1] = limb
    })
  }
  const vector = (address: number, lanes: readonly number[]) => words.set(lanes, address / 4)
  pair('modulus', limbsOf(p))
  pair('one', limbsOf(R % p))
  pair('plainOne', limbsOf(1n))
  pair('sub2', redundant(2n * p, 2))
  pair('sub3', redundant(3n * p, 2))
  pair('sub4', redundant(4n * p, 4))
  pair('sub5', redundant(5n * p, 3))
  pair('excess', redundant(p, 6))
  pair('lift', limbsOf((1n << field.liftBits) % p))
  vector(field.inverse, new Array(4).fill(Number(RADIX - inverseModRadix(p))))
  vector(field.mask, new Array(4).fill(Number(MASK)))
  vector(field.topMask, [0xffffffff, 0xffffffff, 0, 0])
  vector(field.oddLanes, [0, 0xffffffff, 0, 0xffffffff])
  const digits = (p - 2n).toString(16).padStart(64, '0')
  for (let i = 0; i < 64; i++) bytes[field.exponent + i] = Number.parseInt(digits[i]!, 16)
  for (let k = 1; k <= 5; k++) {
    vector(field.multiples + 16 * (k - 1), new Array(4).fill(Number((BigInt(k) * p) & MASK)))
  }
  words.set(limbsOf(R % p), field.oneElement / 4)
}

function inverseModRadix(p: bigint): bigint {
  let inverse = 1n
  for (let i = 0; i < 5; i++) inverse = (inverse * (2n - p * inverse)) & MASK
  return inverse & MASK
}
