import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { THRESHOLDS, type Threshold } from '../../src/protocol/claims.ts'
import { DIMS, FIRST_GREEK_DIM, FIRST_SCENARIO_DIM, scenarioDim } from '../../src/protocol/risk-layout.ts'
import { type Holding, marginOf, TIERS } from '../../src/risk/margin.ts'
import { sweepBook, sweepMatrix, sweepTiers } from '../../src/risk/sweep.ts'
import type { RiskVector } from '../../src/risk/vector.ts'
import { arbitraryParameters, arbitraryPortfolio, PARAMETERS, seeded, vectorOf } from './margin-support.ts'

const CASH = 999
const cash = vectorOf(CASH, { 0: 1n })
/** Cash in lots of 2^37 nano, so that any equity is within the range of two slots. */
const BULK = 998
const bulk = vectorOf(BULK, { 0: 1n << 37n })

/** The account with exactly this much more cash. */
function withCash(holdings: readonly Holding[], nano: bigint): Holding[] {
  return [
    ...holdings,
    { id: BULK, quantityLots: nano >> 37n },
    { id: CASH, quantityLots: nano & ((1n << 37n) - 1n) },
  ]
}

function sweepOf(
  accounts: readonly (readonly Holding[])[],
  vectors: readonly RiskVector[],
  parameters = PARAMETERS,
) {
  const matrix = sweepMatrix(vectors)
  return sweepTiers(matrix, sweepBook(accounts, matrix), parameters)
}

/** Rates as of a market: values up to 2^36, scenario P&L of a tenth of that. */
function market(count: number, random: () => number): RiskVector[] {
  return Array.from({ length: count }, (_, index) => {
    const sizes = Array.from({ length: DIMS }, (_, dim) =>
      dim >= FIRST_GREEK_DIM && dim < FIRST_SCENARIO_DIM ? 2 ** 28 : dim === 0 ? 2 ** 36 : 2 ** 33,
    )
    const rates = sizes.map((size, dim) => BigInt(Math.floor((dim === 0 ? random() : random() - 0.5) * size)))
    return vectorOf(
      index + 1,
      { ...rates },
      { long: BigInt(Math.floor(random() * 2 ** 27)), short: 2n ** 27n },
    )
  })
}

function book(accounts: number, instruments: number, random: () => number): Holding[][] {
  return Array.from({ length: accounts }, () =>
    Array.from({ length: 1 + Math.floor(random() * 16) }, () => ({
      id: 1 + Math.floor(random() * instruments),
      quantityLots: BigInt(Math.floor((random() - 0.45) * 2 ** 30)),
    })),
  )
}

describe('sweep', () => {
  it('agrees with the exact margin on a random book, deciding nearly all of it by the filter', () => {
    const random = seeded(7)
    const vectors = market(40, random)
    const accounts = book(2_000, 40, random)
    const result = sweepOf(accounts, vectors)
    const byId = new Map(vectors.map((vector) => [vector.id, vector]))
    const expected = accounts.map((holdings) => TIERS.indexOf(marginOf(holdings, byId, PARAMETERS).tier))
    expect([...result.tiers]).toEqual(expected)
    expect(result.counts).toEqual(TIERS.map((_, tier) => expected.filter((other) => other === tier).length))
    expect(result.counts.every((count) => count > 0)).toBe(true)
    expect(result.exact).toBe(0)
  })

  it('agrees on any portfolio within the shared ranges, and on any parameters', () => {
    fc.assert(
      fc.property(arbitraryPortfolio(), arbitraryParameters, ({ holdings, vectors }, parameters) => {
        const { tiers } = sweepOf([holdings], [...vectors.values()], parameters)
        expect(TIERS[tiers[0]!]).toBe(marginOf(holdings, vectors, parameters).tier)
      }),
    )
  })

  it('agrees, by the exact path, on accounts at a threshold and one nano either side of it', () => {
    fc.assert(
      fc.property(
        arbitraryPortfolio(5, 12),
        arbitraryParameters,
        fc.constantFrom(...THRESHOLDS),
        ({ holdings, vectors }, parameters, threshold) => {
          const byId = new Map([...vectors, [CASH, cash], [BULK, bulk]])
          const accounts = atThreshold(holdings, byId, parameters, threshold)
          const result = sweepOf(accounts, [...byId.values()], parameters)
          for (const [account, tier] of result.tiers.entries()) {
            expect(TIERS[tier]).toBe(marginOf(accounts[account]!, byId, parameters).tier)
          }
          expect(result.exact).toBe(accounts.length)
        },
      ),
      { numRuns: 200 },
    )
  })

  it('needs its exact path: the same doubles stand for tiers on both sides of a boundary', () => {
    // 2^75 of value beside one nano of debt: the double of the sum cannot tell, the integers can.
    const vectors = [
      vectorOf(1, { 0: 2n ** 37n }),
      vectorOf(2, { 0: 1n }),
      vectorOf(3, { 0: 2n ** 37n, [scenarioDim(0)]: 0n }),
    ]
    const owing = (nano: bigint) => [
      { id: 1, quantityLots: 2n ** 37n },
      { id: 2, quantityLots: -nano },
      { id: 3, quantityLots: -(2n ** 37n) },
    ]
    const result = sweepOf([owing(0n), owing(1n), owing(-1n)], vectors)
    expect([...result.tiers].map((tier) => TIERS[tier])).toEqual(['healthy', 'insolvent', 'healthy'])
    expect(result.exact).toBe(3)
  })

  it('takes an empty account and an empty book', () => {
    expect(sweepOf([[]], [cash])).toMatchObject({ counts: [1, 0, 0, 0, 0], exact: 1 })
    expect(sweepOf([], [cash])).toMatchObject({ counts: [0, 0, 0, 0, 0], exact: 0 })
  })

  it('refuses an unknown id, a quantity out of range and more positions than its bound is stated for', () => {
    const refused = (holdings: Holding[]) => () => sweepOf([[], holdings], [cash])
    expect(refused([{ id: 5, quantityLots: 1n }])).toThrow(
      'row 2, field "slot 0": no instrument has the id 5',
    )
    expect(refused([{ id: CASH, quantityLots: 1n << 38n }])).toThrow('row 2')
    expect(refused(new Array(65).fill({ id: CASH, quantityLots: 1n }))).toThrow('64 positions')
  })
})

/** The account with its equity one nano under, exactly at, and one nano over a threshold. */
function atThreshold(
  holdings: readonly Holding[],
  vectors: ReadonlyMap<number, RiskVector>,
  parameters: typeof PARAMETERS,
  threshold: Threshold,
): Holding[][] {
  const { equityNano, requirementNano } = marginOf(holdings, vectors, parameters)
  return [-1n, 0n, 1n].map((nudge) => withCash(holdings, requirementNano[threshold] - equityNano + nudge))
}
