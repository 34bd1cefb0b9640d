import fc from 'fast-check'
import { beforeAll, expect, it } from 'vitest'
import { lotOf } from '../../../src/book/liquidation/lot.ts'
import { CASH_ID } from '../../../src/protocol/liquidation.ts'
import { HedgeInfeasibleError } from '../../../src/risk/hedge/errors.ts'
import { loadHighsSolver } from '../../../src/risk/hedge/highs.ts'
import type { Solver } from '../../../src/risk/hedge/linear-program.ts'
import { softHedge } from '../../../src/risk/hedge/soft.ts'
import { changed } from '../../../src/risk/hedge/soft-rules.ts'
import { marginOf } from '../../../src/risk/margin.ts'
import { sampleRound, withCashBelowSoft } from './support.ts'

let solver: Solver
beforeAll(async () => {
  solver = await loadHighsSolver()
})

it('hedges any portfolio that is just below SOFT, in 4 and in 16 slots, or says what stands in the way', () => {
  const { vectors, parameters, instruments } = sampleRound('small', 'margin-4')
  const ids = instruments.map(({ id }) => id)
  const position = fc.record({
    id: fc.constantFrom(...ids),
    quantityLots: fc.bigInt({ min: -2_000_000n, max: 2_000_000n }),
  })
  const portfolio = fc.uniqueArray(position, { minLength: 1, maxLength: 3, selector: ({ id }) => id })
  let hedged = 0
  fc.assert(
    fc.property(
      portfolio,
      fc.bigInt({ min: 1n, max: 99n }),
      fc.constantFrom(4, 16),
      fc.constantFrom(0n, 100n, 700n),
      (drawn, percent, slots, costBps) => {
        const holdings = withCashBelowSoft(changed(drawn, []), vectors, parameters, percent)
        const before = marginOf(holdings, vectors, parameters)
        // Portfolios without a requirement, or with a cent between MM and SOFT, have no soft tier.
        fc.pre(before.tier === 'softLiquidation' && holdings[0]!.quantityLots !== 0n)
        try {
          const hedge = softHedge({ holdings, vectors, parameters, slots }, instruments, solver, { costBps })
          expect(hedge.broken).toEqual([])
          expect(hedge.after.tier).not.toBe('softLiquidation')
          lotOf(
            holdings,
            hedge.legs,
            { mode: 'soft', percent: 100n, costBps },
            { vectors, parameters },
            slots,
          )
          for (const { id, quantityLots } of hedge.legs) {
            const { depthLots } = instruments.find((instrument) => instrument.id === id)!
            expect(quantityLots <= depthLots && -quantityLots <= depthLots && id !== CASH_ID).toBe(true)
          }
          hedged++
        } catch (error) {
          if (!(error instanceof HedgeInfeasibleError)) throw error
          // Depth of millions stands behind these accounts of a few: nothing else may be in the way.
          expect(error.limits).toEqual(['depth'])
        }
      },
    ),
    { numRuns: 40, seed: 11 },
  )
  expect(hedged).toBeGreaterThanOrEqual(30)
})
