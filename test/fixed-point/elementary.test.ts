import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EXP_LIMIT_Q64, expQ64, powQ64 } from '../../src/fixed-point/exp.ts'
import { lnIntegerQ64, lnQ64 } from '../../src/fixed-point/ln.ts'
import { bitLength, mulDivDown, mulDivUp, ONE_Q64, ratioQ64 } from '../../src/fixed-point/q64.ts'
import { LN2_Q120, SQRT2_Q120 } from '../../src/fixed-point/q120.ts'
import { sqrtDown, sqrtQ64 } from '../../src/fixed-point/sqrt.ts'
import { OutOfRangeError } from '../../src/protocol/errors.ts'
import * as reference from './reference.ts'

const { BITS, fromQ64, ulpsApart } = reference
const runs = (numRuns: number) => ({ numRuns, seed: 20_260_205 })

describe('constants', () => {
  it('are ln 2 to nearest and sqrt 2 rounded down in Q120', () => {
    const shift = BITS - 120n
    const ln2 = reference.ln(2n << BITS)
    expect(LN2_Q120).toBe((ln2 + (1n << (shift - 1n))) >> shift)
    expect(SQRT2_Q120).toBe(reference.sqrt(2n << BITS) >> shift)
  })
})

describe('expQ64', () => {
  const withinBound = (x: bigint) => {
    const error = ulpsApart(expQ64(x), reference.exp(fromQ64(x)))
    const size = Number(expQ64(x)) / 2 ** 64
    expect(error).toBeLessThanOrEqual(1 + size * 2 ** (64 - 104))
  }
  it('holds its error bound on random arguments', () => {
    fc.assert(fc.property(fc.bigInt(-46n * ONE_Q64, EXP_LIMIT_Q64), withinBound), runs(150))
    fc.assert(fc.property(fc.bigInt(-ONE_Q64, ONE_Q64), withinBound), runs(100))
  })
  it('holds its error bound at the extremes and around octave boundaries', () => {
    const ln2 = lnQ64(2n * ONE_Q64)
    const edges = [0n, 1n, -1n, ONE_Q64, -ONE_Q64, EXP_LIMIT_Q64, -44n * ONE_Q64, -45n * ONE_Q64]
    for (const octave of [-60n, -3n, -1n, 1n, 2n, 7n, 180n])
      edges.push((octave * ln2) / 2n, (octave * ln2) / 2n + 1n)
    edges.filter((x) => x <= EXP_LIMIT_Q64).forEach(withinBound)
  })
  it('is exact at zero, vanishes far below and refuses what int256 cannot hold', () => {
    expect(expQ64(0n)).toBe(ONE_Q64)
    expect(expQ64(-46n * ONE_Q64)).toBe(0n)
    expect(expQ64(-(1n << 200n))).toBe(0n)
    expect(bitLength(expQ64(EXP_LIMIT_Q64))).toBeLessThan(255n)
    expect(() => expQ64(EXP_LIMIT_Q64 + 1n)).toThrow(OutOfRangeError)
  })
  it('does not fall by more than an ulp as its argument rises', () => {
    const arguments_ = [fc.bigInt(-45n * ONE_Q64, 20n * ONE_Q64), fc.bigInt(1n, ONE_Q64)] as const
    fc.assert(
      fc.property(...arguments_, (x, step) => expQ64(x + step) + 1n >= expQ64(x)),
      runs(500),
    )
  })
})

describe('lnQ64 and lnIntegerQ64', () => {
  it('hold half an ulp on random arguments of every size', () => {
    const anyBits = fc.tuple(fc.bigInt(0n, 254n), fc.bigInt(0n, (1n << 254n) - 1n))
    fc.assert(
      fc.property(anyBits, ([bits, noise]) => {
        const n = (1n << bits) | (noise & ((1n << bits) - 1n))
        expect(ulpsApart(lnIntegerQ64(n), reference.ln(n << BITS))).toBeLessThanOrEqual(0.5 + 1e-9)
        const x = n >> 64n
        if (x > 0n) expect(ulpsApart(lnQ64(x), reference.ln(fromQ64(x)))).toBeLessThanOrEqual(0.5 + 1e-9)
      }),
      runs(150),
    )
  })
  it('hold it at the extremes, next to one and next to sqrt 2', () => {
    const root = SQRT2_Q120 >> 56n
    for (const x of [1n, 2n, ONE_Q64 - 1n, ONE_Q64 + 1n, root, root + 1n, root - 1n, (1n << 191n) - 1n]) {
      expect(ulpsApart(lnQ64(x), reference.ln(fromQ64(x)))).toBeLessThanOrEqual(0.5 + 1e-9)
    }
  })
  it('are exactly zero at one and refuse what has no logarithm', () => {
    expect(lnQ64(ONE_Q64)).toBe(0n)
    expect(lnIntegerQ64(1n)).toBe(0n)
    for (const x of [0n, -1n, 1n << 255n]) expect(() => lnIntegerQ64(x)).toThrow(OutOfRangeError)
  })
  it('undo exp', () => {
    const x = fc.bigInt(-5n * ONE_Q64, 60n * ONE_Q64)
    fc.assert(
      fc.property(x, (value) => {
        const slack = 2n + ONE_Q64 / (expQ64(value) + 1n)
        const difference = lnQ64(expQ64(value)) - value
        return difference <= slack && -difference <= slack
      }),
      runs(300),
    )
  })
})

