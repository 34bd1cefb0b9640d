import { lnIntegerQ64 } from '../fixed-point/ln.ts'
import { sqrtDown } from '../fixed-point/sqrt.ts'
import type { ExpiryQuote } from '../risk/market/snapshot.ts'
import { smileSlice, THIRTY_DAYS_SECONDS } from '../risk/surface.ts'

/**
 * At-the-money volatility of an underlying at thirty days, 1e-9, rounded down: total variance is linear in time between the two
 * expiries around it, and volatility flat before the first and after the last.
 * @param expiries of one underlying, in order of time, all after asOfSeconds
 * @returns 0 where no expiry has a smile: not published
 */
export function thirtyDayVolNano(
  asOfSeconds: number,
  expiries: readonly Pick<ExpiryQuote, 'expirySeconds' | 'forwardNano' | 'smile'>[],
): bigint {
  const quoted = expiries.filter(({ smile }) => smile.length > 0)
  const later = quoted.findIndex(({ expirySeconds }) => expirySeconds - asOfSeconds >= THIRTY_DAYS_SECONDS)
  const [before, after] = [quoted[later < 0 ? quoted.length - 1 : later - 1], quoted[later]]
  if (before === undefined || after === undefined) {
    const only = before ?? after
    return only === undefined ? 0n : atTheMoneyNano(only)
  }
  const [from, to] = [before, after].map((expiry) => {
    const seconds = BigInt(expiry.expirySeconds - asOfSeconds)
    const vol = atTheMoneyNano(expiry)
    return { seconds, variance: vol * vol * seconds }
  }) as [Variance, Variance]
  const thirty = BigInt(THIRTY_DAYS_SECONDS)
  const variance =
    from.variance + ((to.variance - from.variance) * (thirty - from.seconds)) / (to.seconds - from.seconds)
  return sqrtDown(variance / thirty)
}

interface Variance {
  readonly seconds: bigint
  readonly variance: bigint
}

function atTheMoneyNano({ forwardNano, smile }: Pick<ExpiryQuote, 'forwardNano' | 'smile'>): bigint {
  return smileSlice(smile).volNano(forwardNano, lnIntegerQ64(forwardNano))
}
