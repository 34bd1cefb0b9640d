import fc from 'fast-check'
import { beforeAll, expect, it } from 'vitest'
import { loadHighsSolver } from '../../../src/risk/hedge/highs.ts'
import type { Solver, Term } from '../../../src/risk/hedge/linear-program.ts'
import { marginProgram } from '../../../src/risk/hedge/margin-program.ts'
import { changed } from '../../../src/risk/hedge/soft-rules.ts'
import { marginOf } from '../../../src/risk/margin.ts'
import { syntheticVectors, TEST_PARAMETERS } from '../../support/synthetic.ts'
import { byId } from './support.ts'

let solver: Solver
beforeAll(async () => {
  solver = await loadHighsSolver()
})

const IDS = [2, 3, 4, 5]
const lots = fc.array(fc.bigInt({ min: -2_000n, max: 2_000n }), { minLength: 4, maxLength: 4 })

it('has the margin of marginOf after any trade, to the last digits of a double', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1_000 }),
      lots,
      lots,
      fc.bigInt({ min: 10_000n, max: 30_000n }),
      check,
    ),
    { numRuns: 60, seed: 4 },
  )

  function check(seed: number, held: bigint[], traded: bigint[], gammaMultiplierBps: bigint): void {
    const vectors = byId(syntheticVectors(5, seed))
    const parameters = { ...TEST_PARAMETERS, gammaMultiplierBps }
    const holdings = IDS.map((id, index) => ({ id, quantityLots: held[index]! }))
    const before = marginOf(holdings, vectors, parameters)
    const account = { holdings, vectors, parameters, slots: 16 }
    const instruments = IDS.map((id) => ({ id, depthLots: 10_000n, costNano: 1n }))
    const after = marginOf(
      changed(
        holdings,
        IDS.map((id, index) => ({ id, quantityLots: traded[index]! })),
      ),
      vectors,
      parameters,
    )
    const least = (pick: (program: ReturnType<typeof marginProgram>) => readonly Term[]) => {
      const program = marginProgram(account, before, instruments)
      program.trades.forEach(({ buy, sell, lotsPerUnit }, index) => {
        program.builder.equal(Number(traded[index]!) / lotsPerUnit, [
          [buy, 1],
          [sell, -1],
        ])
      })
      // The least value of the requirement alone: costs would only choose between equal trades.
      const columns = program.builder.columns.map((column) => ({ ...column, cost: 0 }))
      for (const [column, value] of pick(program)) columns[column] = { ...columns[column]!, cost: value }
      const solution = solver({ columns, rows: program.builder.rows })
      return solution.status === 'optimal' ? solution.objective * program.unitNano : Number.NaN
    }
    const near = (value: number, exactBps: bigint) => {
      const exact = Number(exactBps) / 10_000
      expect(Math.abs(value - exact)).toBeLessThanOrEqual(
        1e-6 * (exact + Number(before.requirementNano.soft)) + 10,
      )
    }
    near(
      least(({ mm }) => mm),
      after.mmBpsNano,
    )
    near(
      least(({ im }) => im),
      after.imBpsNano,
    )
    for (const [underlying, gamma] of after.shortGammaNano.entries()) {
      near(
        least(({ shortGamma }) => [[shortGamma[underlying]!, 1]]),
        gamma * 10_000n,
      )
    }
  }
})
