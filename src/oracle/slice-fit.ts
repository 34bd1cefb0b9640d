import { nelderMead } from './nelder-mead.ts'
import { arbitrageGrid, isArbitrageFree, type SliceMargins, sliceMargins } from './slice-arbitrage.ts'
import { largestPhi, type SsviSlice, ssviToRaw } from './ssvi.ts'
import { durrlemanG, type RawSvi, sviMinimum, sviVariance, sviWings } from './svi.ts'
import { sviStarts } from './svi-starts.ts'

/** A quote as the fit sees it. */
export interface FitQuote {
  /** ln(K/F). */
  readonly k: number
  /** The mark, volatility a year, 1 is 100%. */
  readonly vol: number
  /** What a miss is measured in: half the bid-ask in volatility where there is one. > 0. */
  readonly tolerance: number
  /** Bid and ask: a fit beyond them costs more. 0 and Infinity where there are none. */
  readonly low: number
  readonly high: number
}

export interface SliceFit {
  readonly slice: RawSvi
  readonly margins: SliceMargins
  /**
   * svi: the free fit, by the rules. ssvi: no free fit kept the rules, so a slice whose form has no butterfly. lifted: neither
   * did, so the slice before, raised; its error tells how far it is from the quotes.
   */
  readonly form: 'svi' | 'ssvi' | 'lifted'
}

/** The rules are kept by this much in the fit, so that rounding to integers cannot break them. */
const BUTTERFLY_MARGIN = 1e-3
const CALENDAR_MARGIN = 1e-4
const WING_MARGIN = 1e-3
/** Prices of a broken rule, tried in turn. */
const PENALTIES = [1e2, 1e4, 1e6, 1e8]
/** A miss beyond bid or ask costs this much more than one of the mark. */
const OUTSIDE_WEIGHT = 300
const STARTS = 3
const ITERATIONS = 500

/**
 * Fits one expiry: least squares of (fitted vol - mark) / tolerance, and beyond bid or ask more. Starts are the quasi-explicit ones
 * (svi-starts.ts); each is polished by Nelder-Mead with a penalty on broken rules, which rises until the rules are kept.
 * @param years to expiry, > 0. @param before the fitted slice of the expiry before, under which this one may not fall.
 * @returns undefined when nothing that keeps the rules was found.
 */
export function fitSlice(
  quotes: readonly FitQuote[],
  years: number,
  before: RawSvi | undefined,
): SliceFit | undefined {
  const scale = fitScale(quotes, years)
  const reach = fitReach(quotes, scale)
  const floor = before === undefined ? undefined : floorOf(before, reach)
  const cost = (slice: RawSvi, penalty: number) =>
    misfit(slice, quotes, years) + penalty * breaches(slice, floor, reach)
  const starts = sviStarts(quotes, years, scale, (slice) => cost(slice, PENALTIES[0]!)).slice(0, STARTS)
  let best = { slice: starts[0]!, value: Number.POSITIVE_INFINITY }
  for (const penalty of PENALTIES) {
    const candidates = best.value === Number.POSITIVE_INFINITY ? starts : [best.slice]
    best = { slice: best.slice, value: Number.POSITIVE_INFINITY }
    for (const start of candidates) {
      const found = polish(start, scale, (slice) => cost(slice, penalty))
      if (found.value < best.value) best = found
    }
    const margins = sliceMargins(best.slice, before, reach)
    if (isArbitrageFree(margins)) return { slice: best.slice, margins, form: 'svi' }
  }
  return fitSsvi(cost, before, reach, scale) ?? liftedSlice(before, reach, scale)
}

/** The slice before as the fit sees it: with its variance over a grid of its own, where its bend is. */
interface CalendarFloor {
  readonly slice: RawSvi
  readonly points: readonly { readonly k: number; readonly variance: number }[]
}

function floorOf(before: RawSvi, reach: number): CalendarFloor {
  const points = arbitrageGrid(before, reach).map((k) => ({ k, variance: sviVariance(before, k) }))
  return { slice: before, points }
}

/** Standard deviation of the log price at the forward: the length in which k is measured. */
function fitScale(quotes: readonly FitQuote[], years: number): number {
  const nearest = quotes.reduce((best, quote) => (Math.abs(quote.k) < Math.abs(best.k) ? quote : best))
  return nearest.vol * Math.sqrt(years)
}

/** Half as far again as the quotes reach, and at least six deviations. */
function fitReach(quotes: readonly FitQuote[], scale: number): number {
  return Math.max(6 * scale, 1.5 * Math.max(...quotes.map(({ k }) => Math.abs(k))))
}

