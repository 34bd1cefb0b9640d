import { InputError, type InputLocation } from '../../protocol/errors.ts'
import { BASIS_POINTS, MAX_SCALE_BPS } from '../../protocol/ranges.ts'
import { UNDERLYINGS } from '../../protocol/risk-layout.ts'
import { compareExpiries, compareInstruments, compareText } from './order.ts'
import type { ExpiryQuote, InstrumentQuote, MarketSnapshot, SmilePoint } from './snapshot.ts'

/** Volatility of a live market, 1e-9 of 1: 1% to 1,000%. */
export const MIN_VOL_NANO = 10_000_000n
export const MAX_VOL_NANO = 10_000_000_000n
/** No price is above a billion USD. */
export const MAX_PRICE_NANO = 10n ** 18n
/** A forward, and the mark of a future or perpetual, is at least half and at most twice its spot price. */
export const FORWARD_SPOT_RATIO = 2n
const SCALE_RULE = `must be 1 to ${Number(MAX_SCALE_BPS) / 10_000}: it multiplies ranges and charges`
const MAX_LOT_NANO = 10n ** 18n
const MAX_TIME_SECONDS = 2 ** 32
const SYMBOL = /^[A-Z0-9][A-Za-z0-9._-]{0,63}$/

/** Where an item of the snapshot was read; {} when nobody knows. */
export type SourceOf = (item: object) => InputLocation

/**
 * Throws InputError for the first rule that a snapshot breaks: unique and well-formed symbols, at most three
 * underlyings sorted by symbol, prices in (0, 10^18] nano-USD, expiries after asOf (an expired option has no place in
 * a live market), strictly increasing strikes, volatility in [1%, 1,000%], lots above zero, forwards and marks near
 * spot, every future and option with its expiry and every option with its strike in the smile, canonical order.
 */
export function checkSnapshot(snapshot: MarketSnapshot, sourceOf: SourceOf = () => ({})): void {
  if (!isTime(snapshot.asOfSeconds)) {
    throw new InputError('must be a time in whole unix seconds', { field: 'asOf' })
  }
  checkUnderlyings(snapshot, sourceOf)
  checkExpiries(snapshot, sourceOf)
  checkInstruments(snapshot, sourceOf)
}

function checkUnderlyings({ underlyings }: MarketSnapshot, sourceOf: SourceOf): void {
  if (underlyings.length === 0) throw new InputError('names no underlying', { field: 'underlyings' })
  for (const [index, underlying] of underlyings.entries()) {
    const refuse = refusal(sourceOf(underlying))
    if (index >= UNDERLYINGS) {
      throw refuse('underlying', `is one too many: a market has at most ${UNDERLYINGS} underlyings`)
    }
    if (!SYMBOL.test(underlying.symbol)) throw refuse('symbol', 'is not a symbol')
    const before = underlyings[index - 1]
    if (before !== undefined && compareText(before.symbol, underlying.symbol) >= 0) {
      throw refuse('underlying', `${underlying.symbol} must stand once, in order of symbol`)
    }
    checkPrice(underlying.spotNano, 'spot', refuse)
    const { scaleBps = BASIS_POINTS } = underlying
    if (scaleBps < BASIS_POINTS || scaleBps > MAX_SCALE_BPS) throw refuse('scale', SCALE_RULE)
  }
}

function checkExpiries(snapshot: MarketSnapshot, sourceOf: SourceOf): void {
  for (const [index, expiry] of snapshot.expiries.entries()) {
    const refuse = refusal(sourceOf(expiry))
    const before = snapshot.expiries[index - 1]
    const spotNano = snapshot.underlyings[expiry.underlying]?.spotNano
    if (spotNano === undefined) throw refuse('underlying', 'is not one of this market')
    if (before !== undefined && compareExpiries(before, expiry) >= 0) {
      throw refuse('expiry', 'must stand once, in order of underlying and time')
    }
    checkLive(expiry.expirySeconds, snapshot.asOfSeconds, refuse)
    checkNearSpot(expiry.forwardNano, spotNano, 'forward', refuse)
    expiry.smile.forEach((point, at) => {
      const { file, row } = sourceOf(expiry)
      const refusePoint = refusal({ file, row })
      checkSmilePoint(point, expiry.smile[at - 1], (field, rule) =>
        refusePoint(`smile[${at + 1}].${field}`, rule),
      )
    })
  }
}

function checkSmilePoint(point: SmilePoint, before: SmilePoint | undefined, refuse: Refuse): void {
  checkPrice(point.strikeNano, 'strike', refuse)
  if (before !== undefined && before.strikeNano >= point.strikeNano) {
    throw refuse('strike', 'strikes of an expiry must strictly increase')
  }
  if (point.volNano < MIN_VOL_NANO || point.volNano > MAX_VOL_NANO) {
    throw refuse('vol', 'volatility must be between 1% and 1,000%')
  }
}

