import type { z } from 'zod'
import { deribitQuotes } from '../oracle/deribit-quotes.ts'
import type { ActivityContent } from '../oracle/feeder-content.ts'
import type { QuotedMarket } from '../oracle/quoted-market.ts'
import { InputError, SourceError } from '../protocol/errors.ts'
import { numberToNano } from '../risk/market/decimal.ts'
import { parseDeribitName } from '../risk/market/deribit-name.ts'
import { validate } from '../risk/market/json.ts'
import { readMarket } from '../risk/market/read.ts'
import { barActivity, thinnerSideNano } from './deribit-activity.ts'
import {
  answerSchema,
  BUSY_CODES,
  chartSchema,
  errorSchema,
  indexPriceSchema,
  instrumentsSchema,
  orderBookSchema,
  summarySchema,
  tickerSchema,
} from './deribit-schemas.ts'
import { DEFAULT_FETCH_RULES, type FetchHands, type FetchRules, fetchJson } from './fetch-json.ts'
import type { MarketSource } from './source.ts'

/** Deribit's public API by HTTP, or anything that speaks its format. Boundary module: network. */
export interface DeribitSourceOptions {
  /** Up to and without /public, e.g. https://www.deribit.com/api/v2. */
  readonly url: string
  readonly currencies: readonly string[]
  readonly rules?: FetchRules
  readonly hands?: FetchHands
  /** Milliseconds of any start; says how old the list of instruments is. */
  readonly now?: () => number
}

export const DERIBIT_URL = 'https://www.deribit.com/api/v2'

/** The venue takes one request for instruments a second, and they change once a day. */
const INSTRUMENTS_FOR_MS = 300_000
/** Index prices of two answers of one currency may lie so far apart. */
const INDEX_SPREAD = 0.01
const MINUTE_MS = 60_000
const CHART_MINUTES = 5

/**
 * Options, futures and the perpetual from book summaries; spot from the index, which the perpetual's ticker has to confirm; of
 * these only instruments that the venue lists as active, whose terms must be what their name says. The last whole minute of the
 * perpetual and the depth of its book are there for the synthetic volatility: without them the market stands, and a note says so.
 */
export class DeribitSource implements MarketSource {
  readonly name: string
  readonly #options: DeribitSourceOptions
  readonly #instruments = new Map<string, { readonly names: ReadonlySet<string>; readonly at: number }>()

  constructor(options: DeribitSourceOptions) {
    this.#options = options
    this.name = `${options.url} (${options.currencies.join(', ')})`
  }

