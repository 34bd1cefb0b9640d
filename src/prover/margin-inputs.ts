import type { Account } from '../book/account.ts'
import type { BookOpening } from '../book/book.ts'
import {
  addAccount,
  type ChainHeader,
  type ChainState,
  chainCommitment,
  emptyChainState,
} from '../book/chain.ts'
import { accountLeaf, accountTag } from '../book/leaf.ts'
import { toSlots } from '../book/slots.ts'
import { CHAIN_TOTALS } from '../protocol/chain-totals.ts'
import { type Claim, encodeClaim, NO_CLAIM, THRESHOLDS } from '../protocol/claims.ts'
import { TacitError, WitnessError } from '../protocol/errors.ts'
import { FIELD_MODULUS, toField } from '../protocol/field.ts'
import { accountPlaces, type MarginInstance } from '../protocol/instances.ts'
import { TREE_ARITY } from '../protocol/octary-tree.ts'
import { packMarginParameters, unpackMarginParameters } from '../protocol/parameters.ts'
import type { Hasher } from '../protocol/poseidon.ts'
import type { MarginSignals } from '../protocol/signals.ts'
import { isBelow, type MarginResult, marginOf } from '../risk/margin.ts'
import { placeOf, type RiskTree } from '../risk/risk-tree.ts'
import { packVector } from '../risk/vector.ts'

/** Circuit inputs by name, as the witness calculator takes them: field elements, nested as the signals are. */
export type CircuitInputs = Readonly<Record<string, CircuitInput>>
export type CircuitInput = bigint | readonly CircuitInput[]

/** One round: the risk tree and the packed margin parameters posted with its root. */
export interface RiskRound {
  readonly tree: RiskTree
  readonly parameters: bigint
}

export interface MarginWitness {
  readonly inputs: CircuitInputs
  readonly signals: MarginSignals
  readonly margin: MarginResult
}

/**
 * Inputs and public signals of a standalone claim: an attestation or a trigger. Throws WitnessError, before anything
 * is proven, when the claim is not true of the account in this round, and names the slot where one is at fault.
 */
export function claimWitness(
  hasher: Hasher,
  instance: MarginInstance,
  opening: BookOpening,
  round: RiskRound,
  statement: { readonly claim: Claim; readonly context: bigint },
): MarginWitness {
  const base = baseWitness(hasher, instance, opening, round)
  const { claim, context } = statement
  if (isBelow(base.margin, claim.threshold) !== claim.below) throw falseClaim(base.margin, claim)
  const idle = emptyChainState(0n)
  return {
    margin: base.margin,
    inputs: {
      ...base.inputs,
      select: THRESHOLDS.map((threshold) => (threshold === claim.threshold ? 1n : 0n)),
      ...chainInputs({ beta: 1n, state: idle, blindOut: 0n }),
      claim: encodeClaim(claim),
      tag: base.tag,
      chainIn: 0n,
      chainOut: 0n,
      context: checkedContext(context),
    },
    signals: {
      ...base.signals,
      claim: encodeClaim(claim),
      tag: base.tag,
      chainIn: 0n,
      chainOut: 0n,
      context,
    },
  }
}

/** Inputs, public signals and the next state of one step of the solvency chain. Errors as claimWitness. */
export function stepWitness(
  hasher: Hasher,
  instance: MarginInstance,
  opening: BookOpening,
  round: RiskRound,
  step: {
    readonly beta: bigint
    readonly state: ChainState
    readonly nextBlind: bigint
    readonly context: bigint
  },
): MarginWitness & { readonly next: ChainState } {
  const base = baseWitness(hasher, instance, opening, round)
  const { state } = step
  if (state.count !== opening.index) {
    throw new WitnessError(
      `the chain has counted ${state.count} accounts, so its next leaf is not ${opening.index}`,
    )
  }
  const header: ChainHeader = {
    bookRoot: base.signals.bookRoot,
    riskRoot: base.signals.riskRoot,
    parameters: base.signals.parameters,
    beta: step.beta,
  }
  const next = addAccount(
    header,
    state,
    { positions: opening.account.positions, margin: base.margin },
    step.nextBlind,
  )
  const chain = {
    chainIn: chainCommitment(hasher, header, state),
    chainOut: chainCommitment(hasher, header, next),
    claim: NO_CLAIM,
    tag: 0n,
    context: checkedContext(step.context),
  }
  return {
    margin: base.margin,
    next,
    inputs: {
      ...base.inputs,
      select: THRESHOLDS.map(() => 0n),
      ...chainInputs({ beta: step.beta, state, blindOut: step.nextBlind }),
      ...chain,
    },
    signals: { ...base.signals, ...chain },
  }
}

interface BaseWitness {
  readonly inputs: Record<string, CircuitInput>
  readonly signals: Pick<MarginSignals, 'bookRoot' | 'riskRoot' | 'parameters'>
  readonly tag: bigint
  readonly margin: MarginResult
}

