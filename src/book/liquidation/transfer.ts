import { PRICE_BITS } from '../../protocol/liquidation-ranges.ts'
import { isBelow, type MarginResult } from '../../risk/margin.ts'
import type { Account, Position } from '../account.ts'
import { addCash, addPositions, nextState, subtractPositions } from './positions.ts'
import { feeLots as feeOf, priceLots as priceOf } from './price.ts'
import { checkReceiver } from './receiver.ts'
import { checkReduction, type Reduction } from './reduction.ts'
import { marginIn, type RoundRisk } from './requirement.ts'
import { requireRule } from './rules.ts'
import { type TransferTerms, transferTermsWord } from './terms.ts'
import { wideList } from './wide.ts'

/** Both accounts of a transfer after it, and every figure that led there. */
export interface TransferOutcome {
  /** Nonce + 1. */
  readonly from: Account
  readonly to: Account
  readonly reduction: Reduction
  readonly fromMarginAfter: MarginResult
  readonly toMarginBefore: MarginResult
  readonly toMarginAfter: MarginResult
  /** Paid by the receiver, in lots of cash; negative: paid to it. */
  readonly priceLots: bigint
  readonly feeLots: bigint
  /** The public word `terms`. */
  readonly termsWord: bigint
}

export interface TransferRequest {
  /** The liquidated account and the receiver, before. */
  readonly from: Account
  readonly to: Account
  /** What leaves `from` for `to`; canonical, without cash. */
  readonly moved: readonly Position[]
  readonly terms: TransferTerms
  readonly round: RoundRisk
  /** Slots of the circuit's size. */
  readonly slotCount: number
}

/**
 * What a transfer makes of two accounts: rules 1 to 9 of docs/liquidation.md. Throws RuleError naming the first rule
 * that is broken; then no proof of the transfer exists either.
 */
export function transferOutcome(request: TransferRequest): TransferOutcome {
  const { from, to, moved, terms, round, slotCount } = request
  requireRule(from.accountId !== to.accountId && from.secret !== to.secret, 'differentAccounts')
  const reduction = checkReduction(from.positions, moved, terms, round, slotCount)
  const { equityNano: valueNano } = marginIn(round, moved)
  const priceLots = priceOf(valueNano, terms.discountBps, reduction.reliefBpsNano)
  const feeLots = feeOf(terms.feeBps, reduction.reliefBpsNano)
  const termsWord = transferTermsWord(terms, feeLots)
  checkLots(priceLots)
  const paid = addCash(subtractPositions(from.positions, moved), priceLots - feeLots)
  const fromAfter = nextState(from, paid, slotCount)
  const bought = addCash(addPositions(to.positions, moved), terms.escrowLots - priceLots)
  const toAfter = nextState(to, bought, slotCount)
  wideList(from.positions, fromAfter.positions, slotCount)
  wideList(to.positions, toAfter.positions, slotCount)

  const fromMarginAfter = marginIn(round, fromAfter.positions)
  requireRule(
    isBelow(reduction.before, 'zero') || !isBelow(fromMarginAfter, 'zero'),
    'staysSolvent',
    () => `equity would be ${fromMarginAfter.equityNano} nano-USD`,
  )
  const toMarginBefore = marginIn(round, to.positions)
  const toMarginAfter = marginIn(round, toAfter.positions)
  checkReceiver(terms, {
    from: { before: from.positions, after: fromAfter.positions },
    to: { before: to.positions, after: toAfter.positions },
    marginBefore: toMarginBefore,
    marginAfter: toMarginAfter,
  })
  return {
    from: fromAfter,
    to: toAfter,
    reduction,
    fromMarginAfter,
    toMarginBefore,
    toMarginAfter,
    priceLots,
    feeLots,
    termsWord,
  }
}

function checkLots(lots: bigint): void {
  const limit = 1n << BigInt(PRICE_BITS - 1)
  requireRule(lots > -limit && lots <= limit, 'quantityRange', () => `a price of ${lots} lots`)
}
