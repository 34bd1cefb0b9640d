import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { CASH_ID } from '../../../src/protocol/liquidation.ts'
import { GREEKS, greekDim } from '../../../src/protocol/risk-layout.ts'
import { loadHighsSolver } from '../../../src/risk/hedge/highs.ts'
import type { HedgeInstrument } from '../../../src/risk/hedge/instruments.ts'
import { type GreekLimits, type Inventory, inventoryStep } from '../../../src/risk/hedge/inventory.ts'
import type { Solver } from '../../../src/risk/hedge/linear-program.ts'
import { changed, negated } from '../../../src/risk/hedge/soft-rules.ts'
import { type Holding, marginOf } from '../../../src/risk/margin.ts'
import { TEST_PARAMETERS } from '../../support/synthetic.ts'
import { byId, CASH, coarseOption, coarsePerpetual, sampleRound, USD } from './support.ts'

let solver: Solver
beforeAll(async () => {
  solver = await loadHighsSolver()
})

const abs = (value: bigint) => (value < 0n ? -value : value)
const limits = (delta: bigint, gamma: bigint, vega: bigint): GreekLimits[] =>
  Array.from({ length: 3 }, () => ({ delta, gamma, vega }))

const { vectors, parameters, instruments, book } = sampleRound('small', 'margin-4')
const house = book.find(({ name }) => name === 'short strangle')!.account.positions

function expectWithinStep(
  inventory: Inventory,
  legs: readonly Holding[],
  listed: readonly HedgeInstrument[],
): void {
  for (const { id, quantityLots } of legs) {
    const held = inventory.holdings.find((position) => position.id === id)?.quantityLots ?? 0n
    expect(20n * abs(quantityLots) <= listed.find((instrument) => instrument.id === id)!.depthLots).toBe(true)
    if (held === 0n) continue
    expect(10n * abs(quantityLots) <= abs(held)).toBe(true)
    expect(quantityLots > 0n).toBe(held > 0n)
  }
}

describe('one step of the clearing house', () => {
  const inventory = (rows: readonly GreekLimits[]): Inventory => ({
    holdings: house,
    vectors,
    parameters,
    limits: rows,
  })

  it('brings every greek inside its limit, within a tenth of a leg and a twentieth of depth', () => {
    const before = marginOf(house, vectors, parameters)
    const { gammaNano, vegaNano } = before.greeks[1]!
    const request = inventory(limits(USD * 500n, (abs(gammaNano) * 95n) / 100n, (abs(vegaNano) * 94n) / 100n))
    const step = inventoryStep(request, instruments, solver)
    expect(step.excess).toEqual([])
    expect(step.legs.length).toBeGreaterThan(0)
    expectWithinStep(request, step.legs, instruments)
    expect(step.before).toEqual(before)
    const costs = new Map(instruments.map(({ id, costNano }) => [id, costNano]))
    expect(step.costNano).toBe(
      step.legs.reduce((sum, { id, quantityLots }) => sum + abs(quantityLots) * costs.get(id)!, 0n),
    )
    const without = changed(house, negated(step.legs))
    expect(step.after.greeks).toEqual(marginOf(without, vectors, parameters).greeks)
    // Proceeds at mark: equity moves by less than a lot of cash.
    expect(step.before.equityNano - step.after.equityNano).toBeLessThan(10_000_000n)
  })

  it('comes as near as a step can, step after step, until it is inside', () => {
    // A tenth of the position in the first steps; what it holds is all it may trade.
    const before = marginOf(house, vectors, parameters)
    const { gammaNano, vegaNano } = before.greeks[1]!
    const rows = limits(USD * 4_000n, (abs(gammaNano) * 75n) / 100n, (abs(vegaNano) * 75n) / 100n)
    let holdings: readonly Holding[] = house
    const sums: bigint[] = []
    for (let count = 0; count < 8; count++) {
      const request = { ...inventory(rows), holdings }
      const step = inventoryStep(request, instruments, solver, { mayOpen: false })
      expectWithinStep(request, step.legs, instruments)
      sums.push(step.excess.reduce((sum, { excessNano }) => sum + excessNano, 0n))
      if (step.excess.length === 0) break
      holdings = changed(holdings, negated(step.legs))
    }
    expect(sums.length).toBeGreaterThan(1)
    expect(sums.at(-1)).toBe(0n)
    for (const [index, sum] of sums.slice(1).entries()) expect(sum).toBeLessThan(sums[index]!)
  })

  it('does nothing where nothing is wrong, and the same for the same input', () => {
    const wide = inventoryStep(inventory(limits(USD ** 2n, USD ** 2n, USD ** 2n)), instruments, solver)
    expect(wide).toMatchObject({ legs: [], costNano: 0n, excess: [] })
    const tight = inventory(limits(0n, 0n, 0n))
    const reversed = [...instruments].reverse()
    expect(inventoryStep(tight, reversed, solver)).toEqual(inventoryStep(tight, instruments, solver))
  })

  it('refuses limits and shares that are none', () => {
    const at =
      (rows: readonly GreekLimits[], options = {}) =>
      () =>
        inventoryStep(inventory(rows), instruments, solver, options)
    expect(at(limits(1n, 1n, 1n).slice(1))).toThrow(/3 rows/)
    expect(at(limits(1n, -1n, 1n))).toThrow(/row 1, field "gamma"/)
    expect(at(limits(1n, 1n, 1n), { stepBps: 10_001n })).toThrow(/stepBps/)
    expect(at(limits(1n, 1n, 1n), { depthBps: -1n })).toThrow(/depthBps/)
  })
})

