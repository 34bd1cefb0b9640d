import { InputError, type InputLocation, TacitError } from '../protocol/errors.ts'
import { checkMarginParameters } from '../protocol/parameters.ts'
import { BASIS_POINTS } from '../protocol/ranges.ts'
import { SCENARIOS, UNDERLYINGS } from '../protocol/risk-layout.ts'
import {
  marginParametersOf,
  type RiskConfiguration,
  type ScenarioRow,
  type UnderlyingCharges,
  type VolatilityRules,
} from './configuration.ts'

/** Shocks beyond these are typing errors: +10,000% of spot, +10,000% of volatility, twice the volatility a deviation. */
export const MAX_SHOCK_BPS = 1_000_000n
const MAX_SKEW_BPS = 20_000n
export const MAX_CHARGE_BPS = BASIS_POINTS
const MAX_POWER_BPS = BASIS_POINTS
const MAX_VOL_NANO = 1_000_000_000_000n
const MAX_SECONDS = 10 * 365 * 86_400

/**
 * Refuses a configuration that is not sound, by field and rule.
 * @throws InputError; `file` completes its location.
 */
export function checkConfiguration(configuration: RiskConfiguration, file?: string): void {
  const refuseUnless = (holds: boolean, field: string, rule: string): void => {
    if (!holds) throw new InputError(rule, { file, field })
  }
  refuseUnless(configuration.name !== '', 'name', 'must not be empty')
  checkUnderlyings(configuration, refuseUnless)
  checkScenarios(configuration, refuseUnless)
  checkGreekShocks(configuration, refuseUnless)
  checkCharges(configuration, refuseUnless)
  checkVolatility(configuration.volatility, refuseUnless)
  checkFactors(configuration, refuseUnless, { file, field: 'factors' })
}

type Refuse = (holds: boolean, field: string, rule: string) => void

function checkUnderlyings({ underlyings }: RiskConfiguration, refuseUnless: Refuse): void {
  const rule = `must name 1 to ${UNDERLYINGS} underlyings`
  refuseUnless(underlyings.length >= 1 && underlyings.length <= UNDERLYINGS, 'underlyings', rule)
  refuseUnless(new Set(underlyings).size === underlyings.length, 'underlyings', 'must not repeat a symbol')
  refuseUnless(!underlyings.includes(''), 'underlyings', 'a symbol must not be empty')
}

function checkScenarios(
  { scenarios, underlyings, gaugeScenario }: RiskConfiguration,
  refuseUnless: Refuse,
): void {
  const names = scenarios.map((row) => row.name)
  refuseUnless(scenarios.length >= 1, 'scenarios', 'must have at least one row')
  refuseUnless(scenarios.length <= SCENARIOS, 'scenarios', `must have at most ${SCENARIOS} rows`)
  scenarios.forEach((row, index) => {
    const field = `scenarios[${index}]`
    refuseUnless(row.name !== '', `${field}.name`, 'must not be empty')
    refuseUnless(names.indexOf(row.name) === index, `${field}.name`, `"${row.name}" names an earlier row too`)
    checkRow(row, underlyings, field, refuseUnless)
  })
  refuseUnless(
    scenarios.some((row) => row.regular),
    'scenarios',
    'must have a regular row',
  )
  refuseUnless(names.includes(gaugeScenario), 'gaugeScenario', `"${gaugeScenario}" names no scenario row`)
}

function checkRow(
  row: ScenarioRow,
  underlyings: readonly string[],
  field: string,
  refuseUnless: Refuse,
): void {
  const weighted = row.weightBps >= 0n && row.weightBps <= BASIS_POINTS
  refuseUnless(weighted, `${field}.weightBps`, 'must be 0 to 10,000')
  for (const [symbol, { spotBps, volBps, skewBps }] of Object.entries(row.shocks)) {
    const at = `${field}.shocks.${symbol}`
    refuseUnless(underlyings.includes(symbol), at, `"${symbol}" is not among the underlyings`)
    for (const [name, bps] of [
      ['spotBps', spotBps],
      ['volBps', volBps],
    ] as const) {
      refuseUnless(
        bps > -BASIS_POINTS,
        `${at}.${name}`,
        'must be above -10,000: nothing falls by 100% or more',
      )
      refuseUnless(bps <= MAX_SHOCK_BPS, `${at}.${name}`, `must be at most ${MAX_SHOCK_BPS}`)
    }
    const tilted = skewBps >= -MAX_SKEW_BPS && skewBps <= MAX_SKEW_BPS
    refuseUnless(tilted, `${at}.skewBps`, `must be within +-${MAX_SKEW_BPS}`)
  }
}

