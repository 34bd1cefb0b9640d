/**
 * What a stress run says, for machines: the JSON of `tacit stress --json`, and what the report is drawn from. Plain data,
 * versioned. Money is whole cents (a lot of cash) in numbers, exact below 2^53; shares and moves are basis points; times are
 * seconds of the path. The same request gives the same bytes, whatever the number of threads.
 */
export const STRESS_FORMAT = 'tacit.stress'
export const STRESS_VERSION = 1

/** The engines in the order of their parts; `none` lets nobody be liquidated and is what overshoot is measured against. */
export const ENGINE_NAMES = ['none', 'linear-market', 'portfolio-market', 'portfolio-soft', 'tacit'] as const
export type EngineName = (typeof ENGINE_NAMES)[number]

export interface StressResult {
  readonly format: typeof STRESS_FORMAT
  readonly version: typeof STRESS_VERSION
  readonly source: StressSource
  /** Every parameter of the run, by name with its unit in the name. */
  readonly parameters: Readonly<Record<string, number | string | boolean>>
  /** One per engine, `none` first. */
  readonly engines: readonly EngineSummary[]
  /** The first run in full: prices, gauge and losses by step. */
  readonly trace: RunTrace
  readonly phaseMaps: readonly PhaseMap[]
  readonly scenarios: readonly ScenarioComparison[]
  readonly reserves: readonly ReserveSizing[]
}

export interface StressSource {
  readonly market: string
  readonly book: string
  readonly path: string
  readonly asOfSeconds: number
  readonly seed: number
  readonly runs: number
  readonly accounts: number
  /** Instruments that somebody holds, and those to hedge with. */
  readonly instruments: number
  readonly underlyings: readonly UnderlyingSource[]
  readonly stepSeconds: number
  readonly steps: number
}

export interface UnderlyingSource {
  readonly symbol: string
  readonly spotUsd: number
  /** What moves the price by one percent at the start, cents of notional. */
  readonly depthCents: number
  /** Cents of underlying that all accounts short gamma trade for a move of one percent, at the start. */
  readonly shortGammaCents: number
}

/** What one engine did on one path. */
export interface RunOutcome {
  readonly engine: string
  /** Index of the run: of its path and of its random numbers. */
  readonly run: number
  /** Accounts that came below the threshold at which this engine acts with force (MM). */
  readonly breached: number
  /** Of those, accounts that did not on the path without liquidations: what liquidations caused. */
  readonly induced: number
  /** Longest chain of breaches, each after a sale that was made for the one before; 1: no chain. */
  readonly cascadeDepth: number
  readonly softCases: number
  /** Lots sold, by who took them. */
  readonly lots: LotCounts
  /** Notional of underlying (delta) that liquidations moved, cents. */
  readonly liquidatedCents: number
  /** Largest fall below, and rise above, the path without liquidations, of any underlying; basis points, >= 0. */
  readonly overshootBps: number
  readonly overshootUpBps: number
  /** Largest move from the start, in basis points, here and on the path without liquidations. */
  readonly largestMoveBps: number
  readonly baselineMoveBps: number
  /** Overshoot beyond half of the path's own move: the sales fed on themselves. */
  readonly selfSustaining: boolean
  readonly losses: LossWaterfall
  readonly buyers: BuyerResults
  readonly deleveraging: DeleveragingOutcome
  readonly settlement: SettlementTimes
  /** Largest stress gauge of any underlying, basis points of the depth at that time. */
  readonly gaugePeakBps: number
  /** What the attacker of a predatory scenario ended with, cents; 0 without one. */
  readonly attackerCents: number
  /** Value was conserved, to the cent and the lot, at every step. */
  readonly conserved: boolean
}

export interface LotCounts {
  readonly market: number
  readonly soft: number
  readonly sealed: number
  readonly dutch: number
  readonly house: number
  readonly deleveraged: number
  /** Stages that ended without a buyer. */
  readonly unsold: number
}

/** In the order in which losses fall. Cents, >= 0. */
export interface LossWaterfall {
  /** Debts of closed accounts: the sum of the next five. */
  readonly badDebtCents: number
  readonly insuranceCents: number
  readonly gammaReserveCents: number
  readonly houseCents: number
  readonly socialisedCents: number
  /** Debt that nobody could pay. */
  readonly uncoveredCents: number
  /** Haircuts of counterparties in a deleveraging: paid before any debt comes to be. */
  readonly haircutCents: number
  /** Negative equity of accounts still open at the end, at the true price. */
  readonly openShortfallCents: number
  /** The same of liquidators and the clearing house: what they took over and cannot carry. */
  readonly buyerShortfallCents: number
  /** What the funds took in: liquidation fees, and the slippage tax. */
  readonly feesCents: number
  readonly slippageTaxCents: number
}

/**
 * What those who take over positions gained (negative: lost) in the run, inventory at the true price, cents. The house's is
 * before debts that it paid. Dealers have no limit of capital: their loss is nobody's reserve and stands beside the others.
 */
