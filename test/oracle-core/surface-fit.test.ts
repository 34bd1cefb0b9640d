import { describe, expect, it } from 'vitest'
import { impliedVolNano } from '../../src/oracle/implied-volatility.ts'
import { nelderMead } from '../../src/oracle/nelder-mead.ts'
import { arbitrageGrid, isArbitrageFree, sliceMargins } from '../../src/oracle/slice-arbitrage.ts'
import { fitSlice } from '../../src/oracle/slice-fit.ts'
import { calendarArbitrage, smileArbitrage } from '../../src/oracle/smile-arbitrage.ts'
import { largestPhi, meetsButterflyConditions, ssviToRaw } from '../../src/oracle/ssvi.ts'
import {
  type ExpiryFit,
  fitSurface,
  type QuotedExpiry,
  withFittedSmiles,
} from '../../src/oracle/surface-fit.ts'
import { durrlemanG, sviVariance } from '../../src/oracle/svi.ts'
import { black76Nano } from '../../src/risk/black76.ts'
import { checkSnapshot } from '../../src/risk/market/check.ts'
import { SplitMix64 } from '../../src/risk/market/prng.ts'
import { sampleMarket } from '../../src/risk/market/sample.ts'
import { AS_OF_SECONDS, randomSlice, YEAR_SECONDS } from './fixtures.ts'

const market = sampleMarket({ seed: 1, size: 'full' })
const fits = fitSurface(market.asOfSeconds, market.expiries)
const DAY = 86_400
/** Gatheral & Jacquier 2014, example 3.1 (of A. Vogt): a smooth smile with butterfly arbitrage. */
const VOGT = { a: -0.041, b: 0.1331, m: 0.3586, rho: 0.306, sigma: 0.4153 }

function expectNoStaticArbitrage(
  asOfSeconds: number,
  expiries: readonly QuotedExpiry[],
  surface: readonly ExpiryFit[],
) {
  surface.forEach((fit, index) => {
    expect(isArbitrageFree(fit.margins)).toBe(true)
    const forwardOf = (of: ExpiryFit) =>
      expiries.find((e) => e.underlying === of.underlying && e.expirySeconds === of.expirySeconds)!
        .forwardNano
    expect(smileArbitrage(forwardOf(fit), fit.smile, fit.expirySeconds - asOfSeconds)).toBeUndefined()
    const before = surface[index - 1]
    if (before?.underlying !== fit.underlying) return
    const earlier = { ...before, forwardNano: forwardOf(before) }
    expect(calendarArbitrage(asOfSeconds, earlier, { ...fit, forwardNano: forwardOf(fit) })).toBeUndefined()
  })
}

/** A chain that follows a slice, quoted at strikes around a forward of 68,000 USD. */
function chainOf(
  slice: Parameters<typeof sviVariance>[0],
  days: number,
  noise = (_: number) => 0,
): QuotedExpiry {
  const years = (days * DAY) / YEAR_SECONDS
  const width = Math.sqrt(sviVariance(slice, 0))
  const smile = Array.from({ length: 15 }, (_, index) => {
    const k = ((index - 7) / 3) * width
    const vol = Math.sqrt(sviVariance(slice, k) / years) + noise(index)
    return { strikeNano: BigInt(Math.round(68_000e9 * Math.exp(k))), volNano: BigInt(Math.round(vol * 1e9)) }
  })
  return { underlying: 0, expirySeconds: AS_OF_SECONDS + days * DAY, forwardNano: 68_000_000_000_000n, smile }
}