it('is the cheapest of all whole trades that get inside', () => {
  const small = byId([CASH, coarseOption(2, 0), coarsePerpetual(3, 0), coarseOption(4, 0, 5n, -60n)])
  const holdings = [
    { id: CASH_ID, quantityLots: 100n },
    { id: 2, quantityLots: -100n },
  ]
  const listed = [
    { id: 2, depthLots: 4_000n, costNano: 900n },
    { id: 3, depthLots: 400n, costNano: 300n },
    { id: 4, depthLots: 400n, costNano: 500n },
  ]
  const before = marginOf(holdings, small, TEST_PARAMETERS).greeks[0]!
  const share = (amount: bigint, percent: bigint) => (abs(amount) * percent) / 100n
  const row = {
    delta: share(before.deltaNano, 70n),
    gamma: share(before.gammaNano, 90n),
    vega: share(before.vegaNano, 89n),
  }
  const inventory = { holdings, vectors: small, parameters: TEST_PARAMETERS, limits: [row, row, row] }
  let least: bigint | undefined
  for (let bought = 0n; bought <= 10n; bought++) {
    for (let linear = -20n; linear <= 20n; linear++) {
      for (let other = -20n; other <= 20n; other++) {
        const cost = bought * 900n + abs(linear) * 300n + abs(other) * 500n
        if (least !== undefined && cost >= least) continue
        const lots = [bought - 100n, linear, other]
        const total = (dim: number) =>
          lots.reduce((sum, quantity, index) => sum + quantity * small.get(index + 2)!.ratesNano[dim]!, 0n)
        if (GREEKS.every((greek) => abs(total(greekDim(0, greek))) <= row[greek])) least = cost
      }
    }
  }
  const step = inventoryStep(inventory, listed, solver)
  expect(step.excess).toEqual([])
  expect(step.costNano >= least!).toBe(true)
  expect(step.costNano <= least! + 2n * (900n + 300n + 500n)).toBe(true)
})

it('never leaves a limit further behind, nor its step, whatever it holds', () => {
  const ids = instruments.map(({ id }) => id)
  const holding = fc.record({
    id: fc.constantFrom(...ids),
    quantityLots: fc.bigInt({ min: -1_000_000n, max: 1_000_000n }),
  })
  const bound = fc.bigInt({ min: 0n, max: 3_000n * USD })
  fc.assert(
    fc.property(
      fc.uniqueArray(holding, { minLength: 1, maxLength: 5, selector: ({ id }) => id }),
      fc.record({ delta: bound, gamma: bound, vega: bound }),
      (drawn, row) => {
        const holdings = changed(drawn, [])
        const request = { holdings, vectors, parameters, limits: [row, row, row] }
        const step = inventoryStep(request, instruments, solver)
        expectWithinStep(request, step.legs, instruments)
        const measure = (totals: readonly bigint[]) =>
          [0, 1, 2].reduce((sum, underlying) => {
            return GREEKS.reduce((part, greek) => {
              const size = abs(totals[greekDim(underlying, greek)]!)
              const unit =
                row[greek] > 0n ? row[greek] : abs(step.before.totalsNano[greekDim(underlying, greek)]!)
              const over = size - row[greek]
              return over > 0n ? part + Number(over) / Math.max(1, Number(unit)) : part
            }, sum)
          }, 0)
        // Whole lots may cost a hair of what the program gained.
        expect(measure(step.after.totalsNano)).toBeLessThanOrEqual(measure(step.before.totalsNano) + 1e-3)
      },
    ),
    { numRuns: 25, seed: 9 },
  )
})
