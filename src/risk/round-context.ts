import { lnIntegerQ64 } from '../fixed-point/ln.ts'
import { mulDivDown } from '../fixed-point/q64.ts'
import { InputError } from '../protocol/errors.ts'
import { BASIS_POINTS } from '../protocol/ranges.ts'
import { SCENARIOS } from '../protocol/risk-layout.ts'
import { callFromLogsNano, sqrtYearsQ64, totalDeviationQ64 } from './black76.ts'
import type { RiskConfiguration, UnderlyingCharges, UnderlyingShock } from './configuration.ts'
import { checkConfiguration } from './configuration-rules.ts'
import type { ExpiryQuote, MarketSnapshot, UnderlyingQuote } from './market/snapshot.ts'
import { configurationAtScales } from './scaled-configuration.ts'
import {
  prepareVolatilityShock,
  shockedVolNano,
  smileSlice,
  standardisedMoneynessQ64,
  termFactorQ64,
  type VolatilityShock,
  type VolatilitySlice,
} from './surface.ts'

/** Everything that the instruments of one round share; made by prepareRound, read by riskVector. */
export interface RoundContext {
  readonly asOfSeconds: number
  /** At the market's scales. */
  readonly configuration: RiskConfiguration
  /** By underlying number of the snapshot. */
  readonly underlyings: readonly UnderlyingContext[]
}

export interface UnderlyingContext {
  readonly symbol: string
  readonly spotNano: bigint
  /** Its place among the greek dimensions: the index in configuration.underlyings. */
  readonly greekIndex: number
  readonly charges: UnderlyingCharges
  /** The distinct shocks of this underlying: first the greek ones (GREEK_SHOCKS), then those of the scenarios. */
  readonly shocks: readonly UnderlyingShock[]
  /** By scenario, SCENARIOS of them: index into shocks, or undefined where the scenario leaves it alone. */
  readonly shockOfScenario: readonly (number | undefined)[]
  /** By expiry in unix seconds. */
  readonly expiries: ReadonlyMap<number, ExpiryContext>
}

/** Indices into UnderlyingContext.shocks of the standard small shocks. */
export const GREEK_SHOCKS = { spotUp: 0, spotDown: 1, volUp: 2, volDown: 3 } as const
const GREEK_SHOCK_COUNT = 4

export interface ExpiryContext {
  readonly forwardNano: bigint
  readonly lnForwardQ64: bigint
  readonly rootYearsQ64: bigint
  /** Undefined when the expiry lists no options. */
  readonly smile: { readonly slice: VolatilitySlice; readonly atmVolNano: bigint } | undefined
  /** By shock of the underlying. */
  readonly shocked: readonly ShockedExpiry[]
  /** Calls by strike, filled as they are asked for: a call and its put share them. */
  readonly calls: Map<bigint, CallValues>
}

interface ShockedExpiry {
  readonly forwardNano: bigint
  readonly lnForwardQ64: bigint
  readonly volatility: VolatilityShock
}

/** Values of one unit of a call, nano-USD: unshocked, and under each shock of its underlying. */
export interface CallValues {
  readonly callNano: bigint
  readonly shockedNano: readonly bigint[]
}

/**
 * Precomputes what instruments share: per underlying its distinct shocks (scenarios that move it alike are priced
 * once), per expiry the time, the smile, and per shock the forward, its ln and the volatility term.
 * The configuration is scaled by what the market's underlyings carry.
 * Underlyings are matched to the configuration by symbol, so a market that lacks one keeps the others' dimensions.
 * @throws InputError for an unsound configuration, an underlying that it does not know, an expiry that repeats, a
 * price that is not above zero or a malformed smile.
 */
export function prepareRound(snapshot: MarketSnapshot, unscaled: RiskConfiguration): RoundContext {
  checkConfiguration(unscaled)
  const configuration = configurationAtScales(unscaled, snapshot.underlyings)
  const underlyings = snapshot.underlyings.map((underlying, index) =>
    prepareUnderlying(
      underlying,
      snapshot.expiries.filter((expiry) => expiry.underlying === index),
      snapshot.asOfSeconds,
      configuration,
    ),
  )
  return { asOfSeconds: snapshot.asOfSeconds, configuration, underlyings }
}

/** price * (1 + spotBps), nano-USD, rounded down: the move of spot, forwards and marks alike. */
export function shockedPriceNano(priceNano: bigint, spotBps: bigint): bigint {
  return mulDivDown(priceNano, BASIS_POINTS + spotBps, BASIS_POINTS)
}

/**
 * Values of the call at a strike; the put's follow by parity. Fully revalued, never a Taylor expansion.
 * @throws InputError when the expiry has no smile.
 */
export function callValues(
  context: RoundContext,
  expiry: ExpiryContext,
  strikeNano: bigint,
  symbol: string,
): CallValues {
  const known = expiry.calls.get(strikeNano)
  if (known !== undefined) return known
  if (expiry.smile === undefined) {
    throw new InputError(`${symbol}: its expiry has no volatility smile`, { field: 'smile' })
  }
  const values = revalue(context, expiry, expiry.smile, strikeNano)
  expiry.calls.set(strikeNano, values)
  return values
}