describe('the fitted surface of a generated chain', () => {
  it('fits every expiry of both underlyings within a volatility point', () => {
    expect(fits).toHaveLength(10)
    for (const { error } of fits) {
      expect(error.rmsPoints).toBeLessThan(0.3)
      expect(error.maxPoints).toBeLessThan(1)
    }
  })

  it('has no static arbitrage, in the curves and in the integer prices', () => {
    expectNoStaticArbitrage(market.asOfSeconds, market.expiries, fits)
  })

  it('is the same when fitted again, and a market that the matrix takes', () => {
    const again = fitSurface(market.asOfSeconds, market.expiries.slice(0, 2))
    expect(again).toEqual(fits.slice(0, 2))
    expect(() => checkSnapshot(withFittedSmiles(market, fits))).not.toThrow()
  })

  it('comes back with the slice that quotes were made from', () => {
    const slice = ssviToRaw({ theta: 0.02, rho: -0.4, phi: 4 })
    const [fit] = fitSurface(AS_OF_SECONDS, [chainOf(slice, 30)])
    expect(fit!.error.maxPoints).toBeLessThan(0.02)
  })

  it('stays free of arbitrage where the quotes are not: a calendar that falls, a butterfly, one bad print', () => {
    const upper = ssviToRaw({ theta: 0.03, rho: -0.3, phi: 3 })
    const lower = ssviToRaw({ theta: 0.025, rho: 0.2, phi: 3 })
    const print = (index: number) => (index === 9 ? 0.25 : 0)
    const chains = [
      [chainOf(upper, 20), chainOf(lower, 30)],
      [chainOf(VOGT, 365)],
      [chainOf(upper, 20, print)],
    ]
    for (const chain of chains)
      expectNoStaticArbitrage(AS_OF_SECONDS, chain, fitSurface(AS_OF_SECONDS, chain))
    // The quotes themselves do not pass: the checks can fail.
    expect(calendarArbitrage(AS_OF_SECONDS, chains[0]![0]!, chains[0]![1]!)).toBeDefined()
    expect(smileArbitrage(68_000_000_000_000n, chains[2]![0]!.smile, 20 * DAY)).toBeDefined()
  })

  it('lies within bid and ask where they are wide enough, and tells where it does not', () => {
    const chain = chainOf(ssviToRaw({ theta: 0.02, rho: -0.4, phi: 4 }), 30, (index) =>
      index % 2 ? 0.004 : -0.004,
    )
    const quoted = (half: bigint) => ({
      ...chain,
      smile: chain.smile.map((p) => ({ ...p, bidVolNano: p.volNano - half, askVolNano: p.volNano + half })),
    })
    const [wide] = fitSurface(AS_OF_SECONDS, [quoted(8_000_000n)])
    expect(wide!.error).toMatchObject({ quoted: 15, inside: 15, outsidePoints: 0 })
    const [narrow] = fitSurface(AS_OF_SECONDS, [quoted(1_000_000n)])
    expect(narrow!.error.inside).toBeLessThan(15)
    expect(narrow!.error.outsidePoints).toBeGreaterThan(0.1)
  })

  it('stays within one-sided quotes rather than between the marks', () => {
    const chain = chainOf(ssviToRaw({ theta: 0.02, rho: -0.4, phi: 4 }), 30)
    // Marks of every other strike are a point high; all spreads are alike, and hold the true curve at one edge.
    const smile = chain.smile.map(({ strikeNano, volNano }, index) =>
      index % 2
        ? {
            strikeNano,
            volNano: volNano + 10_000_000n,
            bidVolNano: volNano - 1_000_000n,
            askVolNano: volNano + 30_000_000n,
          }
        : { strikeNano, volNano, bidVolNano: volNano - 30_000_000n, askVolNano: volNano + 1_000_000n },
    )
    const [fit] = fitSurface(AS_OF_SECONDS, [{ ...chain, smile }])
    expect(fit!.error.outsidePoints).toBeLessThan(0.1)
  })

  it('is a free fit of all five parameters where one keeps the rules', () => {
    for (const fit of [...fits, ...fitSurface(AS_OF_SECONDS, [chainOf(VOGT, 365)])])
      expect(fit.form).toBe('svi')
  })

  it('falls back on SSVI where no free fit keeps the rules', () => {
    const hole = Array.from({ length: 15 }, (_, i) => ({
      k: (i - 7) / 10,
      vol: i === 7 ? 0.02 : 2,
      tolerance: 0.001,
    }))
    const fit = fitSlice(
      hole.map((quote) => ({ ...quote, low: 0, high: 9 })),
      1,
      undefined,
    )!
    expect(fit.form).toBe('ssvi')
    expect(isArbitrageFree(fit.margins)).toBe(true)
  })

  it('raises the slice before where no fit stays above it, and gives up only when that one has arbitrage itself', () => {
    const flat = [-0.2, -0.1, 0, 0.1, 0.2].map((k) => ({ k, vol: 0.3, tolerance: 0.001, low: 0, high: 1 }))
    for (const before of [
      { a: 0.01, b: 0.6, rho: 0.9, m: -0.3, sigma: 0.05 },
      { a: 0.2, b: 0.9, rho: 0, m: 0.4, sigma: 0.3 },
    ]) {
      const fit = fitSlice(flat, 0.25, before)!
      expect(fit.form).toBe('lifted')
      expect(isArbitrageFree(sliceMargins(fit.slice, before, 2))).toBe(true)
    }
    expect(fitSlice(flat, 0.25, { a: 0.3, b: 1.04, rho: 0.9, m: 1, sigma: 0.5 })?.form).toBeUndefined()
  })

  it('takes an expiry with one strike, and refuses one in the past', () => {
    const one = chainOf(ssviToRaw({ theta: 0.02, rho: 0, phi: 3 }), 30)
    const [fit] = fitSurface(AS_OF_SECONDS, [{ ...one, smile: one.smile.slice(7, 8) }])
    expect(fit!.error.maxPoints).toBeLessThan(1)
    expect(() => fitSurface(one.expirySeconds, [one])).toThrow(/not after the time of the market/)
  })
})

