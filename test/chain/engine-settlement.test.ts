import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  coverCase,
  coverContext,
  deleverageCase,
  openCase,
  readAward,
  readCase,
  settleCase,
  stepCase,
} from '../../src/chain/engine-client/cases.ts'
import { takeLot } from '../../src/chain/engine-client/liquidator.ts'
import { toField } from '../../src/protocol/field.ts'
import { ALICE, BOB, CAROL, GUARDIAN, KEEPER, VENUE } from './fixtures/engine-chain.ts'
import { expectRefused } from './fixtures/engine-refusals.ts'
import { CARRY_LOTS, changeWord, EngineToyWorld, SUB_TAGS, TAG } from './fixtures/engine-toy-world.ts'
import { type Defence, itHolds } from './fixtures/mutants.ts'
import { riskRootOf } from './fixtures/world.ts'

/** From the award on: reservation, settlement, failure, deleveraging, debts. */

let world: EngineToyWorld
beforeAll(async () => {
  world = await EngineToyWorld.start()
}, 600_000)
beforeEach(() => world.base.reset())
afterAll(() => world?.close())

const OTHER = toField(987_654_321n)
const SUB = SUB_TAGS[CAROL]!
const stage = async (caseId: string) => (await readCase(world.base.connection, caseId)).stage
const step = (w: EngineToyWorld, name: 'fail' | 'startSettlement' | 'lapse', caseId: string, by = KEEPER) =>
  stepCase(w.base.connection, w.base.signer(by), name, caseId)

async function inDutch(w: EngineToyWorld, tag = TAG): Promise<string> {
  await w.record('mm', true, { tag })
  const { caseId } = await openCase(w.base.connection, w.base.signer(KEEPER), tag, 'full')
  await w.base.postRound()
  await w.confirm(caseId, { signals: { tag } })
  await w.base.passes(100)
  await w.base.send('sealed', 'finish', [caseId], KEEPER)
  return caseId
}

/** Sold to Carol, in the first second of the public auction. */
async function sold(w: EngineToyWorld, tag = TAG): Promise<string> {
  const caseId = await inDutch(w, tag)
  await takeLot(w.base.connection, w.base.signer(CAROL), caseId, SUB)
  return caseId
}

async function honest(w: EngineToyWorld, caseId: string) {
  const { discountBps, taxBps } = await readAward(w.base.connection, caseId)
  return { discountBps: discountBps - taxBps, feeBps: 500n + taxBps }
}

async function insolventSold(w: EngineToyWorld): Promise<string> {
  const caseId = await w.onSale('full', { insolvent: true, percent: 100n })
  await w.base.passes(100)
  await w.base.send('sealed', 'finish', [caseId], KEEPER)
  await takeLot(w.base.connection, w.base.signer(CAROL), caseId, SUB)
  return caseId
}

/** There is no fee of an insolvent account, and no tax of a discount this small. */
async function settleWhole(caseId: string): Promise<void> {
  const { discountBps, taxBps } = await readAward(world.base.connection, caseId)
  expect(taxBps).toBe(0n)
  await world.settle(caseId, SUB, { percent: 100n, discountBps, feeBps: 0n, feeLots: 0n })
}

async function cover(w: EngineToyWorld, caseId: string, lots: bigint) {
  const proven = await w.adjust({
    place: 3n,
    change: changeWord('cover', lots),
    context: coverContext(w.base.connection.deployment, caseId),
  })
  return () => coverCase(w.base.connection, w.base.signer(VENUE), caseId, proven)
}

async function inDeleveraging(w: EngineToyWorld): Promise<string> {
  await w.base.governed('parameters', 'set', [13, 0])
  const caseId = await inDutch(w)
  await w.base.passes(901)
  await w.base.send('dutch', 'finish', [caseId], KEEPER)
  await w.base.passes(121)
  await w.base.send('house', 'finish', [caseId], KEEPER)
  await w.base.postRound()
  return caseId
}

