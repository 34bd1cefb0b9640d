import { sealSignalsToArray } from '../../protocol/seal-signals.ts'
import { BATCH_SIZE, BatchVerifier, type RandomBytes, type Statement } from '../groth16/batch.ts'
import type { BundleKey, BundleProof, BundleStep } from '../records.ts'
import { type SealStatement, stepSignals } from '../statement.ts'
import { type Finding, fail, pass } from './check.ts'

/** Proofs of steps as they come, in batches; keeps no proof longer than its batch. */
export class StepProofs {
  readonly #verifier: BatchVerifier
  readonly #statement: SealStatement
  #batch: Statement[] = []
  #verified = 0
  readonly #failed: number[] = []

  private constructor(verifier: BatchVerifier, statement: SealStatement) {
    this.#verifier = verifier
    this.#statement = statement
  }

  /** @throws RangeError for a key that is unsafe */
  static async create(key: BundleKey, statement: SealStatement, random: RandomBytes): Promise<StepProofs> {
    return new StepProofs(await BatchVerifier.create(key.points, random), statement)
  }

  /** True when the proofs so far were verified. */
  take(step: BundleStep): boolean {
    this.#batch.push({ signals: stepSignals(this.#statement, step), proof: step.proof })
    if (this.#batch.length < BATCH_SIZE) return false
    this.#flush()
    return true
  }

  finding(): Finding {
    this.#flush()
    if (this.#failed.length > 0) {
      const named = this.#failed.join(', ')
      return fail(
        `no proof of this book, round and epoch: step${this.#failed.length > 1 ? 's' : ''} ${named} (search ends at the first few)`,
      )
    }
    return pass(`${this.#verified} proofs verified for this book, round, parameters and epoch`)
  }

  #flush(): void {
    // One false proof rejects the bundle; the rest need not be searched.
    if (this.#failed.length === 0) {
      this.#failed.push(...this.#verifier.failures(this.#batch).map((index) => this.#verified + index))
    }
    this.#verified += this.#batch.length
    this.#batch = []
  }
}

/** @throws RangeError for a key that is unsafe */
export async function sealFinding(
  key: BundleKey,
  statement: SealStatement,
  proof: BundleProof,
  random: RandomBytes,
): Promise<Finding> {
  const verifier = await BatchVerifier.create(key.points, random)
  const holds = verifier.failures([{ signals: sealSignalsToArray(statement), proof }]).length === 0
  return holds
    ? pass(`it verifies for exactly the ${key.points.ic.length - 1} public signals of the statement`)
    : fail('the proof of the seal does not verify for the statement')
}
