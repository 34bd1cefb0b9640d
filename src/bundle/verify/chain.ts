import type { BundleStep } from '../records.ts'
import type { SealStatement } from '../statement.ts'
import { type Finding, fail, pass } from './check.ts'

/** Follows the states of the chain from step to step. */
export class ChainCheck {
  readonly #statement: SealStatement
  #before: bigint
  #count = 0
  #fault: string | undefined

  constructor(statement: SealStatement) {
    this.#statement = statement
    this.#before = statement.chainFirst
  }

  take({ index, chainIn, chainOut }: BundleStep): void {
    if (this.#fault === undefined && BigInt(chainIn) !== this.#before) {
      this.#fault =
        index === 0
          ? "step 0 does not begin with the seal's first state"
          : `step ${index} does not begin with the state that step ${index - 1} ends with`
    }
    this.#before = BigInt(chainOut)
    this.#count++
  }

  finding(): Finding {
    if (this.#fault !== undefined) return fail(this.#fault)
    if (this.#before !== this.#statement.chainLast) {
      return fail(`step ${this.#count - 1} does not end with the seal's last state`)
    }
    return pass(`${this.#count + 1} links: from the seal's first state over ${this.#count} steps to its last`)
  }
}
