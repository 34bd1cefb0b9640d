import {
  addAccount,
  type ChainHeader,
  type ChainState,
  chainBeta,
  chainCommitment,
  emptyChainState,
} from '../../book/chain.ts'
import { ledgerWords, netLots } from '../../book/ledger.ts'
import { unpackMarginParameters } from '../../protocol/parameters.ts'
import { marginSignalsToArray } from '../../protocol/signals.ts'
import { marginOf } from '../../risk/margin.ts'
import { type CircuitInputs, stepWitness } from '../margin-inputs.ts'
import { type SealWitness, sealWitness } from '../seal-inputs.ts'
import { ofAccount } from './errors.ts'
import type { EpochRequest, StepLink } from './request.ts'

export interface PlannedProof {
  readonly inputs: CircuitInputs
  /** Public signals in the order of the circuit. */
  readonly expected: readonly bigint[]
}

/**
 * Every state of an epoch's chain, computed before anything is proven: steps are then independent, and what no proof can
 * show is refused at once.
 */
export class ChainPlan {
  readonly #epoch: EpochRequest
  readonly #header: ChainHeader
  /** count + 1 of them. */
  readonly #states: readonly ChainState[]
  /** Of the states. */
  readonly #commitments: readonly bigint[]

  /**
   * Throws AccountError, naming the account, for one without margin in this round.
   * @param blindAt the blind of the state that has counted so many accounts
   */
  constructor(epoch: EpochRequest, blindAt: (count: number) => bigint) {
    const { hasher, book, round } = epoch
    const parameters = unpackMarginParameters(round.parameters)
    const roots = { bookRoot: book.root, riskRoot: round.tree.root, parameters: round.parameters }
    this.#epoch = epoch
    this.#header = { ...roots, beta: chainBeta(hasher, roots, ledgerWords(epoch.ledger)) }
    const states = [emptyChainState(blindAt(0))]
    for (const [index, { positions }] of book.accounts.entries()) {
      const margin = ofAccount(index, () => marginOf(positions, round.tree.vectors, parameters))
      states.push(addAccount(this.#header, states[index]!, { positions, margin }, blindAt(index + 1)))
    }
    this.#states = states
    this.#commitments = states.map((state) => chainCommitment(hasher, this.#header, state))
  }

  get count(): number {
    return this.#states.length - 1
  }

  link(index: number): StepLink {
    return { index, chainIn: this.#commitments[index]!, chainOut: this.#commitments[index + 1]! }
  }

  links(): StepLink[] {
    return Array.from({ length: this.count }, (_, index) => this.link(index))
  }

  /** Throws AccountError when no step of this account exists. */
  step(index: number): PlannedProof {
    const { hasher, instance, book, round, context } = this.#epoch
    const { inputs, signals } = ofAccount(index, () =>
      stepWitness(hasher, instance, book.opening(index), round, {
        beta: this.#header.beta,
        state: this.#states[index]!,
        nextBlind: this.#states[index + 1]!.blind,
        context,
      }),
    )
    return { inputs, expected: marginSignalsToArray(signals) }
  }

  /** Public signals of a step, without making its witness. */
  stepSignals(index: number): bigint[] {
    const { bookRoot, riskRoot, parameters } = this.#header
    const { chainIn, chainOut } = this.link(index)
    const { context } = this.#epoch
    return marginSignalsToArray({
      bookRoot,
      riskRoot,
      parameters,
      claim: 0n,
      tag: 0n,
      chainIn,
      chainOut,
      context,
    })
  }

  /** Throws WitnessError naming the rule that the book breaks. */
  seal(): SealWitness {
    const { hasher, book, ledger, reservesNano, liquidityNano, policy, context } = this.#epoch
    const { bookRoot, riskRoot, parameters } = this.#header
    return sealWitness(hasher, {
      bookRoot,
      riskRoot,
      parameters,
      treeRoot: book.treeRoot,
      count: book.count,
      ledger,
      first: this.#states[0]!,
      last: this.#states.at(-1)!,
      reservesNano,
      liquidityNano,
      policy,
      context,
      netLots: netLots(book.accounts),
    })
  }
}
