/** snarkjs' witness files, and the numbers and points that its files hold. */
import type { Affine, Group } from './big-curve.ts'
import { EngineError } from './errors.ts'
import { BASE_MODULUS, SCALAR_BYTES, SCALAR_MODULUS } from './wasm/layout.ts'

type Sections = ReadonlyMap<number, Uint8Array>

function readSections(bytes: Uint8Array): Sections {
  const refuse = (what: string) => new EngineError('WITNESS', `the wtns file ${what}`)
  if (bytes.length < 12 || String.fromCharCode(...bytes.subarray(0, 4)) !== 'wtns') {
    throw new EngineError('WITNESS', 'this is not a wtns file')
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

/**
 * The values of a witness, 8 words each.
 * @throws EngineError WITNESS when the file is damaged, over another field, of another length, or not canonical
 */
export function parseWitness(bytes: Uint8Array, signalCount: number): Uint32Array {
  const refuse = (message: string) => new EngineError('WITNESS', message)
  const sections = readSections(bytes)
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
export function toWords(bytes: Uint8Array): Uint32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes)
  return new Uint32Array(aligned.buffer, aligned.byteOffset, bytes.length / 4)
}

export function wordBytes({ buffer, byteOffset, byteLength }: Uint32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

export function readWord(bytes: Uint8Array, at: number): number {
  return viewOf(bytes).getUint32(at, true)
}

export function readInteger(bytes: Uint8Array, at: number): bigint {
  const view = viewOf(bytes)
  let value = 0n
  for (let i = 24; i >= 0; i -= 8) value = (value << 64n) | view.getBigUint64(at + i, true)
  return value
}
