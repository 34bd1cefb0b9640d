import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Aggregator } from '../../src/feeder/aggregator.ts'
import type { Feeder } from '../../src/feeder/feeder.ts'
import { EVERY_SECONDS, FeederWorld, type Sight } from './feeder-world.ts'

let world: FeederWorld
let sights: [Sight, Sight, Sight]
let aggregator: Aggregator
let feeders: Feeder[]
beforeAll(async () => {
  world = await FeederWorld.start()
  await world.mark()
}, 300_000)
beforeEach(async () => {
  await world.reset()
  sights = [{}, {}, {}]
  aggregator = world.aggregator()
  await aggregator.step()
  feeders = [0, 1, 2].map((index) =>
    world.feeder(
      index,
      aggregator,
      world.source(() => sights[index]!),
    ),
  )
})
afterAll(() => world?.close())

describe('feeders and an aggregator', () => {
  it('make a round that a watcher finds honest, and go on', async () => {
    for (const feeder of feeders) expect(await feeder.step()).toMatchObject({ receipt: { taken: true } })
    expect(await aggregator.step()).toMatchObject({ state: 'listed' })
    expect(await aggregator.step()).toMatchObject({ state: 'proposed' })
    for (const feeder of feeders) {
      expect(await feeder.step()).toMatchObject({
        verdict: { objection: undefined, receipt: { taken: true } },
      })
    }
    expect(await aggregator.step()).toMatchObject({ state: 'posted', sequence: 1 })
    await world.chain.advance(EVERY_SECONDS)
    for (const feeder of feeders) await feeder.step()
    expect(await aggregator.step()).toMatchObject({ state: 'proposed' })
    for (const feeder of feeders) await feeder.step()
    expect(await aggregator.step()).toMatchObject({ state: 'posted', sequence: 2 })
    expect(await world.watch().step()).toMatchObject([{ state: 'honest' }, { state: 'honest' }])
  })
})
