import { keccak256, toUtf8Bytes } from 'ethers'
import { InputError } from '../protocol/errors.ts'
import type { Solver } from '../risk/hedge/linear-program.ts'
import { formatDeribitName } from '../risk/market/deribit-name.ts'
import type { ExpiryQuote, InstrumentQuote, MarketSnapshot } from '../risk/market/snapshot.ts'
import type { ActivityContent, ExpiryContent, FeederContent, MarkContent } from './feeder-content.ts'
import { type ExpiryFit, fitSurface, type QuotedExpiry } from './surface-fit.ts'
import { projectSurface } from './surface-projection.ts'
import { thirtyDayVolNano } from './thirty-day-vol.ts'

/** What a source gives a feeder: a market as the venue marks it, with bid and ask where it shows them. */
export interface QuotedMarket {
  readonly snapshot: MarketSnapshot
  /** The expiries of the snapshot, in its order. */
  readonly expiries: readonly QuotedExpiry[]
  /** One an underlying at most; impliedVolNano 0 is filled in from the fit. */
  readonly activities: readonly ActivityContent[]
  /** What the source could not give, for people. */
  readonly notes: readonly string[]
}

/** A snapshot that knows no bids and asks. */
export function withoutQuotes(snapshot: MarketSnapshot): QuotedMarket {
  return { snapshot, expiries: snapshot.expiries, activities: [], notes: [] }
}

/** A fitted market: what can be said of it, and of which expiries nothing can. */
export interface FittedMarket {
  readonly market: QuotedMarket
  readonly fits: readonly ExpiryFit[]
  /** Expiries that nothing free of arbitrage was found for; they go without a smile. */
  readonly unfitted: readonly UnfittedExpiry[]
}

export interface UnfittedExpiry {
  readonly symbol: string
  readonly expirySeconds: number
  readonly rule: string
}

/**
 * Fits every expiry; one that cannot be fitted does not keep the others from it.
 * @param solve moves the fit within its bid-asks as far as no arbitrage allows (surface-projection.ts); without it the curves stand
 */
export function fitMarket(market: QuotedMarket, solve?: Solver): FittedMarket {
  const { asOfSeconds, underlyings } = market.snapshot
  const fits: ExpiryFit[] = []
  const unfitted: UnfittedExpiry[] = []
  for (const [underlying, { symbol }] of underlyings.entries()) {
    let quoted = market.expiries.filter((expiry) => expiry.underlying === underlying)
    for (;;) {
      try {
        fits.push(...fitSurface(asOfSeconds, quoted))
        break
      } catch (error) {
        const failed = quoted.find((expiry) => isAbout(error, expiry))
        if (failed === undefined) throw error
        const { expirySeconds } = failed
        unfitted.push({ symbol, expirySeconds, rule: (error as InputError).rule })
        quoted = quoted.filter((expiry) => expiry !== failed)
      }
    }
  }
  const within = solve === undefined ? fits : projectSurface(asOfSeconds, market.expiries, fits, solve)
  return { market, fits: within, unfitted }
}

/** The fit names the expiry that it stopped at in the field of its error. */
function isAbout(error: unknown, { expirySeconds }: QuotedExpiry): boolean {
  return error instanceof InputError && error.location.field?.includes(`expiry ${expirySeconds} `) === true
}

/**
 * What a feeder says of this market for a round.
 * @throws InputError where two instruments have the same terms: a round knows them by their terms
 */
export function makeContent(sequence: number, { market, fits }: FittedMarket): FeederContent {
  const { snapshot } = market
  const { asOfSeconds, underlyings } = snapshot
  const symbolOf = (underlying: number) => underlyings[underlying]!.symbol
  const expiries = snapshot.expiries.map((expiry): ExpiryContent => {
    const fit = fits.find((one) => isSameExpiry(one, expiry))
    const { expirySeconds, forwardNano } = expiry
    return { symbol: symbolOf(expiry.underlying), expirySeconds, forwardNano, smile: fit?.smile ?? [] }
  })
  const activities = market.activities.map((activity) => {
    if (activity.impliedVolNano !== 0n) return activity
    const own = expiries.filter(({ symbol }) => symbol === activity.symbol)
    return { ...activity, impliedVolNano: thirtyDayVolNano(asOfSeconds, own) }
  })
  return {
    sequence,
    asOfSeconds,
    quotesHash: quotesHashOf(market),
    spots: underlyings.map(({ symbol, spotNano }) => ({ symbol, spotNano })),
    expiries,
    marks: marksOf(snapshot),
    activities,
  }
}

/** keccak-256 of all quotes and no time: a source that repeats itself has the same. */
export function quotesHashOf({ snapshot, expiries }: QuotedMarket): string {
  const lines = [
    ...snapshot.underlyings.map(({ symbol, spotNano }) => `spot ${symbol} ${spotNano}`),
    ...expiries.map(({ underlying, expirySeconds, forwardNano, smile }) => {
      const points = smile.map(
        ({ strikeNano, volNano, bidVolNano, askVolNano }) =>
          `${strikeNano} ${volNano} ${bidVolNano ?? '-'} ${askVolNano ?? '-'}`,
      )
      return [`expiry ${underlying} ${expirySeconds} ${forwardNano}`, ...points].join('\n')
    }),
    ...marksOf(snapshot).map(
      ({ symbol, markNano, cumulativeFundingNano }) => `mark ${symbol} ${markNano} ${cumulativeFundingNano}`,
    ),
  ]
  return keccak256(toUtf8Bytes(lines.join('\n')))
}

/** Perpetuals and futures under the names of their terms, whatever the venue calls them. */
function marksOf({ instruments, underlyings }: MarketSnapshot): MarkContent[] {
  const marks = instruments.flatMap((instrument): MarkContent[] => {
    if (instrument.kind !== 'perpetual' && instrument.kind !== 'future') return []
    const currency = underlyings[instrument.underlying]!.symbol
    const symbol = markName(instrument, currency)
    const cumulativeFundingNano = instrument.kind === 'perpetual' ? instrument.cumulativeFundingNano : 0n
    return [{ symbol, markNano: instrument.markNano, cumulativeFundingNano }]
  })
  const twice = marks.find(({ symbol }, index) => marks.findIndex((mark) => mark.symbol === symbol) < index)
  if (twice !== undefined) {
    throw new InputError(`two instruments have the terms of ${twice.symbol}`, { field: 'instruments' })
  }
  return marks
}

/** The name under which a round knows a perpetual or a future. */
export function markName(
  instrument: Extract<InstrumentQuote, { kind: 'perpetual' | 'future' }>,
  currency: string,
): string {
  if (instrument.kind === 'perpetual') return formatDeribitName({ kind: 'perpetual', currency })
  return formatDeribitName({ kind: 'future', currency, expirySeconds: instrument.expirySeconds })
}

type ExpiryKey = Pick<ExpiryQuote, 'underlying' | 'expirySeconds'>

function isSameExpiry(a: ExpiryKey, b: ExpiryKey): boolean {
  return a.underlying === b.underlying && a.expirySeconds === b.expirySeconds
}
