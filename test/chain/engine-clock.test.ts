import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { engineTime, stepCase } from '../../src/chain/engine-client/cases.ts'
import { dutchDiscountBps, takeLot } from '../../src/chain/engine-client/liquidator.ts'
import {
  CAROL,
  GUARDIAN,
  KEEPER,
  MAX_AGE_SECONDS,
  SECONDS_PER_BLOCK,
  VENUE,
} from './fixtures/engine-chain.ts'
import { SUB_TAGS, TAG } from './fixtures/engine-toy-signals.ts'
import { EngineToyWorld } from './fixtures/engine-toy-world.ts'

let world: EngineToyWorld
beforeAll(async () => {
  world = await EngineToyWorld.shared()
}, 600_000)
beforeEach(() => world.base.reset())

/** Engine seconds that go by in the meantime. */
async function elapsed(meanwhile: () => Promise<unknown>): Promise<number> {
  await world.base.send('clock', 'poke', [], KEEPER)
  const before = await engineTime(world.base.connection)
  await meanwhile()
  await world.base.send('clock', 'poke', [], KEEPER)
  return Number((await engineTime(world.base.connection)) - before)
}

describe('the clock', () => {
  it('runs with the chain while the round is fresh', async () => {
    expect(await elapsed(() => world.base.mine(120))).toBeGreaterThanOrEqual(120)
    expect(await elapsed(() => world.base.mine(120))).toBeLessThan(130)
  })

  it('stands from the moment that the latest round is stale, however late somebody looks', async () => {
    await world.base.postRound()
    const passed = await elapsed(() => world.base.mine(5 * MAX_AGE_SECONDS))
    expect(passed).toBeLessThanOrEqual(MAX_AGE_SECONDS)
    expect(passed).toBeGreaterThan(MAX_AGE_SECONDS - 60)
    expect(await elapsed(() => world.base.mine(120))).toBe(0)
  })

  it('runs again from the first poke after a new round', async () => {
    await world.base.mine(2 * MAX_AGE_SECONDS)
    await world.base.send('clock', 'poke', [], KEEPER)
    await world.base.postRound()
    await world.base.mine(120)
    // Nobody looked since the new round came: how long it was there is not known, and does not count.
    expect(await elapsed(async () => undefined)).toBeLessThanOrEqual(2)
    expect(await elapsed(() => world.base.mine(120))).toBeGreaterThanOrEqual(120)
  })

  it('counts at most so much for each block: a chain that stood still let nobody bid', async () => {
    const passed = await elapsed(() => world.base.standsStill(400))
    expect(passed).toBeLessThanOrEqual(3 * SECONDS_PER_BLOCK)
  })

  it('stands while paused', async () => {
    await world.base.send('clock', 'pause', [], GUARDIAN)
    expect(await elapsed(() => world.base.mine(120))).toBe(0)
    await world.base.send('clock', 'resume', [], GUARDIAN)
    expect(await elapsed(() => world.base.mine(120))).toBeGreaterThanOrEqual(120)
  })

  it('is paused and resumed by the guardian only, and not twice', async () => {
    const refused = { rule: 'AccessControlUnauthorizedAccount' }
    await expect(world.base.send('clock', 'pause', [], VENUE)).rejects.toMatchObject(refused)
    await expect(world.base.send('clock', 'resume', [], GUARDIAN)).rejects.toMatchObject({
      rule: 'EngineNotPaused',
    })
    await world.base.send('clock', 'pause', [], GUARDIAN)
    await expect(world.base.send('clock', 'resume', [], VENUE)).rejects.toMatchObject(refused)
    await expect(world.base.send('clock', 'pause', [], GUARDIAN)).rejects.toMatchObject({
      rule: 'EnginePaused',
    })
  })
})

describe('an auction while the clock stands', () => {
  async function inDutch(): Promise<string> {
    const caseId = await world.onSale()
    await world.base.passes(100)
    await world.base.send('sealed', 'finish', [caseId], KEEPER)
    return caseId
  }

  it('does not fall while the oracle is stale, and nobody takes from it', async () => {
    const caseId = await inDutch()
    await world.base.mine(2 * MAX_AGE_SECONDS)
    const { connection } = world.base
    const take = () => takeLot(connection, world.base.signer(CAROL), caseId, SUB_TAGS[CAROL]!)
    await expect(take()).rejects.toMatchObject({ rule: 'OracleStale' })
    await world.base.send('clock', 'poke', [], KEEPER)
    const stale = await dutchDiscountBps(connection, caseId)
    await world.base.mine(300)
    expect(await dutchDiscountBps(connection, caseId)).toBe(stale)
    await world.base.postRound()
    await take()
  })

  it('does not fall while paused, and nothing moves', async () => {
    const caseId = await inDutch()
    const { connection } = world.base
    await world.base.send('clock', 'pause', [], GUARDIAN)
    const before = await dutchDiscountBps(connection, caseId)
    await world.base.mine(300)
    expect(await dutchDiscountBps(connection, caseId)).toBe(before)
    const calls = [
      () => takeLot(connection, world.base.signer(CAROL), caseId, SUB_TAGS[CAROL]!),
      () => world.base.send('dutch', 'finish', [caseId], KEEPER),
      () => stepCase(connection, world.base.signer(KEEPER), 'cancel', caseId),
      () => world.base.send('engine', 'openCase', [TAG + 1n, 1], KEEPER),
      () => world.settle(caseId, SUB_TAGS[CAROL]!),
    ]
    for (const call of calls) await expect(call()).rejects.toMatchObject({ rule: 'EnginePaused' })
  })
})
