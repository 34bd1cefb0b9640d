import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ONE_Q64 } from '../../src/fixed-point/q64.ts'
import { OutOfRangeError } from '../../src/protocol/errors.ts'
import { black76Nano, callFromLogsNano, YEAR_SECONDS } from '../../src/risk/black76.ts'
import { BITS, blackCall } from '../fixed-point/reference.ts'

const USD = 1_000_000_000n
const PERCENT = 10_000_000n
const runs = (numRuns: number) => ({ numRuns, seed: 20_260_205 })

/** Prices from a cent to ten million USD, strikes within a factor of 200, 0.1% to 2,000% vol, a second to ten years. */
const forwards = fc.bigInt(USD / 100n, 10_000_000n * USD)
const ratios = fc.bigInt(5n, 200_000n)
const vols = fc.oneof(fc.bigInt(PERCENT / 10n, 2_000n * PERCENT), fc.bigInt(5n * PERCENT, 500n * PERCENT))
const times = fc.oneof(
  fc.integer({ min: 1, max: 3_600 }),
  fc.integer({ min: 1, max: 90 * 86_400 }),
  fc.integer({ min: 1, max: 10 * YEAR_SECONDS }),
)
const strikeOf = (forward: bigint, ratio: bigint) => (forward * ratio) / 1_000n + 1n
/** 1e-9 of the forward, and never below the last two nano-USD. */
const tolerance = (forward: bigint) => forward / 1_000_000_000n + 2n

describe('black76Nano against published values', () => {
  // Discounted in the source; forward = spot * e^(rT) where the source prices an option on spot.
  const cases = [
    // Hull, Options, Futures and Other Derivatives: put on crude-oil futures.
    { right: 'put', forward: 20, strike: 20, vol: 25n, rate: 0.09, years: 1 / 3, price: 1.12, digits: 2 },
    // Hull: call on spot gold priced from the six-month futures price.
    { right: 'call', forward: 1240, strike: 1200, vol: 20n, rate: 0.05, years: 0.5, price: 88.37, digits: 2 },
    // Hull: the Black-Scholes-Merton example, S = 42.
    {
      right: 'call',
      forward: 42 * Math.exp(0.05),
      strike: 40,
      vol: 20n,
      rate: 0.1,
      years: 0.5,
      price: 4.76,
      digits: 2,
    },
    {
      right: 'put',
      forward: 42 * Math.exp(0.05),
      strike: 40,
      vol: 20n,
      rate: 0.1,
      years: 0.5,
      price: 0.81,
      digits: 2,
    },
    // Haug, The Complete Guide to Option Pricing Formulas: Black-76, and Black-Scholes with S = 60.
    { right: 'call', forward: 19, strike: 19, vol: 28n, rate: 0.1, years: 0.75, price: 1.7011, digits: 4 },
    { right: 'put', forward: 19, strike: 19, vol: 28n, rate: 0.1, years: 0.75, price: 1.7011, digits: 4 },
    {
      right: 'call',
      forward: 60 * Math.exp(0.02),
      strike: 65,
      vol: 30n,
      rate: 0.08,
      years: 0.25,
      price: 2.1334,
      digits: 4,
    },
  ] as const
  it.each(cases)(
    '$right F=$forward K=$strike',
    ({ right, forward, strike, vol, rate, years, price, digits }) => {
      const nano = (usd: number) => BigInt(Math.round(usd * 1e9))
      const undiscounted = black76Nano(
        right,
        nano(forward),
        nano(strike),
        vol * PERCENT,
        Math.round(years * YEAR_SECONDS),
      )
      expect((Number(undiscounted) / 1e9) * Math.exp(-rate * years)).toBeCloseTo(price, digits)
    },
  )
})

describe('black76Nano against an independent high-precision reference', () => {
  const withinBound = (forward: bigint, strike: bigint, vol: bigint, seconds: number): void => {
    const computed = black76Nano('call', forward, strike, vol, seconds)
    const difference = (computed << BITS) - blackCall(forward, strike, vol, BigInt(seconds))
    const bound = (forward + strike) << (BITS - 60n)
    expect(difference <= bound, `above by ${difference >> (BITS - 20n)} / 2^20 nano`).toBe(true)
    expect(difference >= -bound - (1n << BITS), `below by ${difference >> (BITS - 20n)} / 2^20 nano`).toBe(
      true,
    )
  }
  it('holds its error bound on random options', () => {
    fc.assert(
      fc.property(forwards, ratios, vols, times, (f, ratio, vol, seconds) => {
        withinBound(f, strikeOf(f, ratio), vol, seconds)
      }),
      runs(120),
    )
  })
  it('holds it on the extremes: minutes and years, 5% and 500%, deep in and out of the money', () => {
    const forward = 63_705_520_000_000n
    for (const strike of [
      forward / 100n,
      forward - 1n,
      forward,
      forward + 1n,
      (forward * 11n) / 10n,
      forward * 100n,
    ]) {
      for (const vol of [5n * PERCENT, 500n * PERCENT]) {
        for (const seconds of [1, 60, 300, 86_400, 3 * YEAR_SECONDS])
          withinBound(forward, strike, vol, seconds)
      }
    }
    // So large that every bit of the bound shows: 2^100 nano-USD.
    withinBound(1n << 100n, (1n << 100n) + (1n << 97n), 80n * PERCENT, 86_400 * 30)
    withinBound(1n << 100n, 1n << 100n, 2_000n * PERCENT, 86_400)
  })
})

