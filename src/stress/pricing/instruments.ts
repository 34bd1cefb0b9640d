import { InputError } from '../../protocol/errors.ts'
import { CASH_ID } from '../../protocol/liquidation.ts'
import type { InstrumentQuote, MarketSnapshot } from '../../risk/market/snapshot.ts'

/** Every instrument of a stress run but cash, which is counted in cents beside them. */
export interface StressInstrument {
  /** As in the book's positions. */
  readonly id: number
  readonly quote: Exclude<InstrumentQuote, { kind: 'cash' }>
  /** Units of the underlying in a lot. */
  readonly unitsPerLot: number
}

export interface StressListing {
  bySymbol(symbol: string): { readonly id: number } | undefined
}

/**
 * The instruments that a run needs: what somebody holds, and for every underlying the one to hedge with. In the snapshot's
 * order, so that the same book gives the same arrays. Throws InputError for a held id that the snapshot does not quote.
 */
export function stressInstruments(
  snapshot: MarketSnapshot,
  listing: StressListing,
  held: ReadonlySet<number>,
): StressInstrument[] {
  const hedges = new Set(snapshot.underlyings.map((_, underlying) => hedgeQuote(snapshot, underlying)))
  const known = new Set<number>([CASH_ID])
  const instruments = snapshot.instruments.flatMap((quote): StressInstrument[] => {
    if (quote.kind === 'cash') return []
    const id = listing.bySymbol(quote.symbol)?.id
    if (id === undefined) throw new InputError(`${quote.symbol} is not listed`, { field: 'instrument' })
    known.add(id)
    if (!held.has(id) && !hedges.has(quote)) return []
    return [{ id, quote, unitsPerLot: Number(quote.lotNano) / 1e9 }]
  })
  const foreign = [...held].find((id) => !known.has(id))
  if (foreign !== undefined) {
    throw new InputError(`the book holds instrument ${foreign}, which this market does not quote`, {
      field: 'positions',
    })
  }
  return instruments
}

/** What delta is traded with: the perpetual, else spot. Throws InputError where an underlying has neither. */
export function hedgeQuote(snapshot: MarketSnapshot, underlying: number): InstrumentQuote {
  const of = (kind: 'perpetual' | 'spot') =>
    snapshot.instruments.find((quote) => quote.kind === kind && quote.underlying === underlying)
  const quote = of('perpetual') ?? of('spot')
  if (quote !== undefined) return quote
  const { symbol } = snapshot.underlyings[underlying]!
  throw new InputError(`${symbol} has neither a perpetual nor spot, so nothing to hedge it with`, {
    field: 'instruments',
  })
}
