import type { FitQuote } from './slice-fit.ts'
import type { RawSvi } from './svi.ts'

/** Grid of the two parameters that are not linear, in standard deviations of the log price. */
const CENTRES = [-2, -1, -0.4, 0, 0.4, 1, 2]
const WIDTHS = [0.15, 0.4, 0.8, 1.5, 3]

/**
 * Quasi-explicit calibration (Zeliade Systems, "Quasi-explicit calibration of Gatheral's SVI model", 2009): for fixed m and
 * sigma, w = a + c z + d sqrt(z^2 + 1) with z = (k - m) / sigma is linear in (a, c, d), c = b rho sigma, d = b sigma. So
 * a least-squares solution on a fixed grid of (m, sigma) gives starts near each valley of the problem.
 * @returns the feasible ones, cheapest first; at least one: a nearly flat slice.
 */
export function sviStarts(
  quotes: readonly FitQuote[],
  years: number,
  scale: number,
  cost: (slice: RawSvi) => number,
): RawSvi[] {
  const starts: { slice: RawSvi; value: number }[] = []
  for (const centre of CENTRES) {
    for (const width of WIDTHS) {
      const slice = linearSlice(quotes, years, centre * scale, width * scale, scale)
      const value = cost(slice)
      if (value < Number.POSITIVE_INFINITY) starts.push({ slice, value })
    }
  }
  const flat = { a: scale * scale * 0.9, b: 0.1 * scale, rho: 0, m: 0, sigma: scale }
  return [...starts.sort((p, q) => p.value - q.value).map(({ slice }) => slice), flat]
}

/** The least-squares (a, c, d), held to d > 0, |c| < d and a minimum above zero. */
function linearSlice(
  quotes: readonly FitQuote[],
  years: number,
  m: number,
  sigma: number,
  scale: number,
): RawSvi {
  const normal = [0, 1, 2].map(() => [0, 0, 0, 0])
  for (const { k, vol, tolerance } of quotes) {
    const z = (k - m) / sigma
    const row = [1, z, Math.sqrt(z * z + 1), vol * vol * years]
    // d(vol) = d(w) / (2 vol T): the same weights as in volatility.
    const weight = 1 / (2 * vol * years * tolerance) ** 2
    for (let i = 0; i < 3; i++) for (let j = 0; j < 4; j++) normal[i]![j]! += weight * row[i]! * row[j]!
  }
  const [a, c, d] = solve3(normal)
  const slope = Math.max(d!, 0.02 * scale * scale)
  const rho = Math.max(-0.95, Math.min(0.95, c! / slope))
  const b = slope / sigma
  return { a: Math.max(a!, 0.01 * scale * scale - slope * Math.sqrt(1 - rho * rho)), b, rho, m, sigma }
}

/** Gauss with pivots on 3 rows of 4; a row that vanishes gives 0. */
function solve3(rows: number[][]): number[] {
  for (let i = 0; i < 3; i++) {
    let pivot = i
    for (let j = i + 1; j < 3; j++) if (Math.abs(rows[j]![i]!) > Math.abs(rows[pivot]![i]!)) pivot = j
    ;[rows[i], rows[pivot]] = [rows[pivot]!, rows[i]!]
    const head = rows[i]![i]!
    if (Math.abs(head) < 1e-300) continue
    for (let j = 0; j < 3; j++) {
      if (j === i) continue
      const factor = rows[j]![i]! / head
      for (let c = i; c < 4; c++) rows[j]![c]! -= factor * rows[i]![c]!
    }
  }
  return rows.map((row, i) => (Math.abs(row[i]!) < 1e-300 ? 0 : row[3]! / row[i]!))
}
