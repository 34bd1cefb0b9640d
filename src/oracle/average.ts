import { powQ64 } from '../fixed-point/exp.ts'
import { ONE_Q64, Q64_BITS, ratioQ64 } from '../fixed-point/q64.ts'

/** A moving average with exponential weights by age, and the weight gathered so far (so that its start has no bias). */
export interface Average {
  readonly sum: bigint
  /** Q64, 0 to 1. */
  readonly weightQ64: bigint
}

export const NO_AVERAGE: Average = { sum: 0n, weightQ64: 0n }

/** 2^(-seconds / halfLife) as Q64. */
export function decayQ64(seconds: number, halfLifeSeconds: number): bigint {
  return powQ64(ONE_Q64 >> 1n, ratioQ64(BigInt(seconds), BigInt(halfLifeSeconds)))
}

/** What was seen so far keeps `keptQ64` of its weight, the new value takes the rest. value >= 0. Rounded down. */
export function averageNext({ sum, weightQ64 }: Average, value: bigint, keptQ64: bigint): Average {
  const takenQ64 = ONE_Q64 - keptQ64
  return {
    // The sum is of values times Q64, so that small values keep their digits.
    sum: ((sum * keptQ64) >> Q64_BITS) + value * takenQ64,
    weightQ64: ((weightQ64 * keptQ64) >> Q64_BITS) + takenQ64,
  }
}

/** Rounded down; 0 before the first value. */
export function averageValue({ sum, weightQ64 }: Average): bigint {
  return weightQ64 === 0n ? 0n : sum / weightQ64
}
