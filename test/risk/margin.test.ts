import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { THRESHOLDS } from '../../src/protocol/claims.ts'
import { greekDim, scenarioDim } from '../../src/protocol/risk-layout.ts'
import { isBelow, type MarginResult, marginOf, TIERS, tierOf } from '../../src/risk/margin.ts'
import {
  arbitraryParameters,
  arbitraryPortfolio,
  arbitraryQuantity,
  arbitraryVector,
  PARAMETERS,
  vectorOf,
} from './margin-support.ts'

const REGULAR = scenarioDim(2)
const EXTREME = scenarioDim(31)
const one = (vector: ReturnType<typeof vectorOf>, quantityLots = 1n, parameters = PARAMETERS) =>
  marginOf([{ id: 1, quantityLots }], new Map([[1, vector]]), parameters)
const abs = (value: bigint) => (value < 0n ? -value : value)
const positive = (value: bigint) => (value > 0n ? value : 0n)

describe('margin, worked by hand', () => {
  it('takes the worst regular loss for MM, the worst of all for IM, and adds the charges', () => {
    const result = one(
      vectorOf(1, { 0: 100n, [REGULAR]: -50n, [EXTREME]: -90n }, { long: 7n, short: 9n }),
      2n,
    )
    expect(result).toMatchObject({
      equityNano: 200n,
      stressMmNano: 100n,
      stressImNano: 180n,
      worstMmNano: 100n,
      worstImNano: 180n,
      worstMmScenario: 2,
      worstImScenario: 31,
      chargesNano: 14n,
      mmBpsNano: 8_000n * 100n + 140_000n,
      imBpsNano: 10_000n * 180n + 140_000n,
      requirementNano: { zero: 0n, mm: 94n, soft: 119n, im: 194n },
      tier: 'healthy',
    })
    expect(result.lossesNano[31]).toBe(180n)
    expect(one(vectorOf(1, {}, { long: 7n, short: 9n }), -3n).chargesNano).toBe(27n)
  })

  it('lets the greeks term bind when no scenario is worse, long gamma taking off delta alone', () => {
    const rates = (delta: bigint, gamma: bigint, vega: bigint) => ({
      [greekDim(1, 'delta')]: delta,
      [greekDim(1, 'gamma')]: gamma,
      [greekDim(1, 'vega')]: vega,
    })
    expect(one(vectorOf(1, rates(-30n, 10n, -4n)))).toMatchObject({ greeksNano: 24n, worstMmNano: 24n })
    expect(one(vectorOf(1, rates(5n, 10n, 4n))).greeksNano).toBe(4n)
    const short = one(vectorOf(1, { ...rates(30n, -3n, 0n), [REGULAR]: -34n }))
    // 30 + ceil(3 * 1.0001) = 34: the rounding is up, and a tie goes to the greeks term.
    expect(short).toMatchObject({ greeksNano: 34n, worstMmScenario: undefined, shortGammaNano: [0n, 3n, 0n] })
  })

  it('rounds the short gamma of all underlyings once', () => {
    const rates = { [greekDim(0, 'gamma')]: -1n, [greekDim(1, 'gamma')]: -1n, [greekDim(2, 'gamma')]: -1n }
    expect(one(vectorOf(1, rates)).greeksNano).toBe(4n)
  })

  it('reports the equity that the gauge scenario would leave', () => {
    expect(one(vectorOf(1, { 0: 10n, [scenarioDim(3)]: -25n })).gaugeEquityNano).toBe(-15n)
  })

  it('is nothing at all for an empty account, which is healthy', () => {
    const result = marginOf([], new Map(), PARAMETERS)
    expect(result).toMatchObject({
      equityNano: 0n,
      worstImNano: 0n,
      tier: 'healthy',
      worstImScenario: undefined,
    })
  })
})