describe('what makes a slice free of arbitrage', () => {
  it('knows the published counterexample by Durrleman alone', () => {
    const margins = sliceMargins(VOGT, undefined, 2)
    expect(margins.butterfly).toBeLessThan(0)
    expect(margins.wing).toBeGreaterThan(0)
    expect(margins.variance).toBeGreaterThan(0)
    expect(isArbitrageFree(margins)).toBe(false)
  })

  it('agrees with SSVI: its sufficient conditions leave g >= 0 on the grid, and without them g can fall below', () => {
    const random = new SplitMix64(5n)
    const between = (low: number, high: number) => low + ((high - low) * Number(random.bits(32))) / 2 ** 32
    for (let i = 0; i < 300; i++) {
      const [theta, rho] = [between(0.0005, 2), between(-0.95, 0.95)]
      const phi = largestPhi(theta, rho) * between(0.05, 1)
      expect(meetsButterflyConditions({ theta, rho, phi })).toBe(true)
      const margins = sliceMargins(ssviToRaw({ theta, rho, phi }), undefined, 4)
      expect(margins.butterfly).toBeGreaterThan(-1e-9)
    }
    const beyond = { theta: 0.04, rho: -0.9, phi: 3 * largestPhi(0.04, -0.9) }
    expect(meetsButterflyConditions(beyond)).toBe(false)
    expect(isArbitrageFree(sliceMargins(ssviToRaw(beyond), undefined, 4))).toBe(false)
  })

  it('g is the density: its sign is that of the second difference of call prices, over random slices', () => {
    const random = new SplitMix64(9n)
    const slices = [VOGT, ...Array.from({ length: 40 }, () => randomSlice(random, 0.03))]
    const signs = new Set<number>()
    for (const slice of slices) {
      for (const k of [-0.4, -0.15, 0, 0.2, 0.5, 0.8, 0.9]) {
        const g = durrlemanG(slice, k)
        // Too near to zero, or so far out that a nano-USD of price has no shape.
        if (Math.abs(g) < 0.005 || k * k > 16 * sviVariance(slice, k)) continue
        signs.add(Math.sign(g))
        expect(Math.sign(curvature(slice, k))).toBe(Math.sign(g))
      }
    }
    expect(signs).toEqual(new Set([-1, 1]))
  })

  it('the integer check sees each kind of static arbitrage by itself', () => {
    const smile = (vols: readonly bigint[]) =>
      [60_000n, 68_000n, 90_000n].map((usd, index) => ({
        strikeNano: usd * 1_000_000_000n,
        volNano: vols[index]! * 1_000_000n,
      }))
    const fault = (vols: readonly bigint[]) => smileArbitrage(68_000_000_000_000n, smile(vols), 10 * DAY)
    expect(fault([700n, 700n, 700n])).toBeUndefined()
    // A butterfly; a call dearer than one of a lower strike; a spread dearer than its width.
    expect(fault([700n, 1_400n, 700n])).toBe(1)
    expect(fault([700n, 700n, 4_000n])).toBe(2)
    expect(fault([4_000n, 300n, 700n])).toBe(1)
  })

  it('sees a crossing of expiries that lies beyond the strikes: wings', () => {
    const steep = { a: 0.01, b: 0.2, rho: 0, m: 0, sigma: 0.1 }
    const flat = { a: 0.05, b: 0.19, rho: 0, m: 0, sigma: 0.1 }
    expect(sliceMargins(flat, steep, 0.5).calendar).toBeLessThan(0)
    expect(sliceMargins({ ...flat, b: 0.2 }, steep, 0.5).calendar).toBeGreaterThanOrEqual(0)
  })

  it('looks at the bend of a narrow slice', () => {
    const grid = arbitrageGrid({ a: 0.01, b: 0.1, rho: 0, m: 0.05, sigma: 0.0005 }, 2)
    expect(grid.filter((k) => Math.abs(k - 0.05) < 0.0005).length).toBeGreaterThan(3)
  })
})

