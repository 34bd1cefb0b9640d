/**
 * From the constraints of a circuit and the secrets of a setup to the scalars of its proving key: the Lagrange
 * basis at tau, the sparse sums A_i(tau), B_i(tau), C_i(tau), and what the key combines of them.
 */

import { FIELD_MODULUS } from '../../protocol/field.ts'
import { sharedBytes, writeInteger } from '../binary.ts'
import { invertField, mulField, powField, rootOfUnity, toMontgomery } from '../scalar-field.ts'
import { type Bn128, FIELD_BYTES } from './bn128.ts'
import type {
  SetupQuotientJob,
  SetupScalars,
  SetupScalarsJob,
  SetupSums,
  SetupSumsJob,
  ToxicWaste,
} from './jobs.ts'

const FIELD_WORDS = FIELD_BYTES / 4

export function quotientBasis(curve: Bn128, { power, waste }: SetupQuotientJob): Uint8Array {
  return curve.scope(() => {
    const places = 2 ** power
    const range = { power, first: 0, count: places }
    const basis = lagrange(curve, { ...range, waste, half: 'odd', factor: invertField(waste.delta) })
    curve.call.frm_batchFromMontgomery!(basis, places, basis)
    return share(curve, basis, places * FIELD_BYTES)
  })
}

function share(curve: Bn128, address: number, length: number): Uint8Array {
  const shared = sharedBytes(length)
  shared.set(curve.bytes.subarray(address, address + length))
  return shared
}

interface Basis {
  readonly power: number
  readonly waste: ToxicWaste
  readonly half: 'even' | 'odd'
  readonly factor: bigint
  /** The places first ... first + count - 1. */
  readonly first: number
  readonly count: number
}

/**
 * Lagrange polynomials at tau, times `factor`, in Montgomery form: those of the domain ("even"), or those of the
 * domain twice as large that belong to its odd places. The prover evaluates the quotient's numerator at the odd
 * places, where it need not vanish, and so the H points of a key are in that basis.
 */
function lagrange(curve: Bn128, { power, waste, half, factor, first, count }: Basis): number {
  const size = half === 'even' ? 2 ** power : 2 * 2 ** power
  const vanishing = powField(waste.tau, BigInt(size)) - 1n + FIELD_MODULUS
  const scale = mulField(mulField(vanishing, invertField(BigInt(size))), factor)
  const step = field(curve, toMontgomery(rootOfUnity(power)))
  const tauAt = field(curve, toMontgomery(waste.tau))
  const scaleAt = field(curve, toMontgomery(scale))
  const bytes = count * FIELD_BYTES
  const roots = curve.allocate(bytes)
  const shift = half === 'even' ? 1n : rootOfUnity(power + 1)
  setField(curve, roots, toMontgomery(mulField(shift, powField(rootOfUnity(power), BigInt(first)))))
  const result = curve.allocate(bytes)
  curve.scope(() => {
    const gaps = curve.allocate(bytes, bytes + (1 << 20))
    const { frm_mul: mul, frm_sub: sub, frm_batchInverse: batchInverse } = curve.call
    for (let at = 0; at < bytes; at += FIELD_BYTES) {
      if (at > 0) mul!(roots + at - FIELD_BYTES, step, roots + at)
      sub!(tauAt, roots + at, gaps + at)
    }
    batchInverse!(gaps, FIELD_BYTES, count, result, FIELD_BYTES)
    for (let at = 0; at < bytes; at += FIELD_BYTES) {
      mul!(result + at, roots + at, result + at)
      mul!(result + at, scaleAt, result + at)
    }
  })
  return result
}

/** The sums over these rows of each matrix (plain, not Montgomery); writes the coefficient records of A and B. */
export function setupSums(curve: Bn128, job: SetupSumsJob): SetupSums {
  return curve.scope(() => {
    const { rows, firstRow, rowCount, signalCount, extraRows, power, waste } = job
    const range = { power, first: firstRow, count: rowCount + extraRows }
    const basis = lagrange(curve, { ...range, waste, half: 'even', factor: 1n })
    const sums = [0, 1, 2].map(() => zeros(curve, signalCount * FIELD_BYTES))
    const values = new Values(curve)
    const product = curve.allocate(FIELD_BYTES)
    // The last allocation is above: the memory does not move any more.
    const words = new Uint32Array(curve.bytes.buffer)
    const { frm_mul: mul, frm_add: add } = curve.call
    const out = job.coefficients
    let to = 0
    const term = (matrix: number, row: number, signal: number, source: Uint32Array, at: number) => {
      if (signal >= signalCount)
        throw new Error(`constraint ${firstRow + row} names signal ${signal} of ${signalCount}`)
      const value = values.find(words, source, at)
      // plain value * Montgomery basis = plain product
      mul!(value, basis + row * FIELD_BYTES, product)
      const sum = sums[matrix]! + signal * FIELD_BYTES
      add!(sum, product, sum)
      if (matrix === 2) return
      out[to] = matrix
      out[to + 1] = firstRow + row
      out[to + 2] = signal
      const lifted = (value + FIELD_BYTES) / 4
      for (let i = 0; i < FIELD_WORDS; i++) out[to + 3 + i] = words[lifted + i]!
      to += 3 + FIELD_WORDS
    }
    let from = 0
    for (let row = 0; row < rowCount; row++) {
      for (let matrix = 0; matrix < 3; matrix++) {
        const end = from + 1 + rows[from]! * (1 + FIELD_WORDS)
        for (from++; from < end; from += 1 + FIELD_WORDS) term(matrix, row, rows[from]!, rows, from + 1)
      }
    }
    // One extra row "signal * 0 = 0" per public signal keeps the public inputs linearly independent in A;
    // without it a proof could be reused for another value of an input that few constraints mention.
    const one = Uint32Array.of(1, 0, 0, 0, 0, 0, 0, 0)
    for (let signal = 0; signal < extraRows; signal++) term(0, rowCount + signal, signal, one, 0)
    const [a, b, c] = sums.map((sum) => share(curve, sum, signalCount * FIELD_BYTES))
    return { a: a!, b: b!, c: c! }
  })
}

