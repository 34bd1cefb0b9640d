/** A snarkjs proving key becomes memory that all threads compute on. */
import type { Affine, Group } from './big-curve.ts'
import { type KeyFile, parseKey, pointOf, RECORD_WORDS } from './containers.ts'
import { convertPoints } from './convert.ts'
import { writeTables } from './domain.ts'
import { EngineError } from './errors.ts'
import { type Counts, EXTRA_SCALARS, type KeyLayout, layOutKey, SUMS, type Sum } from './layout.ts'
import { degree, Machine, pointBytes, unpackLimbs } from './machine.ts'
import { ELEMENT_BYTES, FR, writeConstants } from './wasm/layout.ts'
import { MAXIMUM_PAGES } from './wasm/module.ts'

const PAGE = 65_536

export interface LoadedKey {
  readonly layout: KeyLayout
  readonly machine: Machine
  readonly delta1: Affine
}

export interface LoadOptions {
  readonly module: WebAssembly.Module
  readonly shared: boolean
  readonly threads: number
  readonly memoryLimitBytes: number
}

/** @throws EngineError KEY for a damaged or foreign key, MEMORY for one that exceeds the limit */
export async function loadKey(bytes: Uint8Array, options: LoadOptions): Promise<LoadedKey> {
  const file = parseKey(bytes)
  const dictionary = distinctValues(file.coefficients)
  const present = presentPoints(file)
  const records = { a: 0, b: 0 }
  for (let at = 0; at < file.coefficients.length; at += RECORD_WORDS) {
    records[file.coefficients[at] === 0 ? 'a' : 'b']++
  }
  const bases = Object.fromEntries(
    SUMS.map((name) => [name, present[name].length + blindingPoints(file, name).length]),
  ) as Counts['bases']
  const layout = layOutKey(file, { values: dictionary.firsts.length, records, bases }, options.threads)
  if (layout.byteLength > options.memoryLimitBytes) {
    throw new EngineError(
      'MEMORY',
      `this key takes ${layout.byteLength} of ${options.memoryLimitBytes} bytes`,
    )
  }
  const machine = await Machine.create(options.module, allocate(layout.byteLength, options.shared))
  writeConstants(machine.memory.buffer)
  writeTables(machine, layout)
  writeCoefficients(machine, layout, file, dictionary)
  for (const name of SUMS) writeBases(machine, layout, file, name, present[name])
  const { buffer, byteOffset, byteLength } = file.delta1
  return { layout, machine, delta1: pointOf('g1', new Uint8Array(buffer, byteOffset, byteLength)) }
}

function allocate(byteLength: number, shared: boolean): WebAssembly.Memory {
  const pages = Math.ceil(byteLength / PAGE) + 1
  try {
    if (pages > MAXIMUM_PAGES) throw new RangeError('more than 4 GiB')
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared })
  } catch (cause) {
    throw new EngineError('MEMORY', `no memory for a key of ${byteLength} bytes`, { cause })
  }
}

interface Dictionary {
  /** Per record the number of its value. */
  readonly numbers: Uint32Array
  /** Per value the record where it occurs first. */
  readonly firsts: readonly number[]
}

/** A circuit's hundred thousands of coefficients are few distinct values: bits, powers of two, round constants. */
function distinctValues(coefficients: Uint32Array): Dictionary {
  const records = coefficients.length / RECORD_WORDS
  const slots = 2 ** Math.ceil(Math.log2(2 * records + 2))
  const table = new Int32Array(slots).fill(-1)
  const numbers = new Uint32Array(records)
  const firsts: number[] = []
  const same = (a: number, b: number) => {
    for (let i = 3; i < RECORD_WORDS; i++) {
      if (coefficients[a * RECORD_WORDS + i] !== coefficients[b * RECORD_WORDS + i]) return false
    }
    return true
  }
  for (let record = 0; record < records; record++) {
    let hash = 0
    for (let i = 3; i < RECORD_WORDS; i++) {
      hash = Math.imul(hash ^ coefficients[record * RECORD_WORDS + i]!, 0x9e3779b1)
      hash ^= hash >>> 15
    }
    let slot = (hash >>> 0) % slots
    while (table[slot]! >= 0 && !same(firsts[table[slot]!]!, record)) slot = (slot + 1) % slots
    if (table[slot]! < 0) {
      table[slot] = firsts.length
      firsts.push(record)
    }
    numbers[record] = table[slot]!
  }
  return { numbers, firsts }
}