/** Shocks go both ways, so none may reach 100%. */
function checkGreekShocks({ greekShocks }: RiskConfiguration, refuseUnless: Refuse): void {
  for (const name of ['spotBps', 'volBps'] as const) {
    const inside = greekShocks[name] > 0n && greekShocks[name] < BASIS_POINTS
    refuseUnless(inside, `greekShocks.${name}`, 'must be above 0 and below 10,000')
  }
}

function checkCharges({ charges, underlyings }: RiskConfiguration, refuseUnless: Refuse): void {
  const symbols = charges.map((entry) => entry.underlying)
  charges.forEach((entry, index) => {
    const field = `charges[${index}]`
    const { underlying } = entry
    refuseUnless(
      underlyings.includes(underlying),
      `${field}.underlying`,
      `"${underlying}" is not an underlying`,
    )
    refuseUnless(symbols.indexOf(underlying) === index, `${field}.underlying`, `"${underlying}" stands twice`)
    checkUnderlyingCharges(entry, field, refuseUnless)
  })
  for (const symbol of underlyings)
    refuseUnless(symbols.includes(symbol), 'charges', `has no entry for ${symbol}`)
}

function checkUnderlyingCharges(entry: UnderlyingCharges, field: string, refuseUnless: Refuse): void {
  for (const [name, value] of Object.entries(entry)) {
    if (typeof value !== 'bigint') continue
    refuseUnless(value >= 0n && value <= MAX_CHARGE_BPS, `${field}.${name}`, `must be 0 to ${MAX_CHARGE_BPS}`)
  }
  refuseUnless(isSeconds(entry.pinWindowSeconds), `${field}.pinWindowSeconds`, SECONDS_RULE)
}

function checkVolatility(rules: VolatilityRules, refuseUnless: Refuse): void {
  for (const name of ['shortPowerBps', 'longPowerBps'] as const) {
    const inside = rules[name] >= 0n && rules[name] <= MAX_POWER_BPS
    refuseUnless(inside, `volatility.${name}`, `must be 0 to ${MAX_POWER_BPS}`)
  }
  const { scalingFloorSeconds, skewLimitNano, minimumNano, shockedFloorNano, maximumNano } = rules
  const scaled = isSeconds(scalingFloorSeconds) && scalingFloorSeconds > 0
  refuseUnless(scaled, 'volatility.scalingFloorSeconds', `${SECONDS_RULE}, above 0`)
  const limited = skewLimitNano >= 0n && skewLimitNano <= 10_000_000_000n
  refuseUnless(limited, 'volatility.skewLimitNano', 'must be 0 to 10 standard deviations')
  refuseUnless(minimumNano > 0n, 'volatility.minimumNano', 'must be above 0')
  refuseUnless(shockedFloorNano >= minimumNano, 'volatility.shockedFloorNano', 'must be at least minimumNano')
  refuseUnless(maximumNano >= shockedFloorNano, 'volatility.maximumNano', 'must be at least shockedFloorNano')
  refuseUnless(maximumNano <= MAX_VOL_NANO, 'volatility.maximumNano', `must be at most ${MAX_VOL_NANO}`)
}

function checkFactors(configuration: RiskConfiguration, refuseUnless: Refuse, location: InputLocation): void {
  const { mmFactorBps, gammaMultiplierBps } = configuration.factors
  refuseUnless(
    mmFactorBps <= BASIS_POINTS,
    'factors.mmFactorBps',
    'must be at most 10,000: an option held long can lose all it is worth, and a book that is fully paid for must ' +
      'never be below its maintenance requirement',
  )
  refuseUnless(
    gammaMultiplierBps >= BASIS_POINTS,
    'factors.gammaMultiplierBps',
    'must be at least 10,000: with less, one requirement for two books could exceed the sum of their own',
  )
  try {
    checkMarginParameters(marginParametersOf(configuration))
  } catch (error) {
    if (!(error instanceof TacitError)) throw error
    throw new InputError(error.message, location, { cause: error })
  }
}

const SECONDS_RULE = `must be a whole number of seconds, 0 to ${MAX_SECONDS}`

function isSeconds(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= MAX_SECONDS
}
