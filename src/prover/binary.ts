/**
 * The container that r1cs, wtns and zkey files share: four letters, a version, and numbered sections, each with
 * a 64-bit length, all little-endian. Reading never copies a section.
 */
import { SetupError } from '../protocol/errors.ts'

export type Sections = ReadonlyMap<number, Uint8Array>

type Refusal = (message: string) => Error

/**
 * Splits a container into its sections.
 * @param magic the four letters it must start with
 * @param what how an error names the file
 * @throws what `refuse` makes (a SetupError unless told) when the file is foreign, truncated or repeats a section
 */
export function readSections(
  bytes: Uint8Array,
  magic: string,
  what: string,
  refuse: Refusal = (message) => new SetupError(message),
): Sections {
  if (bytes.length < 12 || String.fromCharCode(...bytes.subarray(0, 4)) !== magic) {
    throw refuse(`${what} is not a ${magic} file`)
  }
  const view = viewOf(bytes)
  const count = view.getUint32(8, true)
  const sections = new Map<number, Uint8Array>()
  let at = 12
  for (let i = 0; i < count; i++) {
    if (at + 12 > bytes.length) throw refuse(`${what} is truncated: ${i} of ${count} sections`)
    const id = view.getUint32(at, true)
    const length = Number(view.getBigUint64(at + 4, true))
    at += 12
    if (at + length > bytes.length) throw refuse(`${what} is truncated in section ${id}`)
    if (sections.has(id)) throw refuse(`${what} has section ${id} twice`)
    sections.set(id, bytes.subarray(at, at + length))
    at += length
  }
  if (at !== bytes.length) throw refuse(`${what} has ${bytes.length - at} bytes after its last section`)
  return sections
}

/** A section that must be there. */
export function section(sections: Sections, id: number, what: string): Uint8Array {
  const found = sections.get(id)
  if (found === undefined) throw new SetupError(`${what} lacks section ${id}`)
  return found
}

/** Puts sections, in the order given, into one container. */
export function writeSections(
  magic: string,
  version: number,
  sections: readonly (readonly [number, Uint8Array])[],
): Uint8Array {
  const lengths = sections.map(([id, body]) => [id, body.length] as const)
  const container = emptySections(magic, version, lengths, (length) => new Uint8Array(length))
  for (const [id, body] of sections) container.body(id).set(body)
  return container.bytes
}

export interface Container {
  readonly bytes: Uint8Array
  /** A section, as a view of the container. */
  body(id: number): Uint8Array
}

/** A container whose sections are still to be filled. */
export function emptySections(
  magic: string,
  version: number,
  lengths: readonly (readonly [number, number])[],
  allocate: (length: number) => Uint8Array,
): Container {
  const bytes = allocate(lengths.reduce((sum, [, length]) => sum + 12 + length, 12))
  const view = viewOf(bytes)
  const bodies = new Map<number, Uint8Array>()
  bytes.set(new TextEncoder().encode(magic))
  view.setUint32(4, version, true)
  view.setUint32(8, lengths.length, true)
  let at = 12
  for (const [id, length] of lengths) {
    view.setUint32(at, id, true)
    view.setBigUint64(at + 4, BigInt(length), true)
    bodies.set(id, bytes.subarray(at + 12, at + 12 + length))
    at += 12 + length
  }
  return { bytes, body: (id) => bodies.get(id)! }
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Memory that worker threads see without a copy. */
export function sharedBytes(length: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(length))
}

export function toShared(bytes: Uint8Array): Uint8Array {
  const shared = sharedBytes(bytes.length)
  shared.set(bytes)
  return shared
}

/** The little-endian integer in `length` bytes at an offset. */
export function readInteger(bytes: Uint8Array, offset: number, length = 32): bigint {
  const view = viewOf(bytes)
  let value = 0n
  for (let i = length - 8; i >= 0; i -= 8) value = (value << 64n) | view.getBigUint64(offset + i, true)
  return value
}

/** Writes an integer in [0, 2^256) as 32 little-endian bytes. */
export function writeInteger(bytes: Uint8Array, offset: number, value: bigint): void {
  const view = viewOf(bytes)
  let rest = value
  for (let i = 0; i < 32; i += 8) {
    view.setBigUint64(offset + i, BigInt.asUintN(64, rest), true)
    rest >>= 64n
  }
}

export function integerBytes(value: bigint): Uint8Array {
  const bytes = new Uint8Array(32)
  writeInteger(bytes, 0, value)
  return bytes
}
