import { CASH_LOT_NANO } from '../../protocol/liquidation.ts'
import type { MarginParameters } from '../../protocol/parameters.ts'
import {
  DIMS,
  FIRST_GREEK_DIM,
  FIRST_SCENARIO_DIM,
  GREEKS,
  SCENARIOS,
  UNDERLYINGS,
  VALUE_DIM,
} from '../../protocol/risk-layout.ts'
import { LINEAR_IM, LINEAR_MM, LONG_CHARGE, ROW, SHORT_CHARGE } from '../pricing/row.ts'

export const CENT_NANO = Number(CASH_LOT_NANO)
const BPS = 10_000

/** Margin of one portfolio in doubles, nano-USD: the formula of src/risk/margin.ts. */
export interface RiskFigures {
  equity: number
  mm: number
  im: number
  soft: number
  /** Equity after the gauge's scenario. */
  gaugeEquity: number
  /** max(0, -gamma) by underlying, P&L at the standard shock. */
  readonly shortGamma: Float64Array
  linearMm: number
  linearIm: number
}

/** Unset: NaN rather than 0, so that V8 keeps the fields as doubles and stores to them without allocating. */
export function newFigures(): RiskFigures {
  const unset = Number.NaN
  return {
    equity: unset,
    mm: unset,
    im: unset,
    soft: unset,
    gaugeEquity: unset,
    shortGamma: new Float64Array(UNDERLYINGS),
    linearMm: unset,
    linearIm: unset,
  }
}

/**
 * The margin formula over rows of doubles. A sum of at most 64 products of exact integers below 2^38 is off by less than
 * 2^-46 of the sum of their magnitudes (src/risk/sweep.ts has the bound); accounts nearer to a threshold than that may fall
 * on the other side of it, which no simulation can tell from a different price.
 */
export class MarginKernel {
  readonly #totals = new Float64Array(ROW)
  readonly #mmFactor: number
  readonly #imFactor: number
  readonly #softShare: number
  readonly #gammaMultiplier: number
  /** By dimension: -1 (all ones) where it is a regular scenario, 0 elsewhere. */
  readonly regular: BigInt64Array
  readonly #gaugeDim: number

  constructor(parameters: MarginParameters) {
    this.#mmFactor = Number(parameters.mmFactorBps) / BPS
    this.#imFactor = Number(parameters.imFactorBps) / BPS
    this.#softShare = Number(parameters.softShareBps) / BPS
    this.#gammaMultiplier = Number(parameters.gammaMultiplierBps) / BPS
    this.regular = BigInt64Array.from({ length: DIMS }, (_, dim) => {
      const scenario = dim - FIRST_SCENARIO_DIM
      return scenario >= 0 && (parameters.regularMask >> BigInt(scenario)) % 2n === 1n ? -1n : 0n
    })
    this.#gaugeDim = FIRST_SCENARIO_DIM + Number(parameters.gaugeScenario)
  }

  /**
   * Margin of the portfolio in slots [start, start + count) and some cents of cash.
   * @param held index of each slot's instrument. @param lots whole lots of each slot.
   */
  portfolio(
    rows: Float64Array,
    held: Int32Array,
    lots: Float64Array,
    start: number,
    count: number,
    cents: number,
    into: RiskFigures,
  ): RiskFigures {
    const totals = this.#totals
    totals.fill(0)
    for (let slot = start; slot < start + count; slot++) {
      const quantity = lots[slot]!
      const row = held[slot]! * ROW
      for (let dim = 0; dim < DIMS; dim++) totals[dim]! += quantity * rows[row + dim]!
      // Pairs of long and short, each weighted by its side.
      const side = quantity > 0 ? 0 : 1
      const size = Math.abs(quantity)
      for (let pair = LONG_CHARGE; pair < ROW; pair += 2)
        totals[pair + side]! += size * rows[row + pair + side]!
    }
    let lossMm = 0
    let lossIm = 0
    for (let scenario = 0; scenario < SCENARIOS; scenario++) {
      const loss = -totals[FIRST_SCENARIO_DIM + scenario]!
      if (loss > lossIm) lossIm = loss
      if (loss > lossMm && this.regular[FIRST_SCENARIO_DIM + scenario] !== 0n) lossMm = loss
    }
    return this.finish(totals, 0, cents, lossMm, lossIm, into)
  }

  /** The formula from a row of sums from `at` on, some cents of cash, and the worst losses over regular and over all scenarios. */
  finish(
    totals: Float64Array,
    at: number,
    cents: number,
    lossMm: number,
    lossIm: number,
    into: RiskFigures,
  ): RiskFigures {
    const charges = totals[at + LONG_CHARGE]! + totals[at + SHORT_CHARGE]!
    into.linearMm = totals[at + LINEAR_MM]! + totals[at + LINEAR_MM + 1]!
    into.linearIm = totals[at + LINEAR_IM]! + totals[at + LINEAR_IM + 1]!
    const greeks = this.#greeks(totals, at, into)
    const worstMm = Math.max(greeks, lossMm)
    const worstIm = Math.max(greeks, lossIm)
    into.equity = totals[at + VALUE_DIM]! + cents * CENT_NANO
    into.mm = this.#mmFactor * worstMm + charges
    into.im = this.#imFactor * worstIm + charges
    into.soft = into.mm + this.#softShare * (into.im - into.mm)
    into.gaugeEquity = into.equity + totals[at + this.#gaugeDim]!
    return into
  }

  #greeks(totals: Float64Array, at: number, into: RiskFigures): number {
    let term = 0
    let short = 0
    for (let underlying = 0; underlying < UNDERLYINGS; underlying++) {
      const first = at + FIRST_GREEK_DIM + GREEKS.length * underlying
      const gamma = totals[first + 1]!
      const size = Math.abs(totals[first]!) - (gamma > 0 ? gamma : 0)
      term += (size > 0 ? size : 0) + Math.abs(totals[first + 2]!)
      const shortHere = gamma < 0 ? -gamma : 0
      into.shortGamma[underlying] = shortHere
      short += shortHere
    }
    return term + Math.ceil(this.#gammaMultiplier * short)
  }
}
