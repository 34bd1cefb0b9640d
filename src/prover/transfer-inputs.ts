import type { Account, Position } from '../book/account.ts'
import type { BookOpening } from '../book/book.ts'
import { accountLeaf, accountTag } from '../book/leaf.ts'
import { sliceCommitment } from '../book/liquidation/commitments.ts'
import { pathAfterWrite, rootAfterWrite } from '../book/liquidation/paths.ts'
import type { TransferTerms } from '../book/liquidation/terms.ts'
import { type TransferOutcome, transferOutcome } from '../book/liquidation/transfer.ts'
import { WitnessError } from '../protocol/errors.ts'
import type { MarginInstance } from '../protocol/instances.ts'
import { TRANSFER_PLACES } from '../protocol/liquidation.ts'
import { packWord } from '../protocol/packed-word.ts'
import type { Hasher } from '../protocol/poseidon.ts'
import type { EngineWitness } from './engine-witness.ts'
import { checkedContext, checkedSalt, checkOpening, type RiskRound } from './margin-inputs.ts'
import { prefixed, roundInputs, roundRisk, sideInputs, worstInputs } from './wide-inputs.ts'

export interface TransferStatement {
  readonly terms: TransferTerms
  /** What leaves `from` for `to`; canonical, without cash. */
  readonly moved: readonly Position[]
  /** Of the slice commitment: that of the lot, where there was one. */
  readonly salt: bigint
  readonly context: bigint
}

export interface TransferWitness extends EngineWitness<'transfer'> {
  readonly outcome: TransferOutcome
}

/**
 * Inputs and public signals of a transfer between two accounts of one book, both openings from before it. Throws
 * RuleError (a WitnessError) naming the rule of docs/liquidation.md that the transfer breaks, WitnessError for openings
 * of different books or a round that does not fit.
 */
export function transferWitness(
  hasher: Hasher,
  instance: MarginInstance,
  openings: { readonly from: BookOpening; readonly to: BookOpening },
  round: RiskRound,
  statement: TransferStatement,
): TransferWitness {
  const { from, to } = openings
  checkPair(hasher, instance, from, to)
  const { terms, moved, salt, context } = statement
  const risk = roundRisk(instance, round)
  const accounts = { from: from.account, to: to.account }
  const outcome = transferOutcome({ ...accounts, moved, terms, round: risk, slotCount: instance.slots })
  const leaves = {
    leafFrom: accountLeaf(hasher, outcome.from, instance.slots),
    leafTo: accountLeaf(hasher, outcome.to, instance.slots),
  }
  const first = { index: from.index, leaf: leaves.leafFrom, path: from.path }
  const toPath = pathAfterWrite(hasher, first, to)
  const { reliefBpsNano } = outcome.reduction
  const signals = {
    bookRoot: from.bookRoot,
    nextRoot: rootAfterWrite(hasher, { index: to.index, leaf: leaves.leafTo, path: toPath }, to.count),
    riskRoot: round.tree.root,
    parameters: round.parameters,
    tagFrom: accountTag(hasher, from.account.secret),
    tagTo: accountTag(hasher, to.account.secret),
    places: packWord(TRANSFER_PLACES, {
      from: BigInt(from.index),
      to: BigInt(to.index),
      // A counterparty of a deleveraging stays unnamed.
      ownerTo: terms.mode === 'deleverage' ? 0n : to.account.owner,
    }),
    ...leaves,
    terms: outcome.termsWord,
    slice: sliceCommitment(hasher, { salt: checkedSalt(salt), reliefBpsNano, moved }, instance.slots),
    context: checkedContext(context),
  }
  return {
    circuit: 'transfer',
    outcome,
    signals,
    inputs: {
      ...signals,
      ...prefixed('from', fromInputs(from.account, outcome, instance, round)),
      ...prefixed('to', toInputs(to.account, outcome, instance, round)),
      ...roundInputs(round),
      fromChildren: from.path,
      toChildren: toPath,
      count: BigInt(from.count),
      salt,
    },
  }
}

function fromInputs(account: Account, outcome: TransferOutcome, instance: MarginInstance, round: RiskRound) {
  return {
    ...sideInputs(account, outcome.from.positions, instance, round.tree),
    ...worstInputs('Before', outcome.reduction.before),
    ...worstInputs('After', outcome.fromMarginAfter),
    ...worstInputs('Less', outcome.reduction.less),
  }
}

function toInputs(account: Account, outcome: TransferOutcome, instance: MarginInstance, round: RiskRound) {
  return {
    ...sideInputs(account, outcome.to.positions, instance, round.tree),
    ...worstInputs('Before', outcome.toMarginBefore),
    ...worstInputs('After', outcome.toMarginAfter),
  }
}

function checkPair(hasher: Hasher, instance: MarginInstance, from: BookOpening, to: BookOpening): void {
  checkOpening(hasher, instance, from)
  checkOpening(hasher, instance, to)
  if (from.bookRoot !== to.bookRoot || from.count !== to.count) {
    throw new WitnessError('the two openings of a transfer are from different books')
  }
  if (from.index === to.index) throw new WitnessError('a transfer needs two different places of the book')
}
