import { absolute } from '../fixed-point/q64.ts'
import { BASIS_POINTS } from '../protocol/ranges.ts'
import type { QuorumParameters } from './oracle-parameters.ts'

/** One value of one quantity, by the feeder that says it. */
export interface Said {
  readonly feeder: string
  readonly value: bigint
}

export interface MedianOf {
  readonly value: bigint
  /** Feeders whose value is an outlier. */
  readonly outliers: readonly string[]
  /** Least and largest of the others: what the median's confidence is read from. */
  readonly lowest: bigint
  readonly highest: bigint
}

/** 1.4826 makes the median absolute deviation of a normal sample its standard deviation; in 1e-4. */
const MAD_TO_DEVIATION_BPS = 14_826n

/**
 * The lower middle value: always one that a feeder said, and between two honest ones as long as fewer than half lie. An
 * outlier lies more than outlierHundredths / 100 deviations away, a deviation being 1.4826 of the median absolute deviation
 * (F. Hampel, Journal of the American Statistical Association 69, 1974), and at least leastDeviationBps of the median.
 * @param said at least one; the order does not matter.
 */
export function medianOf(said: readonly Said[], parameters: QuorumParameters): MedianOf {
  const value = lowerMiddle(said.map((one) => one.value))
  const spread = lowerMiddle(said.map((one) => absolute(one.value - value))) * MAD_TO_DEVIATION_BPS
  const least = absolute(value) * parameters.leastDeviationBps
  // Both in 1e-4 of the unit.
  const deviation = spread > least ? spread : least
  const isOutlier = (one: Said) =>
    absolute(one.value - value) * BASIS_POINTS * 100n > deviation * parameters.outlierHundredths
  const kept = said.filter((one) => !isOutlier(one)).map((one) => one.value)
  return {
    value,
    outliers: said.filter(isOutlier).map(({ feeder }) => feeder),
    lowest: kept.reduce((a, b) => (a < b ? a : b)),
    highest: kept.reduce((a, b) => (a > b ? a : b)),
  }
}

/** At least one value. */
export function lowerMiddle(values: readonly bigint[]): bigint {
  const sorted = [...values].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  return sorted[(sorted.length - 1) >> 1]!
}
