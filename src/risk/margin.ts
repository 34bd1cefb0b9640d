import type { Threshold } from '../protocol/claims.ts'
import { InputError, OutOfRangeError } from '../protocol/errors.ts'
import type { MarginParameters } from '../protocol/parameters.ts'
import { BASIS_POINTS, MAX_QUANTITY_LOTS, MIN_QUANTITY_LOTS, QUANTITY_BITS } from '../protocol/ranges.ts'
import { DIMS, greekDim, SCENARIOS, scenarioDim, UNDERLYINGS, VALUE_DIM } from '../protocol/risk-layout.ts'
import type { RiskVector } from './vector.ts'

/** A signed number of lots of one instrument, as far as margin cares. */
export interface Holding {
  readonly id: number
  /** In [-2^38, 2^38). */
  readonly quantityLots: bigint
}

/** Risk vectors by instrument id: a Map, or RiskTree.vectors. */
export interface VectorsById {
  get(id: number): RiskVector | undefined
}

/** From best to worst, by equity: >= IM, >= SOFT, >= MM, >= 0, < 0. */
export const TIERS = ['healthy', 'reduceOnly', 'softLiquidation', 'fullLiquidation', 'insolvent'] as const
export type Tier = (typeof TIERS)[number]

/** P&L of the portfolio at the standard small shock of one underlying, nano-USD. */
export interface GreekTotals {
  readonly deltaNano: bigint
  readonly gammaNano: bigint
  readonly vegaNano: bigint
}

/** Every piece of the margin of one portfolio. Amounts are exact integers in nano-USD unless the name says scaled. */
export interface MarginResult {
  /** DIMS portfolio totals in the order of risk-layout. */
  readonly totalsNano: readonly bigint[]
  readonly equityNano: bigint
  /** UNDERLYINGS rows. */
  readonly greeks: readonly GreekTotals[]
  /** G. */
  readonly greeksNano: bigint
  /** max(0, -gamma) by underlying. */
  readonly shortGammaNano: readonly bigint[]
  /** SCENARIOS losses (positive: the portfolio loses). */
  readonly lossesNano: readonly bigint[]
  /** S over the regular scenarios and over all: max(0, worst loss). */
  readonly stressMmNano: bigint
  readonly stressImNano: bigint
  /** max(G, S): what the factors multiply. */
  readonly worstMmNano: bigint
  readonly worstImNano: bigint
  /** The first scenario whose loss is the worst; undefined where the greeks term or zero binds. */
  readonly worstMmScenario: number | undefined
  readonly worstImScenario: number | undefined
  /** C. */
  readonly chargesNano: bigint
  /** MM and IM times 10,000; SOFT times 10,000^2. Exact: these are what is compared. */
  readonly mmBpsNano: bigint
  readonly imBpsNano: bigint
  readonly softBps2Nano: bigint
  /** The thresholds in nano-USD rounded up, for display; E >= the rounded one exactly when E >= the exact one. */
  readonly requirementNano: Readonly<Record<Threshold, bigint>>
  /** Equity after the stress gauge's named scenario. */
  readonly gaugeEquityNano: bigint
  readonly tier: Tier
}

/**
 * Margin of a portfolio under one round's vectors: design section 3, exact over bigint.
 *
 *   E = sum q * value                          loss_s = -(sum q * rate_s)
 *   G = sum over underlyings of max(0, |delta| - max(0, gamma)) + |vega|
 *       + ceil(gammaMultiplierBps * sum max(0, -gamma) / 10,000)
 *   worstMm = max(G, 0, loss_s for regular s)  worstIm = max(worstMm, loss_s for all s)
 *   C = sum of q * longCharge over q > 0, and of -q * shortCharge over q < 0
 *   MM = mmFactor * worstMm + C                IM = imFactor * worstIm + C
 *   SOFT = MM + softShare * (IM - MM)
 *
 * The one rounding is that of G: up, so that G is an integer of nano-USD and can be a candidate of the circuit's
 * exact maximum. `parameters` are taken to be checked (checkMarginParameters). Repeated ids add up; order does not
 * matter. Throws OutOfRangeError for a quantity out of range, InputError for an id without a vector; both name
 * the holding's index.
 */
