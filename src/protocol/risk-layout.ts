import { LIMBS_PER_ELEMENT } from './ranges.ts'

/**
 * The dimensions of a risk vector, in order: value, then delta, gamma and vega of each underlying, then the
 * scenarios; three to a field element. The two charges stand in one element of their own, the last.
 */
export const UNDERLYINGS = 3
export const SCENARIOS = 32
export const VALUE_DIM = 0
export const GREEKS = ['delta', 'gamma', 'vega'] as const
export type Greek = (typeof GREEKS)[number]
export const FIRST_GREEK_DIM = 1
export const FIRST_SCENARIO_DIM = FIRST_GREEK_DIM + GREEKS.length * UNDERLYINGS
export const DIMS = FIRST_SCENARIO_DIM + SCENARIOS
export const RATE_ELEMENTS = DIMS / LIMBS_PER_ELEMENT
/** Elements of a whole risk vector: 14 of rates and one of charges. */
export const VECTOR_ELEMENTS = RATE_ELEMENTS + 1

export function greekDim(underlying: number, greek: Greek): number {
  return FIRST_GREEK_DIM + GREEKS.length * underlying + GREEKS.indexOf(greek)
}

export function scenarioDim(scenario: number): number {
  return FIRST_SCENARIO_DIM + scenario
}
