import { describe, expect, it } from 'vitest'
import { OutOfRangeError } from '../../../src/protocol/errors.ts'
import { MARGIN_INSTANCES, riskPlaces } from '../../../src/protocol/instances.ts'
import { checkSnapshot } from '../../../src/risk/market/check.ts'
import { SplitMix64 } from '../../../src/risk/market/prng.ts'
import { sampleMarket, shiftMarket } from '../../../src/risk/market/sample.ts'
import { expectRefusal } from './fixtures.ts'

const full = sampleMarket({ seed: 1, size: 'full' })

describe('the sample market', () => {
  it('is the same for the same seed, another for another', () => {
    expect(sampleMarket({ seed: 1, size: 'full' })).toEqual(full)
    expect(sampleMarket({ seed: 2, size: 'full' })).not.toEqual(full)
    // Pinned: a seed means the same market on every machine and in every version.
    expect(full.underlyings.map(({ spotNano }) => spotNano)).toEqual([
      66_952_940_000_000n,
      2_304_310_000_000n,
    ])
    expect(full.expiries[0]!.smile[0]).toEqual({ strikeNano: 58_000_000_000_000n, volNano: 923_800_000n })
  })

  it('has about 200 instruments of every kind, and a small one for 64 places', () => {
    expect(full.instruments).toHaveLength(195)
    expect(new Set(full.instruments.map(({ kind }) => kind)).size).toBe(5)
    const small = sampleMarket({ seed: 1, size: 'small' })
    expect(small.instruments.length).toBeLessThan(riskPlaces(MARGIN_INSTANCES['margin-4']))
    expect(new Set(small.instruments.map(({ kind }) => kind)).size).toBe(5)
  })

  it('is a valid market for many seeds, with a smile and a falling term structure', () => {
    for (let seed = 0; seed < 40; seed++) {
      const market = sampleMarket({ seed, size: 'full' })
      checkSnapshot(market)
      for (const { smile } of market.expiries) {
        const vols = smile.map(({ volNano }) => volNano)
        expect(vols[0]! > vols[4]!).toBe(true)
        expect(vols.every((vol) => vol > 300_000_000n && vol < 2_000_000_000n)).toBe(true)
      }
      for (const underlying of [0, 1]) {
        const strip = market.expiries.filter((expiry) => expiry.underlying === underlying)
        expect(strip[0]!.smile[4]!.volNano > strip[4]!.smile[4]!.volNano).toBe(true)
      }
    }
  })

  it('refuses a seed that is no unsigned 32-bit integer', () => {
    for (const seed of [-1, 1.5, 2 ** 32, Number.NaN]) {
      expect(() => sampleMarket({ seed, size: 'small' })).toThrow(OutOfRangeError)
    }
  })
})

describe('shiftMarket', () => {
  it('moves prices together and volatility within its range', () => {
    const crashed = shiftMarket(full, { spotBps: -3_000n, volBps: 5_000n, secondsLater: 600 })
    expect(crashed.asOfSeconds).toBe(full.asOfSeconds + 600)
    expect(crashed.underlyings[0]!.spotNano).toBe((full.underlyings[0]!.spotNano * 7n) / 10n)
    expect(crashed.expiries[3]!.forwardNano).toBe((full.expiries[3]!.forwardNano * 7n) / 10n)
    expect(crashed.expiries[3]!.smile[2]!.volNano).toBe((full.expiries[3]!.smile[2]!.volNano * 3n) / 2n)
    expect(crashed.instruments.map(({ symbol }) => symbol)).toEqual(
      full.instruments.map(({ symbol }) => symbol),
    )
    const extreme = shiftMarket(full, { spotBps: 0n, volBps: 1_000_000n, secondsLater: 0 })
    expect(
      extreme.expiries.every(({ smile }) => smile.every(({ volNano }) => volNano === 10_000_000_000n)),
    ).toBe(true)
  })

  it('is nothing at zero', () => {
    expect(shiftMarket(full, { spotBps: 0n, volBps: 0n, secondsLater: 0 })).toEqual(full)
  })

  it('refuses what leaves no price, and time that would let an instrument expire', () => {
    expect(() => shiftMarket(full, { spotBps: -10_000n, volBps: 0n, secondsLater: 0 })).toThrow(
      OutOfRangeError,
    )
    expect(() => shiftMarket(full, { spotBps: 0n, volBps: -10_000n, secondsLater: 0 })).toThrow(
      OutOfRangeError,
    )
    expect(() => shiftMarket(full, { spotBps: 0n, volBps: 0n, secondsLater: -1 })).toThrow(OutOfRangeError)
    expectRefusal(
      () => shiftMarket(full, { spotBps: 0n, volBps: 0n, secondsLater: 5 * 86_400 }),
      { field: 'expiry' },
      /expired/,
    )
  })
})

describe('SplitMix64', () => {
  it('gives the published numbers of seed 1234567', () => {
    const random = new SplitMix64(1234567n)
    expect([random.bits(64), random.bits(64), random.bits(64)]).toEqual([
      6457827717110365317n,
      3203168211198807973n,
      9817491932198370423n,
    ])
  })

  it('stays in its ranges', () => {
    const random = new SplitMix64(5n)
    for (let draw = 0; draw < 500; draw++) {
      expect(random.bits(248) >> 248n).toBe(0n)
      const value = random.between(-3n, 3n)
      expect(value >= -3n && value <= 3n).toBe(true)
    }
  })
})
