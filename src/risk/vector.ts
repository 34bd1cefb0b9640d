import { OutOfRangeError } from '../protocol/errors.ts'
import { toField } from '../protocol/field.ts'
import {
  CHARGE_BITS,
  GREEK_RATE_BITS,
  LIMB_RADIX_BITS,
  LIMBS_PER_ELEMENT,
  RATE_BITS,
} from '../protocol/ranges.ts'
import { DIMS, FIRST_GREEK_DIM, FIRST_SCENARIO_DIM, RATE_ELEMENTS } from '../protocol/risk-layout.ts'

/** What one lot of one instrument is worth, gains and costs: integer rates in nano-USD per lot. Public. */
export interface RiskVector {
  /** generation * 2^12 + place; 0 only for the reserved zero vector at place 0. */
  readonly id: number
  /** DIMS rates in the order of risk-layout. */
  readonly ratesNano: readonly bigint[]
  readonly longChargeNano: bigint
  readonly shortChargeNano: bigint
}

export const ZERO_VECTOR: RiskVector = {
  id: 0,
  ratesNano: new Array<bigint>(DIMS).fill(0n),
  longChargeNano: 0n,
  shortChargeNano: 0n,
}

/** Throws OutOfRangeError, naming the dimension, unless every rate and charge is inside the shared ranges. */
export function checkVectorRanges(vector: RiskVector): void {
  vector.ratesNano.forEach((rate, dim) => {
    const isGreek = dim >= FIRST_GREEK_DIM && dim < FIRST_SCENARIO_DIM
    const limit = 1n << BigInt(isGreek ? GREEK_RATE_BITS : RATE_BITS)
    if (rate <= -limit || rate >= limit) {
      throw new OutOfRangeError(`rate of dimension ${dim}`, rate, `magnitude must be below ${limit}`)
    }
  })
  for (const charge of [vector.longChargeNano, vector.shortChargeNano]) {
    if (charge < 0n || charge >= 1n << BigInt(CHARGE_BITS)) {
      throw new OutOfRangeError('charge', charge, `must be an unsigned integer of ${CHARGE_BITS} bits`)
    }
  }
}

/**
 * The 15 field elements of a vector: three rates at radix 2^84 to each of the first 14 (a negative total becomes
 * its field representative), long charge + short charge * 2^84 in the last.
 */
export function packVector(vector: RiskVector): bigint[] {
  const elements: bigint[] = []
  for (let element = 0; element < RATE_ELEMENTS; element++) {
    let packed = 0n
    for (let limb = LIMBS_PER_ELEMENT - 1; limb >= 0; limb--) {
      packed = (packed << BigInt(LIMB_RADIX_BITS)) + vector.ratesNano[element * LIMBS_PER_ELEMENT + limb]!
    }
    elements.push(toField(packed))
  }
  elements.push(vector.longChargeNano + (vector.shortChargeNano << BigInt(LIMB_RADIX_BITS)))
  return elements
}
