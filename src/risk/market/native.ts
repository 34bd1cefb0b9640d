import { z } from 'zod'
import { InputError } from '../../protocol/errors.ts'
import { BASIS_POINTS } from '../../protocol/ranges.ts'
import {
  type BySymbol,
  composeSnapshot,
  type MarketAdapter,
  type MarketPart,
  newestTime,
  type Sourced,
} from './adapter.ts'
import { decimalToNano, nanoToDecimal } from './decimal.ts'
import { parseJson, type TextFile, validate } from './json.ts'
import type { ExpiryQuote, InstrumentQuote, MarketSnapshot, SmilePoint, UnderlyingQuote } from './snapshot.ts'

export const MARKET_FORMAT = 'tacit.market'
export const MARKET_VERSION = 1

/** A basis point of 1 in 1e-9. */
const BASIS_POINT_NANO = 100_000n

/**
 * Tacit's own market format: one JSON object, version 1.
 *   format "tacit.market", version 1, asOf (unix seconds)
 *   underlyings: { symbol, spot, scale (optional: 1 where it is missing; at most four places) }
 *   expiries: { underlying, expiry (unix seconds), forward, smile: { strike, vol }[] }
 *   instruments: { kind, symbol, lot, ... }
 *     cash       nothing more         perpetual  underlying, mark, cumulativeFunding
 *     spot       underlying           future     underlying, expiry, mark
 *                                     option     underlying, expiry, strike, right ("call" or "put")
 * Prices are in USD, volatility is a fraction (0.8 is 80%), lots are in units: decimal strings of at most nine places.
 * `underlying` is a symbol; a file may leave out underlyings and expiries that another file of the market quotes.
 * Rows are counted from 1 within each list.
 */
export const nativeAdapter: MarketAdapter = {
  name: 'tacit',
  detect: (text) => text.includes(`"${MARKET_FORMAT}"`),
  parse: (files) => mergeParts(files.map(readPart)),
}

/** A whole market from one file of the native format, nothing added: the inverse of writeNativeMarket. */
export function readNativeMarket(file: TextFile): MarketSnapshot {
  return composeSnapshot([readPart(file)], { addCollateral: false, addPerpetuals: false })
}

/** The canonical text of a snapshot: one line an item, ending in a line break. */
export function writeNativeMarket(snapshot: MarketSnapshot): string {
  const symbolOf = (underlying: number) => snapshot.underlyings[underlying]!.symbol
  const sections = [
    ['underlyings', snapshot.underlyings.map(underlyingRow)],
    ['expiries', snapshot.expiries.map((expiry) => expiryRow(expiry, symbolOf))],
    ['instruments', snapshot.instruments.map((instrument) => instrumentRow(instrument, symbolOf))],
  ] as const
  const lists = sections.map(([name, rows]) => {
    const lines = rows.map((row) => `    ${JSON.stringify(row)}`)
    return `  "${name}": [${lines.length === 0 ? '' : `\n${lines.join(',\n')}\n  `}]`
  })
  const head = `  "format": "${MARKET_FORMAT}",\n  "version": ${MARKET_VERSION},\n  "asOf": ${snapshot.asOfSeconds}`
  return `{\n${[head, ...lists].join(',\n')}\n}\n`
}

const nano = z.string('must be a decimal number in a string').transform((text, context) => {
  try {
    return decimalToNano(text)
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof InputError ? error.rule : String(error) })
    return z.NEVER
  }
})
/** A factor as basis points. */
const basisPoints = nano.transform((factorNano, context) => {
  if (factorNano % BASIS_POINT_NANO === 0n) return factorNano / BASIS_POINT_NANO
  context.addIssue({ code: 'custom', message: 'must be a decimal number of at most four places' })
  return z.NEVER
})
const text = z.string('must be a text')
const seconds = z.int('must be a time in whole unix seconds')
const dated = { underlying: text, expiry: seconds }
const base = { symbol: text, lot: nano }
const instrumentSchema = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ kind: z.literal('cash'), ...base }),
    z.strictObject({ kind: z.literal('spot'), ...base, underlying: text }),
    z.strictObject({
      kind: z.literal('perpetual'),
      ...base,
      underlying: text,
      mark: nano,
      cumulativeFunding: nano,
    }),
    z.strictObject({ kind: z.literal('future'), ...base, ...dated, mark: nano }),
    z.strictObject({
      kind: z.literal('option'),
      ...base,
      ...dated,
      strike: nano,
      right: z.enum(['call', 'put'], 'must be "call" or "put"'),
    }),
  ],
  'must be cash, spot, perpetual, future or option',
)
const fileSchema = z.strictObject(
  {
    format: z.literal(MARKET_FORMAT, `must be "${MARKET_FORMAT}"`),
    version: z.literal(MARKET_VERSION, `must be ${MARKET_VERSION}: this reader knows no other version`),
    asOf: seconds,
    underlyings: z.array(
      z.strictObject({ symbol: text, spot: nano, scale: basisPoints.optional() }),
      'must be a list',
    ),
    expiries: z.array(
      z.strictObject({
        ...dated,
        forward: nano,
        smile: z.array(z.strictObject({ strike: nano, vol: nano }), 'must be a list'),
      }),
      'must be a list',
    ),
    instruments: z.array(instrumentSchema, 'must be a list'),
  },
  'must be an object',
)
type NativeInstrument = z.infer<typeof instrumentSchema>