function revalue(
  context: RoundContext,
  expiry: ExpiryContext,
  smile: NonNullable<ExpiryContext['smile']>,
  strikeNano: bigint,
): CallValues {
  const rules = context.configuration.volatility
  const { forwardNano, rootYearsQ64 } = expiry
  const lnStrikeQ64 = lnIntegerQ64(strikeNano)
  const volNano = smile.slice.volNano(strikeNano, lnStrikeQ64)
  const lnMoneynessQ64 = expiry.lnForwardQ64 - lnStrikeQ64
  const belowForwardQ64 = standardisedMoneynessQ64(rules, lnMoneynessQ64, smile.atmVolNano, rootYearsQ64)
  const deviationQ64 = totalDeviationQ64(volNano, rootYearsQ64)
  return {
    callNano: callFromLogsNano(forwardNano, strikeNano, lnMoneynessQ64, deviationQ64),
    shockedNano: expiry.shocked.map((shocked) =>
      callFromLogsNano(
        shocked.forwardNano,
        strikeNano,
        shocked.lnForwardQ64 - lnStrikeQ64,
        totalDeviationQ64(shockedVolNano(rules, shocked.volatility, volNano, belowForwardQ64), rootYearsQ64),
      ),
    ),
  }
}

function prepareUnderlying(
  underlying: UnderlyingQuote,
  expiries: readonly ExpiryQuote[],
  asOfSeconds: number,
  configuration: RiskConfiguration,
): UnderlyingContext {
  const { symbol, spotNano } = underlying
  const greekIndex = configuration.underlyings.indexOf(symbol)
  const charges = configuration.charges.find((entry) => entry.underlying === symbol)
  if (greekIndex < 0 || charges === undefined) {
    throw new InputError(`the risk configuration "${configuration.name}" has no underlying ${symbol}`, {
      field: 'underlyings',
    })
  }
  requirePrice(spotNano, `spot of ${symbol}`)
  const plan = planShocks(symbol, configuration)
  const live = expiries.filter((expiry) => expiry.expirySeconds > asOfSeconds)
  const contexts = new Map<number, ExpiryContext>()
  for (const expiry of live) {
    if (contexts.has(expiry.expirySeconds)) {
      throw new InputError(`${symbol} has the expiry ${expiry.expirySeconds} twice`, { field: 'expiries' })
    }
    contexts.set(expiry.expirySeconds, prepareExpiry(expiry, asOfSeconds, plan.shocks, configuration))
  }
  return { symbol, spotNano, greekIndex, charges, ...plan, expiries: contexts }
}

function planShocks(
  symbol: string,
  configuration: RiskConfiguration,
): Pick<UnderlyingContext, 'shocks' | 'shockOfScenario'> {
  const { spotBps, volBps } = configuration.greekShocks
  const still: UnderlyingShock = { spotBps: 0n, volBps: 0n, skewBps: 0n }
  const shocks: UnderlyingShock[] = [
    { ...still, spotBps },
    { ...still, spotBps: -spotBps },
    { ...still, volBps },
    { ...still, volBps: -volBps },
  ]
  const indexOf = new Map<string, number>()
  const shockOfScenario = Array.from({ length: SCENARIOS }, (_, scenario) => {
    const shock = configuration.scenarios[scenario]?.shocks[symbol]
    if (shock === undefined) return undefined
    const key = `${shock.spotBps} ${shock.volBps} ${shock.skewBps}`
    const index = indexOf.get(key) ?? shocks.push(shock) - 1
    indexOf.set(key, index)
    return index
  })
  return { shocks, shockOfScenario }
}

function prepareExpiry(
  expiry: ExpiryQuote,
  asOfSeconds: number,
  shocks: readonly UnderlyingShock[],
  configuration: RiskConfiguration,
): ExpiryContext {
  const { forwardNano } = expiry
  requirePrice(forwardNano, `forward of expiry ${expiry.expirySeconds}`)
  const rules = configuration.volatility
  const secondsToExpiry = expiry.expirySeconds - asOfSeconds
  const termQ64 = termFactorQ64(rules, secondsToExpiry)
  const lnForwardQ64 = lnIntegerQ64(forwardNano)
  const slice = expiry.smile.length === 0 ? undefined : smileSlice(expiry.smile)
  return {
    forwardNano,
    lnForwardQ64,
    rootYearsQ64: sqrtYearsQ64(secondsToExpiry),
    smile: slice && { slice, atmVolNano: slice.volNano(forwardNano, lnForwardQ64) },
    shocked: shocks.map((shock, index) => {
      const shockedForwardNano = shockedPriceNano(forwardNano, shock.spotBps)
      requirePrice(shockedForwardNano, `shocked forward of expiry ${expiry.expirySeconds}`)
      return {
        forwardNano: shockedForwardNano,
        lnForwardQ64: lnIntegerQ64(shockedForwardNano),
        volatility: prepareVolatilityShock(rules, shock, termQ64, index >= GREEK_SHOCK_COUNT),
      }
    }),
    calls: new Map(),
  }
}

function requirePrice(priceNano: bigint, what: string): void {
  if (priceNano <= 0n) throw new InputError(`the ${what} must be above zero`, { field: 'snapshot' })
}
