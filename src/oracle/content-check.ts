import { InputError } from '../protocol/errors.ts'
import { FORWARD_SPOT_RATIO, MAX_PRICE_NANO, MAX_VOL_NANO, MIN_VOL_NANO } from '../risk/market/check.ts'
import type { SmilePoint } from '../risk/market/snapshot.ts'
import { checkActivity } from './activity.ts'
import type { ExpiryContent, FeederContent } from './feeder-content.ts'

/**
 * Refuses content that no honest feeder sends: prices outside (0, 10^18], forwards and marks far from spot, strikes that
 * do not increase, volatilities outside [1%, 1,000%], an expiry in the past, something said twice, an underlying without spot.
 * @throws InputError naming field and rule.
 */
export function checkContent(content: FeederContent): void {
  const spots = new Map(content.spots.map(({ symbol, spotNano }) => [symbol, spotNano]))
  refuseUnless(content.spots.length > 0, 'spots', 'names no underlying')
  refuseRepeats(
    content.spots.map(({ symbol }) => symbol),
    'spots',
  )
  for (const { symbol, spotNano } of content.spots) checkPrice(spotNano, `spot of ${symbol}`)
  refuseRepeats(content.expiries.map(expiryName), 'expiries')
  for (const expiry of content.expiries) checkExpiry(expiry, spots.get(expiry.symbol), content.asOfSeconds)
  refuseRepeats(
    content.marks.map(({ symbol }) => symbol),
    'marks',
  )
  for (const { symbol, markNano } of content.marks) checkPrice(markNano, `mark of ${symbol}`)
  refuseRepeats(
    content.activities.map(({ symbol }) => symbol),
    'activities',
  )
  for (const activity of content.activities) {
    checkActivity(activity)
    const field = `activity of ${activity.symbol}`
    refuseUnless(spots.has(activity.symbol), field, 'is of no underlying here')
    refuseUnless(activity.endSeconds <= content.asOfSeconds, field, 'ends after the market')
  }
}

/** BTC 1772784000 */
export function expiryName({
  symbol,
  expirySeconds,
}: Pick<ExpiryContent, 'symbol' | 'expirySeconds'>): string {
  return `${symbol} ${expirySeconds}`
}

function checkExpiry(expiry: ExpiryContent, spotNano: bigint | undefined, asOfSeconds: number): void {
  const { forwardNano, expirySeconds, smile } = expiry
  const field = `expiry ${expiryName(expiry)}`
  if (spotNano === undefined) throw new InputError('is of no underlying here', { field })
  refuseUnless(expirySeconds > asOfSeconds, field, 'must be after the market')
  checkPrice(forwardNano, field)
  const near = forwardNano <= spotNano * FORWARD_SPOT_RATIO && spotNano <= forwardNano * FORWARD_SPOT_RATIO
  refuseUnless(near, field, `has a forward beyond ${FORWARD_SPOT_RATIO} times spot, or below its part`)
  smile.forEach((point, index) => {
    checkPoint(point, smile[index - 1], field)
  })
}

function checkPoint(
  { strikeNano, volNano }: SmilePoint,
  before: SmilePoint | undefined,
  field: string,
): void {
  checkPrice(strikeNano, field)
  refuseUnless(strikeNano > (before?.strikeNano ?? 0n), field, 'has strikes that do not increase')
  refuseUnless(
    volNano >= MIN_VOL_NANO && volNano <= MAX_VOL_NANO,
    field,
    'has a volatility outside 1% to 1,000%',
  )
}

function checkPrice(priceNano: bigint, field: string): void {
  refuseUnless(priceNano > 0n && priceNano <= MAX_PRICE_NANO, field, 'must be a price above 0, at most 10^18')
}

function refuseRepeats(names: readonly string[], field: string): void {
  refuseUnless(new Set(names).size === names.length, field, 'says something twice')
}

function refuseUnless(holds: boolean, field: string, rule: string): void {
  if (!holds) throw new InputError(rule, { field })
}