function readPart(file: TextFile): MarketPart {
  const parsed = validate(fileSchema, parseJson(file), { file: file.name })
  const sourced = <T, U>(rows: readonly T[], read: (row: T) => U): Sourced<U>[] =>
    rows.map((row, index) => ({ value: read(row), source: { file: file.name, row: index + 1 } }))
  return {
    asOfSeconds: { value: parsed.asOf, source: { file: file.name, field: 'asOf' } },
    underlyings: sourced(parsed.underlyings, ({ symbol, spot, scale }) => ({
      ...{ symbol, spotNano: spot },
      // 1 is the same as nothing: one market has one canonical text.
      ...(scale === undefined || scale === BASIS_POINTS ? {} : { scaleBps: scale }),
    })),
    expiries: sourced(parsed.expiries, ({ underlying, expiry, forward, smile }) => ({
      underlying,
      expirySeconds: expiry,
      forwardNano: forward,
      smile: smile.map(({ strike, vol }): SmilePoint => ({ strikeNano: strike, volNano: vol })),
    })),
    instruments: sourced(parsed.instruments, readInstrument),
  }
}

function readInstrument(row: NativeInstrument): BySymbol<InstrumentQuote> {
  const common = { symbol: row.symbol, lotNano: row.lot }
  switch (row.kind) {
    case 'cash':
      return { kind: 'cash', ...common }
    case 'spot':
      return { kind: 'spot', ...common, underlying: row.underlying }
    case 'perpetual':
      return {
        kind: 'perpetual',
        ...common,
        underlying: row.underlying,
        markNano: row.mark,
        cumulativeFundingNano: row.cumulativeFunding,
      }
    case 'future':
      return {
        kind: 'future',
        ...common,
        underlying: row.underlying,
        expirySeconds: row.expiry,
        markNano: row.mark,
      }
    case 'option':
      return {
        kind: 'option',
        ...common,
        underlying: row.underlying,
        expirySeconds: row.expiry,
        strikeNano: row.strike,
        right: row.right,
      }
  }
}

function mergeParts(parts: readonly MarketPart[]): MarketPart {
  return {
    asOfSeconds: newestTime(parts),
    underlyings: parts.flatMap((part) => part.underlyings),
    expiries: parts.flatMap((part) => part.expiries),
    instruments: parts.flatMap((part) => part.instruments),
  }
}

function underlyingRow({ symbol, spotNano, scaleBps = BASIS_POINTS }: UnderlyingQuote): object {
  const scale = scaleBps === BASIS_POINTS ? {} : { scale: nanoToDecimal(scaleBps * BASIS_POINT_NANO) }
  return { symbol, spot: nanoToDecimal(spotNano), ...scale }
}

function expiryRow(expiry: ExpiryQuote, symbolOf: (underlying: number) => string): object {
  return {
    underlying: symbolOf(expiry.underlying),
    expiry: expiry.expirySeconds,
    forward: nanoToDecimal(expiry.forwardNano),
    smile: expiry.smile.map(({ strikeNano, volNano }) => ({
      strike: nanoToDecimal(strikeNano),
      vol: nanoToDecimal(volNano),
    })),
  }
}

function instrumentRow(instrument: InstrumentQuote, symbolOf: (underlying: number) => string): object {
  const { kind, symbol } = instrument
  const common = { kind, symbol, lot: nanoToDecimal(instrument.lotNano) }
  switch (instrument.kind) {
    case 'cash':
      return common
    case 'spot':
      return { ...common, underlying: symbolOf(instrument.underlying) }
    case 'perpetual':
      return {
        ...common,
        underlying: symbolOf(instrument.underlying),
        mark: nanoToDecimal(instrument.markNano),
        cumulativeFunding: nanoToDecimal(instrument.cumulativeFundingNano),
      }
    case 'future':
      return {
        ...common,
        underlying: symbolOf(instrument.underlying),
        expiry: instrument.expirySeconds,
        mark: nanoToDecimal(instrument.markNano),
      }
    case 'option':
      return {
        ...common,
        underlying: symbolOf(instrument.underlying),
        expiry: instrument.expirySeconds,
        strike: nanoToDecimal(instrument.strikeNano),
        right: instrument.right,
      }
  }
}
