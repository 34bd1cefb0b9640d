import { createHash } from 'node:crypto'
import { FIELD_MODULUS, toField } from '../../src/protocol/field.ts'
import type { R1cs } from '../../src/prover/r1cs.ts'

type Combination = readonly (readonly [signal: number, coefficient: bigint])[]

/** A constraint system decoded for checking many witnesses that differ from one another in few signals. */
export class Rows {
  readonly #rows: (readonly [Combination, Combination, Combination])[]
  readonly #rowsOfSignal = new Map<number, number[]>()
  readonly keys: readonly string[]

  constructor(r1cs: R1cs) {
    const view = new DataView(
      r1cs.constraints.buffer,
      r1cs.constraints.byteOffset,
      r1cs.constraints.byteLength,
    )
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
        at += 36
        return [signal, coefficient] as const
      })
    }
    const keys: string[] = []
    this.#rows = Array.from({ length: r1cs.constraintCount }, (_, index) => {
      const from = at
      const row = [combination(), combination(), combination()] as const
      keys.push(createHash('sha1').update(r1cs.constraints.subarray(from, at)).digest('base64'))
      for (const [signal] of row.flat()) {
        const list = this.#rowsOfSignal.get(signal)
        if (list === undefined) this.#rowsOfSignal.set(signal, [index])
        else if (list.at(-1) !== index) list.push(index)
      }
      return row
    })
    this.keys = keys
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

function dot(combination: Combination, witness: readonly bigint[]): bigint {
  let sum = 0n
  for (const [signal, coefficient] of combination) sum += coefficient * witness[signal]!
  return toField(sum)
}
