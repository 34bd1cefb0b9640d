import { adjustOutcome, depositChange } from '../book/liquidation/adjust.ts'
import { RuleError } from '../book/liquidation/rules.ts'
import { readSubAccount } from '../chain/engine-client/case-list.ts'
import {
  nextAdjustAt,
  type PendingDeposit,
  pendingDeposits,
  refusesDeficit,
} from '../chain/engine-client/deposits.ts'
import { view } from '../chain/transactions.ts'
import { CASH_ID } from '../protocol/liquidation.ts'
import { isBelow } from '../risk/margin.ts'
import type { KeeperContext } from './context.ts'
import type { KnownRound } from './rounds.ts'
import type { DepositView } from './state.ts'

/**
 * Deposits that wait and that this book can take: one for another book's tag, of an instrument that the round does not have,
 * or for an account without a place for it is its depositor's to reclaim. Boundary module: network.
 */
export async function readDeposits(
  context: KeeperContext,
  round: KnownRound | undefined,
): Promise<DepositView[]> {
  if (round === undefined) return []
  const { connection, fromBlock, onlyTags } = context
  const pending = await pendingDeposits(connection, fromBlock)
  const ours = pending.filter(({ tag }) => onlyTags?.has(tag) ?? true)
  const views = await Promise.all(ours.map((deposit) => readDepositView(context, deposit, round)))
  return views.filter((found) => found !== undefined)
}

async function readDepositView(
  context: KeeperContext,
  deposit: PendingDeposit,
  round: KnownRound,
): Promise<DepositView | undefined> {
  const { connection } = context
  const { depositId, tag, instrumentId } = deposit
  const isEnough = enoughWith(context, deposit, round)
  if (isEnough === undefined) return undefined
  const [notBefore, [isHeld], isDeficitRefused, isSubAccount] = await Promise.all([
    nextAdjustAt(connection, tag),
    view<[boolean, bigint, bigint]>(connection.registry, 'holdOf', [tag], connection.errors),
    refusesDeficit(connection, depositId),
    isForeignToSubAccount(context, deposit),
  ])
  return {
    depositId,
    tag,
    notBefore,
    isHeld,
    isBarred: isSubAccount || (instrumentId === CASH_ID && isDeficitRefused),
    isEnough,
  }
}

/** Whether the account is at or above SOFT with it; undefined when the book cannot take it. */
function enoughWith(
  { venueBook }: KeeperContext,
  { tag, instrumentId, lots }: PendingDeposit,
  { risk }: KnownRound,
): boolean | undefined {
  const index = venueBook.indexOf(tag)
  if (index === undefined || risk.vectors.get(instrumentId) === undefined) return undefined
  try {
    const change = depositChange(instrumentId, lots)
    const { marginAfter } = adjustOutcome(
      venueBook.book.account(index),
      change,
      risk,
      venueBook.instance.slots,
    )
    return !isBelow(marginAfter, 'soft')
  } catch (error) {
    if (error instanceof RuleError) return undefined
    throw error
  }
}

/**
 * Of a sub-account that is bid in the vault refuses it. Of one that can be bid in it would end the venue's word that it
 * holds nothing but cash: nobody but its owner is to do that to a bidder.
 */
async function isForeignToSubAccount(
  { connection }: KeeperContext,
  { tag, depositor }: PendingDeposit,
): Promise<boolean> {
  const sub = await readSubAccount(connection, tag)
  if (sub.caseId !== undefined) return true
  const isVouched = sub.vouchedSequence !== 0n && sub.touchedSequence <= sub.vouchedSequence
  return isVouched && sub.owner.toLowerCase() !== depositor.toLowerCase()
}
