import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { cashOf } from '../../src/book/liquidation/positions.ts'
import { confirmCase } from '../../src/chain/engine-client/cases.ts'
import { takeLot } from '../../src/chain/engine-client/liquidator.ts'
import { CAROL, KEEPER } from './fixtures/engine-chain.ts'
import { expectConserved, stageOf, toDutch } from './fixtures/engine-ways.ts'
import { EngineWorld } from './fixtures/engine-world.ts'

/** Every path of an insolvent account, with proofs of true statements by the real circuits. */

let world: EngineWorld
let before: Map<number, bigint>
beforeAll(async () => {
  world = await EngineWorld.shared()
}, 900_000)
beforeEach(async () => {
  await world.reset()
  before = world.totals()
})

const stage = (caseId: string) => stageOf(world, caseId)
const conserved = () => expectConserved(world, before)

describe('an insolvent case', () => {
  /** Sold whole and settled; what it owes is left. */
  async function sold(): Promise<string> {
    const caseId = await toDutch(world, 'insolvent')
    await takeLot(world.base.connection, world.base.signer(CAROL), caseId, world.tag('carol'))
    await world.settle(caseId, 'insolvent', 'carol')
    expect(await stage(caseId)).toBe('shortfall')
    return caseId
  }
  const owed = () => -cashOf(world.account('insolvent').positions)
  const lots = (name: string) => world.base.view<bigint>('fund', name)
  const leaves = (tranche: number, name: string, left: bigint) =>
    lots(name).then(async (held) => {
      const to = await world.base.address(CAROL)
      await world.base.governed('fund', 'withdrawSurplus', [tranche, held - left, to])
    })

  it('is sold whole, and insurance pays its debt', async () => {
    const caseId = await sold()
    const [debt, insurance] = [owed(), await lots('insuranceLots')]
    await world.cover(caseId, 'insolvent')
    expect(await lots('insuranceLots')).toBe(insurance - debt)
    expect(await stage(caseId)).toBe('closed')
    await conserved()
  })

  it('is paid by insurance, then the Gamma Reserve, then the clearing house, and the rest by all', async () => {
    const caseId = await sold()
    const debt = owed()
    await leaves(0, 'insuranceLots', debt / 4n)
    await world.base.send('fund', 'donate', [1, debt / 4n], CAROL)
    const gamma = await lots('gammaLots')
    const capital = await world.base.view<bigint>('house', 'capitalLots')
    const { house } = world.base.connection.deployment
    await world.base.governed('house', 'withdrawCapital', [capital - debt / 4n, house])
    await world.cover(caseId, 'insolvent')
    expect(await lots('insuranceLots')).toBe(0n)
    expect(await lots('gammaLots')).toBe(0n)
    expect(await world.base.view<bigint>('house', 'capitalLots')).toBe(0n)
    const paid = 2n * (debt / 4n) + gamma
    expect(await world.base.view<bigint>('vault', 'deficitLots')).toBe(debt - paid)
    await conserved()
  })

  it('leaves later losses untouched while earlier payers have enough', async () => {
    const caseId = await sold()
    const capital = await world.base.view<bigint>('house', 'capitalLots')
    await world.base.send('fund', 'donate', [1, 1_000n], CAROL)
    const gamma = await lots('gammaLots')
    await world.cover(caseId, 'insolvent')
    expect(await lots('gammaLots')).toBe(gamma)
    expect(await world.base.view<bigint>('house', 'capitalLots')).toBe(capital)
    expect(await world.base.view<bigint>('vault', 'deficitLots')).toBe(0n)
  })

  it('is deleveraged at a haircut of the counterparties when nobody can pay', async () => {
    await leaves(0, 'insuranceLots', 0n)
    const { house } = world.base.connection.deployment
    const capital = await world.base.view<bigint>('house', 'capitalLots')
    await world.base.governed('house', 'withdrawCapital', [capital, house])
    const caseId = await world.onSale('insolvent')
    expect(await stage(caseId)).toBe('deleveraging')
    await world.base.passes(100)
    await world.market()
    const cutoffBps = await world.base.view<bigint>('deleveraging', 'levelOf', [caseId])
    const at = { cutoffBps, bandBps: 1_000n }
    const fair = await world.proveDeleveraging(caseId, 'insolvent', 'levered', at)
    await expect(world.deleverage(caseId, fair!)).rejects.toMatchObject({ rule: 'TransferTermsMismatch' })
    const step = await world.proveDeleveraging(caseId, 'insolvent', 'levered', { ...at, discountBps: -500n })
    await world.deleverage(caseId, step!)
    await conserved()
  })

  it('is refused by the entry of solvent ones, and the other way round', async () => {
    const { connection } = world.base
    for (const place of ['insolvent', 'full'] as const) {
      const caseId = await world.open(place, 'full')
      await world.market()
      const lot = await world.proveLot(caseId, place, world.lotFor(place, 'full'))
      const wrong = place === 'full'
      await expect(
        confirmCase(connection, world.base.signer(KEEPER), caseId, lot, wrong),
      ).rejects.toMatchObject({
        rule: wrong ? 'LotIsSolvent' : 'LotIsInsolvent',
      })
    }
  })
})
