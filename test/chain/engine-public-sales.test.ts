import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { readAward, readCase } from '../../src/chain/engine-client/cases.ts'
import { dutchDiscountBps, offerSoft, reclaimBid, takeLot } from '../../src/chain/engine-client/liquidator.ts'
import { readParameters } from '../../src/chain/engine-client/parameters.ts'
import { finish } from './fixtures/engine-bids.ts'
import { ALICE, BOB, CAROL, KEEPER } from './fixtures/engine-chain.ts'
import { expectRefused } from './fixtures/engine-refusals.ts'
import { inDutch } from './fixtures/engine-sales.ts'
import { CARRY_LOTS, SUB_TAGS } from './fixtures/engine-toy-signals.ts'
import { EngineToyWorld } from './fixtures/engine-toy-world.ts'

/** The public auction, soft offers and the clearing house. */

let world: EngineToyWorld
beforeAll(async () => {
  world = await EngineToyWorld.shared()
}, 600_000)
beforeEach(() => world.base.reset())

const as = (index: number) => world.base.signer(index)
const stage = async (caseId: string) => (await readCase(world.base.connection, caseId)).stage

describe('the public auction', () => {
  it('rises in a line from zero to the cap, and stays there', async () => {
    const caseId = await inDutch(world)
    const { connection } = world.base
    const { capBps } = await readCase(connection, caseId)
    const { reserveShareBps } = await readParameters(connection)
    // The account's health is a half.
    expect(capBps).toBe(reserveShareBps / 2n)
    expect(await dutchDiscountBps(connection, caseId)).toBeLessThan(20n)
    await world.base.passes(450)
    const half = await dutchDiscountBps(connection, caseId)
    expect(half).toBeGreaterThan(capBps / 2n - 50n)
    expect(half).toBeLessThan(capBps / 2n + 100n)
    await world.base.passes(600)
    expect(await dutchDiscountBps(connection, caseId)).toBe(capBps)
  })

  it('is open to anybody with escrow and a vouched sub-account', async () => {
    const caseId = await inDutch(world)
    await takeLot(world.base.connection, as(CAROL), caseId, SUB_TAGS[CAROL]!)
    expect((await readAward(world.base.connection, caseId)).winner).toBe(await world.base.address(CAROL))
  })

  it('sells for no less than the taker asked, should it have started anew', async () => {
    const caseId = await inDutch(world)
    const take = takeLot(world.base.connection, as(CAROL), caseId, SUB_TAGS[CAROL]!, 900n)
    await expectRefused(take, 'DiscountBelowAsked')
  })

  it('is followed by the clearing house only when it is over', async () => {
    const caseId = await inDutch(world)
    const end = () => world.base.send('dutch', 'finish', [caseId], KEEPER)
    await expectRefused(end(), 'TooEarly')
    await world.base.passes(901)
    await expectRefused(end(), 'RestartPossible')
    await world.base.passes(301)
    await end()
    expect(await stage(caseId)).toBe('house')
  })

  it('restarts so often and no more', async () => {
    const caseId = await inDutch(world)
    for (let restart = 0; restart < 2; restart++) {
      await world.base.passes(901)
      await world.base.postRound()
      await world.confirm(caseId)
    }
    await world.base.passes(901)
    await world.base.postRound()
    await expectRefused(world.confirm(caseId), 'NothingToConfirm')
    await world.base.send('dutch', 'finish', [caseId], KEEPER)
  })

  it('taxes what a fill costs beyond the modelled impact and ten basis points', async () => {
    const caseId = await inDutch(world)
    await world.base.passes(450)
    await takeLot(world.base.connection, as(CAROL), caseId, SUB_TAGS[CAROL]!)
    const { discountBps, taxBps } = await readAward(world.base.connection, caseId)
    expect(taxBps).toBe(((discountBps - 110n) * 2_000n) / 10_000n)
    const { feeBps } = await readCase(world.base.connection, caseId)
    const gamma = await world.base.view<bigint>('fund', 'gammaLots')
    await world.settle(caseId, SUB_TAGS[CAROL]!, {
      discountBps: discountBps - taxBps,
      feeBps: feeBps + taxBps,
      feeLots: 900n,
    })
    const taxLots = (900n * taxBps) / (feeBps + taxBps)
    // The fee's own share of the Gamma Reserve comes on top: 20% at gauge 0.
    const share = ((900n - taxLots) * 2_000n) / 10_000n
    expect(await world.base.view('fund', 'gammaLots')).toBe(gamma + taxLots + share)
  })
})

