import { OutOfRangeError } from './errors.ts'

/** Names and widths of the fields of a public word, from its least significant bit. Sum of widths <= 253. */
export type WordFields<Name extends string> = readonly (readonly [Name, number])[]
export type WordValues<Name extends string> = Readonly<Record<Name, bigint>>

/** Packs unsigned fields in one word. Throws OutOfRangeError naming the field that does not fit. */
export function packWord<Name extends string>(fields: WordFields<Name>, values: WordValues<Name>): bigint {
  let word = 0n
  let shift = 0n
  for (const [name, bits] of fields) {
    const value = values[name]
    if (value < 0n || value >= 1n << BigInt(bits)) {
      throw new OutOfRangeError(name, value, `must be an unsigned integer of ${bits} bits`)
    }
    word |= value << shift
    shift += BigInt(bits)
  }
  return word
}

/** The inverse of packWord. Throws OutOfRangeError for bits beyond the last field. */
export function unpackWord<Name extends string>(fields: WordFields<Name>, word: bigint): WordValues<Name> {
  const values: Partial<Record<Name, bigint>> = {}
  let rest = word
  for (const [name, bits] of fields) {
    values[name] = rest & ((1n << BigInt(bits)) - 1n)
    rest >>= BigInt(bits)
  }
  if (rest !== 0n) throw new OutOfRangeError('word', word, 'has bits beyond the last field')
  return values as WordValues<Name>
}
