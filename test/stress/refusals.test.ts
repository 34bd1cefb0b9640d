import { describe, expect, it } from 'vitest'
import { OutOfRangeError } from '../../src/protocol/errors.ts'
import { DEFAULT_GENERATED, generateBook } from '../../src/stress/book/generate.ts'
import { checkParameters, DEFAULT_PARAMETERS } from '../../src/stress/parameters.ts'
import { pathOfBars, readBars } from '../../src/stress/path/bars.ts'
import { DEFAULT_HESTON, DEFAULT_MERTON, DEFAULT_SHOCK, drawPath } from '../../src/stress/path/models.ts'
import { Random } from '../../src/stress/random.ts'
import { sizeReserves } from '../../src/stress/reserves.ts'
import { mostLikelyBps, quantileCents, wilson } from '../../src/stress/statistics.ts'
import { buildWorld } from '../../src/stress/world.ts'
import { configuration, listing, snapshot } from './support.ts'

const HEAD = 'open_time_ms,open,high,low,close,volume'
const bar = (minute: number, close: string) => `${1_621_296_000_000 + minute * 60_000},1,1,1,${close},5`
const csv = (...rows: string[]) => [HEAD, ...rows].join('\n')
const GOOD = [bar(0, '43745.16'), bar(1, '43000'), bar(2, '42000.5'), bar(3, '41000')]

describe('price bars', () => {
  it('become factors on the snapshot, and an underlying without a file follows by its beta', () => {
    const window = { fromSeconds: undefined, toSeconds: undefined }
    const path = pathOfBars([readBars('btc.csv', csv(...GOOD))], [1, 1.25], window)
    expect(path.steps).toBe(3)
    expect(path.stepSeconds).toBe(60)
    expect(path.spot[0]![3]).toBeCloseTo(41_000 / 43_745.16, 12)
    expect(path.spot[1]![3]).toBeCloseTo((41_000 / 43_745.16) ** 1.25, 12)
  })

  it.each([
    ['a row cut short', csv(...GOOD, '1621296240000,4'), /row 6: has 2 of 6 fields: the file is cut short/],
    ['a hole', csv(bar(0, '1'), bar(1, '1'), bar(4, '1')), /row 4, field "time": .*2 bars missing/],
    ['a time that goes back', csv(bar(1, '1'), bar(0, '1')), /row 3, field "time"/],
    ['a price of zero', csv(bar(0, '0')), /row 2, field "close"/],
    ['no price', csv(bar(0, 'NaN')), /row 2, field "close"/],
    ['no header', GOOD.join('\n'), /needs a header/],
    ['one bar', csv(bar(0, '1')), /has 1 bars/],
    ['nothing', '', /needs a header/],
  ])('are refused for %s, with the reason', (_, text, reason) => {
    expect(() => readBars('btc.csv', text)).toThrow(reason)
    expect(() => readBars('btc.csv', text)).toThrow(/btc\.csv/)
  })

  it('are refused where they do not cover the window that was asked for', () => {
    const window = { fromSeconds: 1_621_296_000, toSeconds: 1_621_296_600 }
    expect(() => pathOfBars([readBars('btc.csv', csv(...GOOD))], [1], window)).toThrow(/does not cover/)
  })
})

describe('impossible settings', () => {
  it.each([
    ['depthUsd', 0],
    ['depthUsd', Number.NaN],
    ['permanentBps', 10_001],
    ['liquidators', 1.5],
    ['liquidators', 65],
    ['volBeta', -1],
    ['reservesUsd', Number.POSITIVE_INFINITY],
    ['oracleIntervalSeconds', 0],
  ])('%s = %s is refused by name', (name, value) => {
    expect(() => checkParameters({ ...DEFAULT_PARAMETERS, [name]: value })).toThrow(OutOfRangeError)
    expect(() => checkParameters({ ...DEFAULT_PARAMETERS, [name]: value })).toThrow(new RegExp(name))
  })

  it('of a model, of a generated book, and of a book that the market does not quote', () => {
    const request = { steps: 10, stepSeconds: 60, betas: [1], correlation: 1 }
    expect(() => drawPath({ ...DEFAULT_MERTON, jumpsPerDay: -1 }, request, new Random(1, 1))).toThrow(
      /jumpsPerDay/,
    )
    expect(() => drawPath({ ...DEFAULT_HESTON, correlation: 2 }, request, new Random(1, 1))).toThrow(
      /correlation/,
    )
    expect(() => drawPath({ ...DEFAULT_SHOCK, spotMove: -1 }, request, new Random(1, 1))).toThrow(/spotMove/)
    expect(() => drawPath(DEFAULT_SHOCK, { ...request, steps: 0 }, new Random(1, 1))).toThrow(/steps/)
    const setting = { ...DEFAULT_GENERATED, accounts: 3 }
    expect(() => generateBook(snapshot, configuration, listing, setting)).toThrow(/accounts/)
    const book = generateBook(snapshot, configuration, listing, { ...DEFAULT_GENERATED, accounts: 20 })
    book.ids[0] = 4_000
    const world = { snapshot, configuration, listing, book, parameters: DEFAULT_PARAMETERS, seed: 1 }
    expect(() => buildWorld(world)).toThrow(/instrument 4000/)
  })
})

