import type { RawSvi } from './svi.ts'

/**
 * One slice of SSVI (Gatheral & Jacquier 2014, section 4), each expiry with its own rho (eSSVI; S. Hendriks & C. Martini,
 * "The extended SSVI volatility surface", Journal of Computational Finance 22, 2019):
 *   w(k) = theta / 2 (1 + rho phi k + sqrt((phi k + rho)^2 + 1 - rho^2)),   theta = w(0).
 */
export interface SsviSlice {
  /** > 0. */
  readonly theta: number
  /** In (-1, 1). */
  readonly rho: number
  /** > 0. */
  readonly phi: number
}

/** The same curve as raw SVI. */
export function ssviToRaw({ theta, rho, phi }: SsviSlice): RawSvi {
  const width = 1 - rho * rho
  return {
    a: (theta / 2) * width,
    b: (theta * phi) / 2,
    rho,
    m: -rho / phi,
    sigma: Math.sqrt(width) / phi,
  }
}

/**
 * Sufficient for no butterfly arbitrage at any strike (theorem 4.2):
 *   theta phi (1 + |rho|) < 4   and   theta phi^2 (1 + |rho|) <= 4
 */
export function meetsButterflyConditions({ theta, rho, phi }: SsviSlice): boolean {
  const skewed = 1 + Math.abs(rho)
  return theta > 0 && phi > 0 && theta * phi * skewed < 4 && theta * phi * phi * skewed <= 4
}

/** The largest phi that meets both conditions, by a hair inside the strict one. */
export function largestPhi(theta: number, rho: number): number {
  const skewed = 1 + Math.abs(rho)
  return 0.999_999 * Math.min(4 / (theta * skewed), Math.sqrt(4 / (theta * skewed)))
}
