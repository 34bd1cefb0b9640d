import { z } from 'zod'
import { InputError } from '../../protocol/errors.ts'
import {
  type BySymbol,
  MAX_CAPTURE_SPREAD_SECONDS,
  type MarketAdapter,
  type MarketPart,
  type Sourced,
} from './adapter.ts'
import { MAX_VOL_NANO, MIN_VOL_NANO } from './check.ts'
import { numberToNano, quote } from './decimal.ts'
import { type DeribitName, parseDeribitName } from './deribit-name.ts'
import { parseJson, type TextFile, validate } from './json.ts'
import { lotOfUnderlying } from './lots.ts'
import type { ExpiryQuote, InstrumentQuote, SmilePoint, UnderlyingQuote } from './snapshot.ts'

/**
 * Deribit's public `get_book_summary_by_currency`, kind=option and kind=future, any number of files and currencies.
 * How it is read:
 * - Options are inverse: quoted and settled in the coin, one coin of notional. Their value in USD at any price of the
 *   coin is that of the linear option, so they are valued as undiscounted Black-76 on the forward of their expiry
 *   (the venue's own interest_rate is 0). An inverse future or perpetual held in a fixed number of coins is linear in
 *   USD too, so quantities are coins, not the venue's 10 USD contracts.
 * - Rows are captured one by one, so `underlying_price` differs a little within an expiry: the forward is the median
 *   over its options, or the mark of its future where it lists no option.
 * - Spot is `estimated_delivery_price` (the index) of the perpetual where there is one, else its median over all
 *   rows of the currency: in the last half hour of an expiry that expiry's own rows hold an average instead.
 * - Volatility is `mark_iv` (percent). Where call and put of a strike differ, the out-of-the-money one stands: it is
 *   the one that trades.
 * - The market's time is the newest creation_timestamp, in whole seconds; a row an hour older is refused as stale.
 * - The summary has no cumulative funding: a perpetual starts at zero.
 */
export const deribitAdapter: MarketAdapter = {
  name: 'deribit',
  detect: (text) => text.includes('"instrument_name"') || text.includes('"jsonrpc"'),
  parse(files) {
    const rows = files.flatMap(readRows)
    const newest = rows.reduce((best, row) => (row.createdMs > best.createdMs ? row : best))
    const asOfSeconds = Math.floor(newest.createdMs / 1000)
    checkRowsTogether(rows, asOfSeconds)
    const currencies = [...new Set(rows.map(({ terms }) => terms.currency))]
    const parts = currencies.map((currency) =>
      currencyPart(rows.filter(({ terms }) => terms.currency === currency)),
    )
    return {
      asOfSeconds: { value: asOfSeconds, source: { ...newest.source, field: 'creation_timestamp' } },
      underlyings: parts.flatMap((part) => part.underlyings),
      expiries: parts.flatMap((part) => part.expiries),
      instruments: parts.flatMap((part) => part.instruments),
    }
  },
}

const price = z.number('must be a finite number').positive('must be above zero')
const amount = z.number('must be a finite number').nonnegative('must not be negative')
const FIRST_MS = Date.UTC(2010)
const LAST_MS = Date.UTC(2100)

const fields = {
  instrument_name: z.string('must be a text'),
  base_currency: z.string('must be a text'),
  quote_currency: z.string('must be a text'),
  /** In coin for an option, in USD for a future. */
  mark_price: amount,
  bid_price: amount.nullable(),
  ask_price: amount.nullable(),
  mid_price: amount.nullable(),
  estimated_delivery_price: price,
  creation_timestamp: z
    .int('must be a time in whole milliseconds')
    .min(FIRST_MS, 'must be a time in unix milliseconds')
    .max(LAST_MS, 'must be a time in unix milliseconds'),
}
const nameSchema = z.object({ instrument_name: fields.instrument_name }, 'must be an object')
const optionSchema = z.object({
  ...fields,
  underlying_price: price,
  mark_iv: z.number('volatility is missing: must be a finite number'),
  bid_iv: amount.nullish(),
  ask_iv: amount.nullish(),
})
const futureSchema = z.object({ ...fields, mark_price: price })
const fileSchema = z.object(
  {
    result: z.array(z.unknown(), 'must be a list').min(1, 'holds no instrument'),
  },
  'must be an object',
)