export function marginOf(
  holdings: readonly Holding[],
  vectors: VectorsById,
  parameters: MarginParameters,
): MarginResult {
  const { totalsNano, chargesNano } = portfolioTotals(holdings, vectors)
  return marginOfTotals(totalsNano, chargesNano, parameters)
}

/** The same formula from portfolio totals (DIMS of them) and charges: what the circuit knows after its one sum. */
export function marginOfTotals(
  totalsNano: readonly bigint[],
  chargesNano: bigint,
  parameters: MarginParameters,
): MarginResult {
  const equityNano = totalsNano[VALUE_DIM]!
  const greeks = greekTotals(totalsNano)
  const greeksNano = greeksTerm(greeks, parameters.gammaMultiplierBps)
  const lossesNano = Array.from({ length: SCENARIOS }, (_, scenario) => -totalsNano[scenarioDim(scenario)]!)
  const regular = worstLoss(lossesNano, parameters.regularMask)
  const all = worstLoss(lossesNano, (1n << BigInt(SCENARIOS)) - 1n)
  const worstMmNano = max(greeksNano, regular.lossNano)
  const worstImNano = max(greeksNano, all.lossNano)
  const requirements = requirementsOf(worstMmNano, worstImNano, chargesNano, parameters)
  return {
    totalsNano,
    equityNano,
    greeks,
    greeksNano,
    shortGammaNano: greeks.map(({ gammaNano }) => max(0n, -gammaNano)),
    lossesNano,
    stressMmNano: regular.lossNano,
    stressImNano: all.lossNano,
    worstMmNano,
    worstImNano,
    worstMmScenario: regular.lossNano > greeksNano ? regular.scenario : undefined,
    worstImScenario: all.lossNano > greeksNano ? all.scenario : undefined,
    chargesNano,
    ...requirements,
    gaugeEquityNano: equityNano + totalsNano[scenarioDim(Number(parameters.gaugeScenario))]!,
    tier: tierOf({ equityNano, ...requirements }),
  }
}

/** What decides a comparison: equity, and the requirements at their scales. */
export type MarginComparison = Pick<MarginResult, 'equityNano' | 'mmBpsNano' | 'imBpsNano' | 'softBps2Nano'>

/** Whether equity is strictly below a threshold. Exact, by cross-multiplication; equality is not below. */
export function isBelow(result: MarginComparison, threshold: Threshold): boolean {
  const { equityNano } = result
  switch (threshold) {
    case 'zero':
      return equityNano < 0n
    case 'mm':
      return BASIS_POINTS * equityNano < result.mmBpsNano
    case 'soft':
      return BASIS_POINTS * BASIS_POINTS * equityNano < result.softBps2Nano
    case 'im':
      return BASIS_POINTS * equityNano < result.imBpsNano
  }
}

/** The one tier that an account is in; 0 <= MM <= SOFT <= IM makes the tiers exhaustive and exclusive. */
export function tierOf(result: MarginComparison): Tier {
  if (!isBelow(result, 'im')) return 'healthy'
  if (!isBelow(result, 'soft')) return 'reduceOnly'
  if (!isBelow(result, 'mm')) return 'softLiquidation'
  return isBelow(result, 'zero') ? 'insolvent' : 'fullLiquidation'
}

