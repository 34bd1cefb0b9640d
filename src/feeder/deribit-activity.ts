import type { z } from 'zod'
import type { MarketActivity } from '../oracle/activity.ts'
import { numberToNano } from '../risk/market/decimal.ts'
import type { chartSchema, orderBookSchema } from './deribit-schemas.ts'

/** What the synthetic volatility wants of a venue, out of its answers. Pure. */

const MINUTE_SECONDS = 60
/** Depth counts within this share of the middle. */
const DEPTH_SHARE = 0.005

/** The newest bar that is over, as activity without depth and implied volatility; undefined where none traded. */
export function barActivity(
  { ticks, open, high, low, close, volume }: z.output<typeof chartSchema>,
  asOfSeconds: number,
): Omit<MarketActivity, 'depthNano' | 'impliedVolNano'> | undefined {
  const endOf = (tick: number) => Math.floor(tick / 1_000) + MINUTE_SECONDS
  const at = ticks.findLastIndex((tick) => endOf(tick) <= asOfSeconds)
  if (at < 0 || low[at] === 0) return undefined
  return {
    endSeconds: endOf(ticks[at]!),
    openNano: numberToNano(open[at]!),
    highNano: numberToNano(high[at]!),
    lowNano: numberToNano(low[at]!),
    closeNano: numberToNano(close[at]!),
    volumeNano: numberToNano(volume[at]!),
  }
}

/** nano-USD resting within DEPTH_SHARE of the middle on the thinner side; 0 where a side is empty. */
export function thinnerSideNano({ bids, asks }: z.output<typeof orderBookSchema>): bigint {
  const [bid, ask] = [bids[0]?.[0], asks[0]?.[0]]
  if (bid === undefined || ask === undefined) return 0n
  const middle = (bid + ask) / 2
  const resting = (levels: typeof bids) =>
    levels
      .filter(([price]) => Math.abs(price / middle - 1) <= DEPTH_SHARE)
      .reduce((sum, [, amount]) => sum + numberToNano(amount), 0n)
  const [buying, selling] = [resting(bids), resting(asks)]
  return buying < selling ? buying : selling
}
