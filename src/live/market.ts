import { checkSnapshot } from '../risk/market/check.ts'
import { laterMarket } from '../risk/market/later.ts'
import { SAMPLE_AS_OF_SECONDS, sampleMarket } from '../risk/market/sample.ts'
import type { MarketSnapshot } from '../risk/market/snapshot.ts'

const WEEK_SECONDS = 7 * 86_400
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'] as const

/**
 * The sample market as it would be now: its dates moved by whole weeks, so that expiries stay Fridays, and from there to
 * the given second. Pure. Throws OutOfRangeError for a bad seed.
 */
export function presentMarket(seed: number, nowSeconds: number, size: 'full' | 'small'): MarketSnapshot {
  const sample = sampleMarket({ seed, size })
  const weeks = Math.floor((nowSeconds - SAMPLE_AS_OF_SECONDS) / WEEK_SECONDS)
  const shift = weeks * WEEK_SECONDS
  const renamed = new Map<number, readonly [from: string, to: string]>()
  for (const { expirySeconds } of sample.expiries) {
    renamed.set(expirySeconds, [dateLabel(expirySeconds), dateLabel(expirySeconds + shift)])
  }
  const moved: MarketSnapshot = {
    ...sample,
    asOfSeconds: sample.asOfSeconds + shift,
    expiries: sample.expiries.map((expiry) => ({ ...expiry, expirySeconds: expiry.expirySeconds + shift })),
    instruments: sample.instruments.map((instrument) => {
      if (!('expirySeconds' in instrument)) return instrument
      const { expirySeconds, symbol } = instrument
      const [from, to] = renamed.get(expirySeconds)!
      return { ...instrument, expirySeconds: expirySeconds + shift, symbol: symbol.replace(from, to) }
    }),
  }
  checkSnapshot(moved)
  return laterMarket(moved, { spotBps: 0n, volBps: 0n, secondsLater: nowSeconds - moved.asOfSeconds })
}

/** As venues write it: 6MAR26. */
function dateLabel(seconds: number): string {
  const date = new Date(seconds * 1_000)
  return `${date.getUTCDate()}${MONTHS[date.getUTCMonth()]!}${String(date.getUTCFullYear()).slice(-2)}`
}
