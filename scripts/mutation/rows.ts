import { createHash } from 'node:crypto'
import { FIELD_MODULUS, toField } from '../../src/protocol/field.ts'
import type { R1cs } from '../../src/prover/r1cs.ts'

/** A signal's number and its coefficient. */
const TERM_BYTES = 36

type Combination = readonly (readonly [signal: number, coefficient: bigint])[]

/** A constraint system decoded for checking many witnesses that differ from one another in few signals. */
export class Rows {
  readonly #rows: (readonly [Combination, Combination, Combination])[]
  readonly #rowsOfSignal = new Map<number, number[]>()
  readonly keys: readonly string[]

  constructor(r1cs: R1cs) {
    const view = viewOf(r1cs)
    this.keys = rowKeys(r1cs)
    let at = 0
    const combination = (): Combination => {
      const count = view.getUint32(at, true)
      at += 4
      return Array.from({ length: count }, () => {
        const signal = view.getUint32(at, true)
        let coefficient = 0n
        for (let word = 3; word >= 0; word--) {
          coefficient = (coefficient << 64n) | view.getBigUint64(at + 4 + 8 * word, true)
        }
        at += TERM_BYTES
        return [signal, coefficient] as const
      })
    }
    this.#rows = Array.from({ length: r1cs.constraintCount }, (_, index) => {
      const row = [combination(), combination(), combination()] as const
      for (const [signal] of row.flat()) {
        const list = this.#rowsOfSignal.get(signal)
        if (list === undefined) this.#rowsOfSignal.set(signal, [index])
        else if (list.at(-1) !== index) list.push(index)
      }
      return row
    })
  }

  /** Indices of the rows that a witness breaks, among those that touch the given signals (or all rows). */
  violated(witness: readonly bigint[], touching?: Iterable<number>): number[] {
    const candidates =
      touching === undefined
        ? this.#rows.keys()
        : new Set([...touching].flatMap((signal) => this.#rowsOfSignal.get(signal) ?? []))
    const broken: number[] = []
    for (const index of candidates) {
      const [a, b, c] = this.#rows[index]!
      if ((dot(a, witness) * dot(b, witness) - dot(c, witness)) % FIELD_MODULUS !== 0n) broken.push(index)
    }
    return broken
  }
}

/** A digest of each constraint: what is left of a system tells which constraints are gone. */
export function rowKeys(r1cs: R1cs): string[] {
  const view = viewOf(r1cs)
  let at = 0
  return Array.from({ length: r1cs.constraintCount }, () => {
    const from = at
    for (let list = 0; list < 3; list++) at += 4 + TERM_BYTES * view.getUint32(at, true)
    return createHash('sha1').update(r1cs.constraints.subarray(from, at)).digest('base64')
  })
}

function viewOf({ constraints }: R1cs): DataView {
  return new DataView(constraints.buffer, constraints.byteOffset, constraints.byteLength)
}

function dot(combination: Combination, witness: readonly bigint[]): bigint {
  let sum = 0n
  for (const [signal, coefficient] of combination) sum += coefficient * witness[signal]!
  return toField(sum)
}
