import { OutOfRangeError } from '../../protocol/errors.ts'

/**
 * Where prices and volatilities would go if nobody traded: factors on the snapshot, by underlying and step; steps + 1 points,
 * the first of them 1.
 */
export interface PricePath {
  readonly stepSeconds: number
  readonly steps: number
  readonly spot: readonly Float64Array[]
  /** Beyond what follows from the price (StressParameters.volBeta). */
  readonly vol: readonly Float64Array[]
  readonly skew: readonly Float64Array[]
}

export const MOST_STEPS = 1_000_000

export function emptyPath(underlyings: number, steps: number, stepSeconds: number): PricePath {
  if (!Number.isSafeInteger(steps) || steps < 1 || steps > MOST_STEPS) {
    throw new OutOfRangeError('steps', steps, `must be a whole number from 1 to ${MOST_STEPS}`)
  }
  if (!Number.isSafeInteger(stepSeconds) || stepSeconds < 1 || stepSeconds > 86_400) {
    throw new OutOfRangeError('stepSeconds', stepSeconds, 'must be whole seconds from 1 to 86,400')
  }
  const series = (value: number) =>
    Array.from({ length: underlyings }, () => new Float64Array(steps + 1).fill(value))
  return { stepSeconds, steps, spot: series(1), vol: series(1), skew: series(0) }
}
