/**
 * Raw SVI, one expiry (J. Gatheral & A. Jacquier, "Arbitrage-free SVI volatility surfaces", Quantitative Finance 14,
 * 2014): total variance over log-moneyness k = ln(K/F),
 *   w(k) = a + b (rho (k - m) + sqrt((k - m)^2 + sigma^2)),   w = vol^2 T.
 * Doubles: a fit runs in a feeder only. What leaves the feeder is the integer smile of surface-fit.ts.
 */
export interface RawSvi {
  readonly a: number
  /** >= 0. */
  readonly b: number
  /** In (-1, 1). */
  readonly rho: number
  readonly m: number
  /** > 0. */
  readonly sigma: number
}

/** Total variance at k. */
export function sviVariance({ a, b, rho, m, sigma }: RawSvi, k: number): number {
  const x = k - m
  return a + b * (rho * x + Math.sqrt(x * x + sigma * sigma))
}

/**
 * Durrleman's function; the density of the underlying at expiry is g(k) times a positive factor, so a slice has no
 * butterfly arbitrage where g >= 0 (Gatheral & Jacquier, lemma 2.2):
 *   g = (1 - k w' / (2 w))^2 - w'^2 / 4 (1 / w + 1 / 4) + w'' / 2
 * @returns -Infinity where total variance is not above zero.
 */
export function durrlemanG(slice: RawSvi, k: number): number {
  const { b, rho, m, sigma } = slice
  const x = k - m
  const root = Math.sqrt(x * x + sigma * sigma)
  const w = slice.a + b * (rho * x + root)
  if (!(w > 0)) return Number.NEGATIVE_INFINITY
  const first = b * (rho + x / root)
  const second = (b * sigma * sigma) / (root * root * root)
  const tilt = 1 - (k * first) / (2 * w)
  return tilt * tilt - ((first * first) / 4) * (1 / w + 0.25) + second / 2
}

/** Least total variance of the slice: a + b sigma sqrt(1 - rho^2). */
export function sviMinimum({ a, b, rho, sigma }: RawSvi): number {
  return a + b * sigma * Math.sqrt(1 - rho * rho)
}

/** Slopes of total variance far out: below the forward b (1 - rho), above it b (1 + rho). Lee: each at most 2. */
export function sviWings({ b, rho }: RawSvi): { readonly put: number; readonly call: number } {
  return { put: b * (1 - rho), call: b * (1 + rho) }
}
