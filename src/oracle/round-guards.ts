import { type GuardParameters, MOST_HELD_FACTOR } from '../protocol/guard-parameters.ts'
import { breakerLevel, type PriceAt, timeWeightedNano } from './guards.ts'
import { type GuardedPrice, guardMove, isWithin } from './move-guard.ts'

/** One underlying of a round as it stands on chain. */
export interface PostedPrice extends PriceAt {
  /** An external feed said something else when it was posted. */
  readonly doubted: boolean
}

/** What may be done on a round. */
export interface RoundVerdict {
  /** Whether something may be sold on it: neither held back, nor far from the average, nor doubted. */
  readonly confirms: boolean
  /** Of the circuit breaker: BREAKER_LEVELS. */
  readonly level: number
}

/**
 * The verdict on the newest of these rounds, from them alone: contracts/oracle/PriceGuards.sol in TypeScript. Each of the three
 * reasons goes away when repeatRounds rounds in a row have it (of prices: on one side, or twice as many on whichever), so that
 * no guard stops liquidation for longer.
 * @param rounds that stand, oldest first, one at least: those of the longest window, and the one that stood when it began.
 */
export function guardPosted(rounds: readonly PostedPrice[], parameters: GuardParameters): RoundVerdict {
  const [first] = rounds
  const newest = rounds.at(-1)!
  let price: GuardedPrice = { acceptedNano: first!.priceNano, heldNano: [] }
  let heldInARow = 0
  const history: PriceAt[] = [{ asOfSeconds: first!.asOfSeconds, priceNano: first!.priceNano }]
  for (const { asOfSeconds, priceNano } of rounds.slice(1)) {
    const next = guardMove(price, priceNano, parameters)
    const isHeld =
      next.acceptedNano === price.acceptedNano &&
      !isWithin(priceNano, price.acceptedNano, parameters.maximumMoveBps)
    heldInARow = isHeld ? heldInARow + 1 : 0
    price = next
    history.push({ asOfSeconds, priceNano: price.acceptedNano })
  }
  const averageNano = timeWeightedNano(history, newest.asOfSeconds, parameters)
  const isFar = ({ priceNano }: PostedPrice) =>
    !isWithin(priceNano, averageNano, parameters.maximumAverageBps)
  const isFarAlike = (round: PostedPrice) =>
    isFar(round) && round.priceNano < averageNano === newest.priceNano < averageNano
  const mostHeld = MOST_HELD_FACTOR * parameters.repeatRounds
  const isRepeated = (times: number, holds: (round: PostedPrice) => boolean) =>
    rounds.length >= times && rounds.slice(-times).every(holds)
  const isHeld = heldInARow > 0 && heldInARow < mostHeld
  const isHeldFar =
    isFar(newest) && !isRepeated(parameters.repeatRounds, isFarAlike) && !isRepeated(mostHeld, isFar)
  const isDoubted = newest.doubted && !isRepeated(parameters.repeatRounds, ({ doubted }) => doubted)
  return {
    confirms: !isHeld && !isHeldFar && !isDoubted,
    level: breakerLevel(history, newest.priceNano, newest.asOfSeconds, parameters),
  }
}