interface Row {
  readonly source: { readonly file: string; readonly row: number }
  readonly name: string
  readonly terms: DeribitName
  readonly createdMs: number
  readonly indexNano: bigint
  /** Of an option the forward, of a future or perpetual its mark. */
  readonly priceNano: bigint
  /** Of an option only. */
  readonly volNano: bigint
}
type OptionRow = Row & { readonly terms: DeribitName & { kind: 'option' } }

function readRows(file: TextFile): Row[] {
  const { result } = validate(fileSchema, parseJson(file, 'result'), { file: file.name })
  let currency: string | undefined
  return result.map((value, index) => {
    const at = { file: file.name, row: index + 1 }
    const row = readRow(value, at)
    currency ??= row.terms.currency
    if (row.terms.currency !== currency) {
      throw new InputError(
        `wrong currency: the file's first row is of ${currency}, and a response is of one`,
        {
          ...at,
          field: 'instrument_name',
        },
      )
    }
    return row
  })
}

function readRow(value: unknown, at: { file: string; row: number }): Row {
  const { instrument_name: name } = validate(nameSchema, value, at)
  const refuse = (field: string, rule: string) => new InputError(rule, { ...at, field })
  const terms = parseDeribitName(name)
  if (terms === undefined) {
    throw refuse('instrument_name', `${quote(name)} is not the name of an option, future or perpetual`)
  }
  const option = terms.kind === 'option' ? validate(optionSchema, value, at) : undefined
  const row = option ?? validate(futureSchema, value, at)
  const quoteCurrency = option === undefined ? 'USD' : terms.currency
  if (row.base_currency !== terms.currency) {
    throw refuse('base_currency', `wrong currency: must be ${terms.currency}, as the name says`)
  }
  if (row.quote_currency !== quoteCurrency) {
    throw refuse('quote_currency', `wrong currency: must be ${quoteCurrency} for an inverse ${terms.kind}`)
  }
  if (isCrossed(row.bid_price, row.ask_price)) throw refuse('bid_price', 'crossed: bid is above ask')
  if (option !== undefined && isCrossed(option.bid_iv, option.ask_iv)) {
    throw refuse('bid_iv', 'crossed volatility: bid is above ask')
  }
  // Percent comes with two decimal places; beyond seven it is cut.
  const volNano = option === undefined ? 0n : numberToNano(option.mark_iv) / 100n
  if (option !== undefined && (volNano < MIN_VOL_NANO || volNano > MAX_VOL_NANO)) {
    throw refuse('mark_iv', 'volatility must be between 1 and 1,000 percent')
  }
  return {
    source: at,
    name,
    terms,
    createdMs: row.creation_timestamp,
    indexNano: numberToNano(row.estimated_delivery_price),
    priceNano: numberToNano(option?.underlying_price ?? row.mark_price),
    volNano,
  }
}

function isCrossed(bid: number | null | undefined, ask: number | null | undefined): boolean {
  return typeof bid === 'number' && typeof ask === 'number' && bid > ask
}

function checkRowsTogether(rows: readonly Row[], asOfSeconds: number): void {
  const names = new Set<string>()
  for (const { source, name, terms, createdMs } of rows) {
    if (names.has(name))
      throw new InputError(`duplicate instrument ${name}`, { ...source, field: 'instrument_name' })
    names.add(name)
    if (terms.kind !== 'perpetual' && terms.expirySeconds <= asOfSeconds) {
      throw new InputError(
        `expired ${terms.kind}: ${name} is past its expiry in a market of ${isoTime(asOfSeconds)}`,
        {
          ...source,
          field: 'instrument_name',
        },
      )
    }
    if (asOfSeconds - createdMs / 1000 > MAX_CAPTURE_SPREAD_SECONDS) {
      throw new InputError(
        `stale: captured more than ${MAX_CAPTURE_SPREAD_SECONDS} s before the newest row`,
        {
          ...source,
          field: 'creation_timestamp',
        },
      )
    }
  }
}

