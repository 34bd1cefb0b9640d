import { z } from 'zod'
import { numberToNano } from '../risk/market/decimal.ts'
import { type DeribitName, parseDeribitName } from '../risk/market/deribit-name.ts'
import { parseJson, type TextFile, validate } from '../risk/market/json.ts'
import type { MarketSnapshot } from '../risk/market/snapshot.ts'
import { impliedVolNano } from './implied-volatility.ts'
import type { QuotedExpiry, QuotedPoint } from './surface-fit.ts'

/**
 * Bid and ask of a Deribit book summary as volatilities, for the fit: of each strike those of the option whose volatility the
 * market adapter takes (out of the money, at the forward the call). Prices are in coin, so a price in USD is that times the
 * forward. Rows have passed the adapter; a side that no volatility explains (below intrinsic value, or one tick) is left out.
 */
export function deribitQuotes(snapshot: MarketSnapshot, files: readonly TextFile[]): QuotedExpiry[] {
  const sides = new Map<string, BookSides>()
  for (const file of files) {
    const { result } = validate(fileSchema, parseJson(file, 'result'), { file: file.name, rowsIn: 'result' })
    for (const row of result) {
      const terms = parseDeribitName(row.instrument_name)
      if (terms?.kind === 'option') sides.set(optionKey(terms), { bid: row.bid_price, ask: row.ask_price })
    }
  }
  return snapshot.expiries.map((expiry) => {
    const { forwardNano, expirySeconds } = expiry
    const currency = snapshot.underlyings[expiry.underlying]!.symbol
    const seconds = expirySeconds - snapshot.asOfSeconds
    const smile = expiry.smile.map((point): QuotedPoint => {
      const { strikeNano } = point
      const right = strikeNano >= forwardNano ? 'call' : 'put'
      const book = sides.get(optionKey({ kind: 'option', currency, expirySeconds, strikeNano, right }))
      const volOf = (price: number | null | undefined) =>
        price === null || price === undefined || price <= 0
          ? undefined
          : impliedVolNano(right, forwardNano, strikeNano, usdNano(price, forwardNano), seconds)
      return { ...point, bidVolNano: volOf(book?.bid), askVolNano: volOf(book?.ask) }
    })
    return { ...expiry, smile }
  })
}

interface BookSides {
  readonly bid: number | null | undefined
  readonly ask: number | null | undefined
}

type OptionTerms = Extract<DeribitName, { kind: 'option' }>

function optionKey({ currency, expirySeconds, strikeNano, right }: OptionTerms): string {
  return `${currency} ${expirySeconds} ${strikeNano} ${right}`
}

/** A price in coin as nano-USD, rounded down. */
function usdNano(price: number, forwardNano: bigint): bigint {
  return (numberToNano(price) * forwardNano) / 1_000_000_000n
}

const side = z.number('must be a finite number').nonnegative('must not be negative').nullish()
const fileSchema = z.object({
  result: z.array(
    z.object({ instrument_name: z.string('must be a text'), bid_price: side, ask_price: side }),
    'must be a list',
  ),
})
