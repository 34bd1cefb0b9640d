/**
 * The scalars of the H points: A w * B w - C w on the odd half of the doubled domain, where it need not vanish.
 * C w is not stored in a key; for a valid witness it is the product of the other two on the domain itself.
 */
import { integerBytes, sharedBytes, viewOf } from '../binary.ts'
import { rootOfUnity, toMontgomery } from '../scalar-field.ts'
import { FIELD_BYTES } from '../workers/bn128.ts'
import type { WorkerPool } from '../workers/pool.ts'
import { COEFFICIENT_BYTES, type Zkey } from '../zkey.ts'

export interface Quotient {
  /** One plain scalar per place of the domain, shared memory. */
  readonly scalars: Uint8Array
  /** Milliseconds until the rows were evaluated, and until the end. */
  readonly rowsMs: number
  readonly transformsMs: number
}

/** @param witness the plain values of all signals, shared memory */
export async function quotientScalars(pool: WorkerPool, key: Zkey, witness: Uint8Array): Promise<Quotient> {
  const started = performance.now()
  const bytes = key.domainSize * FIELD_BYTES
  const [a, b, c] = [sharedBytes(bytes), sharedBytes(bytes), sharedBytes(bytes)]
  await Promise.all(
    splitRows(key, pool.threads).map(({ first, last, from, to }) => {
      const rows = (values: Uint8Array) => values.subarray(first * FIELD_BYTES, last * FIELD_BYTES)
      const coefficients = key.coefficients.subarray(from, to)
      return pool.run(
        { kind: 'rows', coefficients, witness, first, a: rows(a), b: rows(b), c: rows(c) },
        true,
      )
    }),
  )
  const rowsMs = performance.now() - started
  const shift = integerBytes(toMontgomery(rootOfUnity(Math.log2(key.domainSize) + 1)))
  await Promise.all([a, b, c].map((values) => pool.run({ kind: 'coset', values, shift }, true)))
  const scalars = sharedBytes(bytes)
  await Promise.all(
    splitEvenly(key.domainSize, pool.threads).map(([first, last]) => {
      const part = (values: Uint8Array) => values.subarray(first * FIELD_BYTES, last * FIELD_BYTES)
      return pool.run({ kind: 'join', a: part(a), b: part(b), c: part(c), out: part(scalars) }, true)
    }),
  )
  return { scalars, rowsMs, transformsMs: performance.now() - started }
}

function splitEvenly(count: number, parts: number): [number, number][] {
  return Array.from({ length: parts }, (_, i) => [
    Math.floor((count * i) / parts),
    Math.floor((count * (i + 1)) / parts),
  ])
}

interface RowRange {
  readonly first: number
  readonly last: number
  /** The records of these rows, in bytes of the coefficient section. */
  readonly from: number
  readonly to: number
}

/** Cuts the domain so that each thread gets as many records; records are in ascending order of rows. */
function splitRows(key: Zkey, parts: number): RowRange[] {
  const view = viewOf(key.coefficients)
  const records = key.coefficients.length / COEFFICIENT_BYTES
  const rowAt = (record: number) =>
    record >= records ? key.domainSize : view.getUint32(record * COEFFICIENT_BYTES + 4, true)
  const ranges: RowRange[] = []
  let record = 0
  let first = 0
  for (let part = 1; part <= parts; part++) {
    let end = part === parts ? records : Math.max(record, Math.floor((records * part) / parts))
    // A row's records stay together.
    while (end > record && end < records && rowAt(end) === rowAt(end - 1)) end++
    const last = part === parts ? key.domainSize : rowAt(end)
    if (last > first) {
      ranges.push({ first, last, from: record * COEFFICIENT_BYTES, to: end * COEFFICIENT_BYTES })
      record = end
      first = last
    }
  }
  return ranges
}
