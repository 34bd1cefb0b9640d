import { OutOfRangeError } from '../protocol/errors.ts'

/**
 * Everything about the market's plumbing and the people in it that is not in the book, the risk configuration or the path.
 * docs/stress.md gives the reason of every default. Shares and rates are basis points, amounts USD, times seconds.
 */
export interface StressParameters {
  // ------------------------------------------------ order book of each underlying
  /** Notional that moves the price by one percent, at the start. Infinity: nothing does. */
  readonly depthUsd: number
  /** linear: impact in proportion to what was traded; squareRoot: to its root. Both move one percent at depthUsd. */
  readonly impactLaw: 'linear' | 'squareRoot'
  /** Share of the impact that stays for good (always linear); the rest decays. */
  readonly permanentBps: number
  /** In this time half of the displaced volume comes back. */
  readonly resilienceSeconds: number
  readonly halfSpreadBps: number
  /** Depth falls with this power of the volatility's rise. */
  readonly depthVolPower: number
  // ------------------------------------------------ options
  /** Cost of trading an option against the street, over the mean of its two charges; and more with size over depth. */
  readonly optionCostBps: number
  readonly optionDepthUsd: number
  /** Rise of every volatility, in shares of itself, for a fall of the price by one. */
  readonly volBeta: number
  // ------------------------------------------------ who trades
  /** Share of the short-gamma accounts that follow their delta. */
  readonly hedgerShareBps: number
  readonly hedgeIntervalSeconds: number
  /** A hedger trades when its delta is off by more than this share of its gross delta. */
  readonly hedgeBandBps: number
  readonly liquidators: number
  readonly liquidatorCapitalUsd: number
  /** From the start of an auction to the first bid of the slowest; others in between. */
  readonly liquidatorLatencySeconds: number
  /** Return on a lot's requirement that a bidder wants at least, the most modest one; the least modest wants three times it. */
  readonly bidderReturnBps: number
  /** Most of the depth that a holder of inventory trades in a minute. */
  readonly participationBps: number
  // ------------------------------------------------ oracle and execution
  readonly oracleIntervalSeconds: number
  readonly oracleDelaySeconds: number
  /** From the breach seen to the market order, or to the trigger on chain. */
  readonly executionDelaySeconds: number
  // ------------------------------------------------ stages of the Tacit engine, as the contracts have them
  readonly softWindowSeconds: number
  readonly sealedSeconds: number
  readonly settleSeconds: number
  readonly dutchSeconds: number
  readonly houseWindowSeconds: number
  /** Before a case that nobody took is opened anew. */
  readonly retrySeconds: number
  readonly softPenaltyBps: number
  readonly liquidationFeeBps: number
  /** Of a solvent account's equity, how much of a lot's share may go as discount. */
  readonly discountCapShareBps: number
  readonly insolventMaxDiscountBps: number
  readonly adlStartBps: number
  readonly adlEndBps: number
  readonly adlBandBps: number
  readonly adlHaircutBps: number
  readonly slippageTaxShareBps: number
  readonly slippageFreeBps: number
  // ------------------------------------------------ funds
  /** Insurance and Gamma Reserve together: engines without the reserve have it all as insurance. */
  readonly reservesUsd: number
  readonly gammaReserveShareBps: number
  readonly houseCapitalUsd: number
  /** Largest initial requirement of the house's inventory, and of one case, over its capital. */
  readonly houseBudgetBps: number
  readonly houseCaseBps: number
}

const MINUTE = 60

export const DEFAULT_PARAMETERS: StressParameters = {
  depthUsd: 40_000_000,
  impactLaw: 'linear',
  permanentBps: 3_000,
  resilienceSeconds: 10 * MINUTE,
  halfSpreadBps: 2,
  depthVolPower: 1,
  optionCostBps: 5_000,
  optionDepthUsd: 20_000_000,
  volBeta: 1.2,
  hedgerShareBps: 5_000,
  hedgeIntervalSeconds: 5 * MINUTE,
  hedgeBandBps: 200,
  liquidators: 6,
  liquidatorCapitalUsd: 10_000_000,
  liquidatorLatencySeconds: MINUTE,
  bidderReturnBps: 150,
  participationBps: 500,
  oracleIntervalSeconds: MINUTE,
  oracleDelaySeconds: 0,
  executionDelaySeconds: MINUTE,
  softWindowSeconds: 60,
  sealedSeconds: 90,
  settleSeconds: 60,
  dutchSeconds: 15 * MINUTE,
  houseWindowSeconds: 60,
  retrySeconds: 5 * MINUTE,
  softPenaltyBps: 300,
  liquidationFeeBps: 100,
  discountCapShareBps: 8_000,
  insolventMaxDiscountBps: 3_000,
  adlStartBps: 20_000,
  adlEndBps: 500,
  adlBandBps: 1_500,
  adlHaircutBps: 1_000,
  slippageTaxShareBps: 5_000,
  slippageFreeBps: 25,
  reservesUsd: 5_000_000,
  gammaReserveShareBps: 4_000,
  houseCapitalUsd: 10_000_000,
  houseBudgetBps: 15_000,
  houseCaseBps: 5_000,
}

const SHARE: readonly (keyof StressParameters)[] = [
  'permanentBps',
  'hedgerShareBps',
  'hedgeBandBps',
  'participationBps',
  'discountCapShareBps',
  'slippageTaxShareBps',
  'gammaReserveShareBps',
  'adlHaircutBps',
  'softPenaltyBps',
  'liquidationFeeBps',
]
const POSITIVE: readonly (keyof StressParameters)[] = [
  'depthUsd',
  'optionDepthUsd',
  'resilienceSeconds',
  'hedgeIntervalSeconds',
  'oracleIntervalSeconds',
  'adlBandBps',
]
const MOST_LIQUIDATORS = 64

/** Throws OutOfRangeError naming the parameter and its rule. Depth alone may be infinite. */
export function checkParameters(parameters: StressParameters): void {
  for (const [name, value] of Object.entries(parameters) as [keyof StressParameters, number | string][]) {
    if (typeof value !== 'number') {
      if (value !== 'linear' && value !== 'squareRoot') {
        throw new OutOfRangeError(name, Number.NaN, 'must be "linear" or "squareRoot"')
      }
      continue
    }
    const mayBeInfinite = name === 'depthUsd' || name === 'optionDepthUsd'
    if (!(value >= 0) || (!Number.isFinite(value) && !mayBeInfinite)) {
      throw new OutOfRangeError(name, value, 'must be a number that is not negative')
    }
    if (SHARE.includes(name) && value > 10_000) {
      throw new OutOfRangeError(name, value, 'is a share: at most 10,000 basis points')
    }
    if (POSITIVE.includes(name) && value === 0) throw new OutOfRangeError(name, value, 'must be above zero')
  }
  checkRelations(parameters)
}

function checkRelations({ liquidators, adlStartBps, adlEndBps }: StressParameters): void {
  if (!Number.isSafeInteger(liquidators) || liquidators > MOST_LIQUIDATORS) {
    throw new OutOfRangeError(
      'liquidators',
      liquidators,
      `must be a whole number, at most ${MOST_LIQUIDATORS}`,
    )
  }
  if (adlStartBps < adlEndBps) {
    throw new OutOfRangeError('adlStartBps', adlStartBps, `must be at least adlEndBps (${adlEndBps})`)
  }
}
