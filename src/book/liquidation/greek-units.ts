import { CASH_LOT_NANO, GREEK_UNIT_BITS } from '../../protocol/liquidation.ts'
import { GREEKS, UNDERLYINGS } from '../../protocol/risk-layout.ts'
import type { MarginResult } from '../../risk/margin.ts'
import { divideDown } from './price.ts'
import { RuleError } from './rules.ts'

const UNIT_PARTS = 64n
const GREEK_BIAS = 1n << BigInt(GREEK_UNIT_BITS - 1)

/**
 * The nine small-shock figures of a lot, in 64ths of max(1, carryLots) lots of cash, rounded to the nearest: delta,
 * gamma and vega of each underlying in turn. Throws RuleError quantityRange for a figure beyond 2^23 units.
 */
export function greekUnits(lot: MarginResult, carryLots: bigint): bigint[] {
  const wholeNano = (carryLots > 0n ? carryLots : 1n) * CASH_LOT_NANO
  return lot.greeks
    .flatMap(({ deltaNano, gammaNano, vegaNano }) => [deltaNano, gammaNano, vegaNano])
    .map((nano) => {
      const units = divideDown(2n * UNIT_PARTS * nano + wholeNano, 2n * wholeNano)
      if (units < -GREEK_BIAS || units >= GREEK_BIAS) {
        throw new RuleError('quantityRange', `a greek of ${nano} nano-USD against ${carryLots} lots of cash`)
      }
      return units
    })
}

/** The public word of nine figures: each plus 2^23 in 24 bits, the first lowest. */
export function greekUnitsWord(units: readonly bigint[]): bigint {
  return units.reduceRight((word, unit) => (word << BigInt(GREEK_UNIT_BITS)) + unit + GREEK_BIAS, 0n)
}

/** The nine figures of a word: the inverse of greekUnitsWord. */
export function unpackGreekUnits(word: bigint): bigint[] {
  return Array.from({ length: GREEKS.length * UNDERLYINGS }, (_, index) => {
    const field = (word >> BigInt(GREEK_UNIT_BITS * index)) & ((1n << BigInt(GREEK_UNIT_BITS)) - 1n)
    return field - GREEK_BIAS
  })
}
