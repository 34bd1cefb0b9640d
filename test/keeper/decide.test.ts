import { describe, expect, it } from 'vitest'
import type { EngineCase } from '../../src/chain/engine-client/cases.ts'
import { decide } from '../../src/keeper/decide.ts'
import { type CaseView, type KeeperState, movesHead, subjectOf } from '../../src/keeper/state.ts'
import { accountView, CASE_ID, caseView, keeperState, OTHER_CASE_ID, recordAt } from './state-support.ts'

const actions = (changes: Partial<KeeperState>) => decide(keeperState(changes))
const ofCase = (view: CaseView, changes: Partial<KeeperState> = {}) => actions({ cases: [view], ...changes })

describe('an account in no case', () => {
  it.each([
    ['healthy', undefined],
    ['reduceOnly', undefined],
    ['softLiquidation', 'soft'],
    ['fullLiquidation', 'mm'],
    ['insolvent', 'mm'],
  ] as const)('%s is triggered at %s', (tier, threshold) => {
    const expected = threshold === undefined ? [] : [{ kind: 'trigger', tag: 7n, threshold }]
    expect(actions({ accounts: [accountView({ tier })] })).toEqual(expected)
  })

  const below = { mm: recordAt(10n), soft: recordAt(10n) }
  it('gets a case once the trigger is on record', () => {
    expect(actions({ accounts: [accountView({ tier: 'insolvent', below })] })).toEqual([
      { kind: 'open', tag: 7n, caseKind: 'full' },
    ])
    const soft = { ...below, mm: recordAt(0n, 0n) }
    expect(actions({ accounts: [accountView({ tier: 'softLiquidation', below: soft })] })).toEqual([
      { kind: 'open', tag: 7n, caseKind: 'soft' },
    ])
  })

  it.each([
    ['is too old', { chainTime: 10_601n }, {}],
    ['is about a head before the account changed', {}, { touched: 6n }],
    ['was contradicted since', {}, { covered: { mm: recordAt(10n, 6n), soft: recordAt(10n, 6n) } }],
  ])('is triggered again when the record %s', (_, state, account) => {
    const accounts = [accountView({ tier: 'fullLiquidation', below, ...account })]
    expect(actions({ accounts, ...state })).toEqual([{ kind: 'trigger', tag: 7n, threshold: 'mm' }])
  })

  it('that was below MM and is so no longer is attested before a soft case', () => {
    const before = { mm: recordAt(9n), soft: recordAt(10n) }
    const accounts = [accountView({ tier: 'softLiquidation', below: before })]
    expect(actions({ accounts, chainTime: 9_500n })).toEqual([{ kind: 'attest', tag: 7n, threshold: 'mm' }])
  })

  it('is left alone in a case, without the market of the round, and while the book is not the head', () => {
    const account = accountView({ tier: 'insolvent' })
    expect(actions({ accounts: [{ ...account, caseId: CASE_ID }] })).toEqual([])
    expect(
      actions({ accounts: [account], round: { sequence: 10n, isKnown: false, confirms: true, level: 0 } }),
    ).toEqual([])
    expect(actions({ accounts: [account], bookIsHead: false })).toEqual([])
  })
})

/** The rounds before it do not bear its prices out. */
const HELD_BACK = { ...keeperState().round, confirms: false }

