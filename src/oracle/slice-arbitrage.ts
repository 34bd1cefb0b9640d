import { durrlemanG, type RawSvi, sviMinimum, sviVariance, sviWings } from './svi.ts'

/** Points of a slice's own grid, dense where the curve bends, and of the even grid over its range. */
const BENT_POINTS = 80
const EVEN_POINTS = 80

/** How far each rule is kept: negative where it is broken. */
export interface SliceMargins {
  /** Least g of Durrleman over the grid. */
  readonly butterfly: number
  /** Least total variance of the slice. */
  readonly variance: number
  /** 2 less the steeper wing (R. Lee, "The moment formula for implied volatility at extreme strikes", 2004). */
  readonly wing: number
  /** Least rise of total variance over the expiry before, relative to it, over the grid; wings included. Infinity: first. */
  readonly calendar: number
}

/**
 * @param reach the grid runs over |k| <= reach, and beyond it the asymptotes decide: there g -> (4 - wing^2) / 16, and of
 * two slices the one with the steeper wings is above.
 */
export function sliceMargins(slice: RawSvi, before: RawSvi | undefined, reach: number): SliceMargins {
  const wings = sviWings(slice)
  let butterfly = Number.POSITIVE_INFINITY
  let calendar = before === undefined ? Number.POSITIVE_INFINITY : wingRise(slice, before)
  const grid = arbitrageGrid(slice, reach)
  for (const k of grid) butterfly = Math.min(butterfly, durrlemanG(slice, k))
  if (before !== undefined) {
    for (const k of [...grid, ...arbitrageGrid(before, reach)]) {
      calendar = Math.min(calendar, sviVariance(slice, k) / sviVariance(before, k) - 1)
    }
  }
  return { butterfly, variance: sviMinimum(slice), wing: 2 - Math.max(wings.put, wings.call), calendar }
}

/** No margin negative, variance and wings strictly inside. */
export function isArbitrageFree(margins: SliceMargins): boolean {
  return margins.butterfly >= 0 && margins.variance > 0 && margins.wing > 0 && margins.calendar >= 0
}

/** Log-moneyness of the points at which a slice is looked at, in no order. */
export function arbitrageGrid({ m, sigma }: RawSvi, reach: number): number[] {
  const grid: number[] = []
  for (let i = 0; i <= EVEN_POINTS; i++) grid.push(reach * ((2 * i) / EVEN_POINTS - 1))
  // k = m + sigma sinh(x): even steps of x are small where the hyperbola bends.
  const end = Math.asinh((reach + Math.abs(m)) / sigma)
  for (let i = 0; i <= BENT_POINTS; i++) grid.push(m + sigma * Math.sinh(end * ((2 * i) / BENT_POINTS - 1)))
  return grid
}

function wingRise(slice: RawSvi, before: RawSvi): number {
  const later = sviWings(slice)
  const earlier = sviWings(before)
  return Math.min(relativeRise(later.put, earlier.put), relativeRise(later.call, earlier.call))
}

/** A flat wing before is under every wing. */
function relativeRise(later: number, earlier: number): number {
  return earlier <= 1e-12 ? later : later / earlier - 1
}
