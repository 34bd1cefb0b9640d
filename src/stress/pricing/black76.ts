import { normalCdf } from './normal.ts'

/**
 * Undiscounted Black-76 call in nano-USD, rounded down and held to its no-arbitrage bounds: src/risk/black76.ts in doubles.
 * @param moneyness ln(F / K). @param deviation vol * sqrt(T), >= 0.
 */
export function callPrice(forward: number, strike: number, moneyness: number, deviation: number): number {
  const intrinsic = forward > strike ? forward - strike : 0
  if (!(deviation > 0)) return intrinsic
  const d1 = moneyness / deviation + deviation / 2
  const call = Math.floor(forward * normalCdf(d1) - strike * normalCdf(d1 - deviation))
  if (call < intrinsic) return intrinsic
  return call > forward ? forward : call
}
