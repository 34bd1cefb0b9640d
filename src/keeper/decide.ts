import { BREAKER_LEVELS } from '../protocol/guard-parameters.ts'
import { decideCase } from './decide-case.ts'
import { decideDeposit } from './decide-deposit.ts'
import { isNewerThan, isRecordUsable } from './records.ts'
import { type AccountView, type Action, type KeeperState, movesHead, subjectOf } from './state.ts'

/**
 * What to do now, in the order in which to do it. Pure: the same state gives the same actions, and nothing is
 * remembered between two calls. While paused: nothing. While the oracle is stale: only what is taken then, which is to
 * settle what was awarded, to pay a debt, to end a case on a rejected round and to apply a deposit. At most one action for a case or an account, and at most one in all that
 * moves the head.
 */
export function decide(state: KeeperState): Action[] {
  if (state.paused) return []
  const wanted = [
    ...state.cases.map((view) => decideCase(view, state)),
    ...state.house.inventories.map((inventory) => decideInventory(inventory, state)),
    ...state.accounts.map((account) => decideAccount(account, state)),
    ...state.deposits.map((deposit) => decideDeposit(deposit, state)),
  ].filter((action) => action !== undefined)
  const allowed = state.stale ? wanted.filter(({ kind }) => WHILE_STALE.includes(kind)) : wanted
  return oneEach(allowed.sort((a, b) => urgency(a, state) - urgency(b, state)))
}

/** Nothing of these depends on prices of now. */
const WHILE_STALE: readonly Action['kind'][] = ['settle', 'cover', 'applyDeposit', 'voidCase']

/**
 * Settlements have the nearest deadline and hold the head; what only begins something can wait. A deposit that is enough
 * comes before a trigger of its account, one that is not comes after the case is open: small ones would put it off.
 */
function urgency(action: Action, { deposits }: KeeperState): number {
  const order: readonly Action['kind'][] = [
    'settle',
    'cover',
    'cure',
    'confirm',
    'disclose',
    'finish',
    'absorb',
    'startSettlement',
    'voidCase',
    'deleverage',
    'applyDeposit',
  ]
  const place = order.indexOf(action.kind)
  if (action.kind === 'applyDeposit') {
    const isEnough = deposits.some(({ depositId, isEnough }) => depositId === action.depositId && isEnough)
    return isEnough ? place : order.length + 1
  }
  return place < 0 ? order.length : place
}

function oneEach(actions: readonly Action[]): Action[] {
  const subjects = new Set<string>()
  let isMoving = false
  return actions.filter((action) => {
    const subject = subjectOf(action)
    if (subjects.has(subject) || (isMoving && movesHead(action))) return false
    subjects.add(subject)
    isMoving ||= movesHead(action)
    return true
  })
}

/** An account in no case: triggered when it has crossed a tier, and a case opened when that is on record. */
function decideAccount(account: AccountView, state: KeeperState): Action | undefined {
  const { tag, tier, caseId } = account
  if (caseId !== undefined || !state.round.isKnown || !state.bookIsHead) return undefined
  const kind = kindFor(tier)
  if (kind === undefined) return undefined
  const threshold = kind === 'full' ? 'mm' : 'soft'
  const isOnRecord = isRecordUsable(account.below[threshold], account.covered[threshold], account, state)
  if (!isOnRecord) return { kind: 'trigger', tag, threshold }
  if (kind === 'soft' && isRecordUsable(account.below.mm, account.covered.mm, account, state)) {
    // It was below MM and is so no longer; the engine takes no soft case before that is on record.
    return isNewerThan(account.below.mm, { round: state.round.sequence, head: 0n })
      ? undefined
      : { kind: 'attest', tag, threshold: 'mm' }
  }
  return { kind: 'open', tag, caseKind: kind }
}

function kindFor(tier: AccountView['tier']): 'soft' | 'full' | undefined {
  if (tier === 'fullLiquidation' || tier === 'insolvent') return 'full'
  return tier === 'softLiquidation' ? 'soft' : undefined
}

/** The house trades and lets go of capital in small steps, one of each an interval, and of what it never got at once. */
function decideInventory(
  inventory: KeeperState['house']['inventories'][number],
  { chainTime, house, parameters, bookIsHead, reservedBy, round }: KeeperState,
): Action | undefined {
  const { subTag, caseId, takenLots, lastStep, spareLots, isVoid, isTradable, orderedAt } = inventory
  if (isVoid) return { kind: 'release', caseId }
  const isOrderDue = orderedAt === 0n || chainTime >= orderedAt + parameters.houseStepInterval
  if (isTradable && isOrderDue && bookIsHead && round.isKnown) return { kind: 'order', subTag }
  if (!bookIsHead || !round.isKnown || reservedBy !== undefined) return undefined
  // It is a withdrawal, and the vault takes none then.
  if (!round.confirms || round.level >= BREAKER_LEVELS.indexOf('noWithdrawals')) return undefined
  if (lastStep !== 0n && chainTime < lastStep + parameters.houseStepInterval) return undefined
  const shareLots = (parameters.houseStepShareBps * takenLots) / 10_000n
  const depthShareLots = (parameters.houseDepthShareBps * house.depthLots) / 10_000n
  const lots = [shareLots, depthShareLots, spareLots].reduce((a, b) => (a < b ? a : b))
  return lots > 0n ? { kind: 'workOff', subTag, lots } : undefined
}