describe('random surfaces', () => {
  it('every fit to noisy quotes of random slices is free of static arbitrage', () => {
    const random = new SplitMix64(77n)
    for (let i = 0; i < 3; i++) {
      const noise = () => (Number(random.bits(16)) / 2 ** 16 - 0.5) * 0.03
      const chain = [10, 30, 90].map((days) => chainOf(randomSlice(random, (0.5 * days) / 365), days, noise))
      expectNoStaticArbitrage(AS_OF_SECONDS, chain, fitSurface(AS_OF_SECONDS, chain))
    }
  })
})

describe('parts', () => {
  it('finds the volatility of a price, and none for a price that no volatility gives', () => {
    const [forward, strike, seconds] = [68_000_000_000_000n, 75_000_000_000_000n, 9 * DAY]
    const price = black76Nano('call', forward, strike, 713_000_000n, seconds)
    const vol = impliedVolNano('call', forward, strike, price, seconds)!
    expect(Number(vol) / 1e9).toBeCloseTo(0.713, 3)
    expect(impliedVolNano('call', forward, strike, forward, seconds)).toBeUndefined()
    expect(impliedVolNano('put', forward, strike, strike - forward - 1n, seconds)).toBeUndefined()
  })

  it('the optimiser finds the valley of Rosenbrock and avoids what is not allowed', () => {
    const rosenbrock = ([x, y]: readonly number[]) => (1 - x!) ** 2 + 100 * (y! - x! * x!) ** 2
    const free = nelderMead(rosenbrock, [-1.2, 1], 0.5, 500)
    expect(free.point[0]).toBeCloseTo(1, 3)
    const bounded = nelderMead(
      (p) => (p[0]! > 0.5 ? Number.POSITIVE_INFINITY : rosenbrock(p)),
      [-1.2, 1],
      0.5,
      500,
    )
    expect(bounded.point[0]).toBeCloseTo(0.5, 2)
  })
})

/** Second difference of undiscounted calls in the strike, by doubles of integer prices. */
function curvature(slice: Parameters<typeof sviVariance>[0], k: number): number {
  const forward = 10n ** 15n
  const price = (at: number) => {
    const vol = BigInt(Math.round(Math.sqrt(sviVariance(slice, at)) * 1e9))
    const strike = BigInt(Math.round(1e15 * Math.exp(at)))
    return { strike: Number(strike), call: Number(black76Nano('call', forward, strike, vol, YEAR_SECONDS)) }
  }
  const [low, mid, high] = [price(k - 0.01), price(k), price(k + 0.01)]
  return (
    (high.call - mid.call) / (high.strike - mid.strike) - (mid.call - low.call) / (mid.strike - low.strike)
  )
}