describe('soft offers', () => {
  it('the earliest of equal asks wins, and the others have theirs back', async () => {
    const caseId = await world.onSale('soft')
    const { connection } = world.base
    await offerSoft(connection, as(ALICE), caseId, 80n, SUB_TAGS[ALICE]!)
    await offerSoft(connection, as(BOB), caseId, 80n, SUB_TAGS[BOB]!)
    await expectRefused(offerSoft(connection, as(BOB), caseId, 40n, SUB_TAGS[BOB]!), 'AlreadyOffered')
    await expectRefused(reclaimBid(connection, as(BOB), 'soft', caseId), 'StillOnSale')
    await world.base.passes(31)
    await world.base.send('soft', 'finish', [caseId], KEEPER)
    expect((await readAward(connection, caseId)).winner).toBe(await world.base.address(ALICE))
    await reclaimBid(connection, as(BOB), 'soft', caseId)
    await expectRefused(reclaimBid(connection, as(ALICE), 'soft', caseId), 'NothingOffered')
  })

  it('end with the case when neither they nor the clearing house take it', async () => {
    const caseId = await world.onSale('soft')
    await world.base.passes(31)
    await world.base.send('soft', 'finish', [caseId], KEEPER)
    await expectRefused(world.base.send('house', 'finish', [caseId], KEEPER), 'TooEarly')
    await world.base.passes(121)
    await world.base.send('house', 'finish', [caseId], KEEPER)
    expect(await stage(caseId)).toBe('closed')
  })
})

describe('the clearing house', () => {
  it('has no lot before the others had their chance', async () => {
    const absorb = (caseId: string) => world.base.send('house', 'absorb', [caseId, 5n], KEEPER)
    const caseId = await world.onSale()
    await expectRefused(absorb(caseId), 'NotInStage')
    await world.base.passes(100)
    await finish(world, caseId)
    await expectRefused(absorb(caseId), 'NotInStage')
  })

  it('stands aside at once when the lot is beyond its budget, its cap or its capital', async () => {
    const houseStage = async () => {
      const caseId = await world.onSale('soft')
      await world.base.passes(31)
      await world.base.send('soft', 'finish', [caseId], KEEPER)
      return caseId
    }
    const limits = [
      [30, 'CaseCapExceeded'],
      [29, 'BudgetExceeded'],
    ] as const
    for (const [parameter, rule] of limits) {
      const caseId = await houseStage()
      await world.base.governed('parameters', 'set', [parameter, CARRY_LOTS - 1n])
      await expectRefused(world.base.send('house', 'absorb', [caseId, 5n], KEEPER), rule)
      await world.base.send('house', 'finish', [caseId], KEEPER)
      expect(await stage(caseId)).toBe('closed')
      await world.base.reset()
    }
    const caseId = await houseStage()
    await world.base.governed('house', 'withdrawCapital', [50_000_000n, await world.base.address(CAROL)])
    await expectRefused(world.base.send('house', 'absorb', [caseId, 5n], KEEPER), 'CapitalTooSmall')
    await world.base.send('house', 'finish', [caseId], KEEPER)
  })

  it('pays losses to the fund only, and takes capital from anybody', async () => {
    await expectRefused(world.base.send('house', 'payLoss', [1n], CAROL), 'NotTheFund')
    const { house, unitsPerLot } = world.base.connection.deployment
    const capital = await world.base.view<bigint>('house', 'capitalLots')
    await world.base.tokenCall('mint', [house, 7n * unitsPerLot], as(CAROL))
    await world.base.send('house', 'collect', [], CAROL)
    expect(await world.base.view('house', 'capitalLots')).toBe(capital + 7n)
  })
})