describe('a case', () => {
  const at = (engineCase: Partial<EngineCase>, changes: Partial<KeeperState> = {}) =>
    ofCase(caseView(engineCase), changes)

  it('is confirmed on a newer round than its trigger, and a soft one on the same', () => {
    const opened = { stage: 'opened', held: false, since: 0n } as const
    expect(at({ ...opened, round: 9n })).toEqual([{ kind: 'confirm', caseId: CASE_ID }])
    expect(at({ ...opened, round: 10n })).toEqual([])
    const soft = caseView(
      { ...opened, kind: 'soft', round: 10n },
      { account: accountView({ tier: 'softLiquidation', caseId: CASE_ID }) },
    )
    expect(ofCase(soft)).toEqual([{ kind: 'confirm', caseId: CASE_ID }])
  })

  it('waits while prices are held back: nothing is proven that the engine would not take', () => {
    const opened = { stage: 'opened', held: false, since: 0n, round: 9n } as const
    expect(at(opened, { round: HELD_BACK })).toEqual([])
    const stalled = caseView({ stage: 'dutch', since: 0n, round: 9n, restarts: 0n })
    expect(ofCase(stalled)).toEqual([{ kind: 'confirm', caseId: CASE_ID }])
    expect(ofCase(stalled, { round: HELD_BACK })).toMatchObject([])
  })

  it('lapses where the venue has not the book to confirm it with', () => {
    const opened = { stage: 'opened', since: 600n } as const
    expect(at(opened, { bookIsHead: false })).toEqual([{ kind: 'lapse', caseId: CASE_ID }])
    expect(ofCase(caseView(opened, { rounds: 'open' }), { bookIsHead: false })).toEqual([])
    expect(at(opened, { bookIsHead: false, round: HELD_BACK })).toEqual([])
    expect(at(opened, { bookIsHead: false, engineTime: 900n })).toEqual([])
  })

  it('is shown to liquidators before anything else', () => {
    const view = caseView({ since: 0n }, { isDisclosed: false })
    expect(ofCase(view)).toEqual([{ kind: 'disclose', caseId: CASE_ID }])
  })

  it.each([
    ['soft', 30n],
    ['sealed', 90n],
  ] as const)('in %s is finished when its windows are over, not before', (stage, seconds) => {
    const kind = stage === 'soft' ? 'soft' : 'full'
    const account = accountView({
      tier: stage === 'soft' ? 'softLiquidation' : 'fullLiquidation',
      caseId: CASE_ID,
    })
    const view = caseView({ stage, kind, since: 1_000n - seconds }, { account })
    expect(ofCase(view)).toEqual([{ kind: 'finish', caseId: CASE_ID, stage }])
    expect(ofCase(view, { engineTime: 999n })).toEqual([])
  })

  it('that stalls in the public auction is proven anew on a newer round, as often as it may', () => {
    const stalled = { stage: 'dutch', since: 100n } as const
    expect(at(stalled)).toEqual([{ kind: 'confirm', caseId: CASE_ID }])
    expect(at({ ...stalled, since: 101n })).toEqual([])
    expect(at({ ...stalled, restarts: 2n })).toEqual([{ kind: 'finish', caseId: CASE_ID, stage: 'dutch' }])
    const waiting = { cases: [caseView({ ...stalled, round: 10n })] }
    expect(actions(waiting)).toEqual([])
    expect(actions({ ...waiting, engineTime: 1_300n })).toEqual([
      { kind: 'finish', caseId: CASE_ID, stage: 'dutch' },
    ])
  })

  it('whose lot is too old is proven anew', () => {
    expect(at({ stage: 'dutch', lotTime: 8_000n, since: 990n })).toEqual([
      { kind: 'confirm', caseId: CASE_ID },
    ])
  })

  it.each([
    ['its case cap', { carryLots: 501n }],
    ['its capital', { carryLots: 401n }],
  ])('beyond the clearing house for %s goes on', (_, engineCase) => {
    expect(at({ stage: 'house', ...engineCase })).toEqual([
      { kind: 'finish', caseId: CASE_ID, stage: 'house' },
    ])
  })

  it('that fits the clearing house is absorbed into a free sub-account', () => {
    expect(at({ stage: 'house' })).toEqual([{ kind: 'absorb', caseId: CASE_ID, subTag: 90n }])
    const house = { ...keeperState().house, freeSubTags: [] }
    expect(at({ stage: 'house' }, { house })).toEqual([])
    expect(at({ stage: 'house', since: 880n }, { house })).toEqual([
      { kind: 'finish', caseId: CASE_ID, stage: 'house' },
    ])
  })

  it('is deleveraged, and paid off once nothing but a debt is left', () => {
    expect(at({ stage: 'deleveraging' })).toEqual([{ kind: 'deleverage', caseId: CASE_ID }])
    const debt = caseView({ stage: 'deleveraging', insolvent: true }, { isBareDebt: true })
    expect(ofCase(debt)).toEqual([{ kind: 'cover', caseId: CASE_ID }])
    expect(at({ stage: 'shortfall' })).toEqual([{ kind: 'cover', caseId: CASE_ID }])
  })
})