function writeCoefficients(machine: Machine, layout: KeyLayout, file: KeyFile, dictionary: Dictionary): void {
  const { words, call } = machine
  const pair = layout.rows.a
  dictionary.firsts.forEach((record, number) => {
    unpackLimbs(file.coefficients, record * RECORD_WORDS + 3, words, pair / 4, 2)
    call.frMul(pair, pair, FR.lift)
    const to = (layout.values + number * ELEMENT_BYTES) / 4
    for (let limb = 0; limb < 9; limb++) words[to + limb] = words[pair / 4 + 2 * limb]!
  })
  writeRecords(machine, layout, file.coefficients, dictionary, 'a')
  writeRecords(machine, layout, file.coefficients, dictionary, 'b')
}

/** The records of one matrix in the order of their rows, and where each row starts. */
function writeRecords(
  { words }: Machine,
  layout: KeyLayout,
  coefficients: Uint32Array,
  { numbers }: Dictionary,
  name: 'a' | 'b',
): void {
  const matrix = name === 'a' ? 0 : 1
  const rows = layout.domainSize
  const counts = new Uint32Array(rows + 1)
  for (let at = 0; at < coefficients.length; at += RECORD_WORDS) {
    if (coefficients[at] === matrix) counts[coefficients[at + 1]! + 1]!++
  }
  for (let row = 0; row < rows; row++) counts[row + 1]! += counts[row]!
  const starts = layout.starts[name] / 4
  for (let row = 0; row <= rows; row++) words[starts + row] = layout.records[name] + 8 * counts[row]!
  for (let at = 0, record = 0; at < coefficients.length; at += RECORD_WORDS, record++) {
    if (coefficients[at] !== matrix) continue
    const to = layout.records[name] / 4 + 2 * counts[coefficients[at + 1]!]!++
    words[to] = layout.values + numbers[record]! * ELEMENT_BYTES
    words[to + 1] = layout.witness + coefficients[at + 2]! * ELEMENT_BYTES
  }
}

/** Per sum the numbers of the points that are not infinity. */
function presentPoints(file: KeyFile): Record<Sum, Uint32Array> {
  const present = (name: Sum) => {
    const size = 16 * degree(groupOf(name))
    const points = file[name]
    const numbers: number[] = []
    for (let i = 0; i < points.length / size; i++) {
      let bits = 0
      for (let word = 0; word < size; word++) bits |= points[i * size + word]!
      if (bits !== 0) numbers.push(i)
    }
    return Uint32Array.from(numbers)
  }
  const h = Uint32Array.from({ length: file.domainSize }, (_, i) => i)
  return { a: present('a'), b1: present('b1'), b2: present('b2'), c: present('c'), h }
}

function groupOf(name: Sum): Group {
  return name === 'b2' ? 'g2' : 'g1'
}

/** The points that a sum takes beyond those of the signals, with the numbers of their scalars. */
function blindingPoints(file: KeyFile, name: Sum): [Uint32Array, keyof typeof EXTRA_SCALARS][] {
  if (name === 'a')
    return [
      [file.alpha1, 'one'],
      [file.delta1, 'r'],
    ]
  if (name === 'b1')
    return [
      [file.beta1, 'one'],
      [file.delta1, 's'],
    ]
  if (name === 'b2')
    return [
      [file.beta2, 'one'],
      [file.delta2, 's'],
    ]
  return []
}

function writeBases(
  machine: Machine,
  layout: KeyLayout,
  file: KeyFile,
  name: Sum,
  present: Uint32Array,
): void {
  const { group, bases, indices } = layout.sums[name]
  const scratch = layout.work[0]!
  convertPoints(machine, group, file[name], present, bases, scratch)
  // The points of section 8 start after the public signals.
  const skipped = name === 'c' ? file.publicCount + 1 : 0
  if (indices !== undefined)
    machine.words.set(
      present.map((number) => number + skipped),
      indices / 4,
    )
  blindingPoints(file, name).forEach(([point, scalar], i) => {
    const place = present.length + i
    convertPoints(machine, group, point, Uint32Array.of(0), bases + place * pointBytes(group), scratch)
    machine.words[indices! / 4 + place] = layout.signalCount + EXTRA_SCALARS[scalar]
  })
}
