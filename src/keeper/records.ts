import type { AccountView, KeeperState, RecordAt } from './state.ts'

/** Positions compare as the chain compares them: a newer round first, then a newer head. */
export function isNewerThan(
  record: Pick<RecordAt, 'round' | 'head'>,
  than: Pick<RecordAt, 'round' | 'head'>,
): boolean {
  return record.round > than.round || (record.round === than.round && record.head > than.head)
}

/** Whether MarginAttestor.isBelow says yes to the engine: no newer contrary, fresh, and the account unchanged since. */
export function isRecordUsable(
  below: RecordAt,
  covered: RecordAt,
  account: Pick<AccountView, 'touched'>,
  state: Pick<KeeperState, 'chainTime' | 'parameters'>,
): boolean {
  if (below.round === 0n || isNewerThan(covered, below)) return false
  return isFreshRecord(below, account, state)
}

/** As MarginAttestor.isCovered for the engine: strictly newer than the contrary. */
export function isCoverUsable(
  covered: RecordAt,
  below: RecordAt,
  account: Pick<AccountView, 'touched'>,
  state: Pick<KeeperState, 'chainTime' | 'parameters'>,
): boolean {
  if (covered.round === 0n || !isNewerThan(covered, below)) return false
  return isFreshRecord(covered, account, state)
}

function isFreshRecord(
  record: RecordAt,
  { touched }: Pick<AccountView, 'touched'>,
  { chainTime, parameters }: Pick<KeeperState, 'chainTime' | 'parameters'>,
): boolean {
  return record.head >= touched && chainTime <= record.roundTime + parameters.triggerMaxAge
}
