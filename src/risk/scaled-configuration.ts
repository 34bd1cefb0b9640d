import { mulDivUp } from '../fixed-point/q64.ts'
import { OutOfRangeError } from '../protocol/errors.ts'
import { BASIS_POINTS } from '../protocol/ranges.ts'
import type { RiskConfiguration, UnderlyingCharges, UnderlyingShock } from './configuration.ts'
import { MAX_CHARGE_BPS, MAX_SHOCK_BPS } from './configuration-rules.ts'
import type { UnderlyingQuote } from './market/snapshot.ts'

/** A fall is never scaled beyond this: nothing falls by 100%. */
export const DEEPEST_FALL_BPS = -9_500n

/** The configuration that prices a market: scaled by what the market's underlyings carry. Errors as scaleConfiguration. */
export function configurationAtScales(
  configuration: RiskConfiguration,
  underlyings: readonly UnderlyingQuote[],
): RiskConfiguration {
  const scaled = underlyings.filter(({ scaleBps = BASIS_POINTS }) => scaleBps !== BASIS_POINTS)
  if (scaled.length === 0) return configuration
  return scaleConfiguration(
    configuration,
    Object.fromEntries(scaled.map(({ symbol, scaleBps }) => [symbol, scaleBps!])),
  )
}

/**
 * The configuration at the given scales: spot shocks of regular rows and all charges of an underlying times its scale, rounded
 * away from zero, within what a configuration may hold, so that a sound one stays sound. Volatility shocks, tails (already extreme, and weighted) and factors stay. Rows keep
 * their names, which tell the unscaled move. At 10,000 for every underlying it is the configuration itself.
 * @param scalesBps by underlying symbol, at least 10,000; missing: 10,000.
 * @throws OutOfRangeError for a scale below 10,000: the configured ranges are a floor.
 */
export function scaleConfiguration(
  configuration: RiskConfiguration,
  scalesBps: Readonly<Record<string, bigint>>,
): RiskConfiguration {
  const scaleOf = (symbol: string) => (Object.hasOwn(scalesBps, symbol) ? scalesBps[symbol]! : BASIS_POINTS)
  for (const symbol of configuration.underlyings) {
    if (scaleOf(symbol) < BASIS_POINTS) {
      throw new OutOfRangeError(`scale of ${symbol}`, scaleOf(symbol), 'must be at least 10,000')
    }
  }
  return {
    ...configuration,
    scenarios: configuration.scenarios.map((row) => {
      if (!row.regular) return row
      const shocks = Object.entries(row.shocks).map(
        ([symbol, shock]) => [symbol, scaledShock(shock, scaleOf(symbol))] as const,
      )
      return { ...row, shocks: Object.fromEntries(shocks) }
    }),
    charges: configuration.charges.map((charges) => scaledCharges(charges, scaleOf(charges.underlying))),
  }
}

function scaledShock(shock: UnderlyingShock, scaleBps: bigint): UnderlyingShock {
  const size = mulDivUp(shock.spotBps < 0n ? -shock.spotBps : shock.spotBps, scaleBps, BASIS_POINTS)
  const deepest = shock.spotBps < DEEPEST_FALL_BPS ? shock.spotBps : DEEPEST_FALL_BPS
  const fall = -size < deepest ? deepest : -size
  const rise = size > MAX_SHOCK_BPS ? MAX_SHOCK_BPS : size
  return { ...shock, spotBps: shock.spotBps < 0n ? fall : rise }
}

function scaledCharges(charges: UnderlyingCharges, scaleBps: bigint): UnderlyingCharges {
  const scaled = (bps: bigint) => {
    const product = mulDivUp(bps, scaleBps, BASIS_POINTS)
    return product > MAX_CHARGE_BPS ? MAX_CHARGE_BPS : product
  }
  return {
    ...charges,
    spotLongBps: scaled(charges.spotLongBps),
    spotShortBps: scaled(charges.spotShortBps),
    linearBps: scaled(charges.linearBps),
    shortOptionBps: scaled(charges.shortOptionBps),
    optionLiquidityBps: scaled(charges.optionLiquidityBps),
    pinBps: scaled(charges.pinBps),
  }
}
