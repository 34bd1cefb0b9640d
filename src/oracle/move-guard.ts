import { absolute } from '../fixed-point/q64.ts'
import { BASIS_POINTS } from '../protocol/ranges.ts'
import type { GuardParameters } from './oracle-parameters.ts'

/** The price that stands, and the rounds since it stood that lay too far from it. */
export interface GuardedPrice {
  readonly acceptedNano: bigint
  /** Prices of the last rounds that were held back, oldest first; fewer than repeatRounds. */
  readonly heldNano: readonly bigint[]
}

/**
 * The price that stands after one more round.
 * A move of at most maximumMoveBps stands at once. A larger one is held back, until repeatRounds rounds in a row lie that far
 * off on the same side: then the one of them nearest to the standing price stands, the least that all of them say. So one
 * flash print changes nothing; and a price that falls on and on is followed, repeatRounds - 1 rounds behind, rather than never
 * because no two rounds agree: the guard cannot stop liquidation in a crash.
 */
export function guardMove(
  before: GuardedPrice,
  priceNano: bigint,
  parameters: GuardParameters,
): GuardedPrice {
  const { acceptedNano } = before
  if (isWithin(priceNano, acceptedNano, parameters.maximumMoveBps)) {
    return { acceptedNano: priceNano, heldNano: [] }
  }
  const isBelow = priceNano < acceptedNano
  const alike = trailing(before.heldNano, (held) => held < acceptedNano === isBelow)
  const held = [...alike, priceNano]
  if (held.length < parameters.repeatRounds) return { acceptedNano, heldNano: held }
  const nearest = held.reduce((a, b) => (a > b === isBelow ? a : b))
  // What is still far off the new price goes on counting, so that a long fall is followed round by round.
  const rest = trailing(
    held.slice(1),
    (price) => price < nearest === isBelow && !isWithin(price, nearest, parameters.maximumMoveBps),
  )
  return { acceptedNano: nearest, heldNano: rest }
}

export function isWithin(priceNano: bigint, baseNano: bigint, bps: bigint): boolean {
  return absolute(priceNano - baseNano) * BASIS_POINTS <= bps * baseNano
}

/** The longest end of a list of which all hold. */
function trailing(prices: readonly bigint[], holds: (price: bigint) => boolean): bigint[] {
  const last = prices.findLastIndex((price) => !holds(price))
  return prices.slice(last + 1)
}
