import { InputError } from '../protocol/errors.ts'
import { YEAR_SECONDS } from '../risk/black76.ts'
import { MAX_VOL_NANO, MIN_VOL_NANO } from '../risk/market/check.ts'
import type { ExpiryQuote, MarketSnapshot, SmilePoint } from '../risk/market/snapshot.ts'
import type { SliceMargins } from './slice-arbitrage.ts'
import { type FitQuote, fitSlice, type SliceFit } from './slice-fit.ts'
import { type RawSvi, sviVariance } from './svi.ts'

/** A point of a quoted smile; bid and ask in volatility where the venue shows them. */
export interface QuotedPoint extends SmilePoint {
  readonly bidVolNano?: bigint | undefined
  readonly askVolNano?: bigint | undefined
}

export interface QuotedExpiry extends Omit<ExpiryQuote, 'smile'> {
  /** Strictly increasing strikes. */
  readonly smile: readonly QuotedPoint[]
}

/** One fitted expiry. Errors are of the integer smile against the quotes, in volatility points (1 is 1%). */
export interface ExpiryFit {
  readonly underlying: number
  readonly expirySeconds: number
  readonly form: SliceFit['form']
  readonly slice: RawSvi
  readonly margins: SliceMargins
  /** The fitted volatility of each listed strike, 1e-9, rounded to nearest: what goes in a round. */
  readonly smile: readonly SmilePoint[]
  readonly error: FitError
}

export interface FitError {
  readonly rmsPoints: number
  readonly maxPoints: number
  /** Of the strikes with both bid and ask: how many there are, and at how many the fit lies between them. */
  readonly quoted: number
  readonly inside: number
  /** By how much the fit lies outside at worst, volatility points; 0 when nowhere. */
  readonly outsidePoints: number
}

/** Nobody means a volatility to less than a tenth of a point: narrower spreads weigh like this one. */
const LEAST_TOLERANCE = 0.001
/** Where there is no bid-ask: a point at the forward, more in the wings where it moves the price less. */
const UNQUOTED_TOLERANCE = 0.01
/** No quote weighs less than with this tolerance. */
const MOST_TOLERANCE = 0.3
const NANO_NUMBER = 1e9

/**
 * Fits every expiry that has a smile, underlying by underlying in order of time, each held above the one before. The
 * same quotes give the same surface; doubles may differ in the last digit between machines whose Math differs, which is
 * why feeders' surfaces are compared by medians and never by equality.
 * @param expiries in the order of a snapshot.
 * @throws InputError for an expiry in the past or one that nothing free of arbitrage was found for.
 */
export function fitSurface(asOfSeconds: number, expiries: readonly QuotedExpiry[]): ExpiryFit[] {
  const fits: ExpiryFit[] = []
  for (const expiry of expiries) {
    if (expiry.smile.length === 0) continue
    const location = { field: `expiry ${expiry.expirySeconds} of underlying ${expiry.underlying}` }
    const years = (expiry.expirySeconds - asOfSeconds) / YEAR_SECONDS
    if (!(years > 0)) throw new InputError('is not after the time of the market', location)
    const before = fits.at(-1)
    const earlier = before?.underlying === expiry.underlying ? before.slice : undefined
    const fit = fitSlice(fitQuotes(expiry, years), years, earlier)
    if (fit === undefined) {
      throw new InputError('has quotes that no surface free of arbitrage comes near', location)
    }
    const smile = integerSmile(expiry, fit.slice, years)
    fits.push({
      underlying: expiry.underlying,
      expirySeconds: expiry.expirySeconds,
      ...fit,
      smile,
      error: fitError(expiry.smile, smile),
    })
  }
  return fits
}

/** The snapshot with every smile replaced by its fit. */
export function withFittedSmiles(snapshot: MarketSnapshot, fits: readonly ExpiryFit[]): MarketSnapshot {
  const smileOf = (expiry: ExpiryQuote) =>
    fits.find((fit) => fit.underlying === expiry.underlying && fit.expirySeconds === expiry.expirySeconds)
      ?.smile ?? expiry.smile
  return {
    ...snapshot,
    expiries: snapshot.expiries.map((expiry) => ({ ...expiry, smile: smileOf(expiry) })),
  }
}

function fitQuotes({ smile, forwardNano }: QuotedExpiry, years: number): FitQuote[] {
  return smile.map((point) => {
    const k = Math.log(Number(point.strikeNano) / Number(forwardNano))
    const { bidVolNano, askVolNano } = point
    const marked = Number(point.volNano) / NANO_NUMBER
    if (bidVolNano !== undefined && askVolNano !== undefined) {
      const [low, high] = [Number(bidVolNano) / NANO_NUMBER, Number(askVolNano) / NANO_NUMBER]
      // A mark outside its own bid and ask is the staler of the two.
      const vol = Math.min(high, Math.max(low, marked))
      return { k, vol, tolerance: heldTolerance((high - low) / 2), low, high }
    }
    const z = k / (marked * Math.sqrt(years))
    const tolerance = heldTolerance(UNQUOTED_TOLERANCE * Math.exp((z * z) / 4))
    return { k, vol: marked, tolerance, low: 0, high: Number.POSITIVE_INFINITY }
  })
}

function heldTolerance(wanted: number): number {
  return Math.min(MOST_TOLERANCE, Math.max(LEAST_TOLERANCE, wanted))
}

function integerSmile({ smile, forwardNano }: QuotedExpiry, slice: RawSvi, years: number): SmilePoint[] {
  return smile.map(({ strikeNano }) => {
    const k = Math.log(Number(strikeNano) / Number(forwardNano))
    const rounded = BigInt(Math.round(Math.sqrt(sviVariance(slice, k) / years) * NANO_NUMBER))
    const volNano = rounded < MIN_VOL_NANO ? MIN_VOL_NANO : rounded > MAX_VOL_NANO ? MAX_VOL_NANO : rounded
    return { strikeNano, volNano }
  })
}

export function fitError(quotes: readonly QuotedPoint[], fitted: readonly SmilePoint[]): FitError {
  const points = (nano: bigint) => Number(nano) / 1e7
  let squares = 0
  let maxPoints = 0
  let quoted = 0
  let inside = 0
  let outsidePoints = 0
  quotes.forEach(({ volNano, bidVolNano, askVolNano }, index) => {
    const fit = fitted[index]!.volNano
    const miss = Math.abs(points(fit - volNano))
    squares += miss * miss
    maxPoints = Math.max(maxPoints, miss)
    if (bidVolNano === undefined || askVolNano === undefined) return
    quoted++
    const outside = Math.max(0, points(bidVolNano - fit), points(fit - askVolNano))
    if (outside === 0) inside++
    outsidePoints = Math.max(outsidePoints, outside)
  })
  return { rmsPoints: Math.sqrt(squares / quotes.length), maxPoints, quoted, inside, outsidePoints }
}