export interface BuyerResults {
  readonly liquidatorsCents: number
  readonly houseCents: number
  readonly dealersCents: number
}

export interface DeleveragingOutcome {
  readonly accounts: number
  /** Notional of underlying (delta) closed against counterparties, cents. */
  readonly notionalCents: number
  /** Of that, taken while nobody who could help stood more than a band above in leverage; 10,000 when all, or none at all. */
  readonly fairnessBps: number
}

/** From the step on which an account was below its threshold at the true price to the end of its case. */
export interface SettlementTimes {
  readonly settled: number
  readonly unsettled: number
  readonly medianSeconds: number
  readonly p95Seconds: number
  readonly largestSeconds: number
}

/** One figure over all runs. */
export interface Distribution {
  readonly mean: number
  /** Half width of the 95% interval of the mean (normal). */
  readonly meanError: number
  readonly p5: number
  readonly median: number
  readonly p95: number
  readonly p99: number
  readonly largest: number
}

export const SUMMARY_FIGURES = [
  'breached',
  'induced',
  'cascadeDepth',
  'liquidatedCents',
  'overshootBps',
  'overshootUpBps',
  'badDebtCents',
  'insuranceCents',
  'gammaReserveCents',
  'houseCents',
  'socialisedCents',
  'uncoveredCents',
  'haircutCents',
  'openShortfallCents',
  'buyerShortfallCents',
  'liquidatorsResultCents',
  'houseResultCents',
  'dealersResultCents',
  'deleveragedAccounts',
  'fairnessBps',
  'medianSettlementSeconds',
  'p95SettlementSeconds',
  'gaugePeakBps',
  'attackerCents',
] as const
export type SummaryFigure = (typeof SUMMARY_FIGURES)[number]

export interface EngineSummary {
  readonly engine: string
  /** Parts that are on, in words. */
  readonly parts: readonly string[]
  readonly runs: number
  /** Share of runs whose sales fed on themselves, with the Wilson 95% interval; basis points. */
  readonly selfSustaining: ProportionBps
  readonly conserved: boolean
  readonly figures: Readonly<Record<SummaryFigure, Distribution>>
  /** By run, for the chart of the distribution. */
  readonly outcomes: readonly RunOutcome[]
}

export interface ProportionBps {
  readonly bps: number
  readonly lowBps: number
  readonly highBps: number
}

/** The first run, by step. Every series has steps + 1 points. */
export interface RunTrace {
  /** The path before any trade, USD, by underlying. */
  readonly fundamentalUsd: readonly (readonly number[])[]
  readonly engines: readonly EngineTrace[]
}

export interface EngineTrace {
  readonly engine: string
  /** By underlying. */
  readonly priceUsd: readonly (readonly number[])[]
  /** Liquidity demanded to zero out the short gamma of accounts below or near MM, over depth; basis points, by underlying. */
  readonly gaugeBps: readonly (readonly number[])[]
  readonly casesOpen: readonly number[]
  /** Bad debt so far, cents. */
  readonly badDebtCents: readonly number[]
}

/** Where cascades become self-sustaining: aggregate short gamma against depth. */
export interface PhaseMap {
  readonly engine: string
  /** Factors on the book's size, and on the depth; ascending. */
  readonly gammaFactors: readonly number[]
  readonly depthFactors: readonly number[]
  readonly runsPerCell: number
  /** By row (gamma) and column (depth). */
  readonly cells: readonly (readonly PhaseCell[])[]
}

export interface PhaseCell {
  /** Short gamma for one percent over depth, at the start: the feedback factor. */
  readonly feedbackBps: number
  readonly selfSustaining: ProportionBps
  readonly overshootBps: Distribution
  readonly induced: Distribution
}

export interface ScenarioComparison {
  readonly name: string
  readonly description: string
  /** The same book and paths without what makes the scenario. */
  readonly control: readonly EngineSummary[]
  readonly stressed: readonly EngineSummary[]
}

export interface ReserveSizing {
  readonly engine: string
  readonly runs: number
  readonly confidenceBps: number
  readonly insuranceConfidenceBps: number
  /** What debts take at the lower confidence, and what more at the higher one; with the interval by order statistics. */
  readonly insuranceCents: QuantileCents
  readonly totalCents: QuantileCents
  readonly gammaReserveCents: number
  /** Runs that need more than both; and the most that the chance of one may be, with 95% confidence, basis points. */
  readonly runsBeyond: number
  readonly beyondHighBps: number
  /** Share of trading fees that fills both within the horizon, basis points; above 10,000: fees do not suffice. */
  readonly feeShareBps: number
  readonly yearlyFeesCents: number
  readonly horizonDays: number
}

export interface QuantileCents {
  readonly cents: number
  readonly lowCents: number
  /** undefined: so few runs that no upper bound has 95% confidence. */
  readonly highCents: number | undefined
}
