import { InputError, type InputLocation } from '../../protocol/errors.ts'
import { checkSnapshot } from './check.ts'
import type { TextFile } from './json.ts'
import { cashLotNano, lotOfUnderlying } from './lots.ts'
import { compareExpiries, compareInstruments, compareText } from './order.ts'
import type { ExpiryQuote, InstrumentQuote, MarketSnapshot, UnderlyingQuote } from './snapshot.ts'

/** A venue's format: one file in this folder, and one line in read.ts. Pure: text in, quotes out. */
export interface MarketAdapter {
  readonly name: string
  /** Whether a text is meant to be of this format, valid or not: a damaged file is then refused by its own adapter. */
  detect(text: string): boolean
  /** All the files of this format at once. Throws InputError naming file, row, field and rule. */
  parse(files: readonly TextFile[]): MarketPart
}

/** A value and where it was read. */
export interface Sourced<T> {
  readonly value: T
  readonly source: InputLocation
}

/** The same quote with its underlying named by symbol: an adapter does not know which others there are. */
export type BySymbol<T> = T extends { readonly underlying: number }
  ? Omit<T, 'underlying'> & { readonly underlying: string }
  : T

/** What one adapter contributes to a market. Any list may be empty: another part may have what this one lacks. */
export interface MarketPart {
  readonly asOfSeconds: Sourced<number>
  readonly underlyings: readonly Sourced<UnderlyingQuote>[]
  readonly expiries: readonly Sourced<BySymbol<ExpiryQuote>>[]
  readonly instruments: readonly Sourced<BySymbol<InstrumentQuote>>[]
}

export interface ComposeOptions {
  /**
   * Adds USD cash and one spot asset per underlying where the files have none (default true). They need no quote:
   * cash is worth 1 USD and spot is worth spot.
   */
  readonly addCollateral?: boolean
  /**
   * Adds one perpetual per underlying where the files have none, marked at spot with no funding (default true), so
   * that a market of options alone can be delta-hedged.
   */
  readonly addPerpetuals?: boolean
}

/** Parts captured further apart than this are not one round. */
export const MAX_CAPTURE_SPREAD_SECONDS = 3600

/**
 * One market out of several parts, checked and in canonical order (underlyings by symbol, so the order of files does
 * not matter). Its time is that of the newest part. Throws InputError naming file, row, field and rule when two parts
 * quote the same underlying, expiry or instrument, when they were captured more than an hour apart, when a quote names an
 * underlying that no part has, and for every rule of checkSnapshot.
 */
export function composeSnapshot(parts: readonly MarketPart[], options: ComposeOptions = {}): MarketSnapshot {
  const sources = new Map<object, InputLocation>()
  const { value: asOfSeconds } = newestTime(parts)
  const quoted = parts.flatMap((part) => part.underlyings)
  refuseRepeats(quoted, ({ symbol }) => symbol, 'underlying')
  const underlyings = quoted
    .map(({ value, source }) => keepSource(sources, value, source))
    .sort((a, b) => compareText(a.symbol, b.symbol))

  function resolve<T extends object>({ value, source }: Sourced<T>): object {
    if (!('underlying' in value)) return keepSource(sources, { ...value }, source)
    const underlying = underlyings.findIndex(({ symbol }) => symbol === value.underlying)
    if (underlying < 0) {
      throw new InputError(`no file has a spot price of ${value.underlying}`, {
        ...source,
        field: 'underlying',
      })
    }
    return keepSource(sources, { ...value, underlying }, source)
  }
  const allExpiries = parts.flatMap((part) => part.expiries)
  refuseRepeats(allExpiries, ({ underlying, expirySeconds }) => `${underlying} ${expirySeconds}`, 'expiry')
  const expiries = allExpiries.map((expiry) => resolve(expiry) as ExpiryQuote).sort(compareExpiries)
  const allInstruments = parts.flatMap((part) => part.instruments)
  refuseRepeats(allInstruments, ({ symbol }) => symbol, 'instrument')
  const listed = allInstruments.map((instrument) => resolve(instrument) as InstrumentQuote)
  const instruments = [...listed, ...missing(underlyings, listed, options)].sort(compareInstruments)

  const snapshot: MarketSnapshot = { asOfSeconds, underlyings, expiries, instruments }
  checkSnapshot(snapshot, (item) => sources.get(item) ?? {})
  return snapshot
}

function keepSource<T extends object>(
  sources: Map<object, InputLocation>,
  item: T,
  source: InputLocation,
): T {
  sources.set(item, source)
  return item
}

/** The time of the newest part. Throws InputError when there is none, or when one is too old to belong to it. */
export function newestTime(parts: readonly Pick<MarketPart, 'asOfSeconds'>[]): Sourced<number> {
  if (parts.length === 0) throw new InputError('a market needs at least one file')
  const newest = parts
    .map(({ asOfSeconds }) => asOfSeconds)
    .reduce((best, time) => (time.value > best.value ? time : best))
  for (const { asOfSeconds } of parts) {
    if (newest.value - asOfSeconds.value > MAX_CAPTURE_SPREAD_SECONDS) {
      throw new InputError(
        `is ${newest.value - asOfSeconds.value} s older than the newest file: one market is captured within ${MAX_CAPTURE_SPREAD_SECONDS} s`,
        asOfSeconds.source,
      )
    }
  }
  return newest
}

function refuseRepeats<T>(items: readonly Sourced<T>[], keyOf: (item: T) => string, what: string): void {
  const seen = new Set<string>()
  for (const { value, source } of items) {
    const key = keyOf(value)
    if (seen.has(key)) throw new InputError(`duplicate ${what} ${key}`, { field: what, ...source })
    seen.add(key)
  }
}

function missing(
  underlyings: readonly UnderlyingQuote[],
  listed: readonly InstrumentQuote[],
  { addCollateral = true, addPerpetuals = true }: ComposeOptions,
): InstrumentQuote[] {
  const lacks = (kind: 'spot' | 'perpetual', underlying: number) =>
    !listed.some((instrument) => instrument.kind === kind && instrument.underlying === underlying)
  const added: InstrumentQuote[] = []
  if (addCollateral && !listed.some(({ kind }) => kind === 'cash')) {
    added.push({ kind: 'cash', symbol: 'USD', lotNano: cashLotNano })
  }
  for (const [underlying, { symbol, spotNano }] of underlyings.entries()) {
    const lotNano = lotOfUnderlying(symbol, spotNano)
    if (addCollateral && lacks('spot', underlying)) added.push({ kind: 'spot', symbol, underlying, lotNano })
    if (addPerpetuals && lacks('perpetual', underlying)) {
      added.push({
        kind: 'perpetual',
        symbol: `${symbol}-PERPETUAL`,
        underlying,
        lotNano,
        markNano: spotNano,
        cumulativeFundingNano: 0n,
      })
    }
  }
  return added
}