describe('powQ64', () => {
  it('holds its error bound', () => {
    const base = fc.bigInt(ONE_Q64 / 100n, 10_000n * ONE_Q64)
    const power = fc.bigInt(-2n * ONE_Q64, 2n * ONE_Q64)
    fc.assert(
      fc.property(base, power, (x, p) => {
        const exact = reference.exp(reference.mul(fromQ64(p), reference.ln(fromQ64(x))))
        const size = Number(exact >> (BITS - 64n)) / 2 ** 64
        const relative = Math.abs(Number(p)) / 2 ** 65 + 2
        expect(ulpsApart(powQ64(x, p), exact)).toBeLessThanOrEqual(1 + relative * size)
      }),
      runs(100),
    )
  })
  it('knows the zeroth and first power', () => {
    expect(powQ64(7n * ONE_Q64, 0n)).toBe(ONE_Q64)
    expect(powQ64(ONE_Q64, 5n * ONE_Q64)).toBe(ONE_Q64)
  })
})

describe('sqrt', () => {
  it('is the floor, for every size', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 255n), fc.bigInt(0n, (1n << 255n) - 1n), (drop, noise) => {
        const n = noise >> drop
        const root = sqrtDown(n)
        return root * root <= n && (root + 1n) * (root + 1n) > n
      }),
      runs(2_000),
    )
  })
  it('is exact at squares and their neighbours', () => {
    for (const root of [1n, 2n, 3n, 65_535n, 1n << 64n, (1n << 127n) + 12_345n]) {
      expect(sqrtDown(root * root)).toBe(root)
      expect(sqrtDown(root * root - 1n)).toBe(root - 1n)
      expect(sqrtDown(root * root + 1n)).toBe(root)
    }
    expect(sqrtDown(0n)).toBe(0n)
    expect(sqrtQ64(4n * ONE_Q64)).toBe(2n * ONE_Q64)
    expect(() => sqrtDown(-1n)).toThrow(OutOfRangeError)
    expect(() => sqrtDown(1n << 255n)).toThrow(OutOfRangeError)
  })
})

describe('mulDiv and ratio', () => {
  const any = fc.bigInt(-(1n << 120n), 1n << 120n)
  const positive = fc.bigInt(1n, 1n << 100n)
  it('round toward minus and plus infinity, whatever the signs', () => {
    fc.assert(
      fc.property(any, any, positive, (a, b, d) => {
        const down = mulDivDown(a, b, d)
        const up = mulDivUp(a, b, d)
        const exact = a * b
        return down * d <= exact && exact < (down + 1n) * d && up * d >= exact && exact > (up - 1n) * d
      }),
    )
    expect([mulDivDown(-7n, 1n, 2n), mulDivUp(-7n, 1n, 2n)]).toEqual([-4n, -3n])
    expect([mulDivDown(7n, 1n, 2n), mulDivUp(7n, 1n, 2n)]).toEqual([3n, 4n])
    expect(ratioQ64(-1n, 3n)).toBe(-(ONE_Q64 / 3n) - 1n)
  })
  it('refuse a denominator that is not above zero', () => {
    expect(() => mulDivDown(1n, 1n, 0n)).toThrow(OutOfRangeError)
    expect(() => mulDivUp(1n, 1n, -1n)).toThrow(OutOfRangeError)
  })
  it('bitLength counts bits', () => {
    fc.assert(
      fc.property(fc.bigInt(1n, (1n << 255n) - 1n), (n) => bitLength(n) === BigInt(n.toString(2).length)),
    )
    expect(bitLength(0n)).toBe(0n)
  })
})