async function deleveraging(
  w: EngineToyWorld,
  caseId: string,
  given: { cutoffBps: bigint; floorBps?: bigint; tagTo?: bigint; round?: number; discountBps?: bigint },
) {
  const { cutoffBps, floorBps = cutoffBps - 1_000n, tagTo = OTHER, round = w.base.round } = given
  const proven = await w.transfer(caseId, tagTo, {
    ...{ mode: 'deleverage', percent: 100n, feeBps: 0n, feeLots: 0n, escrowLots: 0n, cutoffBps, floorBps },
    ...(given.discountBps === undefined ? {} : { discountBps: given.discountBps }),
    signals: { riskRoot: riskRootOf(round) },
  })
  return () => deleverageCase(w.base.connection, w.base.signer(VENUE), caseId, proven)
}

describe('an award', () => {
  it('reserves the head: nobody else moves it, and the settlement frees it', async () => {
    const caseId = await sold(world)
    expect(await world.base.registry<[string, bigint]>('reservation')).toMatchObject([
      caseId,
      expect.anything(),
    ])
    await expectRefused(world.deposit(OTHER), 'HeadReserved')
    await world.settle(caseId, SUB, await honest(world, caseId))
    await world.deposit(OTHER)
  })

  it('of a second case waits for the head, and its bidder for nobody', async () => {
    const [first, second] = [await inDutch(world), await inDutch(world, OTHER)]
    const { connection } = world.base
    await takeLot(connection, world.base.signer(CAROL), first, SUB)
    await takeLot(connection, world.base.signer(ALICE), second, SUB_TAGS[ALICE]!)
    expect((await readAward(connection, second)).settleBy).toBe(0n)
    await expectRefused(step(world, 'startSettlement', second), 'HeadStillReserved')
    await world.settle(first, SUB, await honest(world, first))
    await step(world, 'startSettlement', second)
    await expectRefused(step(world, 'startSettlement', second), 'AlreadyDue')
    expect((await readAward(connection, second)).settleBy).toBeGreaterThan(0n)
    const terms = await honest(world, second)
    await world.settle(second, SUB_TAGS[ALICE]!, { ...terms, signals: { tagFrom: OTHER } })
    expect(await stage(second)).toBe('closed')
  })

  it('that waited until its lot was old is void, at nobody’s cost', async () => {
    const [first, second] = [await inDutch(world), await inDutch(world, OTHER)]
    const { connection } = world.base
    const free = await world.base.freeLots(ALICE)
    await takeLot(connection, world.base.signer(CAROL), first, SUB)
    await takeLot(connection, world.base.signer(ALICE), second, SUB_TAGS[ALICE]!)
    await world.base.passes(1_900)
    await world.base.postRound()
    await step(world, 'startSettlement', second)
    expect(await stage(second)).toBe('dutch')
    expect(await world.base.freeLots(ALICE)).toBe(free)
    expect(await world.base.view('engine', 'venueBondLots')).toBe(20_000_000n)
  })

  it('holds the head no longer than its time, should the venue not settle', async () => {
    const caseId = await sold(world)
    await world.base.passes(125)
    await world.deposit(OTHER)
    await step(world, 'fail', caseId)
  })
})

describe('a venue that does not settle', () => {
  it('pays the winner more than the delay is worth, and the lot is on sale again', async () => {
    const free = await world.base.freeLots(CAROL)
    const caseId = await sold(world)
    await world.base.passes(121)
    await step(world, 'fail', caseId)
    // 1,000 USD, and a tenth of what covers the lot's initial margin.
    expect(await world.base.freeLots(CAROL)).toBe(free + 100_000n + CARRY_LOTS / 10n)
    expect(await stage(caseId)).toBe('dutch')
    await takeLot(world.base.connection, world.base.signer(CAROL), caseId, SUB)
  })

  it('cannot be failed twice, nor before its time', async () => {
    const caseId = await sold(world)
    await expectRefused(step(world, 'fail', caseId), 'SettlementNotLate')
    await world.base.passes(121)
    await step(world, 'fail', caseId)
    await expectRefused(step(world, 'fail', caseId), 'WrongStage')
  })

  it('may settle while the oracle is stale: its time stands, and is not failed', async () => {
    const caseId = await inDutch(world)
    await world.base.mine(580 - 100)
    await takeLot(world.base.connection, world.base.signer(CAROL), caseId, SUB)
    await world.base.mine(600)
    await expectRefused(step(world, 'fail', caseId), 'OracleStale')
    await world.settle(caseId, SUB, await honest(world, caseId))
    expect(await stage(caseId)).toBe('closed')
  })
})

