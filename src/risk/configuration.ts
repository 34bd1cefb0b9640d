import type { MarginParameters } from '../protocol/parameters.ts'

/**
 * The whole risk configuration: everything besides the market that decides a requirement. Integers only; the
 * configuration hash (keccak-256 of its canonical JSON) stands in every round.
 */
export interface RiskConfiguration {
  readonly name: string
  /** Underlying symbols in the order of the risk vector's greek dimensions; at most three. */
  readonly underlyings: readonly string[]
  /** Exactly 32 rows at most; missing rows are zero rows (no shock, never the worst). */
  readonly scenarios: readonly ScenarioRow[]
  readonly greekShocks: GreekShocks
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
  /** Relative move of volatility at 30 days, basis points; scaled by (30/DTE)^power. */
  readonly volBps: bigint
  /** Added to volatility per unit of standardised log-moneyness below (positive: puts steepen), basis points of vol. */
  readonly skewBps: bigint
}

/** The standard small shocks of the greek dimensions. */
export interface GreekShocks {
  readonly spotBps: bigint
  readonly volBps: bigint
}

export interface UnderlyingCharges {
  readonly underlying: string
  /** Haircut on spot collateral held long, and on spot held short, basis points of the mark. */
  readonly spotLongBps: bigint
  readonly spotShortBps: bigint
  /** Per perpetual or future, long or short, basis points of the mark. */
  readonly linearBps: bigint
  /** Minimum charge of a short option, basis points of spot per unit. */
  readonly shortOptionBps: bigint
  /** Liquidity charge of an option, either side, basis points of its mark. */
  readonly optionLiquidityBps: bigint
  /** Extra charge near expiry for a short option within pinWindowSeconds and pinWidthBps of its strike, bps of spot. */
  readonly pinBps: bigint
  readonly pinWidthBps: bigint
  readonly pinWindowSeconds: number
}

export interface VolatilityRules {
  /** Term-structure powers of (30/DTE), in 1e-4: below and above 30 days. */
  readonly shortPowerBps: bigint
  readonly longPowerBps: bigint
  /** A volatility shocked up is at least this, a volatility is never below minimum nor above maximum (1e-9). */
  readonly shockedFloorNano: bigint
  readonly minimumNano: bigint
  readonly maximumNano: bigint
}