/** Underlying, expiries and instruments of the rows of one currency; at least one row. */
function currencyPart(rows: readonly Row[]): Omit<MarketPart, 'asOfSeconds'> {
  const symbol = rows[0]!.terms.currency
  const perpetual = rows.find(({ terms }) => terms.kind === 'perpetual')
  const spotNano = perpetual?.indexNano ?? median(rows.map(({ indexNano }) => indexNano))
  const lotNano = lotOfUnderlying(symbol, spotNano)
  const underlying: Sourced<UnderlyingQuote> = {
    value: { symbol, spotNano },
    source: { ...(perpetual ?? rows[0]!).source, field: 'estimated_delivery_price' },
  }
  const instruments = rows.map((row): Sourced<BySymbol<InstrumentQuote>> => {
    const base = { symbol: row.name, underlying: symbol, lotNano }
    const { terms, source } = row
    if (terms.kind === 'perpetual') {
      const value = { ...base, kind: terms.kind, markNano: row.priceNano, cumulativeFundingNano: 0n }
      return { value, source: { ...source } }
    }
    if (terms.kind === 'future') {
      const value = { ...base, kind: terms.kind, expirySeconds: terms.expirySeconds, markNano: row.priceNano }
      return { value, source }
    }
    const { kind, expirySeconds, strikeNano, right } = terms
    return { value: { ...base, kind, expirySeconds, strikeNano, right }, source }
  })
  return { underlyings: [underlying], expiries: expiriesOf(symbol, rows), instruments }
}

function expiriesOf(symbol: string, rows: readonly Row[]): Sourced<BySymbol<ExpiryQuote>>[] {
  const byExpiry = new Map<number, Row[]>()
  for (const row of rows) {
    if (row.terms.kind === 'perpetual') continue
    const group = byExpiry.get(row.terms.expirySeconds)
    if (group === undefined) byExpiry.set(row.terms.expirySeconds, [row])
    else group.push(row)
  }
  return [...byExpiry].map(([expirySeconds, group]) => {
    const options = group.filter((row): row is OptionRow => row.terms.kind === 'option')
    const forwards = (options.length > 0 ? options : group).map(({ priceNano }) => priceNano)
    const forwardNano = median(forwards)
    const { source } = (options.length > 0 ? options : group).find((row) => row.priceNano === forwardNano)!
    const smile = smileOf(options, forwardNano)
    return {
      value: { underlying: symbol, expirySeconds, forwardNano, smile },
      source: { ...source, field: options.length > 0 ? 'underlying_price' : 'mark_price' },
    }
  })
}

/** One point a strike: the out-of-the-money option's volatility (at the forward the call's), or the only one's. */
function smileOf(options: readonly OptionRow[], forwardNano: bigint): SmilePoint[] {
  const chosen = new Map<bigint, OptionRow>()
  for (const row of options) {
    const { strikeNano, right } = row.terms
    const isOutOfTheMoney = right === (strikeNano >= forwardNano ? 'call' : 'put')
    if (isOutOfTheMoney || !chosen.has(strikeNano)) chosen.set(strikeNano, row)
  }
  return [...chosen]
    .map(([strikeNano, { volNano }]) => ({ strikeNano, volNano }))
    .sort((a, b) => (a.strikeNano < b.strikeNano ? -1 : 1))
}

/** The lower middle value: always one that was observed. At least one value. */
function median(values: readonly bigint[]): bigint {
  const sorted = [...values].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  return sorted[(sorted.length - 1) >> 1]!
}

function isoTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString()
}