/** Quantity-weighted sum of the vectors: DIMS totals, |total| < 2^82 for at most 64 holdings, and the charges. */
export function portfolioTotals(
  holdings: readonly Holding[],
  vectors: VectorsById,
): { totalsNano: bigint[]; chargesNano: bigint } {
  const totalsNano = new Array<bigint>(DIMS).fill(0n)
  let chargesNano = 0n
  for (const [slot, { id, quantityLots }] of holdings.entries()) {
    checkQuantity(slot, quantityLots)
    const vector = vectors.get(id)
    if (vector === undefined) {
      throw new InputError(`no instrument has the id ${id} in this round`, { field: `slot ${slot}` })
    }
    if (quantityLots === 0n) continue
    for (let dim = 0; dim < DIMS; dim++) totalsNano[dim]! += quantityLots * vector.ratesNano[dim]!
    chargesNano +=
      quantityLots > 0n ? quantityLots * vector.longChargeNano : -quantityLots * vector.shortChargeNano
  }
  return { totalsNano, chargesNano }
}

/** G, nano-USD, >= 0. The multiplier's remainder is rounded up once, over the sum of all underlyings. */
export function greeksTerm(greeks: readonly GreekTotals[], gammaMultiplierBps: bigint): bigint {
  let term = 0n
  let shortGamma = 0n
  for (const { deltaNano, gammaNano, vegaNano } of greeks) {
    term += max(0n, abs(deltaNano) - max(0n, gammaNano)) + abs(vegaNano)
    shortGamma += max(0n, -gammaNano)
  }
  return term + divideUp(gammaMultiplierBps * shortGamma, BASIS_POINTS)
}

function requirementsOf(
  worstMmNano: bigint,
  worstImNano: bigint,
  chargesNano: bigint,
  parameters: MarginParameters,
): Pick<MarginResult, 'mmBpsNano' | 'imBpsNano' | 'softBps2Nano' | 'requirementNano'> {
  const mmBpsNano = parameters.mmFactorBps * worstMmNano + BASIS_POINTS * chargesNano
  const imBpsNano = parameters.imFactorBps * worstImNano + BASIS_POINTS * chargesNano
  const softBps2Nano = BASIS_POINTS * mmBpsNano + parameters.softShareBps * (imBpsNano - mmBpsNano)
  return {
    mmBpsNano,
    imBpsNano,
    softBps2Nano,
    requirementNano: {
      zero: 0n,
      mm: divideUp(mmBpsNano, BASIS_POINTS),
      soft: divideUp(softBps2Nano, BASIS_POINTS * BASIS_POINTS),
      im: divideUp(imBpsNano, BASIS_POINTS),
    },
  }
}

function greekTotals(totalsNano: readonly bigint[]): GreekTotals[] {
  return Array.from({ length: UNDERLYINGS }, (_, underlying) => ({
    deltaNano: totalsNano[greekDim(underlying, 'delta')]!,
    gammaNano: totalsNano[greekDim(underlying, 'gamma')]!,
    vegaNano: totalsNano[greekDim(underlying, 'vega')]!,
  }))
}

/** The largest positive loss among the scenarios of a mask, and the first that has it; zero and none otherwise. */
function worstLoss(
  lossesNano: readonly bigint[],
  mask: bigint,
): { lossNano: bigint; scenario: number | undefined } {
  let lossNano = 0n
  let scenario: number | undefined
  for (const [index, candidate] of lossesNano.entries()) {
    if (((mask >> BigInt(index)) & 1n) === 1n && candidate > lossNano) {
      lossNano = candidate
      scenario = index
    }
  }
  return { lossNano, scenario }
}

function checkQuantity(slot: number, quantityLots: bigint): void {
  if (quantityLots < MIN_QUANTITY_LOTS || quantityLots > MAX_QUANTITY_LOTS) {
    throw new OutOfRangeError(
      `quantity of slot ${slot}`,
      quantityLots,
      `must be in [-2^${QUANTITY_BITS}, 2^${QUANTITY_BITS}) lots`,
    )
  }
}

/** Non-negative numerator over a positive denominator, rounded up. */
function divideUp(numerator: bigint, denominator: bigint): bigint {
  return (numerator + denominator - 1n) / denominator
}

function abs(value: bigint): bigint {
  return value < 0n ? -value : value
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}