function checkInstruments(snapshot: MarketSnapshot, sourceOf: SourceOf): void {
  const symbols = new Set<string>()
  const expiries = new Map(snapshot.expiries.map((expiry) => [expiryKey(expiry), strikesOf(expiry)]))
  for (const [index, instrument] of snapshot.instruments.entries()) {
    const refuse = refusal(sourceOf(instrument))
    if (!SYMBOL.test(instrument.symbol)) throw refuse('symbol', 'is not a symbol')
    if (symbols.has(instrument.symbol)) throw refuse('symbol', `duplicate instrument ${instrument.symbol}`)
    symbols.add(instrument.symbol)
    if (instrument.lotNano <= 0n || instrument.lotNano > MAX_LOT_NANO) {
      throw refuse('lot', 'must be above zero and at most a billion units')
    }
    checkQuote(instrument, snapshot, expiries, refuse)
    const before = snapshot.instruments[index - 1]
    if (before === undefined) continue
    if (compareInstruments(before, instrument) >= 0) throw refuse('symbol', 'is not in canonical order')
    if (before.kind === 'cash' && instrument.kind === 'cash') {
      throw refuse('kind', 'a market has one cash instrument')
    }
    if (before.kind === 'option' && sameTerms(before, instrument)) {
      throw refuse('symbol', `duplicate instrument: ${before.symbol} has the same terms`)
    }
  }
}

function checkQuote(
  instrument: InstrumentQuote,
  snapshot: MarketSnapshot,
  expiries: ReadonlyMap<string, ReadonlySet<bigint>>,
  refuse: Refuse,
): void {
  if (instrument.kind === 'cash') return
  const spotNano = snapshot.underlyings[instrument.underlying]?.spotNano
  if (spotNano === undefined) throw refuse('underlying', 'is not one of this market')
  if (instrument.kind === 'perpetual' || instrument.kind === 'future') {
    checkNearSpot(instrument.markNano, spotNano, 'mark', refuse)
  }
  if (instrument.kind === 'perpetual') {
    const funding = instrument.cumulativeFundingNano
    if (funding > MAX_PRICE_NANO || funding < -MAX_PRICE_NANO) {
      throw refuse('cumulativeFunding', 'must be at most a billion USD either way')
    }
  }
  if (instrument.kind !== 'future' && instrument.kind !== 'option') return
  checkLive(instrument.expirySeconds, snapshot.asOfSeconds, refuse)
  const strikes = expiries.get(expiryKey(instrument))
  if (strikes === undefined) throw refuse('expiry', 'has no forward')
  if (instrument.kind === 'option' && !strikes.has(instrument.strikeNano)) {
    throw refuse('strike', 'volatility is missing: the smile of its expiry does not hold this strike')
  }
}

function checkLive(expirySeconds: number, asOfSeconds: number, refuse: Refuse): void {
  if (!isTime(expirySeconds)) throw refuse('expiry', 'must be a time in whole unix seconds')
  if (expirySeconds <= asOfSeconds) {
    throw refuse('expiry', `expired at ${expirySeconds}, and the market is of ${asOfSeconds} (unix seconds)`)
  }
}

function checkNearSpot(priceNano: bigint, spotNano: bigint, field: string, refuse: Refuse): void {
  checkPrice(priceNano, field, refuse)
  if (priceNano * FORWARD_SPOT_RATIO < spotNano || priceNano > spotNano * FORWARD_SPOT_RATIO) {
    throw refuse(field, 'must be between half and twice the spot price')
  }
}

function checkPrice(priceNano: bigint, field: string, refuse: Refuse): void {
  if (priceNano <= 0n || priceNano > MAX_PRICE_NANO) {
    throw refuse(field, 'price must be above zero and at most a billion USD')
  }
}

type Refuse = (field: string, rule: string) => InputError

function refusal(source: InputLocation): Refuse {
  return (field, rule) => new InputError(rule, { ...source, field: source.field ?? field })
}

function isTime(seconds: number): boolean {
  return Number.isSafeInteger(seconds) && seconds > 0 && seconds < MAX_TIME_SECONDS
}

function expiryKey({ underlying, expirySeconds }: { underlying: number; expirySeconds: number }): string {
  return `${underlying}/${expirySeconds}`
}

function strikesOf(expiry: ExpiryQuote): ReadonlySet<bigint> {
  return new Set(expiry.smile.map(({ strikeNano }) => strikeNano))
}

function sameTerms(a: InstrumentQuote, b: InstrumentQuote): boolean {
  return compareInstruments({ ...a, symbol: '' }, { ...b, symbol: '' }) === 0
}
