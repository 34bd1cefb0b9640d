import type { Action, CaseView, DepositView, KeeperState } from './state.ts'

/** A deposit that may go into the book now. Not while its leaf is held: a cent a block would reset a case. */
export function decideDeposit(deposit: DepositView, state: KeeperState): Action | undefined {
  const { depositId, tag, notBefore, isHeld, isBarred } = deposit
  if (isHeld || isBarred || !canTake(state) || state.chainTime < notBefore) return undefined
  return { kind: 'applyDeposit', tag, depositId }
}

/** A deposit that takes the account of a case back to SOFT, which ends the case. */
export function decideCure({ engineCase }: CaseView, state: KeeperState): Action | undefined {
  if (!canTake(state) || state.round.sequence < engineCase.round) return undefined
  const enough = state.deposits.find(
    ({ tag, isEnough, isBarred }) => tag === engineCase.tag && isEnough && !isBarred,
  )
  return enough === undefined
    ? undefined
    : { kind: 'cure', caseId: engineCase.caseId, depositId: enough.depositId }
}

function canTake({ bookIsHead, round, reservedBy }: KeeperState): boolean {
  return bookIsHead && round.isKnown && reservedBy === undefined
}
