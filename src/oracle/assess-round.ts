import { admitContents, type Collecting, type Refusal, type SignedContent } from './admission.ts'
import { agreedMedians } from './agreement.ts'
import { breakerLevel, type GuardState, guardRound } from './guards.ts'
import type { OracleParameters } from './oracle-parameters.ts'
import { type Outlier, type RoundMedians, roundMedians } from './round-medians.ts'
import { type SeenQuotes, withoutStuck } from './stuck-feeder.ts'

/** Everything that decides whether collected contents make a round. */
export interface Collected {
  readonly signed: readonly SignedContent[]
  readonly collecting: Collecting
  readonly seen: SeenQuotes
  /** By underlying, as the rounds on chain leave them. */
  readonly guards: ReadonlyMap<string, GuardState>
  readonly parameters: OracleParameters
}

/** Where an underlying's price stands after the round. */
export interface PriceStanding {
  readonly symbol: string
  readonly spotNano: bigint
  /** What the move guard lets stand. */
  readonly standingNano: bigint
  /** A move too large: so many rounds in a row, this one included, have said so; 0: none is held back. */
  readonly heldRounds: number
  /** Of the circuit breaker. */
  readonly breakerLevel: number
}

export interface Assessment {
  /** Those that count. */
  readonly contents: readonly SignedContent[]
  /** What the round is made of; undefined where there is none to be made. */
  readonly medians: RoundMedians | undefined
  /** Why there is no round; empty when there is one. */
  readonly blocked: readonly string[]
  readonly refusals: readonly Refusal[]
  /** Feeders of whom there is no content. */
  readonly silent: readonly string[]
  readonly outliers: readonly Outlier[]
  readonly withoutQuorum: readonly string[]
  readonly notAgreed: readonly string[]
  readonly standings: readonly PriceStanding[]
}

/**
 * Admission, medians, agreement and guards in one: the same contents, clock and chain give the same answer to whoever
 * asks, an aggregator that proposes or a feeder that is to sign. A round is blocked, never bent: where one cannot stand it
 * says why, and nothing changes.
 */
export function assessRound(question: Collected): Assessment {
  const { signed, collecting, seen, parameters } = question
  const admitted = admitContents(signed, collecting, parameters.quorum)
  const alive = withoutStuck(admitted.contents, seen, parameters.quorum)
  const spoke = new Set(signed.map(({ feeder }) => feeder))
  const common = {
    contents: alive.contents,
    refusals: [...admitted.refusals, ...alive.refusals],
    silent: collecting.feeders.filter((feeder) => !spoke.has(feeder)),
  }
  const all = roundMedians(alive.contents, parameters.quorum)
  if (all === undefined) {
    const blocked = [fewContents(alive.contents.length, common, parameters)]
    return { ...common, blocked, ...NOTHING }
  }
  const { medians, notAgreed } = agreedMedians(alive.contents, all, parameters)
  const standings: PriceStanding[] = []
  const blocked = blockedBy(question, medians, notAgreed, standings)
  return {
    ...common,
    medians: blocked.length === 0 ? medians : undefined,
    blocked,
    outliers: medians.outliers,
    withoutQuorum: medians.withoutQuorum,
    notAgreed,
    standings,
  }
}

const NOTHING = { medians: undefined, outliers: [], withoutQuorum: [], notAgreed: [], standings: [] } as const

function fewContents(
  count: number,
  { silent, refusals }: Pick<Assessment, 'silent' | 'refusals'>,
  { quorum }: OracleParameters,
): string {
  const away = silent.map((feeder) => `nothing from ${feeder}`)
  const refused = refusals.map(({ feeder, rule }) => `${feeder} ${rule}`)
  return [`${count} of the ${quorum.quorum} feeders that a round needs`, ...away, ...refused].join('; ')
}

function blockedBy(
  question: Collected,
  medians: RoundMedians,
  notAgreed: readonly string[],
  standings: PriceStanding[],
): string[] {
  const { collecting, guards, parameters } = question
  const blocked = notAgreed
    .filter((name) => name.startsWith('spot '))
    .map(
      (name) =>
        `fewer than ${parameters.quorum.quorum} feeders agree on the ${name}: ${outliersOf(medians, name)}`,
    )
  const lost = [...guards.keys()].filter((symbol) => !medians.spots.some((spot) => spot.symbol === symbol))
  blocked.push(
    ...lost.map((symbol) => `no quorum gives a spot price of ${symbol}, which the round before had`),
  )
  for (const { symbol, spotNano, lowestNano, highestNano } of medians.spots) {
    const { asOfSeconds } = medians
    const print = { sequence: collecting.sequence, asOfSeconds, priceNano: spotNano, lowestNano, highestNano }
    const before = guards.get(symbol)
    const { nowSeconds } = collecting
    const skew = parameters.quorum.maximumSkewSeconds
    const outcome = guardRound(before, print, nowSeconds, skew, parameters.guards)
    if (outcome.refused !== undefined) {
      blocked.push(`${symbol}: ${GUARD_RULES[outcome.refused]}`)
      continue
    }
    const { price, history } = outcome.state
    standings.push({
      symbol,
      spotNano,
      standingNano: price.acceptedNano,
      heldRounds: price.heldNano.length,
      breakerLevel: breakerLevel(history, spotNano, asOfSeconds, parameters.guards),
    })
  }
  return blocked
}

const GUARD_RULES = {
  replayed: 'its round was posted before',
  'not-newer': 'its market is not newer than that of the round before',
  'ahead-of-clock': 'its market is ahead of the clock',
  stale: 'its market is stale',
  'not-confident': 'feeders that are no outliers lie too far apart',
} as const

function outliersOf({ outliers }: RoundMedians, name: string): string {
  const named = outliers.filter(({ quantity }) => quantity === name).map(({ feeder }) => feeder)
  return named.length === 0 ? 'no one feeder stands out' : `outliers ${named.join(', ')}`
}
