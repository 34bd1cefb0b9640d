/**
 * snarkjs' zkey files, read piece by piece: a key is several times larger than what the engine keeps of it, so it never
 * lies in memory as a whole. Everything that makes a key unfit to compute with is found here.
 */
import { type Affine, type Group, isOnCurve } from './big-curve.ts'
import { pointOf, readInteger, readWord, toWords, viewOf } from './containers.ts'
import { EngineError } from './errors.ts'
import type { Sum } from './layout.ts'
import { BASE_MODULUS, SCALAR_MODULUS } from './wasm/layout.ts'

/** Where a key comes from: its bytes, or a file that gives them piece by piece. */
export type KeySource = Uint8Array | KeyReader

export interface KeyReader {
  readonly byteLength: number
  /** Fills `target` with the bytes from `offset`; rejects when they are not to be had. */
  read(target: Uint8Array, offset: number): Promise<void>
}

/** 32-bit words of a coefficient record: matrix, row, signal, value * 2^512. */
export const RECORD_WORDS = 11

/** Bytes of snarkjs' affine points. */
export const G1_BYTES = 64
export const G2_BYTES = 128

const HEADER_FIXED_BYTES = 84
const HEADER_BYTES = HEADER_FIXED_BYTES + 3 * G1_BYTES + 3 * G2_BYTES
const SECTION_HEADER_BYTES = 12
/** A piece: enough to make little of the way in and out, not so much that the thread seems to stand still. */
const PIECE_BYTES = 4 * 2 ** 20

const SECTIONS: Readonly<Record<Sum | 'coefficients', number>> = {
  coefficients: 4,
  a: 5,
  b1: 6,
  b2: 7,
  c: 8,
  h: 9,
}

export interface KeyHeader {
  readonly signalCount: number
  readonly publicCount: number
  readonly domainSize: number
  /** Points as words in snarkjs' Montgomery form. */
  readonly alpha1: Uint32Array
  readonly beta1: Uint32Array
  readonly beta2: Uint32Array
  readonly gamma2: Uint32Array
  readonly delta1: Uint32Array
  readonly delta2: Uint32Array
  /** Points of the statement: of the constant, then of each public signal. */
  readonly ic: Uint32Array
}

/** Items first ... first + count - 1 of a section; valid until the next piece. */
export interface Piece {
  readonly words: Uint32Array
  readonly first: number
  readonly count: number
}

interface Section {
  readonly offset: number
  readonly length: number
}

function refuse(what: string): EngineError {
  return new EngineError('KEY', `the proving key ${what}`)
}

export class KeyFile {
  readonly header: KeyHeader
  readonly #reader: KeyReader
  readonly #sections: ReadonlyMap<number, Section>

  private constructor(reader: KeyReader, sections: ReadonlyMap<number, Section>, header: KeyHeader) {
    this.#reader = reader
    this.#sections = sections
    this.header = header
  }

  /** @throws EngineError KEY when the file is damaged, foreign or inconsistent, UNSAFE when anyone can forge proofs */
  static async open(source: KeySource): Promise<KeyFile> {
    const reader = source instanceof Uint8Array ? readerOf(source) : source
    const sections = await readTable(reader)
    const header = await readHeader(reader, sections)
    const { signalCount, publicCount, domainSize } = header
    const points: Readonly<Record<Sum, number>> = {
      a: signalCount * G1_BYTES,
      b1: signalCount * G1_BYTES,
      b2: signalCount * G2_BYTES,
      c: (signalCount - publicCount - 1) * G1_BYTES,
      h: domainSize * G1_BYTES,
    }
    for (const name of Object.keys(points) as Sum[]) sectionOf(sections, SECTIONS[name], points[name])
    const { offset, length } = sectionOf(sections, SECTIONS.coefficients)
    const count = length < 4 ? -1 : readWord(await readAll(reader, { offset, length: 4 }), 0)
    if (length !== 4 + count * RECORD_WORDS * 4) throw refuse('is truncated in section 4')
    return new KeyFile(reader, sections, header)
  }