describe('an award', () => {
  const awarded = (settleBy: bigint) =>
    caseView({ stage: 'awarded' }, { award: { ...caseView({}).award, settleBy } })

  it('has the head reserved for it when nobody has it, is settled in time, and called off after it', () => {
    expect(ofCase(awarded(0n))).toEqual([{ kind: 'startSettlement', caseId: CASE_ID }])
    expect(ofCase(awarded(0n), { reservedBy: OTHER_CASE_ID })).toEqual([])
    expect(ofCase(awarded(1_000n), { reservedBy: CASE_ID })).toEqual([{ kind: 'settle', caseId: CASE_ID }])
    expect(ofCase(awarded(999n))).toEqual([{ kind: 'fail', caseId: CASE_ID }])
    // The window of its round is not over.
    expect(ofCase({ ...awarded(0n), rounds: 'open' })).toEqual([])
  })

  it('ends a case on a rejected round, whatever stage it is in, while the clock stands too', () => {
    const ends = [{ kind: 'voidCase', caseId: CASE_ID }]
    for (const stage of ['opened', 'soft', 'sealed', 'dutch', 'house', 'deleveraging', 'awarded'] as const) {
      expect(ofCase(caseView({ stage }, { rounds: 'rejected' }), { stale: true })).toEqual(ends)
    }
  })

  it('is not settled against the head of another', () => {
    expect(ofCase(awarded(1_000n), { reservedBy: OTHER_CASE_ID })).toEqual([])
    expect(ofCase(awarded(1_000n), { bookIsHead: false })).toEqual([])
  })
})

describe('a recovery', () => {
  const recovered = (covered = accountView().covered) =>
    caseView({}, { account: accountView({ tier: 'softLiquidation', caseId: CASE_ID, covered }) })

  it('is put on record on a newer round, then ends the case', () => {
    expect(ofCase(recovered())).toEqual([{ kind: 'attest', tag: 7n, threshold: 'mm' }])
    const covered = { ...accountView().covered, mm: recordAt(10n) }
    expect(ofCase(recovered(covered))).toEqual([{ kind: 'cancel', caseId: CASE_ID }])
  })

  it('on the round of the case says nothing new', () => {
    const view = recovered()
    expect(ofCase({ ...view, engineCase: { ...view.engineCase, round: 10n } })).toEqual([])
  })

  it('does not stop what was awarded', () => {
    const view = recovered({ ...accountView().covered, mm: recordAt(10n) })
    expect(ofCase({ ...view, engineCase: { ...view.engineCase, stage: 'awarded' } })).toEqual([
      { kind: 'startSettlement', caseId: CASE_ID },
    ])
  })
})

describe('a soft case whose account fell below MM', () => {
  const fallen = (mm = accountView().below.mm) =>
    caseView(
      { kind: 'soft', stage: 'soft' },
      {
        account: accountView({
          tier: 'fullLiquidation',
          caseId: CASE_ID,
          below: { ...accountView().below, mm },
        }),
      },
    )

  it('is triggered at MM and escalated', () => {
    expect(ofCase(fallen())).toEqual([{ kind: 'trigger', tag: 7n, threshold: 'mm' }])
    expect(ofCase(fallen(recordAt(10n)))).toEqual([{ kind: 'escalate', caseId: CASE_ID }])
  })
})

