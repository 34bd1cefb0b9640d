import { decideCure } from './decide-deposit.ts'
import { isCoverUsable, isNewerThan } from './records.ts'
import type { AccountView, Action, CaseActionKind, CaseView, KeeperState } from './state.ts'

/** The next step of one open case, or undefined while there is nothing to do but wait. */
export function decideCase(view: CaseView, state: KeeperState): Action | undefined {
  const { stage } = view.engineCase
  // What it stands on was shown to be wrong: no stage has a right in it.
  if (view.rounds === 'rejected') return step(view, 'voidCase')
  if (stage === 'awarded') return decideAwarded(view, state)
  if (stage === 'shortfall') return canMove(view, state) ? step(view, 'cover') : undefined
  const ended = decideRecovery(view, state) ?? decideCure(view, state) ?? decideEscalation(view, state)
  if (ended !== undefined) return ended
  if (stage === 'opened') return decideOpened(view, state)
  if (stage === 'deleveraging') return decideDeleveraging(view, state)
  const undisclosed = !view.isDisclosed && stage !== 'house' && canProve(state)
  if (undisclosed) return step(view, 'disclose')
  if (stage === 'soft') return finishAt(view, state, 'soft', state.parameters.softWindow)
  if (stage === 'sealed') {
    const { commitWindow, revealWindow } = state.parameters
    return finishAt(view, state, 'sealed', commitWindow + revealWindow)
  }
  if (stage === 'dutch') return decideDutch(view, state)
  return stage === 'house' ? decideHouse(view, state) : undefined
}

// ---------------------------------------------------------------- ends without a sale

/** Covered again on a newer round: put on record, then the case is cancelled. */
function decideRecovery(view: CaseView, state: KeeperState): Action | undefined {
  const { account, engineCase } = view
  if (account === undefined || !canProve(state) || !isRecovered(account, engineCase.kind)) return undefined
  const threshold = engineCase.kind === 'full' ? 'mm' : 'soft'
  const covered = account.covered[threshold]
  const isOnRecord = isCoverUsable(covered, account.below[threshold], account, state)
  if (isOnRecord && isNewerThan(covered, engineCase)) return step(view, 'cancel')
  // A record on the case's own round says nothing new of it.
  return state.round.sequence > engineCase.round ? { kind: 'attest', tag: account.tag, threshold } : undefined
}

function isRecovered({ tier }: AccountView, kind: 'soft' | 'full'): boolean {
  if (tier === 'healthy' || tier === 'reduceOnly') return true
  return kind === 'full' && tier === 'softLiquidation'
}

/** A soft case whose account has fallen below MM becomes a full one. */
function decideEscalation({ account, engineCase }: CaseView, state: KeeperState): Action | undefined {
  const { kind, stage, round, converted } = engineCase
  if (account === undefined || kind !== 'soft' || converted || !canProve(state)) return undefined
  if (stage !== 'opened' && stage !== 'soft' && stage !== 'house') return undefined
  if (account.tier !== 'fullLiquidation' && account.tier !== 'insolvent') return undefined
  const { mm } = account.below
  const isOnRecord = mm.round >= round && mm.round > 0n && mm.head >= account.touched
  if (isOnRecord) return { kind: 'escalate', caseId: engineCase.caseId }
  return { kind: 'trigger', tag: account.tag, threshold: 'mm' }
}

// ---------------------------------------------------------------- stages

function decideOpened(view: CaseView, state: KeeperState): Action | undefined {
  const { engineCase } = view
  if (canProve(state) && view.account !== undefined) {
    // The print that triggered is not the print that sells; a hedge may be proven on it.
    const isRoundOfUse =
      engineCase.kind === 'soft'
        ? state.round.sequence >= engineCase.round
        : state.round.sequence > engineCase.round
    return isRoundOfUse && state.round.confirms ? step(view, 'confirm') : undefined
  }
  const isDue = view.rounds === 'final' && state.round.confirms
  return isDue && isLate(view, state, state.parameters.confirmWindow) ? step(view, 'lapse') : undefined
}