  /** Coefficient records. */
  get recordCount(): number {
    return (sectionOf(this.#sections, SECTIONS.coefficients).length - 4) / (RECORD_WORDS * 4)
  }

  /** All coefficient records, checked, piece by piece. */
  async *records(): AsyncGenerator<Piece> {
    const { offset, length } = sectionOf(this.#sections, SECTIONS.coefficients)
    for await (const piece of this.#pieces({ offset: offset + 4, length: length - 4 }, RECORD_WORDS * 4)) {
      checkRecords(piece.words, this.header)
      yield piece
    }
  }

  /** All points of a sum, piece by piece; infinity is all zeros. */
  points(name: Sum): AsyncGenerator<Piece> {
    return this.#pieces(sectionOf(this.#sections, SECTIONS[name]), name === 'b2' ? G2_BYTES : G1_BYTES)
  }

  async *#pieces({ offset, length }: Section, itemBytes: number): AsyncGenerator<Piece> {
    const step = Math.floor(PIECE_BYTES / itemBytes) * itemBytes
    const room = new Uint8Array(Math.min(step, length))
    for (let at = 0; at < length; at += step) {
      const bytes = room.subarray(0, Math.min(step, length - at))
      await this.#reader.read(bytes, offset + at)
      // Timers and other work of the thread get their turn.
      await new Promise((resolve) => setTimeout(resolve, 0))
      yield { words: toWords(bytes), first: at / itemBytes, count: bytes.length / itemBytes }
    }
  }
}

function readerOf(source: Uint8Array): KeyReader {
  return {
    byteLength: source.length,
    read: async (target, offset) => target.set(source.subarray(offset, offset + target.length)),
  }
}

async function readAll(reader: KeyReader, { offset, length }: Section): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  await reader.read(bytes, offset)
  return bytes
}

async function readTable(reader: KeyReader): Promise<Map<number, Section>> {
  const size = reader.byteLength
  const start = await readAll(reader, { offset: 0, length: Math.min(size, SECTION_HEADER_BYTES) })
  if (start.length < SECTION_HEADER_BYTES || String.fromCharCode(...start.subarray(0, 4)) !== 'zkey') {
    throw new EngineError('KEY', 'this is not a zkey file')
  }
  const sections = new Map<number, Section>()
  let at = SECTION_HEADER_BYTES
  for (let left = readWord(start, 8); left > 0; left--) {
    if (at + SECTION_HEADER_BYTES > size) throw refuse('is truncated')
    const header = await readAll(reader, { offset: at, length: SECTION_HEADER_BYTES })
    const [id, length] = [readWord(header, 0), Number(viewOf(header).getBigUint64(4, true))]
    at += SECTION_HEADER_BYTES
    if (at + length > size) throw refuse(`is truncated in section ${id}`)
    if (sections.has(id)) throw refuse(`has section ${id} twice`)
    sections.set(id, { offset: at, length })
    at += length
  }
  if (at !== size) throw refuse('has bytes after its last section')
  return sections
}

function sectionOf(sections: ReadonlyMap<number, Section>, id: number, length?: number): Section {
  const section = sections.get(id)
  if (section === undefined) throw refuse(`lacks section ${id}`)
  if (length !== undefined && section.length !== length) {
    throw refuse(`has ${section.length} of ${length} bytes in section ${id}`)
  }
  return section
}

async function readHeader(reader: KeyReader, sections: ReadonlyMap<number, Section>): Promise<KeyHeader> {
  if (readWord(await readAll(reader, sectionOf(sections, 1, 4)), 0) !== 1)
    throw refuse('is not a Groth16 key')
  const section = sectionOf(sections, 2)
  const header = section.length === HEADER_BYTES ? await readAll(reader, section) : undefined
  if (
    header === undefined ||
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
  const points = headerPoints(header.subarray(HEADER_FIXED_BYTES))
  const ic = toWords(await readAll(reader, sectionOf(sections, 3, (publicCount + 1) * G1_BYTES)))
  return { signalCount, publicCount, domainSize, ...points, ic }
}

function headerPoints(bytes: Uint8Array) {
  const places = new Map<string, Affine>()
  const point = (name: string, group: Group, offset: number) => {
    const body = bytes.subarray(offset, offset + (group === 'g1' ? G1_BYTES : G2_BYTES))
    const affine = pointOf(group, body)
    if (affine === undefined) throw new EngineError('UNSAFE', `this key is unsafe: its ${name} is infinity`)
    if (!isOnCurve(affine)) throw new EngineError('KEY', `the key's ${name} is not on the curve`)
    places.set(name, affine)
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
  if (sameAffine(places.get('delta2'), places.get('gamma2'))) {
    throw new EngineError('UNSAFE', 'this key is unsafe: its delta equals its gamma')
  }
  return points
}

/** One point can be written in several ways, with coordinates at or above the modulus. */
function sameAffine(a: Affine, b: Affine): boolean {
  const same = (key: 'x' | 'y') => a?.[key].every((value, i) => value === b?.[key][i]) === true
  return same('x') && same('y')
}

/** A record that points outside the domain or the witness would read and write foreign memory. */
function checkRecords(words: Uint32Array, { domainSize, signalCount }: KeyHeader): void {
  for (let at = 0; at < words.length; at += RECORD_WORDS) {
    if (words[at]! > 1 || words[at + 1]! >= domainSize || words[at + 2]! >= signalCount) {
      throw refuse('has a coefficient out of range')
    }
  }
}
