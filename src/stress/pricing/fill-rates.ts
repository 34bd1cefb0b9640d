import { greekDim, SCENARIOS, scenarioDim, VALUE_DIM } from '../../protocol/risk-layout.ts'
import type { RiskConfiguration } from '../../risk/configuration.ts'
import type { UnderlyingContext } from '../../risk/round-context.ts'
import { GREEK_SHOCKS } from '../../risk/round-context.ts'
import type { StressInstrument } from './instruments.ts'

/**
 * Value, greeks and scenarios of one lot from the values of one unit, nano-USD: src/risk/rates.ts in doubles, rounding for
 * rounding. Returns the most that a long lot needs before charges, which caps its long charge.
 */
export function fillRates(
  rows: Float64Array,
  start: number,
  { quote }: StressInstrument,
  underlying: UnderlyingContext,
  value: number,
  shocked: Float64Array,
  configuration: RiskConfiguration,
): number {
  const lot = Number(quote.lotNano) / 1e9
  const rate = Math.floor(value * lot)
  rows[start + VALUE_DIM] = rate
  const shift = (shock: number) => Math.floor(shocked[shock]! * lot) - rate
  const greeks = fillGreeks(rows, start, underlying.greekIndex, quote.kind !== 'option', rate, shift)
  let worst = greeks
  const { shockOfScenario } = underlying
  for (let scenario = 0; scenario < SCENARIOS; scenario++) {
    const shock = shockOfScenario[scenario]
    if (shock === undefined) continue
    const weight = Number(configuration.scenarios[scenario]!.weightBps)
    const profit = shift(shock)
    const weighted = weight === 10_000 ? profit : Math.floor((profit * weight) / 1e4)
    rows[start + scenarioDim(scenario)] = weighted
    if (-weighted > worst) worst = -weighted
  }
  return worst
}

function fillGreeks(
  rows: Float64Array,
  start: number,
  greekIndex: number,
  isLinear: boolean,
  rate: number,
  shift: (shock: number) => number,
): number {
  const up = shift(GREEK_SHOCKS.spotUp)
  const down = shift(GREEK_SHOCKS.spotDown)
  const delta = Math.trunc((up - down) / 2)
  rows[start + greekDim(greekIndex, 'delta')] = delta
  if (isLinear) return Math.abs(delta)
  const gamma = Math.max(0, Math.trunc((up + down) / 2))
  const deltaTerm = Math.max(0, Math.abs(delta) - gamma)
  const vega = Math.trunc((shift(GREEK_SHOCKS.volUp) - shift(GREEK_SHOCKS.volDown)) / 2)
  const capped = Math.max(0, Math.min(vega, rate - deltaTerm))
  rows[start + greekDim(greekIndex, 'gamma')] = gamma
  rows[start + greekDim(greekIndex, 'vega')] = capped
  return deltaTerm + capped
}
