import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lnIntegerQ64 } from '../../src/fixed-point/ln.ts'
import { ONE_Q64 } from '../../src/fixed-point/q64.ts'
import { InputError } from '../../src/protocol/errors.ts'
import { sqrtYearsQ64, YEAR_SECONDS } from '../../src/risk/black76.ts'
import type { UnderlyingShock } from '../../src/risk/configuration.ts'
import { DEFAULT_CONFIGURATION } from '../../src/risk/default-configuration.ts'
import {
  prepareVolatilityShock,
  shockedVolNano,
  smileSlice,
  standardisedMoneynessQ64,
  termFactorQ64,
} from '../../src/risk/surface.ts'

const USD = 1_000_000_000n
const PERCENT = 10_000_000n
const DAY = 86_400
const RULES = DEFAULT_CONFIGURATION.volatility
const SMILE = [
  { strikeNano: 50_000n * USD, volNano: 90n * PERCENT },
  { strikeNano: 60_000n * USD, volNano: 70n * PERCENT },
  { strikeNano: 80_000n * USD, volNano: 80n * PERCENT },
]
const shock = (spotBps: bigint, volBps: bigint, skewBps = 0n): UnderlyingShock => ({
  spotBps,
  volBps,
  skewBps,
})
const volAt = (usd: bigint) => smileSlice(SMILE).volNano(usd * USD, lnIntegerQ64(usd * USD))

describe('smileSlice', () => {
  it('is exact at listed strikes and flat beyond them', () => {
    for (const { strikeNano, volNano } of SMILE) {
      expect(smileSlice(SMILE).volNano(strikeNano, lnIntegerQ64(strikeNano))).toBe(volNano)
    }
    expect(volAt(1n)).toBe(90n * PERCENT)
    expect(volAt(900_000n)).toBe(80n * PERCENT)
  })
  it('is linear in the logarithm of the strike between them', () => {
    // sqrt(60,000 * 80,000) is half way in ln K.
    expect(Number(volAt(69_282n)) / Number(PERCENT)).toBeCloseTo(75, 3)
    fc.assert(
      fc.property(
        fc.bigInt(50_000n, 80_000n),
        (usd) => volAt(usd) >= 70n * PERCENT && volAt(usd) <= 90n * PERCENT,
      ),
    )
  })
  it('refuses an empty smile, unsorted strikes and a volatility of zero, naming the point', () => {
    expect(() => smileSlice([])).toThrow(InputError)
    expect(() => smileSlice([SMILE[1]!, SMILE[0]!], 'chain.json')).toThrow('chain.json, field "smile[1]"')
    expect(() => smileSlice([SMILE[0]!, SMILE[0]!])).toThrow('increase')
    expect(() => smileSlice([{ strikeNano: USD, volNano: 0n }])).toThrow('above zero')
  })
})

describe('termFactorQ64', () => {
  it('is (30/DTE)^power with the power of its side of 30 days', () => {
    const factor = (days: number) => Number(termFactorQ64(RULES, days * DAY)) / 2 ** 64
    expect(factor(30)).toBe(1)
    expect(factor(7)).toBeCloseTo((30 / 7) ** 0.3, 14)
    expect(factor(300)).toBeCloseTo(0.1 ** 0.13, 14)
  })
  it('takes every expiry to be a day away at least', () => {
    expect(termFactorQ64(RULES, 60)).toBe(termFactorQ64(RULES, DAY))
  })
})

describe('shockedVolNano', () => {
  const apply = (change: UnderlyingShock, vol: bigint, z = 0n, days = 30, floored = true): bigint => {
    const prepared = prepareVolatilityShock(RULES, change, termFactorQ64(RULES, days * DAY), floored)
    return shockedVolNano(RULES, prepared, vol, z)
  }
  it('moves a volatility in proportion, scaled by time to expiry', () => {
    expect(apply(shock(0n, 5_000n), 80n * PERCENT)).toBe(120n * PERCENT)
    expect(apply(shock(0n, -2_500n), 80n * PERCENT)).toBe(60n * PERCENT)
    const week = Number(apply(shock(0n, 5_000n), 80n * PERCENT, 0n, 7)) / Number(PERCENT)
    expect(week).toBeCloseTo(80 * (1 + 0.5 * (30 / 7) ** 0.3), 6)
    expect(apply(shock(-1_600n, 0n), 80n * PERCENT)).toBe(80n * PERCENT)
  })
  it('holds a volatility shocked up to the floor, in scenarios only', () => {
    expect(apply(shock(0n, 5_000n), 20n * PERCENT)).toBe(50n * PERCENT)
    expect(apply(shock(0n, 5_000n), 20n * PERCENT, 0n, 30, false)).toBe(30n * PERCENT)
    expect(apply(shock(0n, -2_500n), 20n * PERCENT)).toBe(15n * PERCENT)
  })
  it('tilts the smile about the forward', () => {
    const steeper = shock(0n, 0n, 1_000n)
    expect(apply(steeper, 80n * PERCENT, ONE_Q64)).toBe(88n * PERCENT)
    expect(apply(steeper, 80n * PERCENT, -ONE_Q64)).toBe(72n * PERCENT)
    expect(apply(shock(0n, 0n, -1_000n), 80n * PERCENT, ONE_Q64)).toBe(72n * PERCENT)
    expect(apply(steeper, 80n * PERCENT, 0n)).toBe(80n * PERCENT)
  })
  it('stays between minimum and maximum, yet is never turned round by them', () => {
    expect(apply(shock(0n, -9_999n), 80n * PERCENT, 0n, 1)).toBe(RULES.minimumNano)
    expect(apply(shock(0n, 50_000n), 900n * PERCENT, 0n, 1)).toBe(RULES.maximumNano)
    fc.assert(
      fc.property(
        fc.bigInt(1n, 5_000n * PERCENT),
        fc.bigInt(-9_999n, 100_000n),
        fc.integer({ min: 1, max: 1_000 }),
        (vol, volBps, days) => {
          const moved = apply(shock(0n, volBps), vol, 0n, days)
          expect(volBps >= 0n ? moved >= vol : moved <= vol).toBe(true)
        },
      ),
    )
  })
})

describe('standardisedMoneynessQ64', () => {
  const z = (lnMoneyness: number, days: number) =>
    Number(
      standardisedMoneynessQ64(
        RULES,
        BigInt(Math.round(lnMoneyness * 2 ** 50)) << 14n,
        50n * PERCENT,
        sqrtYearsQ64(days * DAY),
      ),
    ) /
    2 ** 64
  it('counts standard deviations below the forward, up to the limit', () => {
    expect(z(0.5, YEAR_SECONDS / DAY)).toBeCloseTo(1, 12)
    expect(z(-0.25, YEAR_SECONDS / DAY)).toBeCloseTo(-0.5, 12)
    expect(z(3, 1)).toBe(2.5)
    expect(z(-3, 1)).toBe(-2.5)
  })
  it('is zero where there is no deviation to count in', () => {
    expect(standardisedMoneynessQ64(RULES, ONE_Q64, 50n * PERCENT, 0n)).toBe(0n)
  })
})
