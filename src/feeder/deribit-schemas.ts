import { z } from 'zod'

/**
 * Answers of Deribit's public API (JSON-RPC 2.0 over HTTP GET), as far as a feeder reads them. Rows of a book summary are
 * checked by the market adapter, which names row and field.
 */

const price = z.number('must be a finite number').positive('must be above zero')
const amount = z.number('must be a finite number').nonnegative('must not be negative')
const text = z.string('must be a text')
const timeMs = z.int('must be a time in whole milliseconds').positive('must be above zero')

export const answerSchema = z.object({ result: z.unknown() }, 'must be an object')

/** { error: { code, message } } in the place of a result. */
export const errorSchema = z.object({
  error: z.object({ code: z.int(), message: z.string().max(300) }),
})

export const summarySchema = z.array(
  z.looseObject({ instrument_name: text }, 'must be an object'),
  'must be a list',
)

export const indexPriceSchema = z.object({ index_price: price }, 'must be an object')

export const instrumentsSchema = z.array(
  z.object(
    {
      instrument_name: text,
      kind: text,
      is_active: z.boolean('must be true or false'),
      expiration_timestamp: timeMs,
      /** Of an option. */
      strike: price.optional(),
      option_type: z.enum(['call', 'put'], 'must be call or put').optional(),
    },
    'must be an object',
  ),
  'must be a list',
)

export const tickerSchema = z.object(
  { instrument_name: text, timestamp: timeMs, index_price: price, mark_price: price },
  'must be an object',
)

const numbers = z.array(amount, 'must be a list')
/** Bars; all lists are of one length. */
export const chartSchema = z
  .object(
    {
      status: z.enum(['ok', 'no_data'], 'must be ok or no_data'),
      /** Start of each bar, milliseconds. */
      ticks: z.array(timeMs, 'must be a list'),
      open: numbers,
      high: numbers,
      low: numbers,
      close: numbers,
      /** In coin. */
      volume: numbers,
    },
    'must be an object',
  )
  .refine(
    ({ ticks, ...lists }) =>
      [lists.open, lists.high, lists.low, lists.close, lists.volume].every(
        (list) => list.length === ticks.length,
      ),
    'must have lists of one length',
  )

const level = z.tuple([price, amount], 'must be a price and an amount')
/** Of an inverse perpetual amounts are in USD. */
export const orderBookSchema = z.object(
  { bids: z.array(level, 'must be a list'), asks: z.array(level, 'must be a list') },
  'must be an object',
)

/** Errors that say "later": too many requests, try again, queue full, too many at a time, not available. */
export const BUSY_CODES: readonly number[] = [10028, 10040, 10047, 10066, 13503, 13888]
