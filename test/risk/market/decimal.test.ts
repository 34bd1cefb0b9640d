import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InputError } from '../../../src/protocol/errors.ts'
import {
  decimalToNano,
  exactNumberToNano,
  nanoToDecimal,
  numberToNano,
} from '../../../src/risk/market/decimal.ts'

describe('numberToNano', () => {
  it('takes the digits the author wrote, not the double nearest to them', () => {
    expect(numberToNano(63_705.52)).toBe(63_705_520_000_000n)
    expect(numberToNano(0.1 + 0.2)).toBe(300_000_000n)
    expect(numberToNano(1e-7)).toBe(100n)
    expect(numberToNano(1e21)).toBe(10n ** 30n)
    expect(numberToNano(-320.56)).toBe(-320_560_000_000n)
  })

  it('rounds beyond the ninth place half away from zero', () => {
    expect(numberToNano(0.0000000005)).toBe(1n)
    expect(numberToNano(-0.0000000005)).toBe(-1n)
    expect(numberToNano(0.00000000049)).toBe(0n)
    expect(exactNumberToNano(1e-9)).toBe(1n)
    expect(() => exactNumberToNano(1e-10)).toThrow(InputError)
  })

  it('refuses what is not finite or absurdly large or small', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e300, 5e-324]) {
      expect(() => numberToNano(value)).toThrow(InputError)
    }
  })

  it('agrees with exactNumberToNano on every number of nine places or fewer', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e12, max: 1e12 }), fc.integer({ min: 0, max: 6 }), (digits, places) => {
        const value = Number(`${digits}e-${places}`)
        expect(numberToNano(value)).toBe(BigInt(digits) * 10n ** BigInt(9 - places))
        expect(exactNumberToNano(value)).toBe(numberToNano(value))
      }),
    )
  })
})

describe('decimalToNano', () => {
  it('is the inverse of nanoToDecimal', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), (nano) => {
        expect(decimalToNano(nanoToDecimal(nano))).toBe(nano)
      }),
    )
  })

  it.each([
    '',
    ' 1',
    '1 ',
    '1.',
    '.5',
    '+1',
    '1e3',
    '0x10',
    'NaN',
    'Infinity',
    '1,000',
    '--1',
    '1.0000000001',
    '9'.repeat(65),
  ])('refuses %j', (text) => {
    expect(() => decimalToNano(text)).toThrow(InputError)
  })
})