describe('the clearing house', () => {
  const inventory = {
    subTag: 90n,
    caseId: CASE_ID,
    takenLots: 3_000n,
    leftLots: 3_000n,
    lastStep: 0n,
    spareLots: 250n,
    isTradable: false,
    orderedAt: 0n,
    isVoid: false,
  }
  const carrying = (changes: Partial<typeof inventory>, state: Partial<KeeperState> = {}) =>
    actions({ house: { ...keeperState().house, inventories: [{ ...inventory, ...changes }] }, ...state })

  it('works off the least of a tenth, a twentieth of the depth, and what is spare', () => {
    expect(carrying({})).toEqual([{ kind: 'workOff', subTag: 90n, lots: 250n }])
    expect(carrying({ spareLots: 400n })).toEqual([{ kind: 'workOff', subTag: 90n, lots: 300n }])
    expect(carrying({ spareLots: 9_999n, takenLots: 90_000n })).toEqual([
      { kind: 'workOff', subTag: 90n, lots: 500n },
    ])
  })

  it('waits an interval between two steps, and has nothing to do without anything spare', () => {
    expect(carrying({ lastStep: 9_501n })).toEqual([])
    expect(carrying({ lastStep: 9_500n })).toHaveLength(1)
    expect(carrying({ spareLots: 0n })).toEqual([])
    expect(carrying({}, { round: HELD_BACK })).toEqual([])
    expect(carrying({}, { round: { ...keeperState().round, level: 2 } })).toEqual([])
    expect(carrying({}, { round: { ...keeperState().round, level: 1 } })).toHaveLength(1)
  })

  it('orders trades once an interval, and lets go of capital in between', () => {
    const tradable = { isTradable: true }
    expect(carrying(tradable)).toEqual([{ kind: 'order', subTag: 90n }])
    expect(carrying({ ...tradable, orderedAt: 9_500n })).toEqual([{ kind: 'order', subTag: 90n }])
    expect(carrying({ ...tradable, orderedAt: 9_501n })).toMatchObject([{ kind: 'workOff' }])
    expect(carrying(tradable, { bookIsHead: false })).toEqual([])
  })

  it('releases what it never got', () => {
    expect(carrying({ isVoid: true })).toEqual([{ kind: 'release', caseId: CASE_ID }])
  })
})

describe('in any state', () => {
  const award = { ...caseView({}).award, settleBy: 2_000n }
  const busy = keeperState({
    accounts: [
      accountView({ tag: 1n, tier: 'insolvent' }),
      accountView({ tag: 2n, tier: 'softLiquidation' }),
    ],
    cases: [
      caseView({ stage: 'deleveraging' }),
      caseView({ stage: 'awarded', caseId: OTHER_CASE_ID, tag: 8n }, { award }),
      caseView({ stage: 'shortfall', caseId: `0x${'c3'.repeat(32)}`, tag: 9n }),
    ],
    house: {
      ...keeperState().house,
      inventories: [
        {
          subTag: 90n,
          caseId: CASE_ID,
          takenLots: 100n,
          leftLots: 100n,
          lastStep: 0n,
          spareLots: 9n,
          isTradable: false,
          orderedAt: 0n,
          isVoid: false,
        },
      ],
    },
  })

  it('there is one action for a case or an account, and one that moves the head', () => {
    const all = decide(busy)
    expect(all.length).toBeGreaterThan(2)
    expect(new Set(all.map(subjectOf)).size).toBe(all.length)
    expect(all.filter(movesHead)).toEqual([{ kind: 'settle', caseId: OTHER_CASE_ID }])
  })

  it('nothing is done while paused', () => {
    expect(decide({ ...busy, paused: true })).toEqual([])
  })

  it('only settlements and debts while the oracle is stale', () => {
    const kinds = decide({ ...busy, stale: true }).map(({ kind }) => kind)
    expect(kinds).toEqual(['settle'])
  })

  it('the same state gives the same actions, and is not changed by deciding', () => {
    const text = () => JSON.stringify(busy, (_, value) => (typeof value === 'bigint' ? `${value}` : value))
    const before = text()
    expect(decide(busy)).toEqual(decide(busy))
    expect(text()).toBe(before)
  })
})
