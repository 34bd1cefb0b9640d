/** Where everything of one key lies in its memory. Plain data: it goes to the worker threads as it is. */
import { CONVERT_BYTES } from './convert.ts'
import type { TablesLayout } from './generator-table.ts'
import type { KeyHeader } from './key-file.ts'
import { Arena, pointBytes } from './machine.ts'
import { workBytes } from './msm.ts'
import { preparedBytes } from './scalars.ts'
import { FIRST_FREE_ADDRESS, SCALAR_BYTES } from './wasm/layout.ts'

export const SUMS = ['a', 'b1', 'b2', 'c', 'h'] as const
export type Sum = (typeof SUMS)[number]

/** The inputs of one multi-exponentiation. */
export interface SumLayout {
  readonly group: 'g1' | 'g2'
  /** Points other than infinity, blinding points included. */
  readonly count: number
  readonly bases: number
  /** Per base the number of its scalar; none for h, whose scalars are in order. */
  readonly indices: number | undefined
  readonly prepared: number
}

export interface KeyLayout {
  readonly signalCount: number
  readonly publicCount: number
  readonly domainSize: number
  /** Elements: powers of the root of unity and of its inverse, half the domain. */
  readonly roots: number
  readonly inverseRoots: number
  /** Pairs: powers of the coset's generator over the domain size, in the order that the inverse transform leaves. */
  readonly shifts: number
  /** Elements: the distinct coefficients, and the plain values of the witness. */
  readonly values: number
  readonly witness: number
  /** Scalars of 32 bytes: the witness, then 1, r and s. */
  readonly scalars: number
  /** Scalars of the h points. */
  readonly quotient: number
  /** Words: per row and matrix the address of its first record; one more at the end. */
  readonly starts: Readonly<Record<'a' | 'b', number>>
  readonly records: Readonly<Record<'a' | 'b', number>>
  /** Pairs: the rows, then their values on the coset. */
  readonly rows: Readonly<Record<'a' | 'b' | 'c', number>>
  readonly sums: Readonly<Record<Sum, SumLayout>>
  /** Working memory per thread. */
  readonly work: readonly number[]
  readonly byteLength: number
}

/** What the memory of a workspace holds: a key, or the tables of the generators. */
export type Layout = KeyLayout | TablesLayout

/** Numbers of the blinding scalars, counted after the signals. */
export const EXTRA_SCALARS = { one: 0, r: 1, s: 2 } as const

/** What the layout depends on beyond the header. */
export interface Counts {
  readonly values: number
  readonly records: Readonly<Record<'a' | 'b', number>>
  readonly bases: Readonly<Record<Sum, number>>
}

export function layOutKey(
  file: Pick<KeyHeader, 'signalCount' | 'publicCount' | 'domainSize'>,
  counts: Counts,
  threads: number,
): KeyLayout {
  const arena = new Arena(FIRST_FREE_ADDRESS)
  const { signalCount, publicCount, domainSize } = file
  const half = domainSize / 2
  const scalarCount = signalCount + Object.keys(EXTRA_SCALARS).length
  const fixed = {
    roots: arena.elements(half),
    inverseRoots: arena.elements(half),
    shifts: arena.pairs(half),
    values: arena.elements(counts.values),
    witness: arena.elements(signalCount),
    scalars: arena.take(scalarCount * SCALAR_BYTES),
    quotient: arena.take(domainSize * SCALAR_BYTES),
    starts: { a: arena.take((domainSize + 1) * 4), b: arena.take((domainSize + 1) * 4) },
    records: { a: arena.take(counts.records.a * 8), b: arena.take(counts.records.b * 8) },
    rows: { a: arena.pairs(half), b: arena.pairs(half), c: arena.pairs(half) },
  }
  const sums = Object.fromEntries(
    SUMS.map((name) => {
      const [group, count] = [name === 'b2' ? 'g2' : 'g1', counts.bases[name]] as const
      const bases = arena.take(count * pointBytes(group))
      const indices = name === 'h' ? undefined : arena.take(count * 4)
      return [name, { group, count, bases, indices, prepared: arena.take(preparedBytes(count)) }]
    }),
  ) as unknown as Record<Sum, SumLayout>
  const need = Math.max(CONVERT_BYTES, ...SUMS.map((name) => workBytes(sums[name].group, counts.bases[name])))
  // Work areas come last: sums of points are told from bases by their higher addresses.
  const work = Array.from({ length: threads }, () => arena.take(need))
  return { signalCount, publicCount, domainSize, ...fixed, sums, work, byteLength: arena.next }
}
