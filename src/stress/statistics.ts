import type { Distribution, ProportionBps, QuantileCents } from './result.ts'

/** Normal quantile of a two-sided 95% interval. */
const Z95 = 1.959_963_984_540_054

export function distributionOf(values: readonly number[]): Distribution {
  const sorted = [...values].sort((a, b) => a - b)
  const count = sorted.length
  const mean = sorted.reduce((sum, value) => sum + value, 0) / count
  const variance = count < 2 ? 0 : sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1)
  return {
    mean: short(mean),
    meanError: short(Z95 * Math.sqrt(variance / count)),
    p5: quantile(sorted, 0.05),
    median: quantile(sorted, 0.5),
    p95: quantile(sorted, 0.95),
    p99: quantile(sorted, 0.99),
    largest: sorted.at(-1)!,
  }
}

/** The smallest value that at least this share of the sorted values does not exceed. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!
}

/** E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22, 1927; 95%. */
export function wilson(hits: number, trials: number): ProportionBps {
  const share = hits / trials
  const square = Z95 ** 2
  const middle = (share + square / (2 * trials)) / (1 + square / trials)
  const half =
    (Z95 / (1 + square / trials)) * Math.sqrt((share * (1 - share)) / trials + square / (4 * trials ** 2))
  const bps = (value: number) => Math.round(Math.min(1, Math.max(0, value)) * 1e4)
  return { bps: bps(share), lowBps: bps(middle - half), highBps: bps(middle + half) }
}

/**
 * A quantile of money with its 95% interval by order statistics: the number of values at or below the true quantile is
 * binomial, so the interval needs no shape of the distribution (David and Nagaraja, Order Statistics, 7.1).
 */
export function quantileCents(values: readonly number[], share: number): QuantileCents {
  const sorted = [...values].sort((a, b) => a - b)
  const count = sorted.length
  let low = 0
  let high: number | undefined
  let below = 0
  for (let rank = 0; rank < count; rank++) {
    below += binomial(count, rank, share)
    // The chance that at most `rank` values lie below the quantile.
    if (below <= 0.025) low = rank + 1
    if (high === undefined && below >= 0.975) high = rank
  }
  return {
    cents: quantile(sorted, share),
    lowCents: sorted[Math.max(0, low - 1)]!,
    highCents: high === undefined || high >= count ? undefined : sorted[high],
  }
}

/**
 * The largest chance that a hit may have after so many in so many trials, with 95% confidence, basis points, rounded up: one-sided
 * bound of C. Clopper and E. Pearson (Biometrika 26, 1934). Without a hit 1 - 0.05^(1/trials), which the rule of three rounds to
 * 3 / trials (J. Hanley and A. Lippman-Hand, JAMA 249, 1983).
 */
export function mostLikelyBps(hits: number, trials: number): number {
  if (hits >= trials) return 10_000
  let low = 0
  let high = 1
  while (high - low > 1e-9) {
    const middle = (low + high) / 2
    let atMost = 0
    for (let count = 0; count <= hits; count++) atMost += binomial(trials, count, middle)
    if (atMost > 0.05) low = middle
    else high = middle
  }
  // The search stops within a hundred-thousandth of a basis point.
  return Math.ceil(high * 1e4 - 1e-4)
}

function binomial(trials: number, hits: number, share: number): number {
  let log = 0
  for (let index = 1; index <= hits; index++) log += Math.log((trials - hits + index) / index)
  return Math.exp(log + hits * Math.log(share) + (trials - hits) * Math.log(1 - share))
}

function short(value: number): number {
  return Math.round(value * 100) / 100
}