/**
 * Coefficients are few distinct values: their records' form (times 2^512) is kept for those seen last. A place holds
 * the plain value and that form; values that fall on one place take turns.
 */
class Values {
  static readonly #PLACES = 2 ** 14
  readonly #curve: Bn128
  readonly #places: number

  constructor(curve: Bn128) {
    this.#curve = curve
    // All zero: the value zero, whose other form is zero as well.
    this.#places = zeros(curve, Values.#PLACES * 2 * FIELD_BYTES)
  }

  /** Address of the value that stands in `source`, followed by its other form. */
  find(words: Uint32Array, source: Uint32Array, at: number): number {
    let hash = 0
    for (let i = 0; i < FIELD_WORDS; i++) {
      hash = Math.imul(hash ^ source[at + i]!, 0x9e3779b1)
      hash ^= hash >>> 15
    }
    const value = this.#places + (hash & (Values.#PLACES - 1)) * 2 * FIELD_BYTES
    let same = true
    for (let i = 0; i < FIELD_WORDS; i++) same &&= words[value / 4 + i] === source[at + i]
    if (same) return value
    for (let i = 0; i < FIELD_WORDS; i++) words[value / 4 + i] = source[at + i]!
    const { frm_toMontgomery: lift } = this.#curve.call
    lift!(value, value + FIELD_BYTES)
    lift!(value + FIELD_BYTES, value + FIELD_BYTES)
    return value
  }
}

export function setupScalars(curve: Bn128, job: SetupScalarsJob): SetupScalars {
  return curve.scope(() => {
    const length = job.signalCount * FIELD_BYTES
    const [a, b, c] = (['a', 'b', 'c'] as const).map((name) => {
      const [first, ...others] = job.parts.map((part) => curve.place(part[name]))
      for (const other of others) {
        for (let at = 0; at < length; at += FIELD_BYTES)
          curve.call.frm_add!(first! + at, other + at, first! + at)
      }
      return first!
    }) as [number, number, number]
    combine(curve, job, { a, b, c })
    return { a: share(curve, a, length), b: share(curve, b, length), c: share(curve, c, length) }
  })
}

/** c_i := (beta a_i + alpha b_i + c_i) / gamma for the constant and the public signals, / delta for the rest. */
function combine(curve: Bn128, job: SetupScalarsJob, sums: Readonly<Record<'a' | 'b' | 'c', number>>): void {
  const { alpha, beta, gamma, delta } = job.waste
  const alphaAt = field(curve, toMontgomery(alpha))
  const betaAt = field(curve, toMontgomery(beta))
  const publicDivisor = field(curve, toMontgomery(invertField(gamma)))
  const privateDivisor = field(curve, toMontgomery(invertField(delta)))
  const product = curve.allocate(FIELD_BYTES)
  const { frm_mul: mul, frm_add: add } = curve.call
  for (let signal = 0; signal < job.signalCount; signal++) {
    const at = signal * FIELD_BYTES
    const sum = sums.c + at
    mul!(sums.a + at, betaAt, product)
    add!(sum, product, sum)
    mul!(sums.b + at, alphaAt, product)
    add!(sum, product, sum)
    mul!(sum, signal <= job.publicCount ? publicDivisor : privateDivisor, sum)
  }
}

function zeros(curve: Bn128, length: number): number {
  const address = curve.allocate(length)
  curve.bytes.fill(0, address, address + length)
  return address
}

function field(curve: Bn128, value: bigint): number {
  const address = curve.allocate(FIELD_BYTES)
  setField(curve, address, value)
  return address
}

function setField(curve: Bn128, address: number, value: bigint): void {
  writeInteger(curve.bytes, address, value)
}
