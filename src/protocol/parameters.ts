import { OutOfRangeError } from './errors.ts'
import { BASIS_POINTS, FACTOR_BPS_BITS, SHARE_BPS_BITS } from './ranges.ts'
import { SCENARIOS } from './risk-layout.ts'

/**
 * The parameters that the margin circuit itself uses. They are the public signal `parameters`, packed in one word
 * rather than hashed: the word costs range checks only, and anyone can read it. The rest of the configuration
 * (scenario shocks, charges) acts through the risk matrix and is bound by its root and by the round's
 * configuration hash.
 */
export interface MarginParameters {
  /** Maintenance factor on max(greeks, stress), basis points; at most imFactorBps. */
  readonly mmFactorBps: bigint
  /** Initial factor, basis points. */
  readonly imFactorBps: bigint
  /** Where between MM and IM soft liquidation begins, basis points, 0 to 10,000. */
  readonly softShareBps: bigint
  /** Multiplier on short gamma in the greeks term, basis points. */
  readonly gammaMultiplierBps: bigint
  /** Bit s is set when scenario s is regular (counts for MM as well as IM). */
  readonly regularMask: bigint
  /** The named scenario of the stress gauge: accounts that it would put below MM count as near. */
  readonly gaugeScenario: bigint
}

/** Fields of the packed word from the least significant bit, with their widths. */
export const PARAMETER_FIELDS = [
  ['mmFactorBps', FACTOR_BPS_BITS],
  ['imFactorBps', FACTOR_BPS_BITS],
  ['softShareBps', SHARE_BPS_BITS],
  ['gammaMultiplierBps', FACTOR_BPS_BITS],
  ['gaugeScenario', 5],
  ['regularMask', SCENARIOS],
] as const satisfies readonly (readonly [keyof MarginParameters, number])[]

export function packMarginParameters(parameters: MarginParameters): bigint {
  checkMarginParameters(parameters)
  let word = 0n
  let shift = 0n
  for (const [field, bits] of PARAMETER_FIELDS) {
    word |= parameters[field] << shift
    shift += BigInt(bits)
  }
  return word
}

export function unpackMarginParameters(word: bigint): MarginParameters {
  const fields: Partial<Record<keyof MarginParameters, bigint>> = {}
  let rest = word
  for (const [field, bits] of PARAMETER_FIELDS) {
    fields[field] = rest & ((1n << BigInt(bits)) - 1n)
    rest >>= BigInt(bits)
  }
  if (rest !== 0n) throw new OutOfRangeError('parameters', word, 'has bits beyond the last field')
  const parameters = fields as MarginParameters
  checkMarginParameters(parameters)
  return parameters
}

export function checkMarginParameters(parameters: MarginParameters): void {
  for (const [field, bits] of PARAMETER_FIELDS) {
    const value = parameters[field]
    if (value < 0n || value >= 1n << BigInt(bits)) {
      throw new OutOfRangeError(field, value, `must be an unsigned integer of ${bits} bits`)
    }
  }
  if (parameters.imFactorBps < parameters.mmFactorBps) {
    throw new OutOfRangeError('imFactorBps', parameters.imFactorBps, 'must be at least mmFactorBps')
  }
  if (parameters.softShareBps > BASIS_POINTS) {
    throw new OutOfRangeError('softShareBps', parameters.softShareBps, 'must be at most 10,000')
  }
}
