import { BASIS_POINTS } from '../protocol/ranges.ts'
import { type GuardedPrice, guardMove } from './move-guard.ts'
import type { GuardParameters } from './oracle-parameters.ts'

/** One price of one underlying as a round has it: the median, and how far the feeders that were not outliers lie apart. */
export interface RoundPrice {
  readonly sequence: number
  readonly asOfSeconds: number
  readonly priceNano: bigint
  readonly lowestNano: bigint
  readonly highestNano: bigint
}

/** A price that stood from this time on. */
export interface PriceAt {
  readonly asOfSeconds: number
  readonly priceNano: bigint
}

/** What the guards remember of one underlying. */
export interface GuardState {
  readonly sequence: number
  readonly asOfSeconds: number
  readonly price: GuardedPrice
  /** Standing prices, oldest first: the current round last, and as much as the windows need. */
  readonly history: readonly PriceAt[]
}

export type GuardRefusal = 'replayed' | 'not-newer' | 'ahead-of-clock' | 'stale' | 'not-confident'

export type GuardOutcome =
  | { readonly refused: GuardRefusal; readonly state: GuardState | undefined }
  | { readonly refused: undefined; readonly state: GuardState }

/**
 * Takes a round's price, or refuses the round and leaves the state as it was: a replayed, reordered, stale or doubtful round
 * changes nothing. A move that is too large is not refused: the round counts, the standing price waits (move-guard.ts).
 * @param skewSeconds by how much a round may be ahead of the clock.
 */
export function guardRound(
  state: GuardState | undefined,
  round: RoundPrice,
  nowSeconds: number,
  skewSeconds: number,
  parameters: GuardParameters,
): GuardOutcome {
  const refused = refusalOf(state, round, nowSeconds, skewSeconds, parameters)
  if (refused !== undefined) return { refused, state }
  const price =
    state === undefined
      ? { acceptedNano: round.priceNano, heldNano: [] }
      : guardMove(state.price, round.priceNano, parameters)
  const standing = { asOfSeconds: round.asOfSeconds, priceNano: price.acceptedNano }
  return {
    refused: undefined,
    state: {
      sequence: round.sequence,
      asOfSeconds: round.asOfSeconds,
      price,
      history: pruned([...(state?.history ?? []), standing], parameters),
    },
  }
}

function refusalOf(
  state: GuardState | undefined,
  round: RoundPrice,
  nowSeconds: number,
  skewSeconds: number,
  parameters: GuardParameters,
): GuardRefusal | undefined {
  if (state !== undefined && round.sequence <= state.sequence) return 'replayed'
  if (state !== undefined && round.asOfSeconds <= state.asOfSeconds) return 'not-newer'
  if (round.asOfSeconds > nowSeconds + skewSeconds) return 'ahead-of-clock'
  if (isStale(round.asOfSeconds, nowSeconds, parameters)) return 'stale'
  const spread = (round.highestNano - round.lowestNano) * BASIS_POINTS
  return spread > parameters.maximumSpreadBps * round.priceNano ? 'not-confident' : undefined
}

export function isStale(
  asOfSeconds: number,
  nowSeconds: number,
  { maximumAgeSeconds }: Pick<GuardParameters, 'maximumAgeSeconds'>,
): boolean {
  return nowSeconds - asOfSeconds > maximumAgeSeconds
}

/**
 * The average of the standing price over averageWindowSeconds up to `nowSeconds`, each price weighing by the time it stood,
 * rounded down. Where the history is shorter, over what there is.
 * @param history oldest first, at least one. @param nowSeconds not before its last.
 */
export function timeWeightedNano(
  history: readonly PriceAt[],
  nowSeconds: number,
  { averageWindowSeconds }: Pick<GuardParameters, 'averageWindowSeconds'>,
): bigint {
  const from = nowSeconds - averageWindowSeconds
  let sum = 0n
  let total = 0n
  history.forEach(({ asOfSeconds, priceNano }, index) => {
    const until = history[index + 1]?.asOfSeconds ?? nowSeconds
    const seconds = BigInt(Math.max(0, until - Math.max(from, asOfSeconds)))
    sum += priceNano * seconds
    total += seconds
  })
  return total === 0n ? history.at(-1)!.priceNano : sum / total
}

/**
 * The breaker's level: how many of its thresholds the newest print has passed, measured against the highest and the lowest price
 * that stood within the window, itself included. Reads the round's own price, not the guarded one: it is to act before
 * a move is accepted, and falls back by itself when the window has passed.
 */
export function breakerLevel(
  history: readonly PriceAt[],
  priceNano: bigint,
  nowSeconds: number,
  { breakerBps, breakerWindowSeconds }: Pick<GuardParameters, 'breakerBps' | 'breakerWindowSeconds'>,
): number {
  const recent = history
    .filter(({ asOfSeconds }) => nowSeconds - asOfSeconds <= breakerWindowSeconds)
    .map((point) => point.priceNano)
  const highest = recent.reduce((a, b) => (a > b ? a : b), priceNano)
  const lowest = recent.reduce((a, b) => (a < b ? a : b), priceNano)
  const passed = (bps: bigint) =>
    (highest - priceNano) * BASIS_POINTS >= bps * highest ||
    (priceNano - lowest) * BASIS_POINTS >= bps * lowest
  return breakerBps.filter(passed).length
}

/** The prices at which insolvency has to hold before a full liquidation, nano-USD. */
export interface InsolvencyPrices {
  /** The round's own median, not guarded. */
  readonly spotNano: bigint
  readonly timeWeightedNano: bigint
  /** The standing price of the round before and of this one. */
  readonly previousNano: bigint
  readonly currentNano: bigint
}

/** @returns undefined until two rounds have been taken. */
export function insolvencyPrices(
  state: GuardState,
  spotNano: bigint,
  nowSeconds: number,
  parameters: GuardParameters,
): InsolvencyPrices | undefined {
  const previous = state.history.at(-2)
  if (previous === undefined) return undefined
  return {
    spotNano,
    timeWeightedNano: timeWeightedNano(state.history, nowSeconds, parameters),
    previousNano: previous.priceNano,
    currentNano: state.price.acceptedNano,
  }
}

/** Whether an account is insolvent at every one of the prices: what no single print can bring about. */
export function isInsolventAtAll(
  prices: InsolvencyPrices | undefined,
  isInsolventAt: (priceNano: bigint) => boolean,
): boolean {
  if (prices === undefined) return false
  const { spotNano, timeWeightedNano: averageNano, previousNano, currentNano } = prices
  return [spotNano, averageNano, previousNano, currentNano].every(isInsolventAt)
}

/** Drops what no window reaches; the last two prices, and the one that stood when the longest window began, stay. */
function pruned(history: readonly PriceAt[], parameters: GuardParameters): PriceAt[] {
  const longest = Math.max(parameters.averageWindowSeconds, parameters.breakerWindowSeconds)
  const from = history.at(-1)!.asOfSeconds - longest
  const first = history.findLastIndex(({ asOfSeconds }) => asOfSeconds <= from)
  return history.slice(Math.min(Math.max(first, 0), Math.max(history.length - 2, 0)))
}
