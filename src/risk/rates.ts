import { absolute, mulDivDown, mulDivUp, NANO } from '../fixed-point/q64.ts'
import { OutOfRangeError } from '../protocol/errors.ts'
import { BASIS_POINTS } from '../protocol/ranges.ts'
import { DIMS, greekDim, SCENARIOS, scenarioDim, VALUE_DIM } from '../protocol/risk-layout.ts'
import { chargesOf } from './charges.ts'
import type { InstrumentQuote } from './market/snapshot.ts'
import { GREEK_SHOCKS, type RoundContext } from './round-context.ts'
import { type ShockedValues, valueInstrument } from './valuation.ts'
import { checkVectorRanges, type RiskVector } from './vector.ts'

export { prepareRound, type RoundContext } from './round-context.ts'

/**
 * The risk vector of one instrument: integer rates in nano-USD per lot.
 *
 * Rounding, one rule: a value in any state of the world becomes a rate once, rounded down (against a long); whatever
 * follows is differences of those rates. So a long lot never loses more than the value it shows, and a book that is
 * fully paid for cannot owe the rounding. A weighted scenario P&L is rounded down again (a loss is never
 * understated for a long; the short's gain on it is below one nano-USD a lot). Greeks, half differences, round
 * toward zero. Charges round up, on either side.
 *
 *   value       V                                  scenario s  floor(weight * (V_s - V))
 *   delta       (V(+spot) - V(-spot)) / 2          gamma       max(0, (V(+spot) + V(-spot) - 2 V) / 2)
 *   vega        (V(+vol) - V(-vol)) / 2, at most V - max(0, |delta| - gamma), at least 0
 *   longCharge  of an option or spot: at most V - ceil(mmFactor * max(greeks, worst loss))
 * Gamma of an option is not below zero but for rounding, and exactly zero for everything linear. The two caps hold
 * the maintenance requirement of a long lot to its value; as the requirement of a sum is at most the sum of the
 * requirements (gammaMultiplier >= 1), no book of fully paid long options and spot is ever below it. For a short
 * lot the vega cap lowers the greeks floor alone: its loss is fully revalued. A perpetual or future is not paid for
 * in full, so its charge is not capped.
 *
 * @param id generation * 2^12 + place.
 * @throws OutOfRangeError, naming the dimension, when a rate or charge leaves the shared ranges (checkVectorRanges);
 * InputError for an underlying, expiry or smile that the round does not have.
 */
export function riskVector(context: RoundContext, instrument: InstrumentQuote, id: number): RiskVector {
  const { lotNano, kind } = instrument
  if (lotNano <= 0n) throw new OutOfRangeError(`lot of ${instrument.symbol}`, lotNano, 'must be above zero')
  const valuation = valueInstrument(context, instrument)
  const rates = new Array<bigint>(DIMS).fill(0n)
  const valueRate = ratePerLot(valuation.valueNano, lotNano)
  rates[VALUE_DIM] = valueRate
  let longNeed = 0n
  if (valuation.shocks !== undefined) {
    const shockedRates = valuation.shocks.valuesNano.map((value) => ratePerLot(value, lotNano))
    const greeksTerm = setGreeks(rates, valuation.shocks, shockedRates)
    const worstLoss = setScenarios(rates, context, valuation.shocks, shockedRates)
    longNeed = worstLoss
    if (greeksTerm > longNeed) longNeed = greeksTerm
  }
  const charges = chargesOf(context, instrument, valuation)
  const isPaidFor = kind === 'option' || kind === 'spot'
  const room = valueRate - mulDivUp(longNeed, context.configuration.factors.mmFactorBps, BASIS_POINTS)
  const vector: RiskVector = {
    id,
    ratesNano: rates,
    longChargeNano: isPaidFor && charges.longNano > room ? room : charges.longNano,
    shortChargeNano: charges.shortNano,
  }
  checkVectorRanges(vector)
  return vector
}

/** floor(valueNano * lotNano / 1e9). */
function ratePerLot(valueNano: bigint, lotNano: bigint): bigint {
  return mulDivDown(valueNano, lotNano, NANO)
}

/** Fills the greek dimensions of the instrument's own underlying; the greeks term of one lot held long. */
function setGreeks(rates: bigint[], shocks: ShockedValues, shockedRates: readonly bigint[]): bigint {
  const value = rates[VALUE_DIM]!
  const { greekIndex } = shocks.underlying
  const up = shockedRates[GREEK_SHOCKS.spotUp]! - value
  const down = shockedRates[GREEK_SHOCKS.spotDown]! - value
  const delta = (up - down) / 2n
  rates[greekDim(greekIndex, 'delta')] = delta
  if (shocks.linear) return absolute(delta)
  const curvature = (up + down) / 2n
  const gamma = curvature > 0n ? curvature : 0n
  const deltaTerm = absolute(delta) > gamma ? absolute(delta) - gamma : 0n
  const vega = (shockedRates[GREEK_SHOCKS.volUp]! - shockedRates[GREEK_SHOCKS.volDown]!) / 2n
  const room = value - deltaTerm
  const cappedVega = vega < 0n ? 0n : vega > room ? room : vega
  rates[greekDim(greekIndex, 'gamma')] = gamma
  rates[greekDim(greekIndex, 'vega')] = cappedVega
  return deltaTerm + cappedVega
}

/** Fills the scenario dimensions; the worst loss of one lot held long, at least 0, over regular and extreme rows. */
function setScenarios(
  rates: bigint[],
  context: RoundContext,
  shocks: ShockedValues,
  shockedRates: readonly bigint[],
): bigint {
  const value = rates[VALUE_DIM]!
  let worst = 0n
  for (let scenario = 0; scenario < SCENARIOS; scenario++) {
    const shock = shocks.underlying.shockOfScenario[scenario]
    if (shock === undefined) continue
    const { weightBps } = context.configuration.scenarios[scenario]!
    const profit = shockedRates[shock]! - value
    const weighted = weightBps === BASIS_POINTS ? profit : mulDivDown(profit, weightBps, BASIS_POINTS)
    rates[scenarioDim(scenario)] = weighted
    if (-weighted > worst) worst = -weighted
  }
  return worst
}