function decideDutch(view: CaseView, state: KeeperState): Action | undefined {
  const { parameters, engineTime } = state
  const { engineCase } = view
  if (!isLotFresh(view, state)) return reconfirm(view, state)
  const end = engineCase.since + parameters.dutchDuration
  if (engineTime < end) return undefined
  if (engineCase.restarts < parameters.dutchMaxRestarts) {
    const restart = reconfirm(view, state)
    if (restart !== undefined) return restart
    if (engineTime < end + parameters.confirmWindow) return undefined
  }
  return { kind: 'finish', caseId: engineCase.caseId, stage: 'dutch' }
}

function decideHouse(view: CaseView, state: KeeperState): Action | undefined {
  const { caseId, carryLots, since } = view.engineCase
  const { house, parameters } = state
  const fits =
    carryLots <= parameters.houseCaseCapLots &&
    house.carriedLots + carryLots <= parameters.houseBudgetLots &&
    carryLots <= house.capitalLots
  if (!fits) return { kind: 'finish', caseId, stage: 'house' }
  if (!isLotFresh(view, state)) return reconfirm(view, state)
  const subTag = house.freeSubTags[0]
  const isHeld = house.inventories.some((inventory) => inventory.caseId === caseId)
  if (subTag !== undefined && !isHeld) return { kind: 'absorb', caseId, subTag }
  return state.engineTime >= since + parameters.houseWindow
    ? { kind: 'finish', caseId, stage: 'house' }
    : undefined
}

function decideDeleveraging(view: CaseView, state: KeeperState): Action | undefined {
  const { confirmWindow, adlDuration } = state.parameters
  // Nothing that cannot be undone before the window of its round is over.
  if (view.rounds !== 'final' || state.engineTime < view.engineCase.since) return undefined
  if (view.isBareDebt && view.engineCase.insolvent) {
    return canMove(view, state) ? step(view, 'cover') : undefined
  }
  if (isLate(view, state, confirmWindow + adlDuration)) return step(view, 'lapse')
  return canMove(view, state) && canProve(state) ? step(view, 'deleverage') : undefined
}

function decideAwarded(view: CaseView, state: KeeperState): Action | undefined {
  const { settleBy } = view.award
  if (settleBy === 0n) {
    const isFree = state.reservedBy === undefined && view.rounds === 'final'
    return isFree ? step(view, 'startSettlement') : undefined
  }
  if (state.engineTime > settleBy) return step(view, 'fail')
  return canMove(view, state) ? step(view, 'settle') : undefined
}

// ---------------------------------------------------------------- conditions

function step({ engineCase }: CaseView, kind: CaseActionKind): Action {
  return { kind, caseId: engineCase.caseId }
}

function finishAt(
  { engineCase }: CaseView,
  { engineTime }: KeeperState,
  stage: 'soft' | 'sealed',
  windowSeconds: bigint,
): Action | undefined {
  const { caseId, since } = engineCase
  return engineTime >= since + windowSeconds ? { kind: 'finish', caseId, stage } : undefined
}

/** A lot is proven anew on a newer round than the last one's. */
function reconfirm(view: CaseView, state: KeeperState): Action | undefined {
  const { sequence, confirms } = state.round
  const isPossible = canProve(state) && view.account !== undefined && sequence > view.engineCase.round
  return isPossible && confirms ? step(view, 'confirm') : undefined
}

function canProve({ round, bookIsHead }: KeeperState): boolean {
  return round.isKnown && bookIsHead
}

function canMove({ engineCase, account }: CaseView, { bookIsHead, reservedBy }: KeeperState): boolean {
  return bookIsHead && account !== undefined && (reservedBy === undefined || reservedBy === engineCase.caseId)
}

function isLate({ engineCase }: CaseView, { engineTime }: KeeperState, windowSeconds: bigint): boolean {
  return engineCase.since !== 0n && engineTime > engineCase.since + windowSeconds
}

function isLotFresh({ engineCase }: CaseView, { chainTime, parameters }: KeeperState): boolean {
  return chainTime <= engineCase.lotTime + parameters.maxLotAge
}