function misfit(slice: RawSvi, quotes: readonly FitQuote[], years: number): number {
  let sum = 0
  for (const { k, vol, tolerance, low, high } of quotes) {
    const w = sviVariance(slice, k)
    if (!(w > 0)) return Number.POSITIVE_INFINITY
    const fitted = Math.sqrt(w / years)
    const miss = (fitted - vol) / tolerance
    const outside = (fitted < low ? low - fitted : fitted > high ? fitted - high : 0) / tolerance
    sum += miss * miss + OUTSIDE_WEIGHT * outside * outside
  }
  return sum / quotes.length
}

/** Sum of squares by which the rules are missed, their margins counted. */
function breaches(slice: RawSvi, floor: CalendarFloor | undefined, reach: number): number {
  if (!(sviMinimum(slice) > 0)) return Number.POSITIVE_INFINITY
  const short = (margin: number) => (margin < 0 ? margin * margin : 0)
  const wings = sviWings(slice)
  const grid = arbitrageGrid(slice, reach)
  let sum = short(2 - WING_MARGIN - Math.max(wings.put, wings.call))
  for (const k of grid) sum += short(durrlemanG(slice, k) - BUTTERFLY_MARGIN)
  if (floor === undefined) return sum
  const earlier = sviWings(floor.slice)
  sum += short(wings.put - earlier.put * (1 + CALENDAR_MARGIN))
  sum += short(wings.call - earlier.call * (1 + CALENDAR_MARGIN))
  const rise = (k: number, variance: number) => sviVariance(slice, k) / variance - 1 - CALENDAR_MARGIN
  for (const { k, variance } of floor.points) sum += short(rise(k, variance))
  for (const k of grid) sum += short(rise(k, sviVariance(floor.slice, k)))
  return sum
}

/** Parameters without units: variance in scale^2, k in scale, rho through tanh, sigma through exp. */
function polish(start: RawSvi, scale: number, cost: (slice: RawSvi) => number) {
  const sliceOf = ([a, b, rho, m, sigma]: readonly number[]): RawSvi => ({
    a: a! * scale * scale,
    b: Math.exp(b!) * scale,
    rho: Math.tanh(rho!),
    m: m! * scale,
    sigma: Math.exp(sigma!) * scale,
  })
  const point = [
    start.a / (scale * scale),
    Math.log(start.b / scale),
    Math.atanh(start.rho),
    start.m / scale,
    Math.log(start.sigma / scale),
  ]
  let best = { point: point as readonly number[], value: Number.POSITIVE_INFINITY }
  // A second simplex around the first one's answer: it may have collapsed onto a ridge.
  for (const step of [0.25, 0.1]) {
    best = nelderMead((x) => cost(sliceOf(x)), best.point, step, ITERATIONS)
  }
  return { slice: sliceOf(best.point), value: best.value }
}

/** theta, rho, and phi as a share of the largest that the sufficient conditions allow. */
function fitSsvi(
  cost: (slice: RawSvi, penalty: number) => number,
  before: RawSvi | undefined,
  reach: number,
  scale: number,
): SliceFit | undefined {
  const sliceOf = ([level, tilt, share]: readonly number[]): RawSvi => {
    const theta = scale * scale * Math.exp(level!)
    const rho = Math.tanh(tilt!)
    const phi = largestPhi(theta, rho) / (1 + Math.exp(-share!))
    return ssviToRaw({ theta, rho, phi } satisfies SsviSlice)
  }
  for (const penalty of PENALTIES) {
    const found = nelderMead((x) => cost(sliceOf(x), penalty), [0, 0, 0], 0.25, 2 * ITERATIONS)
    const slice = sliceOf(found.point)
    const margins = sliceMargins(slice, before, reach)
    if (isArbitrageFree(margins)) return { slice, margins, form: 'ssvi' }
  }
  return undefined
}

/** The slice before, raised to the quoted variance at the forward, or by a hair where that is lower: no calendar by its form. */
function liftedSlice(before: RawSvi | undefined, reach: number, scale: number): SliceFit | undefined {
  if (before === undefined) return undefined
  const level = sviVariance(before, 0)
  const slice = { ...before, a: before.a + Math.max(CALENDAR_MARGIN * level, scale * scale - level) }
  const margins = sliceMargins(slice, before, reach)
  return isArbitrageFree(margins) ? { slice, margins, form: 'lifted' } : undefined
}
