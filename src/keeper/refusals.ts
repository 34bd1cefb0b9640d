import { ContractRefusal } from '../chain/transactions.ts'

/**
 * Refusals that say no more than that the chain went on while a proof was made: the head moved, a newer round came, another
 * keeper was first, a window has not opened yet on the chain's own clock. The keeper looks again and decides anew.
 */
const OVERTAKEN: readonly string[] = [
  'BaseIsNotHead',
  'BaseRootIsNotHead',
  'BookRootIsNotHead',
  'BookRootSuperseded',
  'BookRootUnknown',
  'TagTouchedSince',
  'HeadReserved',
  'HeadStillReserved',
  'RoundNotRecent',
  'RoundStale',
  'RoundHeldBack',
  'AwardWaits',
  'WithdrawalsHalted',
  'OracleStale',
  'CaseRoundMismatch',
  'AlreadyRecorded',
  'NewerRecordExists',
  'ContradictedByTrigger',
  'ContradictedByAttestation',
  'CaseAlreadyOpen',
  'CaseTagMismatch',
  'WrongStage',
  'AccountInCase',
  'AdjustTooSoon',
  'DepositNotPending',
  'DepositorRefusesDeficit',
  'NotInStage',
  'NothingToConfirm',
  'LotRoundNotNewer',
  'LotTooOld',
  'TooEarly',
  'TooLate',
  'RestartPossible',
  'WindowStillOpen',
  'SettlementTooLate',
  'SettlementNotLate',
  'CutoffOffLevel',
  'StepTooSoon',
  'RecordNotNewer',
  'NotTriggered',
  'TriggerOutdated',
]

export function isOvertaken(error: unknown): boolean {
  return error instanceof ContractRefusal && error.rule !== undefined && OVERTAKEN.includes(error.rule)
}