function baseWitness(
  hasher: Hasher,
  instance: MarginInstance,
  opening: BookOpening,
  round: RiskRound,
): BaseWitness {
  const { account } = opening
  const { tree } = round
  if (tree.instance.riskLevels !== instance.riskLevels) {
    throw new WitnessError(`the risk tree was built for ${tree.instance.name}, not for ${instance.name}`)
  }
  const slots = canonicalSlots(account, instance)
  const vectors = slots.map(({ id }, slot) => {
    const vector = tree.byId(id)
    if (vector === undefined) {
      throw new WitnessError(`instrument ${id} (place ${placeOf(id)}) is not listed in this round`, { slot })
    }
    return vector
  })
  checkOpening(hasher, instance, opening)
  const parameters = unpackMarginParameters(round.parameters)
  const margin = marginOf(account.positions, tree.vectors, parameters)
  const signals = {
    bookRoot: opening.bookRoot,
    riskRoot: tree.root,
    parameters: packMarginParameters(parameters),
  }
  return {
    margin,
    signals,
    tag: accountTag(hasher, account.secret),
    inputs: {
      ...signals,
      accountId: BigInt(account.accountId),
      owner: account.owner,
      secret: account.secret,
      nonce: account.nonce,
      id: slots.map(({ id }) => BigInt(id)),
      quantity: slots.map(({ quantityLots }) => toField(quantityLots)),
      index: BigInt(opening.index),
      count: BigInt(opening.count),
      bookChildren: opening.path,
      vector: vectors.map(packVector),
      riskChildren: slots.map(({ id }) => tree.path(placeOf(id))),
      riskTop: tree.topNodes,
      worstMm: margin.worstMmNano,
      worstExcess: margin.worstImNano - margin.worstMmNano,
    },
  }
}

function canonicalSlots(account: Account, instance: MarginInstance) {
  try {
    return toSlots(account.positions, instance.slots)
  } catch (error) {
    if (error instanceof TacitError)
      throw new WitnessError(`account ${account.accountId}: ${error.message}`, { cause: error })
    throw error
  }
}

/** The account's leaf really stands at its index below the book root: as checkPath. */
export function checkOpening(hasher: Hasher, instance: MarginInstance, opening: BookOpening): void {
  checkPath(hasher, instance, { ...opening, leaf: accountLeaf(hasher, opening.account, instance.slots) })
}

/**
 * A leaf stands at its index below the book root: a wrong path would only fail later, without a reason. Throws
 * WitnessError.
 */
export function checkPath(
  hasher: Hasher,
  instance: MarginInstance,
  opening: Pick<BookOpening, 'index' | 'count' | 'leaf' | 'path' | 'bookRoot'>,
): void {
  const { index, count, path } = opening
  if (count > accountPlaces(instance)) {
    throw new WitnessError(
      `a book of ${count} accounts does not fit the ${accountPlaces(instance)} of ${instance.name}`,
    )
  }
  if (!Number.isSafeInteger(index) || index < 0 || index >= count) {
    throw new WitnessError(`index ${index} is not below the book's count of ${count}`)
  }
  if (path.length !== instance.accountLevels) {
    throw new WitnessError(
      `the book path has ${path.length} levels, ${instance.name} takes ${instance.accountLevels}`,
    )
  }
  let node = opening.leaf
  let position = index
  for (const [level, children] of path.entries()) {
    if (children.length !== TREE_ARITY || children[position % TREE_ARITY] !== node) {
      throw new WitnessError(
        `the book path does not lead from the account's leaf to the root (level ${level})`,
      )
    }
    node = hasher.hash('BOOK_NODE', children)
    position = Math.floor(position / TREE_ARITY)
  }
  if (hasher.hash('BOOK_ROOT', [node, BigInt(count)]) !== opening.bookRoot) {
    throw new WitnessError('the book path leads to another root than the opening names')
  }
}

function chainInputs(chain: {
  beta: bigint
  state: ChainState
  blindOut: bigint
}): Record<string, CircuitInput> {
  if (chain.state.totals.length !== CHAIN_TOTALS)
    throw new WitnessError('a chain state has five packed totals')
  return {
    beta: chain.beta,
    fingerprintIn: chain.state.fingerprint,
    totalsIn: chain.state.totals,
    blindIn: chain.state.blind,
    blindOut: chain.blindOut,
  }
}

/** A context that can be a public signal. Throws WitnessError for one outside the field. */
export function checkedContext(context: bigint): bigint {
  if (context < 0n || context >= FIELD_MODULUS) throw new WitnessError('the context is not a field element')
  return context
}

/** A salt that a commitment can hash. Throws WitnessError for one outside the field. */
export function checkedSalt(salt: bigint): bigint {
  if (salt < 0n || salt >= FIELD_MODULUS) throw new WitnessError('the salt is not a field element')
  return salt
}

function falseClaim(margin: MarginResult, claim: Claim): WitnessError {
  const relation = claim.below ? 'is not below' : 'is below'
  return new WitnessError(
    `the claim is false: equity of ${margin.equityNano} nano-USD ${relation} the ${claim.threshold.toUpperCase()} ` +
      `threshold of ${margin.requirementNano[claim.threshold]} nano-USD, so no proof of it exists`,
  )
}
