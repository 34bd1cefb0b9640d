import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatDecimal, parseDecimal, parseDecimalNearest } from '../../src/fixed-point/decimal.ts'
import { InputError } from '../../src/protocol/errors.ts'

describe('parseDecimal', () => {
  it('reads decimals exactly', () => {
    expect(parseDecimal('63705.52', 9)).toBe(63_705_520_000_000n)
    expect(parseDecimal('-0.5', 1)).toBe(-5n)
    expect(parseDecimal('+7', 0)).toBe(7n)
    expect(parseDecimal('1e-7', 9)).toBe(100n)
    expect(parseDecimal('2.5E3', 0)).toBe(2_500n)
    expect(parseDecimal('1.500000000000', 2)).toBe(150n)
    expect(parseDecimal('-0', 9)).toBe(0n)
  })
  it.each([
    'NaN',
    'Infinity',
    '-Infinity',
    '',
    ' ',
    ' 1',
    '1 ',
    '.5',
    '5.',
    '1,000',
    '0x10',
    '1e',
    '1e+',
    '--1',
    '1.2.3',
    '1_000',
    '٣',
    '1e41',
    '1e-41',
    '1e999',
    '0.0000000001',
    '1'.repeat(81),
  ])('refuses %j', (text) => {
    expect(() => parseDecimal(text, 9)).toThrow(InputError)
  })
  it('names file, row and field', () => {
    expect(() => parseDecimal('NaN', 9, { file: 'a.json', row: 3, field: 'mark_iv' })).toThrow(
      'a.json, row 3, field "mark_iv": "NaN" is not a decimal number',
    )
  })
  it('undoes formatDecimal', () => {
    fc.assert(
      fc.property(
        fc.bigInt(-(10n ** 30n), 10n ** 30n),
        fc.integer({ min: 0, max: 18 }),
        (value, decimals) => {
          expect(parseDecimal(formatDecimal(value, decimals), decimals)).toBe(value)
        },
      ),
    )
  })
})

describe('parseDecimalNearest', () => {
  it('rounds what parseDecimal refuses, half away from zero', () => {
    expect(parseDecimalNearest('0.0015999999999999999', 9)).toBe(1_600_000n)
    expect(parseDecimalNearest('0.25', 1)).toBe(3n)
    expect(parseDecimalNearest('-0.25', 1)).toBe(-3n)
    expect(parseDecimalNearest('0.24', 1)).toBe(2n)
    expect(parseDecimalNearest('1e-30', 9)).toBe(0n)
    expect(() => parseDecimalNearest('NaN', 9)).toThrow(InputError)
  })
  it('reads what JSON writes of a double', () => {
    const double = fc.double({ min: -1e9, max: 1e9, noNaN: true }).filter((x) => Math.abs(x) > 1e-30)
    fc.assert(
      fc.property(double, (x) => {
        expect(Number(parseDecimalNearest(String(x), 9)) / 1e9).toBeCloseTo(x, 6)
      }),
    )
  })
})

describe('formatDecimal', () => {
  it('writes the shortest exact text, or as many digits as asked', () => {
    expect(formatDecimal(1_500_000_000n, 9)).toBe('1.5')
    expect(formatDecimal(-1n, 9)).toBe('-0.000000001')
    expect(formatDecimal(0n, 9)).toBe('0')
    expect(formatDecimal(5n, 0)).toBe('5')
    expect(formatDecimal(1_234_567n, 3, 2)).toBe('1234.56')
    expect(formatDecimal(1_200n, 3, 0)).toBe('1')
    expect(formatDecimal(1n, 0, 2)).toBe('1.00')
    expect(formatDecimal(-1n, 9, 2)).toBe('0.00')
  })
})