describe('identities', () => {
  const anyOption = [forwards, ratios, vols, times] as const
  it('put-call parity is exact, and prices stay within their bounds', () => {
    fc.assert(
      fc.property(...anyOption, (f, ratio, vol, seconds) => {
        const k = strikeOf(f, ratio)
        const call = black76Nano('call', f, k, vol, seconds)
        const put = black76Nano('put', f, k, vol, seconds)
        expect(call - put).toBe(f - k)
        expect(call >= 0n && call >= f - k && call <= f).toBe(true)
        expect(put >= 0n && put >= k - f && put <= k).toBe(true)
      }),
      runs(1_000),
    )
  })
  it('rises with volatility and time', () => {
    fc.assert(
      fc.property(
        ...anyOption,
        fc.bigInt(1n, 100n * PERCENT),
        fc.integer({ min: 1, max: 86_400 }),
        (f, ratio, vol, seconds, more, later) => {
          const k = strikeOf(f, ratio)
          const price = black76Nano('call', f, k, vol, seconds)
          expect(black76Nano('call', f, k, vol + more, seconds) >= price - tolerance(f)).toBe(true)
          expect(black76Nano('call', f, k, vol, seconds + later) >= price - tolerance(f)).toBe(true)
        },
      ),
      runs(500),
    )
  })
  it('a call falls with its strike and rises with the forward, neither faster than one for one', () => {
    fc.assert(
      fc.property(...anyOption, fc.bigInt(1n, 1_000n * USD), (f, ratio, vol, seconds, step) => {
        const k = strikeOf(f, ratio)
        const slack = tolerance(f + k + step)
        const price = black76Nano('call', f, k, vol, seconds)
        const fall = price - black76Nano('call', f, k + step, vol, seconds)
        const rise = black76Nano('call', f + step, k, vol, seconds) - price
        for (const change of [fall, rise]) expect(change >= -slack && change <= step + slack).toBe(true)
      }),
      runs(500),
    )
  })
  it('is convex in the strike', () => {
    fc.assert(
      fc.property(...anyOption, fc.bigInt(1n, 1_000n * USD), (f, ratio, vol, seconds, step) => {
        const k = strikeOf(f, ratio)
        const [low, middle, high] = [0n, 1n, 2n].map((n) =>
          black76Nano('call', f, k + n * step, vol, seconds),
        )
        expect(low! + high! - 2n * middle! >= -4n - tolerance(f + k)).toBe(true)
      }),
      runs(500),
    )
  })
  it('is homogeneous: forward and strike times a is the price times a', () => {
    fc.assert(
      fc.property(...anyOption, fc.bigInt(2n, 1_000n), (f, ratio, vol, seconds, factor) => {
        const k = strikeOf(f, ratio)
        const price = black76Nano('call', f, k, vol, seconds) * factor
        const scaled = black76Nano('call', f * factor, k * factor, vol, seconds)
        const slack = factor + tolerance(f * factor)
        expect(scaled >= price - slack && scaled <= price + slack).toBe(true)
      }),
      runs(500),
    )
  })
  it('has put-call symmetry: the put on (F, K) is the call on (K, F)', () => {
    fc.assert(
      fc.property(...anyOption, (f, ratio, vol, seconds) => {
        const k = strikeOf(f, ratio)
        const difference = black76Nano('put', f, k, vol, seconds) - black76Nano('call', k, f, vol, seconds)
        expect(difference <= 2n && difference >= -2n).toBe(true)
      }),
      runs(500),
    )
  })
})

describe('edges', () => {
  it('is intrinsic at expiry and without volatility', () => {
    for (const [vol, seconds] of [
      [80n * PERCENT, 0],
      [0n, 86_400],
    ] as const) {
      expect(black76Nano('call', 110n * USD, 100n * USD, vol, seconds)).toBe(10n * USD)
      expect(black76Nano('put', 110n * USD, 100n * USD, vol, seconds)).toBe(0n)
      expect(black76Nano('put', 90n * USD, 100n * USD, vol, seconds)).toBe(10n * USD)
      expect(black76Nano('call', 100n * USD, 100n * USD, vol, seconds)).toBe(0n)
    }
  })
  it('keeps its bounds at one ulp of deviation and at ten thousand', () => {
    const [f, k] = [100n * USD, 101n * USD]
    expect(callFromLogsNano(f, k, -ONE_Q64 / 100n, 1n)).toBe(0n)
    expect(callFromLogsNano(k, f, ONE_Q64 / 100n, 1n)).toBe(USD)
    expect(callFromLogsNano(f, k, -ONE_Q64 / 100n, 10_000n * ONE_Q64)).toBe(f)
  })
  it('refuses what is out of range', () => {
    const price = (f: bigint, k: bigint, vol: bigint, seconds: number) => () =>
      black76Nano('call', f, k, vol, seconds)
    expect(price(0n, 1n, 1n, 1)).toThrow(OutOfRangeError)
    expect(price(1n, -1n, 1n, 1)).toThrow(OutOfRangeError)
    expect(price(1n << 128n, 1n, 1n, 1)).toThrow(OutOfRangeError)
    expect(price(1n, 1n, -1n, 1)).toThrow(OutOfRangeError)
    for (const seconds of [-1, 0.5, Number.NaN]) expect(price(1n, 1n, 1n, seconds)).toThrow(OutOfRangeError)
  })
})