  async take(): Promise<QuotedMarket> {
    const parts = await Promise.all(this.#options.currencies.map((currency) => this.#takeCurrency(currency)))
    const files = parts.map(({ file }) => file)
    const read = readMarket(files)
    const indexOf = new Map(parts.map(({ currency, indexNano }) => [currency, indexNano]))
    const underlyings = read.underlyings.map((underlying) => ({
      ...underlying,
      spotNano: indexOf.get(underlying.symbol) ?? underlying.spotNano,
    }))
    const snapshot = { ...read, underlyings }
    const told = await Promise.all(
      this.#options.currencies.map((currency) => this.#takeActivity(currency, snapshot.asOfSeconds)),
    )
    return {
      snapshot,
      expiries: deribitQuotes(snapshot, files),
      activities: told.flatMap(({ activity }) => activity ?? []),
      notes: told.flatMap(({ note }) => note ?? []),
    }
  }

  async #takeCurrency(currency: string) {
    const index = `${currency.toLowerCase()}_usd`
    const perpetual = `${currency}-PERPETUAL`
    const [active, options, futures, { index_price: indexPrice }, ticker] = await Promise.all([
      this.#activeNames(currency),
      this.#get('get_book_summary_by_currency', { currency, kind: 'option' }, summarySchema),
      this.#get('get_book_summary_by_currency', { currency, kind: 'future' }, summarySchema),
      this.#get('get_index_price', { index_name: index }, indexPriceSchema),
      this.#get('ticker', { instrument_name: perpetual }, tickerSchema),
    ])
    if (Math.abs(ticker.index_price / indexPrice - 1) > INDEX_SPREAD) {
      throw new InputError(`is ${indexPrice}, and the ticker of ${perpetual} says ${ticker.index_price}`, {
        ...{ file: this.#url('get_index_price', { index_name: index }), field: 'result.index_price' },
      })
    }
    const rows = [...options, ...futures].filter((row) => active.has(row.instrument_name))
    const file = { name: `${this.#options.url} ${currency}`, text: JSON.stringify({ result: rows }) }
    return { currency, file, indexNano: numberToNano(indexPrice) }
  }

  /** Of instruments that trade now and are of the kinds that a market has. */
  async #activeNames(currency: string): Promise<ReadonlySet<string>> {
    const now = (this.#options.now ?? Date.now)()
    const known = this.#instruments.get(currency)
    if (known !== undefined && now - known.at < INSTRUMENTS_FOR_MS) return known.names
    const lists = await Promise.all(
      (['option', 'future'] as const).map(async (kind) => {
        const parameters = { currency, kind, expired: 'false' }
        const listed = await this.#get('get_instruments', parameters, instrumentsSchema)
        return listed.filter((instrument, row) => {
          const terms = parseDeribitName(instrument.instrument_name)
          if (terms === undefined || terms.currency !== currency || !instrument.is_active) return false
          const wrong = wrongTerm(instrument, terms)
          if (wrong === undefined) return true
          const at = { file: this.#url('get_instruments', parameters), row: row + 1 }
          throw new InputError(`is not what the name ${instrument.instrument_name} says`, {
            ...at,
            field: wrong,
          })
        })
      }),
    )
    const names = new Set(lists.flat().map((instrument) => instrument.instrument_name))
    this.#instruments.set(currency, { names, at: now })
    return names
  }

  async #takeActivity(
    currency: string,
    asOfSeconds: number,
  ): Promise<{ readonly activity?: ActivityContent; readonly note?: string }> {
    const perpetual = `${currency}-PERPETUAL`
    const end = asOfSeconds * 1_000
    try {
      const [chart, book] = await Promise.all([
        this.#get(
          'get_tradingview_chart_data',
          {
            instrument_name: perpetual,
            start_timestamp: `${end - CHART_MINUTES * MINUTE_MS}`,
            end_timestamp: `${end}`,
            resolution: '1',
          },
          chartSchema,
        ),
        this.#get('get_order_book', { instrument_name: perpetual, depth: '1000' }, orderBookSchema),
      ])
      const bar = barActivity(chart, asOfSeconds)
      if (bar === undefined) return { note: `${perpetual} has no whole minute of trading to show` }
      return { activity: { symbol: currency, ...bar, depthNano: thinnerSideNano(book), impliedVolNano: 0n } }
    } catch (error) {
      if (!(error instanceof SourceError) && !(error instanceof InputError)) throw error
      return { note: `without trading and depth of ${currency}: ${error.message}` }
    }
  }

  async #get<T>(
    method: string,
    parameters: Readonly<Record<string, string>>,
    schema: z.ZodType<T>,
  ): Promise<T> {
    const { rules = DEFAULT_FETCH_RULES, hands } = this.#options
    const url = this.#url(method, parameters)
    const { value, status } = await fetchJson({ url, isBusy: busyReason }, rules, hands)
    const failed = errorSchema.safeParse(value)
    if (failed.success) {
      const { code, message } = failed.data.error
      throw new SourceError(`${url} refused with ${code} (${message})`)
    }
    if (status !== 200) throw new SourceError(`${url} answered with status ${status}`)
    return validate(schema, validate(answerSchema, value, { file: url }).result, { file: url })
  }

  #url(method: string, parameters: Readonly<Record<string, string>>): string {
    return `${this.#options.url}/public/${method}?${new URLSearchParams(parameters)}`
  }
}

function busyReason(value: unknown): string | undefined {
  const failed = errorSchema.safeParse(value)
  if (!failed.success || !BUSY_CODES.includes(failed.data.error.code)) return undefined
  return `busy: ${failed.data.error.code} (${failed.data.error.message})`
}

type ListedRow = z.output<typeof instrumentsSchema>[number]

/** The first field that contradicts the name. */
function wrongTerm(
  row: ListedRow,
  terms: NonNullable<ReturnType<typeof parseDeribitName>>,
): string | undefined {
  if (terms.kind === 'perpetual') return undefined
  if (row.expiration_timestamp !== terms.expirySeconds * 1_000) return 'expiration_timestamp'
  if (terms.kind !== 'option') return undefined
  if (row.strike === undefined || numberToNano(row.strike) !== terms.strikeNano) return 'strike'
  return row.option_type === terms.right ? undefined : 'option_type'
}
