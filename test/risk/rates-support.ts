import type {
  ExpiryQuote,
  InstrumentQuote,
  MarketSnapshot,
  OptionQuote,
} from '../../src/risk/market/snapshot.ts'

export const USD = 1_000_000_000n
export const PERCENT = 10_000_000n
export const DAY = 86_400
export const NOW = 1_770_000_000
export const BTC_LOT = 10_000n
export const ETH_LOT = 100_000n
export const CASH_LOT = 10_000_000n

/** A smile of a few strikes around a forward: 25% higher in the wings. */
export function smileAround(forwardNano: bigint, volNano: bigint): ExpiryQuote['smile'] {
  return [50n, 80n, 95n, 100n, 105n, 120n, 200n].map((percent) => ({
    strikeNano: (forwardNano * percent) / 100n,
    volNano: volNano + (volNano * (percent > 100n ? percent - 100n : 100n - percent)) / 400n,
  }))
}

export function expiry(underlying: number, days: number, forwardNano: bigint, volNano: bigint): ExpiryQuote {
  const expirySeconds = NOW + Math.round(days * DAY)
  return { underlying, expirySeconds, forwardNano, smile: smileAround(forwardNano, volNano) }
}

export function option(
  expiryQuote: Pick<ExpiryQuote, 'underlying' | 'expirySeconds'>,
  strikeNano: bigint,
  right: 'call' | 'put',
  lotNano = expiryQuote.underlying === 0 ? BTC_LOT : ETH_LOT,
): OptionQuote {
  const { underlying, expirySeconds } = expiryQuote
  const symbol = `${underlying}-${expirySeconds}-${strikeNano}-${right}`
  return { kind: 'option', symbol, lotNano, underlying, expirySeconds, strikeNano, right }
}

/** BTC at 60,000 and ETH at 2,000 USD, each with a week and a quarter. */
export function market(instruments: readonly InstrumentQuote[] = []): MarketSnapshot {
  return {
    asOfSeconds: NOW,
    underlyings: [
      { symbol: 'BTC', spotNano: 60_000n * USD },
      { symbol: 'ETH', spotNano: 2_000n * USD },
    ],
    expiries: [
      expiry(0, 7, 60_050n * USD, 80n * PERCENT),
      expiry(0, 90, 60_700n * USD, 65n * PERCENT),
      expiry(1, 7, 2_001n * USD, 95n * PERCENT),
      expiry(1, 90, 2_020n * USD, 78n * PERCENT),
    ],
    instruments,
  }
}
