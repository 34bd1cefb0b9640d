/**
 * From the constraints of a circuit and the secrets of a setup to the scalars of its proving key: the Lagrange
 * basis at tau, the sparse sums A_i(tau), B_i(tau), C_i(tau), and what the key combines of them.
 */

import { FIELD_MODULUS } from '../../protocol/field.ts'
import { sharedBytes, viewOf, writeInteger } from '../binary.ts'
import { invertField, mulField, powField, rootOfUnity, toMontgomery } from '../scalar-field.ts'
import { type Bn128, FIELD_BYTES } from './bn128.ts'
import type { SetupScalars, SetupScalarsJob } from './jobs.ts'

/** matrix, row, signal, value */
const COEFFICIENT_BYTES = 12 + FIELD_BYTES

export function setupScalars(curve: Bn128, job: SetupScalarsJob): SetupScalars {
  return curve.scope(() => {
    const basis = lagrange(curve, job, 'even', 1n)
    const sums = sumMatrices(curve, job, basis)
    combine(curve, job, sums)
    const bytes = job.signalCount * FIELD_BYTES
    const oddBasis = lagrange(curve, job, 'odd', invertField(job.waste.delta))
    const domainBytes = FIELD_BYTES * 2 ** job.power
    curve.call.frm_batchFromMontgomery!(oddBasis, 2 ** job.power, oddBasis)
    return {
      a: share(curve, sums.a, bytes),
      b: share(curve, sums.b, bytes),
      c: share(curve, sums.c, bytes),
      h: share(curve, oddBasis, domainBytes),
      coefficients: sums.coefficients,
    }
  })
}

function share(curve: Bn128, address: number, length: number): Uint8Array {
  const shared = sharedBytes(length)
  shared.set(curve.bytes.subarray(address, address + length))
  return shared
}

/**
 * Lagrange polynomials at tau, times `factor`, in Montgomery form: those of the domain ("even"), or those of the
 * domain twice as large that belong to its odd places. The prover evaluates the quotient's numerator at the odd
 * places, where it need not vanish, and so the H points of a key are in that basis.
 */
function lagrange(curve: Bn128, job: SetupScalarsJob, half: 'even' | 'odd', factor: bigint): number {
  const places = 2 ** job.power
  const size = half === 'even' ? places : 2 * places
  const { tau } = job.waste
  const vanishing = powField(tau, BigInt(size)) - 1n + FIELD_MODULUS
  const scale = mulField(mulField(vanishing, invertField(BigInt(size))), factor)
  const step = field(curve, toMontgomery(rootOfUnity(job.power)))
  const tauAt = field(curve, toMontgomery(tau))
  const scaleAt = field(curve, toMontgomery(scale))
  const roots = curve.allocate(places * FIELD_BYTES)
  const first = half === 'even' ? 1n : rootOfUnity(job.power + 1)
  setField(curve, roots, toMontgomery(first))
  const result = curve.allocate(places * FIELD_BYTES)
  curve.scope(() => {
    const gaps = curve.allocate(places * FIELD_BYTES, places * FIELD_BYTES + (1 << 20))
    const { frm_mul: mul, frm_sub: sub, frm_batchInverse: batchInverse } = curve.call
    for (let at = 0; at < places * FIELD_BYTES; at += FIELD_BYTES) {
      if (at > 0) mul!(roots + at - FIELD_BYTES, step, roots + at)
      sub!(tauAt, roots + at, gaps + at)
    }
    batchInverse!(gaps, FIELD_BYTES, places, result, FIELD_BYTES)
    for (let at = 0; at < places * FIELD_BYTES; at += FIELD_BYTES) {
      mul!(result + at, roots + at, result + at)
      mul!(result + at, scaleAt, result + at)
    }
  })
  return result
}

interface Sums {
  readonly a: number
  readonly b: number
  readonly c: number
  readonly coefficients: Uint8Array
}

/** The sums over the rows of each matrix (plain, not Montgomery), and the coefficient records of A and B. */
function sumMatrices(curve: Bn128, job: SetupScalarsJob, basis: number): Sums {
  const { constraints, constraintCount, signalCount, publicCount } = job
  const view = viewOf(constraints)
  const records = countRecords(view, constraintCount) + publicCount + 1
  const coefficients = sharedBytes(4 + records * COEFFICIENT_BYTES)
  const out = viewOf(coefficients)
  out.setUint32(0, records, true)
  const sums = [0, 1, 2].map(() => zeros(curve, signalCount * FIELD_BYTES))
  const value = curve.allocate(FIELD_BYTES)
  const product = curve.allocate(FIELD_BYTES)
  const bytes = curve.bytes
  const { frm_mul: mul, frm_add: add, frm_toMontgomery: lift } = curve.call
  let to = 4
  const record = (matrix: number, row: number, signal: number) => {
    out.setUint32(to, matrix, true)
    out.setUint32(to + 4, row, true)
    out.setUint32(to + 8, signal, true)
    lift!(value, product)
    lift!(product, product)
    coefficients.set(bytes.subarray(product, product + FIELD_BYTES), to + 12)
    to += COEFFICIENT_BYTES
  }
  const addTo = (matrix: number, row: number, signal: number) => {
    if (signal >= signalCount) throw new Error(`constraint ${row} names signal ${signal} of ${signalCount}`)
    // plain value * Montgomery basis = plain product
    mul!(value, basis + row * FIELD_BYTES, product)
    const sum = sums[matrix]! + signal * FIELD_BYTES
    add!(sum, product, sum)
    if (matrix < 2) record(matrix, row, signal)
  }
  let from = 0
  for (let row = 0; row < constraintCount; row++) {
    for (let matrix = 0; matrix < 3; matrix++) {
      const terms = view.getUint32(from, true)
      from += 4
      for (let i = 0; i < terms; i++, from += 4 + FIELD_BYTES) {
        bytes.set(constraints.subarray(from + 4, from + 4 + FIELD_BYTES), value)
        addTo(matrix, row, view.getUint32(from, true))
      }
    }
  }
  // One extra row "signal * 0 = 0" per public signal keeps the public inputs linearly independent in A;
  // without it a proof could be reused for another value of an input that few constraints mention.
  setField(curve, value, 1n)
  for (let signal = 0; signal <= publicCount; signal++) addTo(0, constraintCount + signal, signal)
  return { a: sums[0]!, b: sums[1]!, c: sums[2]!, coefficients }
}

/** Counts the entries of A and B, and refuses a section that is not exactly as long as its counts say. */
function countRecords(view: DataView, constraintCount: number): number {
  let records = 0
  let at = 0
  for (let row = 0; row < constraintCount; row++) {
    for (let matrix = 0; matrix < 3; matrix++) {
      if (at + 4 > view.byteLength) throw new Error(`the constraints end at ${row} of ${constraintCount}`)
      const terms = view.getUint32(at, true)
      at += 4 + terms * (4 + FIELD_BYTES)
      if (matrix < 2) records += terms
    }
  }
  if (at !== view.byteLength) throw new Error(`the constraints take ${at} of ${view.byteLength} bytes`)
  return records
}

/** c_i := (beta a_i + alpha b_i + c_i) / gamma for the constant and the public signals, / delta for the rest. */
function combine(curve: Bn128, job: SetupScalarsJob, sums: Sums): void {
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
