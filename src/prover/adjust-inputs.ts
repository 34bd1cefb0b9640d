import type { BookOpening } from '../book/book.ts'
import { accountLeaf, accountTag } from '../book/leaf.ts'
import { type AdjustChange, type AdjustOutcome, adjustOutcome } from '../book/liquidation/adjust.ts'
import { rootAfterWrite } from '../book/liquidation/paths.ts'
import type { MarginInstance } from '../protocol/instances.ts'
import { ADJUST_CHANGE, ADJUST_KIND_CODES } from '../protocol/liquidation.ts'
import { packWord } from '../protocol/packed-word.ts'
import type { Hasher } from '../protocol/poseidon.ts'
import type { EngineWitness } from './engine-witness.ts'
import { checkedContext, checkOpening, type RiskRound } from './margin-inputs.ts'
import { roundInputs, roundRisk, sideInputs, worstInputs } from './wide-inputs.ts'

export interface AdjustWitness extends EngineWitness<'adjust'> {
  readonly outcome: AdjustOutcome
}

/**
 * Inputs and public signals of a deposit, a withdrawal or a cover. Throws RuleError (a WitnessError) naming the rule of
 * docs/liquidation.md that it breaks, WitnessError for an opening or a round that do not fit.
 */
export function adjustWitness(
  hasher: Hasher,
  instance: MarginInstance,
  opening: BookOpening,
  round: RiskRound,
  statement: { readonly change: AdjustChange; readonly context: bigint },
): AdjustWitness {
  checkOpening(hasher, instance, opening)
  const { account, index, path, count } = opening
  const { change, context } = statement
  const outcome = adjustOutcome(account, change, roundRisk(instance, round), instance.slots)
  // `owner` is a signal here, and the account's owner a private input beside it.
  const { owner: accountOwner, ...side } = sideInputs(
    account,
    outcome.account.positions,
    instance,
    round.tree,
  )
  const leaf = accountLeaf(hasher, outcome.account, instance.slots)
  const signals = {
    bookRoot: opening.bookRoot,
    nextRoot: rootAfterWrite(hasher, { index, leaf, path }, count),
    riskRoot: round.tree.root,
    parameters: round.parameters,
    tag: accountTag(hasher, account.secret),
    owner: change.kind === 'withdrawal' ? account.owner : 0n,
    place: BigInt(index),
    leaf,
    change: adjustChangeWord(change),
    context: checkedContext(context),
  }
  return {
    circuit: 'adjust',
    outcome,
    signals,
    inputs: {
      ...signals,
      ...side,
      accountOwner,
      ...worstInputs('After', outcome.marginAfter),
      ...roundInputs(round),
      bookChildren: path,
      count: BigInt(count),
    },
  }
}

/** The public word `change`. Throws OutOfRangeError for an id or lots that do not fit. */
export function adjustChangeWord({ kind, instrumentId, lots }: AdjustChange): bigint {
  return packWord(ADJUST_CHANGE, {
    kind: BigInt(ADJUST_KIND_CODES[kind]),
    instrumentId: BigInt(instrumentId),
    lots,
  })
}
