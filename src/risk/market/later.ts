import { type MarketShift, shiftMarket } from './sample.ts'
import type { MarketSnapshot } from './snapshot.ts'

/** The market some minutes later, without what expires until then. */
export function laterMarket(snapshot: MarketSnapshot, shift: MarketShift): MarketSnapshot {
  const until = snapshot.asOfSeconds + shift.secondsLater
  const lives = (item: object) => !('expirySeconds' in item) || Number(item.expirySeconds) > until
  return shiftMarket(
    {
      ...snapshot,
      expiries: snapshot.expiries.filter(lives),
      instruments: snapshot.instruments.filter(lives),
    },
    shift,
  )
}