describe('a settled lot', () => {
  it('is settled once', async () => {
    const caseId = await sold(world)
    const transfer = await world.transfer(caseId, SUB, await honest(world, caseId))
    await settleCase(world.base.connection, world.base.signer(KEEPER), caseId, transfer)
    const again = settleCase(world.base.connection, world.base.signer(KEEPER), caseId, transfer)
    await expectRefused(again, 'WrongStage')
  })

  it('uses the sub-account up until the venue vouches for it again', async () => {
    const first = await sold(world)
    await world.settle(first, SUB, await honest(world, first))
    const second = await inDutch(world, OTHER)
    const take = () => takeLot(world.base.connection, world.base.signer(CAROL), second, SUB)
    await expectRefused(take(), 'SubAccountNotVouchedFor')
    await world.vouch(CAROL)
    await take()
  })

  it('moves its money to the last lot: escrow in, fee and tax out', async () => {
    const caseId = await sold(world)
    const ledger = await world.base.view<bigint>('vault', 'ledgerOf', [1])
    const total = await world.base.view<bigint>('escrow', 'totalLots')
    const sent = await world.settle(caseId, SUB, await honest(world, caseId))
    expect(await world.base.view('vault', 'ledgerOf', [1])).toBe(ledger + CARRY_LOTS - 900n)
    expect(await world.base.view('escrow', 'totalLots')).toBe(total - CARRY_LOTS)
    const [event] = await world.base.events(sent, 'Settled')
    expect(event!.values).toMatchObject({ escrowLots: CARRY_LOTS, feeLots: 900n, taxLots: 0n })
  })
})

describe('a debt', () => {
  it('closes the case when it is paid off', async () => {
    const caseId = await insolventSold(world)
    await settleWhole(caseId)
    expect(await stage(caseId)).toBe('shortfall')
    await (await cover(world, caseId, 12_000n))()
    expect(await stage(caseId)).toBe('closed')
    expect(await world.base.view('engine', 'pledgedLots')).toBe(0n)
  })

  it('that the venue does not show costs it its penalty, again and again', async () => {
    const caseId = await insolventSold(world)
    await settleWhole(caseId)
    await expectRefused(step(world, 'lapse', caseId), 'WindowStillOpen')
    const insurance = await world.base.view<bigint>('fund', 'insuranceLots')
    for (let times = 1n; times <= 2n; times++) {
      await world.base.passes(301)
      await step(world, 'lapse', caseId)
      expect(await world.base.view('fund', 'insuranceLots')).toBe(insurance + times * 104_000n)
    }
    expect(await stage(caseId)).toBe('shortfall')
  })

  it('of a solvent account is none', async () => {
    const caseId = await inDeleveraging(world)
    await expectRefused((await cover(world, caseId, 5n))(), 'NotInsolvent')
  })

  it('is not sold on the fund’s credit twice: what one case counts on, another does not', async () => {
    const to = await world.base.address(CAROL)
    const held = await world.base.view<bigint>('fund', 'insuranceLots')
    await world.base.governed('fund', 'withdrawSurplus', [0, held - 20_000n, to])
    await world.base.governed('house', 'withdrawCapital', [50_000_000n, to])
    await world.onSale('full', { insolvent: true, percent: 100n })
    await world.record('mm', true, { tag: OTHER })
    const { caseId } = await openCase(world.base.connection, world.base.signer(BOB), OTHER, 'full')
    await world.base.postRound()
    await world.confirm(caseId, { insolvent: true, percent: 100n, signals: { tag: OTHER } })
    expect(await stage(caseId)).toBe('deleveraging')
  })
})

