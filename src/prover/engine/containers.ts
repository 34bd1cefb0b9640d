/** snarkjs' zkey and wtns files: sections, headers and everything that makes a file unfit to compute with. */
import { type Affine, type Group, isOnCurve } from './big-curve.ts'
import { EngineError, type EngineErrorCode } from './errors.ts'
import { BASE_MODULUS, SCALAR_BYTES, SCALAR_MODULUS } from './wasm/layout.ts'

/** 32-bit words of a coefficient record: matrix, row, signal, value * 2^512. */
export const RECORD_WORDS = 11

/** Bytes of snarkjs' affine points. */
export const G1_BYTES = 64
export const G2_BYTES = 128

const HEADER_FIXED_BYTES = 84
const HEADER_BYTES = HEADER_FIXED_BYTES + 3 * G1_BYTES + 3 * G2_BYTES

export interface KeyFile {
  readonly signalCount: number
  readonly publicCount: number
  readonly domainSize: number
  /** Little-endian words of the sections; points in snarkjs' Montgomery form. */
  readonly coefficients: Uint32Array
  readonly a: Uint32Array
  readonly b1: Uint32Array
  readonly b2: Uint32Array
  readonly c: Uint32Array
  readonly h: Uint32Array
  readonly alpha1: Uint32Array
  readonly beta1: Uint32Array
  readonly beta2: Uint32Array
  readonly delta1: Uint32Array
  readonly delta2: Uint32Array
}

type Sections = ReadonlyMap<number, Uint8Array>

function readSections(bytes: Uint8Array, magic: string, code: EngineErrorCode): Sections {
  const refuse = (what: string) => new EngineError(code, `the ${magic} file ${what}`)
  if (bytes.length < 12 || String.fromCharCode(...bytes.subarray(0, 4)) !== magic) {
    throw new EngineError(code, `this is not a ${magic} file`)
  }
  const view = viewOf(bytes)
  const sections = new Map<number, Uint8Array>()
  let at = 12
  for (let left = view.getUint32(8, true); left > 0; left--) {
    if (at + 12 > bytes.length) throw refuse('is truncated')
    const id = view.getUint32(at, true)
    const length = Number(view.getBigUint64(at + 4, true))
    at += 12
    if (at + length > bytes.length) throw refuse(`is truncated in section ${id}`)
    if (sections.has(id)) throw refuse(`has section ${id} twice`)
    sections.set(id, bytes.subarray(at, at + length))
    at += length
  }
  if (at !== bytes.length) throw refuse('has bytes after its last section')
  return sections
}

/** @throws EngineError KEY when the file is damaged, foreign, inconsistent or unsafe */
export function parseKey(bytes: Uint8Array): KeyFile {
  const refuse = (what: string) => new EngineError('KEY', `the proving key ${what}`)
  const sections = readSections(bytes, 'zkey', 'KEY')
  const part = (id: number, length?: number): Uint8Array => {
    const body = sections.get(id)
    if (body === undefined) throw refuse(`lacks section ${id}`)
    if (length !== undefined && body.length !== length) {
      throw refuse(`has ${body.length} of ${length} bytes in section ${id}`)
    }
    return body
  }
  if (readWord(part(1, 4), 0) !== 1) throw refuse('is not a Groth16 key')
  const header = part(2)
  if (
    header.length !== HEADER_BYTES ||
    readInteger(header, 4) !== BASE_MODULUS ||
    readInteger(header, 40) !== SCALAR_MODULUS
  ) {
    throw refuse('is not over BN254')
  }
  const [signalCount, publicCount, domainSize] = [72, 76, 80].map((at) => readWord(header, at)) as [
    number,
    number,
    number,
  ]
  const power = Math.log2(domainSize)
  if (publicCount >= signalCount || !Number.isInteger(power) || power < 1 || power > 27) {
    throw refuse('has an inconsistent header')
  }
  part(3, (publicCount + 1) * G1_BYTES)
  const coefficients = part(4)
  if (coefficients.length < 4 || coefficients.length !== 4 + readWord(coefficients, 0) * RECORD_WORDS * 4) {
    throw refuse('is truncated in section 4')
  }
  const key: KeyFile = {
    signalCount,
    publicCount,
    domainSize,
    ...headerPoints(header.subarray(HEADER_FIXED_BYTES)),
    coefficients: toWords(coefficients.subarray(4)),
    a: toWords(part(5, signalCount * G1_BYTES)),
    b1: toWords(part(6, signalCount * G1_BYTES)),
    b2: toWords(part(7, signalCount * G2_BYTES)),
    c: toWords(part(8, (signalCount - publicCount - 1) * G1_BYTES)),
    h: toWords(part(9, domainSize * G1_BYTES)),
  }
  checkRecords(key)
  return key
}

