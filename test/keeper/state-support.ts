import type { CaseAward, EngineCase } from '../../src/chain/engine-client/cases.ts'
import { ENGINE_PARAMETERS, type EngineParameters } from '../../src/chain/engine-client/parameters.ts'
import type { AccountView, CaseView, KeeperState, RecordAt } from '../../src/keeper/state.ts'

/** States of chain and book for the keeper's head: quiet ones, of which a test changes what it is about. */
export const CASE_ID = `0x${'c1'.repeat(32)}`
export const OTHER_CASE_ID = `0x${'c2'.repeat(32)}`
export const NO_RECORD: RecordAt = { round: 0n, head: 0n, roundTime: 0n }
/** Chain time of round n is 1,000 n. */
export const recordAt = (round: bigint, head = 5n): RecordAt => ({ round, head, roundTime: 1_000n * round })

export const PARAMETERS: EngineParameters = {
  ...(Object.fromEntries(ENGINE_PARAMETERS.map((name) => [name, 0n])) as EngineParameters),
  confirmWindow: 300n,
  softWindow: 30n,
  commitWindow: 60n,
  revealWindow: 30n,
  dutchDuration: 900n,
  dutchMaxRestarts: 2n,
  houseWindow: 120n,
  adlDuration: 600n,
  maxLotAge: 1_800n,
  triggerMaxAge: 600n,
  houseBudgetLots: 1_000n,
  houseCaseCapLots: 500n,
  houseStepShareBps: 1_000n,
  houseDepthShareBps: 500n,
  houseStepInterval: 600n,
}

export function accountView(changes: Partial<AccountView> = {}): AccountView {
  return {
    tag: 7n,
    tier: 'healthy',
    touched: 0n,
    below: { mm: NO_RECORD, soft: NO_RECORD },
    covered: { mm: NO_RECORD, soft: NO_RECORD },
    caseId: undefined,
    ...changes,
  }
}

/** Round 10 is the latest, at chain time 10,000; head 5. */
export function keeperState(changes: Partial<KeeperState> = {}): KeeperState {
  return {
    paused: false,
    stale: false,
    chainTime: 10_100n,
    engineTime: 1_000n,
    round: { sequence: 10n, isKnown: true, confirms: true, level: 0 },
    bookIsHead: true,
    reservedBy: undefined,
    parameters: PARAMETERS,
    accounts: [],
    cases: [],
    house: { capitalLots: 400n, carriedLots: 0n, depthLots: 10_000n, freeSubTags: [90n], inventories: [] },
    deposits: [],
    ...changes,
  }
}

const NO_AWARD: CaseAward = {
  winner: `0x${'00'.repeat(20)}`,
  discountBps: 0n,
  taxBps: 0n,
  soldIn: 'none',
  escrowLots: 0n,
  settleBy: 0n,
  subTag: 0n,
}

/** A full case of tag 7, confirmed on round 9, its lot on sale since 990 s of the engine's clock. */
export function caseView(
  engineCase: Partial<EngineCase>,
  changes: Partial<Omit<CaseView, 'engineCase'>> = {},
): CaseView {
  return {
    engineCase: {
      caseId: CASE_ID,
      tag: 7n,
      keeper: `0x${'11'.repeat(20)}`,
      kind: 'full',
      stage: 'sealed',
      insolvent: false,
      percent: 40n,
      health: 30n,
      restarts: 0n,
      held: true,
      stepped: false,
      converted: false,
      voided: false,
      capBps: 2_000n,
      feeBps: 500n,
      place: 3n,
      round: 9n,
      head: 5n,
      triggerRound: 8n,
      since: 990n,
      lotTime: 9_000n,
      keeperBondLots: 0n,
      carryLots: 100n,
      reliefLots: 80n,
      shortfallLots: 0n,
      slice: 1n,
      riskRoot: 2n,
      parameters: 3n,
      ...engineCase,
    },
    award: NO_AWARD,
    account: accountView({ tier: 'fullLiquidation', caseId: engineCase.caseId ?? CASE_ID }),
    isBareDebt: false,
    isDisclosed: true,
    rounds: 'final',
    ...changes,
  }
}