describe('deleveraging', () => {
  it('follows a level that falls in a line with the engine’s clock', async () => {
    const caseId = await inDeleveraging(world)
    const level = () => world.base.view<bigint>('deleveraging', 'levelOf', [caseId])
    expect(await level()).toBeGreaterThan(8_900n)
    await world.base.passes(300)
    const half = await level()
    expect(half).toBeLessThan(4_500n)
    expect(half).toBeGreaterThan(4_200n)
    await world.base.send('clock', 'pause', [], GUARDIAN)
    const paused = await level()
    await world.base.mine(300)
    expect(await level()).toBe(paused)
    await world.base.send('clock', 'resume', [], GUARDIAN)
    await world.base.passes(400)
    expect(await level()).toBe(0n)
  })

  it('takes a proof at the level of a moment ago, which asks more of the counterparty', async () => {
    const caseId = await inDeleveraging(world)
    await world.base.passes(120)
    await expectRefused((await deleveraging(world, caseId, { cutoffBps: 9_001n }))(), 'CutoffOffLevel')
    await expectRefused((await deleveraging(world, caseId, { cutoffBps: 6_000n }))(), 'CutoffOffLevel')
    await (await deleveraging(world, caseId, { cutoffBps: 7_500n }))()
    await (await deleveraging(world, caseId, { cutoffBps: 7_400n }))()
  })

  it('without a single step costs the venue its penalty; with one, the case just ends', async () => {
    const caseId = await inDeleveraging(world)
    const free = await world.base.freeLots(KEEPER)
    await expectRefused(step(world, 'lapse', caseId), 'WindowStillOpen')
    await world.base.passes(905)
    await step(world, 'lapse', caseId)
    expect(await world.base.freeLots(KEEPER)).toBe(free + 104_000n)
    await world.base.reset()
    const stepped = await inDeleveraging(world)
    await (await deleveraging(world, stepped, { cutoffBps: 9_000n }))()
    await world.base.passes(905)
    const before = await world.base.freeLots(KEEPER)
    await step(world, 'lapse', stepped)
    expect(await world.base.freeLots(KEEPER)).toBe(before)
    expect(await stage(stepped)).toBe('closed')
  })

  it('ends with the recovery that a step made, on the very round of the step', async () => {
    const caseId = await inDeleveraging(world)
    await (await deleveraging(world, caseId, { cutoffBps: 9_000n }))()
    await world.record('mm', false)
    await stepCase(world.base.connection, world.base.signer(KEEPER), 'cancel', caseId)
    expect(await stage(caseId)).toBe('closed')
  })
})

const DEFENCES: readonly Defence<EngineToyWorld>[] = [
  {
    target: 'DeleveragingQueue',
    rule: 'CutoffOffLevel',
    attack: 'a counterparty below the published cut-off',
    arrange: async (w) => deleveraging(w, await inDeleveraging(w), { cutoffBps: 3_000n }),
  },
  {
    target: 'CaseProofs',
    rule: 'TransferTermsMismatch',
    attack: 'a counterparty taken further down than the band',
    arrange: async (w) => deleveraging(w, await inDeleveraging(w), { cutoffBps: 9_000n, floorBps: 0n }),
  },
  {
    target: 'CaseProofs',
    rule: 'TransferTermsMismatch',
    attack: 'a counterparty of a solvent account made to give a discount',
    arrange: async (w) => deleveraging(w, await inDeleveraging(w), { cutoffBps: 9_000n, discountBps: -500n }),
  },
  {
    target: 'CaseSettlement',
    rule: 'CounterpartyInCase',
    attack: 'a counterparty that is in a case itself',
    arrange: async (w) => {
      const caseId = await inDeleveraging(w)
      await w.record('mm', true, { tag: OTHER })
      await openCase(w.base.connection, w.base.signer(KEEPER), OTHER, 'full')
      return deleveraging(w, caseId, { cutoffBps: 9_000n })
    },
  },
  {
    target: 'CaseSettlement',
    rule: 'StepRoundOlder',
    attack: 'a step at the prices before the last one’s',
    arrange: async (w) => {
      const caseId = await inDeleveraging(w)
      await (await deleveraging(w, caseId, { cutoffBps: 9_000n }))()
      return deleveraging(w, caseId, { cutoffBps: 9_000n, round: w.base.round - 1 })
    },
  },
  {
    target: 'CaseSettlement',
    rule: 'SettlementTooLate',
    attack: 'a settlement after the winner’s time, once the market showed which way it went',
    arrange: async (w) => {
      const caseId = await sold(w)
      await w.base.passes(125)
      const transfer = await w.transfer(caseId, SUB, await honest(w, caseId))
      return () => settleCase(w.base.connection, w.base.signer(VENUE), caseId, transfer)
    },
  },
  {
    target: 'CaseSettlement',
    rule: 'SettlementNotLate',
    attack: 'a winner who fails the venue within its time',
    arrange: async (w) => {
      const caseId = await sold(w)
      return () => step(w, 'fail', caseId, CAROL)
    },
  },
]

describe('what stands between a caller and a settlement', () => itHolds(DEFENCES, () => world))
