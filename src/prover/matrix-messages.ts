/** What the matrix pool and its worker threads say to each other. Everything is structured-cloneable. */
import { InputError, type InputLocation, TacitError } from '../protocol/errors.ts'
import type { PoseidonImage } from '../protocol/poseidon-wasm.ts'
import { DIMS } from '../protocol/risk-layout.ts'
import type { RiskConfiguration } from '../risk/configuration.ts'
import type { MarketSnapshot } from '../risk/market/snapshot.ts'
import type { MatrixOutcome } from '../risk/matrix.ts'

export type ToWorker =
  | { readonly kind: 'image'; readonly image: PoseidonImage }
  | {
      readonly kind: 'share'
      readonly share: number
      readonly snapshot: MarketSnapshot
      readonly configuration: RiskConfiguration
      /** Instruments of this worker: index into snapshot.instruments, and id. */
      readonly jobs: readonly (readonly [index: number, id: number])[]
    }

export type FromWorker = { readonly share: number } & (
  | { readonly kind: 'done'; readonly outcomes: PackedOutcomes }
  | { readonly kind: 'failed'; readonly error: PackedError }
)

const VECTOR_WORDS = DIMS + 2

/** Outcomes as a few flat arrays: cloning tens of thousands of bigints one by one would cost more than hashing. */
export interface PackedOutcomes {
  readonly ids: readonly number[]
  /** Per id: VECTOR_WORDS rates and charges (below 2^38), zero where halted. */
  readonly words: BigInt64Array<ArrayBuffer>
  /** Per id: the leaf, or the reason of the halt. */
  readonly leaves: readonly (bigint | string)[]
}

export function packOutcomes(outcomes: readonly MatrixOutcome[]): PackedOutcomes {
  const words = new BigInt64Array(outcomes.length * VECTOR_WORDS)
  const leaves = outcomes.map((outcome, index) => {
    if ('haltReason' in outcome) return outcome.haltReason
    const { ratesNano, longChargeNano, shortChargeNano } = outcome.entry.vector
    words.set([...ratesNano, longChargeNano, shortChargeNano], index * VECTOR_WORDS)
    return outcome.entry.leaf
  })
  return { ids: outcomes.map(({ id }) => id), words, leaves }
}

export function unpackOutcomes({ ids, words, leaves }: PackedOutcomes): MatrixOutcome[] {
  return ids.map((id, index) => {
    const leaf = leaves[index]!
    if (typeof leaf === 'string') return { id, haltReason: leaf }
    const start = index * VECTOR_WORDS
    const vector = {
      id,
      ratesNano: Array.from(words.subarray(start, start + DIMS)),
      longChargeNano: words[start + DIMS]!,
      shortChargeNano: words[start + DIMS + 1]!,
    }
    return { id, entry: { vector, leaf } }
  })
}

/** An error of the tree, or any other, as plain data: a class does not survive the way between threads. */
export interface PackedError {
  readonly code: TacitError['code']
  readonly message: string
  readonly input?: { readonly rule: string; readonly location: InputLocation }
}

export function packError(error: unknown): PackedError {
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof InputError) {
    return { code: error.code, message, input: { rule: error.rule, location: { ...error.location } } }
  }
  return { code: error instanceof TacitError ? error.code : 'TOOL_FAILED', message }
}

export function unpackError({ code, message, input }: PackedError): TacitError {
  return input === undefined ? new TacitError(code, message) : new InputError(input.rule, input.location)
}