function headerPoints(bytes: Uint8Array) {
  const point = (name: string, group: Group, offset: number) => {
    const body = bytes.subarray(offset, offset + (group === 'g1' ? G1_BYTES : G2_BYTES))
    const affine = pointOf(group, body)
    if (affine === undefined) throw new EngineError('KEY', `this key is unsafe: its ${name} is infinity`)
    if (!isOnCurve(affine)) throw new EngineError('KEY', `the key's ${name} is not on the curve`)
    return toWords(body)
  }
  const points = {
    alpha1: point('alpha1', 'g1', 0),
    beta1: point('beta1', 'g1', 64),
    beta2: point('beta2', 'g2', 128),
    gamma2: point('gamma2', 'g2', 256),
    delta1: point('delta1', 'g1', 384),
    delta2: point('delta2', 'g2', 448),
  }
  // Whoever has such a key can forge any statement: nobody contributed to its second phase.
  if (points.delta2.every((word, i) => word === points.gamma2[i])) {
    throw new EngineError('KEY', 'this key is unsafe: its delta equals its gamma')
  }
  return points
}

const R_INVERSE = (() => {
  // 2^-256: halve 1 as often.
  let value = 1n
  for (let i = 0; i < 256; i++) value = (value % 2n === 0n ? value : value + BASE_MODULUS) / 2n
  return value
})()

/** A point in snarkjs' affine Montgomery bytes. */
export function pointOf(group: Group, bytes: Uint8Array): Affine {
  if (bytes.every((byte) => byte === 0)) return undefined
  const element = (i: number) => (readInteger(bytes, 32 * i) * R_INVERSE) % BASE_MODULUS
  return group === 'g1'
    ? { x: [element(0)], y: [element(1)] }
    : { x: [element(0), element(1)], y: [element(2), element(3)] }
}

/** A record that points outside the domain or the witness would read and write foreign memory. */
function checkRecords({ coefficients, domainSize, signalCount }: KeyFile): void {
  for (let at = 0; at < coefficients.length; at += RECORD_WORDS) {
    if (
      coefficients[at]! > 1 ||
      coefficients[at + 1]! >= domainSize ||
      coefficients[at + 2]! >= signalCount
    ) {
      throw new EngineError('KEY', 'the proving key has a coefficient out of range')
    }
  }
}

/**
 * The values of a witness, 8 words each.
 * @throws EngineError WITNESS when the file is damaged, over another field, of another length, or not canonical
 */
export function parseWitness(bytes: Uint8Array, signalCount: number): Uint32Array {
  const refuse = (message: string) => new EngineError('WITNESS', message)
  const sections = readSections(bytes, 'wtns', 'WITNESS')
  const [header, values] = [sections.get(1), sections.get(2)]
  if (header?.length !== 40 || values === undefined)
    throw refuse('the witness lacks its header or its values')
  if (readWord(header, 0) !== SCALAR_BYTES || readInteger(header, 4) !== SCALAR_MODULUS) {
    throw refuse('the witness is not over the BN254 scalar field')
  }
  const count = readWord(header, 36)
  if (values.length !== count * SCALAR_BYTES) throw refuse('the witness is truncated')
  if (count !== signalCount) {
    throw refuse(`the witness has ${count} signals and the key ${signalCount}: it belongs to another circuit`)
  }
  if (readInteger(values, 0) !== 1n) throw refuse('the first signal of the witness is not 1')
  const words = toWords(values)
  const top = Number(SCALAR_MODULUS >> 224n)
  for (let i = 0; i < count; i++) {
    // Only a value whose top word reaches the modulus' can be out of the field.
    if (words[8 * i + 7]! >= top && readInteger(values, SCALAR_BYTES * i) >= SCALAR_MODULUS) {
      throw refuse(`signal ${i} of the witness is not below the field modulus`)
    }
  }
  return words
}

/** As words, copied only where the bytes lie at an odd place. */
function toWords(bytes: Uint8Array): Uint32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes)
  return new Uint32Array(aligned.buffer, aligned.byteOffset, bytes.length / 4)
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function readWord(bytes: Uint8Array, at: number): number {
  return viewOf(bytes).getUint32(at, true)
}

function readInteger(bytes: Uint8Array, at: number): bigint {
  const view = viewOf(bytes)
  let value = 0n
  for (let i = 24; i >= 0; i -= 8) value = (value << 64n) | view.getBigUint64(at + i, true)
  return value
}
