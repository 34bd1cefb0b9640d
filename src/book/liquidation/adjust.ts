import type { AdjustKind } from '../../protocol/liquidation.ts'
import { CASH_ID } from '../../protocol/liquidation.ts'
import { isBelow, type MarginResult } from '../../risk/margin.ts'
import type { Account } from '../account.ts'
import { addPositions, cashOf, nextState, quantityOf } from './positions.ts'
import { marginIn, type RoundRisk } from './requirement.ts'
import { requireRule } from './rules.ts'
import { wideList } from './wide.ts'

/** One instrument's quantity of one account changes by some lots. */
export interface AdjustChange {
  readonly kind: AdjustKind
  readonly instrumentId: number
  /** >= 1, up for a deposit and a cover, down for a withdrawal; a withdrawal of 0 of cash shows an owner's tag. */
  readonly lots: bigint
}

export interface AdjustOutcome {
  /** Nonce + 1. */
  readonly account: Account
  readonly marginBefore: MarginResult
  readonly marginAfter: MarginResult
}

/** What an adjustment makes of an account. Throws RuleError naming the first rule that is broken. */
export function adjustOutcome(
  account: Account,
  change: AdjustChange,
  round: RoundRisk,
  slotCount: number,
): AdjustOutcome {
  const { kind, instrumentId, lots } = change
  const held = quantityOf(account.positions, instrumentId)
  const mayBeNothing = kind === 'withdrawal' && instrumentId === CASH_ID
  requireRule(lots >= (mayBeNothing ? 0n : 1n), 'lotsPositive', () => `${lots} lots`)
  if (kind === 'cover') requireRule(instrumentId === CASH_ID, 'coverCash')
  if (kind === 'withdrawal') {
    requireRule(held >= lots, 'withdrawalHeld', () => `${lots} lots of ${held}`)
  }
  const quantityLots = kind === 'withdrawal' ? -lots : lots
  const positions = addPositions(account.positions, [{ id: instrumentId, quantityLots }])
  const next = nextState(account, positions, slotCount)
  wideList(account.positions, positions, slotCount)
  const marginAfter = marginIn(round, positions)
  if (kind === 'withdrawal') {
    requireRule(
      !isBelow(marginAfter, 'im'),
      'withdrawalCovered',
      () => `equity ${marginAfter.equityNano}, IM ${marginAfter.requirementNano.im} nano-USD`,
    )
  }
  if (kind === 'cover') requireRule(positions.length === 0, 'coverExact')
  return { account: next, marginBefore: marginIn(round, account.positions), marginAfter }
}

export function depositChange(instrumentId: number, lots: bigint): AdjustChange {
  return { kind: 'deposit', instrumentId, lots }
}

export function withdrawalChange(instrumentId: number, lots: bigint): AdjustChange {
  return { kind: 'withdrawal', instrumentId, lots }
}

/** The withdrawal of nothing that shows who owns a tag. */
export const OWNERSHIP_CHANGE: AdjustChange = { kind: 'withdrawal', instrumentId: CASH_ID, lots: 0n }

/** The cover that pays an account's debt off: all of its negative cash, which must be all that it has. */
export function coverChange(account: Account): AdjustChange {
  const cash = cashOf(account.positions)
  requireRule(cash < 0n && account.positions.length === 1, 'coverExact')
  return { kind: 'cover', instrumentId: CASH_ID, lots: -cash }
}
