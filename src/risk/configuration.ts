import { InputError } from '../protocol/errors.ts'
import type { MarginParameters } from '../protocol/parameters.ts'

/**
 * The whole risk configuration: everything besides the market that decides a requirement. Integers only; the
 * configuration hash (keccak-256 of its canonical JSON) stands in every round.
 */
export interface RiskConfiguration {
  readonly name: string
  /** Underlying symbols in the order of the risk vector's greek dimensions; at most three. */
  readonly underlyings: readonly string[]
  /** At most 32 rows; missing rows are zero rows (no shock, never the worst). */
  readonly scenarios: readonly ScenarioRow[]
  readonly greekShocks: GreekShocks
  /** One entry for every underlying. */
  readonly charges: readonly UnderlyingCharges[]
  readonly volatility: VolatilityRules
  readonly factors: Omit<MarginParameters, 'regularMask' | 'gaugeScenario'>
  /** Name of the scenario row that the stress gauge looks at. */
  readonly gaugeScenario: string
}

/** One stress scenario: a shock for each underlying (missing: unshocked) and a damping weight for tails. */
export interface ScenarioRow {
  readonly name: string
  /** Regular rows count for the maintenance and the initial requirement, the others for the initial one only. */
  readonly regular: boolean
  /** Share of the scenario's P&L that counts, basis points: 10,000 but for damped tails. */
  readonly weightBps: bigint
  /** Shock by underlying symbol. */
  readonly shocks: Readonly<Record<string, UnderlyingShock>>
}

export interface UnderlyingShock {
  /** Relative move of spot and forwards, basis points, > -10,000. */
  readonly spotBps: bigint
  /** Relative move of volatility at 30 days, basis points, > -10,000; scaled by (30/DTE)^power. */
  readonly volBps: bigint
  /**
   * Tilt of the smile: each volatility moves by this share of itself, basis points, for every standard deviation that
   * its strike lies below the forward, and the other way above it. Positive: puts steepen; negative: skew inverts.
   */
  readonly skewBps: bigint
}

/**
 * The standard small shocks of the greek dimensions, basis points. They scale as those of a scenario do; no floor
 * under a shocked volatility applies.
 */
export interface GreekShocks {
  readonly spotBps: bigint
  readonly volBps: bigint
}

export interface UnderlyingCharges {
  readonly underlying: string
  /** Haircut on spot held long as collateral, and on spot owed, basis points of its price. */
  readonly spotLongBps: bigint
  readonly spotShortBps: bigint
  /** Per perpetual or future, long or short, basis points of the mark. */
  readonly linearBps: bigint
  /** Minimum charge of a short option, basis points of spot per unit. */
  readonly shortOptionBps: bigint
  /** Liquidity charge of an option, either side, basis points of its mark. */
  readonly optionLiquidityBps: bigint
  /**
   * Pin risk: extra charge of a short option, bps of spot, within pinWindowSeconds of its expiry and with its strike
   * within pinWidthBps of spot.
   */
  readonly pinBps: bigint
  readonly pinWidthBps: bigint
  readonly pinWindowSeconds: number
}

export interface VolatilityRules {
  /** Term-structure powers of (30/DTE), in 1e-4: below 30 days, and from there on. */
  readonly shortPowerBps: bigint
  readonly longPowerBps: bigint
  /** The scaling takes an expiry to be at least this far away. */
  readonly scalingFloorSeconds: number
  /** A tilt of the smile counts at most this many standard deviations from the forward (1e-9 of one). */
  readonly skewLimitNano: bigint
  /** A volatility shocked up is at least this, a shocked one is never below minimum nor above maximum (1e-9). */
  readonly shockedFloorNano: bigint
  readonly minimumNano: bigint
  readonly maximumNano: bigint
}

/**
 * The parameters of the margin circuit: the factors, the mask of regular rows and the gauge's row number.
 * @throws InputError when no row has the gauge's name.
 */
export function marginParametersOf(configuration: RiskConfiguration): MarginParameters {
  let regularMask = 0n
  configuration.scenarios.forEach((row, index) => {
    if (row.regular) regularMask |= 1n << BigInt(index)
  })
  const gauge = configuration.scenarios.findIndex((row) => row.name === configuration.gaugeScenario)
  if (gauge < 0) throw new InputError('must name a scenario row', { field: 'gaugeScenario' })
  return { ...configuration.factors, regularMask, gaugeScenario: BigInt(gauge) }
}