describe('margin boundaries', () => {
  // MM 80, SOFT 85, IM 100 for a loss of 100 without charges.
  const at = (equity: bigint) => one(vectorOf(1, { 0: equity, [REGULAR]: -100n }))
  it.each([
    [100n, 'healthy'],
    [99n, 'reduceOnly'],
    [85n, 'reduceOnly'],
    [84n, 'softLiquidation'],
    [80n, 'softLiquidation'],
    [79n, 'fullLiquidation'],
    [0n, 'fullLiquidation'],
    [-1n, 'insolvent'],
  ])('equity %s is %s', (equity, tier) => expect(at(equity).tier).toBe(tier))

  it('is not below at equality, of fractions of a nano too', () => {
    const result: MarginResult = at(80n)
    expect(isBelow(result, 'mm')).toBe(false)
    expect(isBelow({ ...result, mmBpsNano: result.mmBpsNano + 1n }, 'mm')).toBe(true)
    expect(isBelow({ ...result, equityNano: 85n, softBps2Nano: result.softBps2Nano }, 'soft')).toBe(false)
    expect(isBelow({ ...result, equityNano: 85n, softBps2Nano: result.softBps2Nano + 1n }, 'soft')).toBe(true)
    expect(isBelow({ ...result, equityNano: 0n }, 'zero')).toBe(false)
  })
})

describe('margin refusals', () => {
  it('names slot and id of an instrument without a vector', () => {
    const holdings = [
      { id: 1, quantityLots: 1n },
      { id: 77, quantityLots: 1n },
    ]
    expect(() => marginOf(holdings, new Map([[1, vectorOf(1, {})]]), PARAMETERS)).toThrow(/slot 1.*id 77/)
  })

  it('takes the extremes of the quantity range and nothing beyond', () => {
    const vector = vectorOf(1, { 0: 1n })
    expect(one(vector, -(1n << 38n)).equityNano).toBe(-(1n << 38n))
    expect(one(vector, (1n << 38n) - 1n).equityNano).toBe((1n << 38n) - 1n)
    expect(() => one(vector, 1n << 38n)).toThrow('quantity of slot 0')
    expect(() => one(vector, -(1n << 38n) - 1n)).toThrow('quantity of slot 0')
  })
})

