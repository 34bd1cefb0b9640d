import { InputError } from '../protocol/errors.ts'
import { MAX_PRICE_NANO } from '../risk/market/check.ts'
import { nanoToDecimal } from '../risk/market/decimal.ts'

/**
 * Spot from a Chainlink feed, in nano-USD, or the reason why not: the rules and roundings of contracts/oracle/ExternalSpot.sol
 * for whoever reads such a feed from outside the chain.
 */

/** What AggregatorV3Interface answers at one block. */
export interface FeedAnswer {
  /** Decimal places of the answer. */
  readonly decimals: bigint
  readonly answer: bigint
  /** When the feed last changed, unix seconds. */
  readonly updatedAtSeconds: bigint
}

/** What of it is taken. A feed that stands at its own least or most answer has stopped: the bounds belong inside those. */
export interface ExternalSpotTerms {
  readonly maxAgeSeconds: number
  readonly leastNano: bigint
  readonly mostNano: bigint
}

const NANO_DECIMALS = 9n
const MOST_DECIMALS = 36n

/** @throws InputError naming the field and the rule */
export function checkExternalSpotTerms({ maxAgeSeconds, leastNano, mostNano }: ExternalSpotTerms): void {
  if (!Number.isSafeInteger(maxAgeSeconds) || maxAgeSeconds <= 0) {
    throw new InputError('must be whole seconds above 0', { field: 'maxAgeSeconds' })
  }
  if (leastNano <= 0n || leastNano >= mostNano || mostNano > MAX_PRICE_NANO) {
    throw new InputError('must be above 0, the least below the most, and at most a billion USD', {
      field: 'leastUsd, mostUsd',
    })
  }
}

/** @throws InputError for more decimals than a price can have */
export function checkFeedDecimals(decimals: bigint): void {
  if (decimals > MOST_DECIMALS) {
    throw new InputError(`is ${decimals}, and at most ${MOST_DECIMALS}`, { field: 'decimals' })
  }
}

/**
 * @param blockSeconds of the block that it was asked at: nothing is newer
 * @param nowSeconds what its age is counted to, not before the block
 * @returns nano-USD, rounded down
 * @throws InputError naming the field and the rule that the answer breaks
 */
export function externalSpotNano(
  { decimals, answer, updatedAtSeconds }: FeedAnswer,
  { maxAgeSeconds, leastNano, mostNano }: ExternalSpotTerms,
  blockSeconds: number,
  nowSeconds: number,
): bigint {
  checkFeedDecimals(decimals)
  if (updatedAtSeconds > BigInt(blockSeconds)) {
    const ahead = updatedAtSeconds - BigInt(blockSeconds)
    throw new InputError(`is ${ahead} s after the block that it was read at`, { field: 'updatedAt' })
  }
  const ageSeconds = BigInt(nowSeconds) - updatedAtSeconds
  if (ageSeconds > BigInt(maxAgeSeconds)) {
    throw new InputError(`is ${ageSeconds} s ago, and may be ${maxAgeSeconds} s`, { field: 'updatedAt' })
  }
  if (answer <= 0n) throw new InputError(`is ${answer}, and no price`, { field: 'answer' })
  const spotNano =
    decimals > NANO_DECIMALS
      ? answer / 10n ** (decimals - NANO_DECIMALS)
      : answer * 10n ** (NANO_DECIMALS - decimals)
  if (spotNano < leastNano || spotNano > mostNano) {
    const [least, most] = [nanoToDecimal(leastNano), nanoToDecimal(mostNano)]
    throw new InputError(`is ${nanoToDecimal(spotNano)} USD, and must be from ${least} to ${most}`, {
      field: 'answer',
    })
  }
  return spotNano
}
