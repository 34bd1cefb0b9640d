import { InputError } from '../protocol/errors.ts'
import { BASIS_POINTS } from '../protocol/ranges.ts'
import { UNDERLYINGS } from '../protocol/risk-layout.ts'
import type { MarketSnapshot } from '../risk/market/snapshot.ts'
import { checkActivity, type MarketActivity } from './activity.ts'
import type { SyntheticParameters } from './oracle-parameters.ts'
import { type SyntheticMemory, syntheticNext, syntheticScaleBps } from './synthetic-volatility.ts'

/**
 * The synthetic volatility from round to round: what a round publishes of it, and how the next follows from that and from newly
 * published activity alone. Pure; contracts/oracle/ScaleJudge.sol says the same on chain.
 */

/** What a round holds of one underlying: its newest interval, the averages after it, and the figure. */
export interface SyntheticEntry extends MarketActivity, SyntheticMemory {}

/** By place among the configuration's underlyings, UNDERLYINGS of each. */
export interface SyntheticRound {
  /** undefined: nothing was ever published of this underlying, or it has no reference volatility. */
  readonly entries: readonly (SyntheticEntry | undefined)[]
  /** What multiplies ranges and charges, basis points of 1. */
  readonly scalesBps: readonly [bigint, bigint, bigint]
}

/** Before the first round: no entries, and every scale 1. */
export const NO_SYNTHETIC: SyntheticRound = {
  entries: new Array<undefined>(UNDERLYINGS).fill(undefined),
  scalesBps: [BASIS_POINTS, BASIS_POINTS, BASIS_POINTS],
}

export interface SyntheticRequest {
  /** Entries of the round before. */
  readonly before: readonly (SyntheticEntry | undefined)[]
  readonly asOfSeconds: number
  /** The medians of the round. */
  readonly activities: readonly (MarketActivity & { readonly symbol: string })[]
  /** Symbols of the configuration, in its order. */
  readonly underlyings: readonly string[]
  readonly parameters: SyntheticParameters
}

/** The next round's entries and scales. Errors as checkActivity, for an interval that is used. */
export function syntheticRound({
  before,
  asOfSeconds,
  activities,
  underlyings,
  parameters,
}: SyntheticRequest): SyntheticRound {
  const entries = before.map((entry, place) => {
    const symbol = underlyings[place]
    const activity = activities.find((one) => one.symbol === symbol)
    return symbol === undefined ? entry : nextEntry(entry, activity, asOfSeconds, symbol, parameters)
  })
  const [first, second, third] = entries.map((entry, place) =>
    scaleOfEntry(entry, underlyings[place], parameters),
  )
  return { entries, scalesBps: [first!, second!, third!] }
}

/**
 * The entry after one more interval. The entry stands as it is where nothing new was published: no activity, one that has not
 * ended since, or one that ends after the round's own time.
 */
function nextEntry(
  before: SyntheticEntry | undefined,
  activity: MarketActivity | undefined,
  asOfSeconds: number,
  symbol: string,
  parameters: SyntheticParameters,
): SyntheticEntry | undefined {
  if (activity === undefined || activity.endSeconds > asOfSeconds) return before
  if (before !== undefined && activity.endSeconds <= before.endSeconds) return before
  if (!Object.hasOwn(parameters.referenceVolNano, symbol)) return before
  return entryOf(before, activity, symbol, parameters)
}

function entryOf(
  before: SyntheticEntry | undefined,
  activity: MarketActivity,
  symbol: string,
  parameters: SyntheticParameters,
): SyntheticEntry {
  const next = syntheticNext(before, activity, parameters.firstIntervalSeconds, parameters, symbol)
  const { fastVariance, slowVol, fastVolume, slowVolume, slowDepth, figureNano } = next
  const { endSeconds, openNano, highNano, lowNano, closeNano, volumeNano, depthNano, impliedVolNano } =
    activity
  return {
    ...{ endSeconds, openNano, highNano, lowNano, closeNano, volumeNano, depthNano, impliedVolNano },
    ...{ fastVariance, slowVol, fastVolume, slowVolume, slowDepth, figureNano },
  }
}

function scaleOfEntry(
  entry: SyntheticEntry | undefined,
  symbol: string | undefined,
  parameters: SyntheticParameters,
): bigint {
  if (entry === undefined || symbol === undefined) return BASIS_POINTS
  return Object.hasOwn(parameters.referenceVolNano, symbol)
    ? syntheticScaleBps(entry.figureNano, parameters, symbol)
    : BASIS_POINTS
}

/**
 * The first place whose entry or scale does not follow from the round before and from the activity that the round itself
 * publishes; undefined: all do.
 */
export function wrongSynthetic(
  before: readonly (SyntheticEntry | undefined)[],
  round: SyntheticRound & { readonly asOfSeconds: number },
  underlyings: readonly string[],
  parameters: SyntheticParameters,
): number | undefined {
  const wrong = round.entries.findIndex((entry, place) => {
    const symbol = underlyings[place]
    if (round.scalesBps[place] !== scaleOfEntry(entry, symbol, parameters)) return true
    const earlier = before[place]
    if (isSame(entry, earlier)) return false
    if (entry === undefined || symbol === undefined) return true
    if (!Object.hasOwn(parameters.referenceVolNano, symbol)) return true
    if (entry.endSeconds > round.asOfSeconds || !isActivity(entry)) return true
    if (earlier !== undefined && entry.endSeconds <= earlier.endSeconds) return true
    return !isSame(entry, entryOf(earlier, entry, symbol, parameters))
  })
  return wrong < 0 ? undefined : wrong
}

function isActivity(activity: MarketActivity): boolean {
  try {
    checkActivity(activity)
    return true
  } catch (error) {
    if (error instanceof InputError) return false
    throw error
  }
}

function isSame(a: SyntheticEntry | undefined, b: SyntheticEntry | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  const numbers = (entry: SyntheticEntry) => [
    ...[entry.endSeconds, entry.openNano, entry.highNano, entry.lowNano, entry.closeNano],
    ...[entry.volumeNano, entry.depthNano, entry.impliedVolNano, entry.figureNano],
    ...[entry.fastVariance, entry.slowVol, entry.fastVolume, entry.slowVolume, entry.slowDepth].flatMap(
      ({ sum, weightQ64 }) => [sum, weightQ64],
    ),
  ]
  const others = numbers(b)
  return numbers(a).every((value, index) => value === others[index])
}

/** The market with a round's scales on its underlyings: what the matrix is then made from. */
export function withScales(
  snapshot: MarketSnapshot,
  underlyings: readonly string[],
  scalesBps: readonly bigint[],
): MarketSnapshot {
  return {
    ...snapshot,
    underlyings: snapshot.underlyings.map(({ symbol, spotNano }) => {
      const scaleBps = scalesBps[underlyings.indexOf(symbol)] ?? BASIS_POINTS
      return { symbol, spotNano, ...(scaleBps === BASIS_POINTS ? {} : { scaleBps }) }
    }),
  }
}