describe('margin properties', () => {
  it('has an exact worst: one of its candidates, and none is larger', () => {
    fc.assert(
      fc.property(arbitraryPortfolio(), arbitraryParameters, ({ holdings, vectors }, parameters) => {
        const result = marginOf(holdings, vectors, parameters)
        const regular = result.lossesNano.filter((_, row) => (parameters.regularMask >> BigInt(row)) & 1n)
        const check = (worst: bigint, losses: readonly bigint[], row: number | undefined) => {
          const candidates = [0n, result.greeksNano, ...losses]
          expect(candidates.includes(worst) && candidates.every((candidate) => candidate <= worst)).toBe(true)
          expect(row === undefined ? result.greeksNano : result.lossesNano[row]).toBe(worst)
        }
        check(result.worstMmNano, regular, result.worstMmScenario)
        check(result.worstImNano, result.lossesNano, result.worstImScenario)
      }),
    )
  })

  it('sums quantity times rate, whatever the order of the holdings', () => {
    fc.assert(
      fc.property(arbitraryPortfolio(), ({ holdings, vectors }) => {
        const result = marginOf(holdings, vectors, PARAMETERS)
        for (const [dim, total] of result.totalsNano.entries()) {
          expect(total).toBe(
            holdings.reduce(
              (sum, { id, quantityLots }) => sum + quantityLots * vectors.get(id)!.ratesNano[dim]!,
              0n,
            ),
          )
          expect(abs(total)).toBeLessThan(1n << 82n)
        }
        expect(marginOf([...holdings].reverse(), vectors, PARAMETERS)).toEqual(result)
      }),
    )
  })

  it('does not change by a zero quantity or a zero vector, nor by a position split in two', () => {
    fc.assert(
      fc.property(
        arbitraryPortfolio(3),
        arbitraryVector(90),
        arbitraryQuantity,
        ({ holdings, vectors }, extra, quantity) => {
          const all = new Map([...vectors, [90, extra], [91, vectorOf(91, {})]])
          const result = marginOf(holdings, all, PARAMETERS)
          const padded = [{ id: 90, quantityLots: 0n }, ...holdings, { id: 91, quantityLots: quantity }]
          expect(marginOf(padded, all, PARAMETERS)).toEqual(result)
          const halves = holdings.flatMap(({ id, quantityLots }) => [
            { id, quantityLots: quantityLots / 2n },
            { id, quantityLots: quantityLots - quantityLots / 2n },
          ])
          expect(marginOf(halves, all, PARAMETERS)).toEqual(result)
        },
      ),
    )
  })

  it('scales with the book, up to the one rounding of the greeks term', () => {
    const small = fc.bigInt({ min: -(1n << 20n), max: 1n << 20n })
    fc.assert(
      fc.property(
        fc.tuple(arbitraryVector(1), arbitraryVector(2)),
        fc.tuple(small, small),
        fc.bigInt({ min: 1n, max: 1n << 17n }),
        arbitraryParameters,
        (vectors, quantities, factor, parameters) => {
          const byId = new Map(vectors.map((vector) => [vector.id, vector]))
          const scaled = (by: bigint) =>
            marginOf(
              quantities.map((quantityLots, index) => ({ id: index + 1, quantityLots: by * quantityLots })),
              byId,
              parameters,
            )
          const [unit, large] = [scaled(1n), scaled(factor)]
          expect(large.equityNano).toBe(factor * unit.equityNano)
          expect(large.chargesNano).toBe(factor * unit.chargesNano)
          expect(large.lossesNano).toEqual(unit.lossesNano.map((loss) => factor * loss))
          // ceil(k x) lies in (k ceil(x) - k, k ceil(x)]
          for (const term of ['greeksNano', 'worstMmNano', 'worstImNano'] as const) {
            const difference = factor * unit[term] - large[term]
            expect(difference >= 0n && difference < factor).toBe(true)
          }
        },
      ),
    )
  })

  it('never asks less for the union than nothing, nor more than for its parts', () => {
    fc.assert(
      fc.property(arbitraryPortfolio(4), arbitraryParameters, ({ holdings, vectors }, parameters) => {
        // Long gamma of one part shelters delta of its own only, so G is compared without it.
        const flat = new Map(
          [...vectors].map(([id, vector]) => [
            id,
            {
              ...vector,
              ratesNano: vector.ratesNano.map((rate, dim) => (GAMMAS.includes(dim) ? -abs(rate) : rate)),
            },
          ]),
        )
        const longs = holdings.map(({ id, quantityLots }) => ({ id, quantityLots: abs(quantityLots / 2n) }))
        const whole = marginOf(longs, flat, parameters)
        const parts = longs.map((holding) => marginOf([holding], flat, parameters))
        for (const key of ['mmBpsNano', 'imBpsNano'] as const) {
          expect(whole[key]).toBeLessThanOrEqual(parts.reduce((sum, part) => sum + part[key], 0n))
          expect(whole[key]).toBeGreaterThanOrEqual(0n)
        }
      }),
    )
  })

  it('orders 0 <= MM <= SOFT <= IM, rounds up for display without moving a comparison, and has one tier', () => {
    fc.assert(
      fc.property(arbitraryPortfolio(), arbitraryParameters, ({ holdings, vectors }, parameters) => {
        const result = marginOf(holdings, vectors, parameters)
        const { mmBpsNano, imBpsNano, softBps2Nano, requirementNano } = result
        expect(0n <= mmBpsNano && 10_000n * mmBpsNano <= softBps2Nano).toBe(true)
        expect(softBps2Nano <= 10_000n * imBpsNano).toBe(true)
        for (const nudge of [-1n, 0n, 1n]) {
          for (const threshold of THRESHOLDS) {
            const moved = { ...result, equityNano: requirementNano[threshold] + nudge }
            expect(isBelow(moved, threshold)).toBe(moved.equityNano < requirementNano[threshold])
            const below = THRESHOLDS.map((name) => isBelow(moved, name))
            // Below one threshold is below every later one, so the tier is the number of thresholds undercut.
            expect([...below].sort()).toEqual(below)
            expect(TIERS.indexOf(tierOf(moved))).toBe(below.filter(Boolean).length)
          }
        }
      }),
    )
  })

  it('bounds the greeks term by delta, vega and the multiplied short gamma', () => {
    fc.assert(
      fc.property(arbitraryPortfolio(3), ({ holdings, vectors }) => {
        const result = marginOf(holdings, vectors, { ...PARAMETERS, gammaMultiplierBps: 20_000n })
        const bound = result.greeks.reduce(
          (sum, { deltaNano, gammaNano, vegaNano }) =>
            sum + abs(deltaNano) + abs(vegaNano) + 2n * positive(-gammaNano),
          0n,
        )
        expect(result.greeksNano).toBeLessThanOrEqual(bound)
        expect(result.greeksNano).toBeLessThan(1n << 82n)
      }),
    )
  })
})

const GAMMAS = [0, 1, 2].map((underlying) => greekDim(underlying, 'gamma'))