describe('paths', () => {
  it('have the moments of their models', () => {
    const request = { steps: 1, stepSeconds: 86_400, betas: [1], correlation: 1 }
    const ends = Array.from(
      { length: 4_000 },
      (_, run) => drawPath(DEFAULT_MERTON, request, new Random(2, run)).spot[0]![1]!,
    )
    const mean = ends.reduce((a, b) => a + b, 0) / ends.length
    const logs = ends.map(Math.log)
    const centre = logs.reduce((a, b) => a + b, 0) / logs.length
    const variance = logs.reduce((sum, log) => sum + (log - centre) ** 2, 0) / logs.length
    // A martingale; variance of diffusion and of jumps (Merton 1976).
    expect(Math.abs(mean - 1)).toBeLessThan(0.006)
    const { volatility, jumpsPerDay, jumpMean, jumpDeviation } = DEFAULT_MERTON
    const expected = volatility ** 2 / 365 + jumpsPerDay * (jumpMean ** 2 + jumpDeviation ** 2)
    expect(variance / expected).toBeGreaterThan(0.92)
    expect(variance / expected).toBeLessThan(1.08)
  })
})

describe('statistics', () => {
  it('have the intervals of their sources', () => {
    // Wilson for 8 of 10 (R. Newcombe, Statistics in Medicine 17, 1998, gives 49.0% to 94.3%).
    expect(wilson(8, 10)).toEqual({ bps: 8_000, lowBps: 4_902, highBps: 9_433 })
    expect(wilson(0, 10)).toMatchObject({ bps: 0, lowBps: 0 })
    const values = Array.from({ length: 100 }, (_, index) => index + 1)
    // Median of 100: ranks 40 and 61 (binomial tables).
    expect(quantileCents(values, 0.5)).toEqual({ cents: 50, lowCents: 40, highCents: 61 })
    expect(quantileCents(values, 0.999).highCents).toBeUndefined()
  })

  it('bound what was never seen: the rule of three', () => {
    // 1 - 0.05^(1/n): Hanley and Lippman-Hand, JAMA 249, 1983.
    expect(mostLikelyBps(0, 20)).toBe(Math.ceil((1 - 0.05 ** (1 / 20)) * 1e4))
    expect(mostLikelyBps(0, 300)).toBeLessThanOrEqual(100)
    expect(mostLikelyBps(0, 1)).toBe(9_500)
    // One of ten: 0.394 (tables of Clopper and Pearson, one-sided).
    expect(mostLikelyBps(1, 10)).toBe(3_942)
    expect(mostLikelyBps(5, 5)).toBe(10_000)
  })

  it('size reserves from the debts of runs', () => {
    const losses = (badDebtCents: number) => ({
      badDebtCents,
      haircutCents: 0,
      openShortfallCents: 0,
      buyerShortfallCents: 0,
    })
    const outcomes = Array.from({ length: 100 }, (_, run) => ({
      losses: losses(run < 90 ? 0 : (run - 89) * 1e6),
    }))
    const summary = { engine: 'tacit', runs: 100, outcomes } as never
    const request = {
      confidenceBps: 9_900,
      insuranceConfidenceBps: 9_500,
      dailyVolumeUsd: 1e6,
      tradingFeeBps: 1,
      horizonDays: 365,
    }
    const sized = sizeReserves(summary, request)
    expect(sized.totalCents.cents).toBe(9e6)
    expect(sized.insuranceCents.cents).toBe(5e6)
    expect(sized.gammaReserveCents).toBe(4e6)
    expect(sized.runsBeyond).toBe(1)
    // Fees of a year: 1e6 USD a day at one basis point are 36,500 USD.
    expect(sized.feeShareBps).toBe(Math.ceil((9e6 / 3_650_000) * 1e4))
  })
})
