import { statSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Position } from '../../src/book/account.ts'
import { addPositions, quantityOf } from '../../src/book/liquidation/positions.ts'
import { marginIn } from '../../src/book/liquidation/requirement.ts'
import { folderOrders } from '../../src/cli/keeper-files.ts'
import { type HouseOrder, planHouseOrders } from '../../src/keeper/house-orders.ts'
import { loadHighsSolver } from '../../src/risk/hedge/highs.ts'
import type { Solver } from '../../src/risk/hedge/linear-program.ts'
import { Desk } from '../cli/support.ts'
import { ENGINE_RISK, holding } from '../support/engine-world.ts'

/** What the clearing house asks of the market to work an inventory off, and where it is put. */
const SHARES = { stepBps: 1_000n, depthBps: 500n }
const DEPTH_LOTS = 1_000n
const instruments = [2, 3, 4, 5, 6].map((id) => ({ id, depthLots: DEPTH_LOTS, costNano: 1_000_000_000n }))
const round = { risk: ENGINE_RISK, instruments }
const desk = new Desk()
let solver: Solver
beforeAll(async () => {
  solver = await loadHighsSolver()
})
afterAll(() => desk.clear())

const plan = (positions: readonly Position[]) => planHouseOrders(positions, round, solver, SHARES)
const magnitude = (value: bigint) => (value < 0n ? -value : value)

function traded(positions: readonly Position[], orders: readonly HouseOrder[]): Position[] {
  const changes = orders.map(({ instrumentId, side, lots }) => ({
    id: instrumentId,
    quantityLots: side === 'buy' ? lots : -lots,
  }))
  return addPositions(positions, changes)
}

describe('orders of the clearing house', () => {
  const taken = holding({ 1: 50_000_000n, 2: -400n, 4: 2_000n, 5: 90n })

  it('shrink what is held, by a tenth and a twentieth of the depth at most, and open nothing', () => {
    const orders = plan(taken)
    expect(orders.length).toBeGreaterThan(0)
    for (const { instrumentId, side, lots } of orders) {
      const held = quantityOf(taken, instrumentId)
      expect(side).toBe(held > 0n ? 'sell' : 'buy')
      expect(10n * lots).toBeLessThanOrEqual(magnitude(held))
      expect(20n * lots).toBeLessThanOrEqual(DEPTH_LOTS)
    }
  })

  it('lower the requirement step by step', () => {
    let positions: readonly Position[] = taken
    const requirement = () => marginIn(ENGINE_RISK, positions).requirementNano.im
    for (let step = 0; step < 4; step++) {
      const before = requirement()
      positions = traded(positions, plan(positions))
      expect(requirement()).toBeLessThan(before)
    }
  })

  it('are none where nothing but cash is held', () => {
    expect(plan(holding({ 1: 5_000n }))).toEqual([])
  })

  it('are put in a folder of the sub-account, for nobody else to read, and the last time is known again', () => {
    const folder = desk.path('orders')
    const orders = { subTag: 7n, caseId: `0x${'c1'.repeat(32)}`, round: 3n, orders: plan(taken) }
    expect(folderOrders(folder).lastAt(7n)).toBe(0n)
    for (const chainTime of [900n, 1_500n]) folderOrders(folder).publish({ ...orders, chainTime })
    expect(folderOrders(folder).lastAt(7n)).toBe(1_500n)
    const file = `${folder}/0x${'7'.padStart(64, '0')}/1500.json`
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(JSON.parse(desk.read(`orders/0x${'7'.padStart(64, '0')}/1500.json`))).toMatchObject({
      format: 'tacit.house-orders',
      caseId: orders.caseId,
    })
  })
})
