/**
 * The coefficients of a key: hundreds of thousands of records with few distinct values (bits, powers of two, round
 * constants), so each value is kept once and a record is two addresses. The file is read twice: to count, to write.
 */
import { EngineError } from './errors.ts'
import { type KeyFile, RECORD_WORDS } from './key-file.ts'
import type { KeyLayout } from './layout.ts'
import { type Machine, unpackLimbs } from './machine.ts'
import { WORDS } from './scalars.ts'
import { ELEMENT_BYTES, FR } from './wasm/layout.ts'

/** Words of a record before its value. */
const VALUE_AT = 3

export interface CountedRecords {
  readonly values: Values
  /** Per record the number of its value. */
  readonly numbers: Uint32Array
  /** Per matrix and row the records before it; one more at the end. */
  readonly before: Readonly<Record<'a' | 'b', Uint32Array>>
}

export async function countRecords(file: KeyFile): Promise<CountedRecords> {
  const rows = file.header.domainSize
  const values = new Values()
  const numbers = new Uint32Array(file.recordCount)
  const before = { a: new Uint32Array(rows + 1), b: new Uint32Array(rows + 1) }
  for await (const { words, first } of file.records()) {
    for (let at = 0, record = first; at < words.length; at += RECORD_WORDS, record++) {
      before[words[at] === 0 ? 'a' : 'b'][words[at + 1]! + 1]!++
      numbers[record] = values.number(words, at + VALUE_AT)
    }
  }
  for (const counts of [before.a, before.b])
    for (let row = 0; row < rows; row++) counts[row + 1]! += counts[row]!
  return { values, numbers, before }
}

/** Writes values, records in the order of their rows, and where each row starts; uses the memory of the rows. */
export async function writeCoefficients(
  machine: Machine,
  layout: KeyLayout,
  file: KeyFile,
  counted: CountedRecords,
): Promise<void> {
  writeValues(machine, layout, counted.values)
  const { words } = machine
  const rows = layout.domainSize
  const next = { a: counted.before.a.slice(), b: counted.before.b.slice() }
  for (const name of ['a', 'b'] as const) {
    const starts = layout.starts[name] / 4
    for (let row = 0; row <= rows; row++)
      words[starts + row] = layout.records[name] + 8 * counted.before[name][row]!
  }
  for await (const { words: source, first } of file.records()) {
    for (let at = 0, record = first; at < source.length; at += RECORD_WORDS, record++) {
      const [name, row] = [source[at] === 0 ? 'a' : 'b', source[at + 1]!] as const
      // A file that is written to meanwhile may have other records now.
      if (next[name][row]! >= counted.before[name][row + 1]!) {
        throw new EngineError('KEY', 'the proving key changed while it was read')
      }
      const to = layout.records[name] / 4 + 2 * next[name][row]!++
      words[to] = layout.values + counted.numbers[record]! * ELEMENT_BYTES
      words[to + 1] = layout.witness + source[at + 2]! * ELEMENT_BYTES
    }
  }
}

function writeValues({ words, call }: Machine, layout: KeyLayout, values: Values): void {
  const pair = layout.rows.a
  for (let number = 0; number < values.count; number++) {
    unpackLimbs(values.words, number * WORDS, words, pair / 4, 2)
    call.frMul(pair, pair, FR.lift)
    const to = (layout.values + number * ELEMENT_BYTES) / 4
    for (let limb = 0; limb < 9; limb++) words[to + limb] = words[pair / 4 + 2 * limb]!
  }
}

/** Distinct values, numbered in the order in which they come. */
class Values {
  count = 0
  /** 8 words per value. */
  words = new Uint32Array(2 ** 10 * WORDS)
  /** Numbers by hash, open addressing; at most half full. */
  #table = new Int32Array(2 ** 11).fill(-1)

  number(source: Uint32Array, at: number): number {
    let slot = this.#slot(source, at)
    if (this.#table[slot]! >= 0) return this.#table[slot]!
    if (2 * (this.count + 1) > this.#table.length) {
      this.#grow()
      slot = this.#slot(source, at)
    }
    this.words.set(source.subarray(at, at + WORDS), this.count * WORDS)
    this.#table[slot] = this.count
    return this.count++
  }

  /** Where a value is, or belongs. */
  #slot(source: Uint32Array, at: number): number {
    const mask = this.#table.length - 1
    let hash = 0
    for (let i = 0; i < WORDS; i++) {
      hash = Math.imul(hash ^ source[at + i]!, 0x9e3779b1)
      hash ^= hash >>> 15
    }
    let slot = hash & mask
    while (this.#table[slot]! >= 0 && !this.#same(this.#table[slot]!, source, at)) slot = (slot + 1) & mask
    return slot
  }

  #same(number: number, source: Uint32Array, at: number): boolean {
    for (let i = 0; i < WORDS; i++) if (this.words[number * WORDS + i] !== source[at + i]) return false
    return true
  }

  #grow(): void {
    const words = new Uint32Array(2 * this.words.length)
    words.set(this.words)
    this.words = words
    this.#table = new Int32Array(2 * this.#table.length).fill(-1)
    for (let number = 0; number < this.count; number++)
      this.#table[this.#slot(words, number * WORDS)] = number
  }
}
