import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openCase, readCase, stepCase } from '../../src/chain/engine-client/cases.ts'
import { BOB, CAROL, GUARDIAN, KEEPER } from './fixtures/engine-chain.ts'
import { expectRefused } from './fixtures/engine-refusals.ts'
import {
  cover,
  deleveraging,
  inDeleveraging,
  insolventSold,
  OTHER,
  settleWhole,
  step,
} from './fixtures/engine-sales.ts'
import { EngineToyWorld } from './fixtures/engine-toy-world.ts'

/** Debts and deleveraging. */

let world: EngineToyWorld
beforeAll(async () => {
  world = await EngineToyWorld.shared()
}, 600_000)
beforeEach(() => world.base.reset())

const stage = async (caseId: string) => (await readCase(world.base.connection, caseId)).stage

describe('a debt', () => {
  it('closes the case when it is paid off', async () => {
    const caseId = await insolventSold(world)
    await settleWhole(world, caseId)
    expect(await stage(caseId)).toBe('shortfall')
    await (await cover(world, caseId, 12_000n))()
    expect(await stage(caseId)).toBe('closed')
    expect(await world.base.view('engine', 'pledgedLots')).toBe(0n)
  })

  it('that the venue does not show costs it its penalty, again and again', async () => {
    const caseId = await insolventSold(world)
    await settleWhole(world, caseId)
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
    await world.base.postRound()
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
