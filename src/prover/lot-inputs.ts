import type { Position } from '../book/account.ts'
import type { BookOpening } from '../book/book.ts'
import { accountLeaf, accountTag } from '../book/leaf.ts'
import { sliceCommitment } from '../book/liquidation/commitments.ts'
import { greekUnitsWord } from '../book/liquidation/greek-units.ts'
import { type Lot, lotOf } from '../book/liquidation/lot.ts'
import { subtractPositions } from '../book/liquidation/positions.ts'
import { lotSummaryWord } from '../book/liquidation/summary.ts'
import { type LotTerms, lotTermsWord } from '../book/liquidation/terms.ts'
import type { MarginInstance } from '../protocol/instances.ts'
import type { Hasher } from '../protocol/poseidon.ts'
import type { EngineWitness } from './engine-witness.ts'
import { checkedContext, checkedSalt, checkOpening, type RiskRound } from './margin-inputs.ts'
import { roundInputs, roundRisk, sideInputs, worstInputs } from './wide-inputs.ts'

export interface LotStatement {
  readonly terms: LotTerms
  /** What leaves the account; canonical, without cash. */
  readonly moved: readonly Position[]
  /** Hides the lot; uniform in the field. */
  readonly salt: bigint
  readonly context: bigint
}

export interface LotWitness extends EngineWitness<'lot'> {
  readonly lot: Lot
}

/**
 * Inputs and public signals of a lot. Throws RuleError (a WitnessError) naming the rule of docs/liquidation.md that the
 * lot breaks, WitnessError for an opening or a round that do not fit, before anything is proven.
 */
export function lotWitness(
  hasher: Hasher,
  instance: MarginInstance,
  opening: BookOpening,
  round: RiskRound,
  statement: LotStatement,
): LotWitness {
  checkOpening(hasher, instance, opening)
  const { account } = opening
  const { terms, moved, salt, context } = statement
  const risk = roundRisk(instance, round)
  const lot = lotOf(account.positions, moved, terms, risk, instance.slots)
  const { reduction } = lot
  const remaining = subtractPositions(account.positions, moved)
  // Nothing is paid yet: a lot has no cash after.
  const { cashAfter, ...side } = sideInputs(account, remaining, instance, round.tree)
  const { reliefBpsNano } = reduction
  const signals = {
    bookRoot: opening.bookRoot,
    riskRoot: round.tree.root,
    parameters: round.parameters,
    tag: accountTag(hasher, account.secret),
    place: BigInt(opening.index),
    leaf: accountLeaf(hasher, account, instance.slots),
    terms: lotTermsWord(terms),
    slice: sliceCommitment(hasher, { salt: checkedSalt(salt), reliefBpsNano, moved }, instance.slots),
    summary: lotSummaryWord(lot.summary),
    greeks: greekUnitsWord(lot.greeks),
    context: checkedContext(context),
  }
  return {
    circuit: 'lot',
    lot,
    signals,
    inputs: {
      ...signals,
      ...side,
      ...worstInputs('Before', reduction.before),
      ...worstInputs('After', reduction.remaining),
      ...worstInputs('Less', reduction.less),
      ...worstInputs('Slice', lot.margin),
      ...roundInputs(round),
      bookChildren: opening.path,
      count: BigInt(opening.count),
      salt,
    },
  }
}
