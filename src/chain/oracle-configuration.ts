import { concat, keccak256, toBeHex } from 'ethers'
import { OutOfRangeError } from '../protocol/errors.ts'
import {
  CHARGES_WORD,
  CONFIGURATION_CHARGES,
  CONFIGURATION_SCENARIOS,
  GREEK_SHOCK_WORD,
  SHOCK_BIAS_BPS,
  SHOCK_BITS,
  SHOCK_WORD,
  VOLATILITY_WORD,
  WEIGHT_BITS,
} from '../protocol/oracle-words.ts'
import { packWord, type WordFields } from '../protocol/packed-word.ts'
import { UNDERLYINGS } from '../protocol/risk-layout.ts'
import type { RiskConfiguration, UnderlyingCharges } from '../risk/configuration.ts'
import { checkConfiguration } from '../risk/configuration-rules.ts'

/**
 * A risk configuration as words that a contract reads: all that pricing needs of it, and nothing else (names and which
 * rows are regular act through the parameters word). Its place among the underlyings stands for a symbol. Pure.
 */

/** Throws InputError for an unsound configuration, OutOfRangeError for a number that its field cannot hold. */
export function configurationWords(configuration: RiskConfiguration): bigint[] {
  checkConfiguration(configuration)
  const words = [
    packNamed(VOLATILITY_WORD, configuration.volatility),
    packNamed(GREEK_SHOCK_WORD, configuration.greekShocks),
    ...Array.from({ length: UNDERLYINGS }, (_, index) => chargesWord(configuration, index)),
  ]
  if (words.length !== CONFIGURATION_SCENARIOS || CONFIGURATION_CHARGES !== 2) {
    throw new RangeError('the words of a configuration are not where the contracts look')
  }
  return [...words, ...configuration.scenarios.map((_, row) => scenarioWord(configuration, row))]
}

/** The words as bytes: what governance binds to a configuration's hash. */
export function packConfiguration(configuration: RiskConfiguration): string {
  return concat(configurationWords(configuration).map((word) => toBeHex(word, 32)))
}

/** What the oracle keeps of a packed configuration. */
export function packedConfigurationHash(configuration: RiskConfiguration): string {
  return keccak256(packConfiguration(configuration))
}

function chargesWord({ underlyings, charges }: RiskConfiguration, index: number): bigint {
  const entry: UnderlyingCharges | undefined = charges.find(
    ({ underlying }) => underlying === underlyings[index],
  )
  return entry === undefined ? 0n : packNamed(CHARGES_WORD, entry)
}

function scenarioWord({ underlyings, scenarios }: RiskConfiguration, row: number): bigint {
  const { weightBps, shocks } = scenarios[row]!
  let word = weightBps
  for (let index = 0; index < UNDERLYINGS; index++) {
    const symbol = underlyings[index]
    const shock = symbol === undefined ? undefined : shocks[symbol]
    if (shock === undefined) continue
    const packed = packWord(SHOCK_WORD, {
      present: 1n,
      spotBiasedBps: shock.spotBps + SHOCK_BIAS_BPS,
      volBiasedBps: shock.volBps + SHOCK_BIAS_BPS,
      skewBiasedBps: shock.skewBps + SHOCK_BIAS_BPS,
    })
    word |= packed << BigInt(WEIGHT_BITS + SHOCK_BITS * index)
  }
  return word
}

/** The fields of a word out of an object that has them all, as bigint or as number. */
function packNamed<Name extends string>(
  fields: WordFields<Name>,
  values: Readonly<Record<Name, bigint | number>>,
): bigint {
  const entries = fields.map(([name]) => {
    const value = values[name]
    if (typeof value === 'number' && !Number.isSafeInteger(value)) {
      throw new OutOfRangeError(name, value, 'must be a whole number')
    }
    return [name, BigInt(value)] as const
  })
  return packWord(fields, Object.fromEntries(entries) as Record<Name, bigint>)
}
