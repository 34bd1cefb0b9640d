import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { readAward, readCase, settleCase } from '../../src/chain/engine-client/cases.ts'
import { takeLot } from '../../src/chain/engine-client/liquidator.ts'
import { ALICE, CAROL, KEEPER } from './fixtures/engine-chain.ts'
import { expectRefused } from './fixtures/engine-refusals.ts'
import { honest, inDutch, OTHER, SUB, sold, step } from './fixtures/engine-sales.ts'
import { CARRY_LOTS, SUB_TAGS } from './fixtures/engine-toy-signals.ts'
import { EngineToyWorld } from './fixtures/engine-toy-world.ts'

/** From the award on: reservation, settlement, failure. */

let world: EngineToyWorld
beforeAll(async () => {
  world = await EngineToyWorld.shared()
}, 600_000)
beforeEach(() => world.base.reset())

const stage = async (caseId: string) => (await readCase(world.base.connection, caseId)).stage

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
