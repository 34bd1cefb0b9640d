import { describe, expect, it } from 'vitest'
import type { EngineCase } from '../../src/chain/engine-client/cases.ts'
import { decide } from '../../src/keeper/decide.ts'
import type { KeeperState } from '../../src/keeper/state.ts'
import { accountView, CASE_ID, caseView, keeperState, OTHER_CASE_ID } from './state-support.ts'

const actions = (changes: Partial<KeeperState>) => decide(keeperState(changes))

describe('a deposit', () => {
  const waiting = { depositId: 3n, tag: 7n, notBefore: 0n, isHeld: false, isBarred: false, isEnough: true }
  const applied = { kind: 'applyDeposit', tag: 7n, depositId: 3n }
  const paidIn = (changes: Partial<typeof waiting>, state: Partial<KeeperState> = {}) =>
    actions({ deposits: [{ ...waiting, ...changes }], ...state })

  it('goes into the book, while the oracle is stale too', () => {
    expect(paidIn({})).toEqual([applied])
    expect(paidIn({}, { stale: true })).toEqual([applied])
  })

  it.each([
    ['before its time', { notBefore: 10_101n }, {}],
    ['while its leaf is held', { isHeld: true }, {}],
    ['that the vault or a bidder would suffer from', { isBarred: true }, {}],
    ['while the head is reserved', {}, { reservedBy: OTHER_CASE_ID }],
    ['while the book is not the head', {}, { bookIsHead: false }],
  ])('%s waits', (_, deposit, state) => {
    expect(paidIn(deposit, state)).toEqual([])
  })

  it('comes before a trigger only if it is enough: small ones would put the case off', () => {
    const accounts = [accountView({ tier: 'fullLiquidation' })]
    expect(paidIn({}, { accounts })).toEqual([applied])
    expect(paidIn({ isEnough: false }, { accounts })).toMatchObject([{ kind: 'trigger' }])
  })

  it('that is enough ends the case of its account, whatever else the case waits for', () => {
    const cured = { kind: 'cure', caseId: CASE_ID, depositId: 3n }
    const inCase = (changes: Partial<typeof waiting>, engineCase: Partial<EngineCase> = {}) =>
      paidIn({ isHeld: true, ...changes }, { cases: [caseView({ since: 0n, ...engineCase })] })
    expect(inCase({})).toEqual([cured])
    expect(inCase({ isHeld: false })).toEqual([cured])
    for (const other of [{ isEnough: false }, { isBarred: true }, { tag: 8n }]) {
      expect(inCase(other)).toEqual([{ kind: 'finish', caseId: CASE_ID, stage: 'sealed' }])
    }
    expect(inCase({}, { stage: 'awarded' })).not.toContainEqual(cured)
    expect(inCase({}, { stage: 'shortfall' })).not.toContainEqual(cured)
    expect(inCase({}, { round: 11n })).not.toContainEqual(cured)
  })
})
