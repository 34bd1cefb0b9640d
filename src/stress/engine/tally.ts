import type { LotCounts } from '../result.ts'

/** What an engine did, counted as it happens. Money in whole cents unless it says USD. */
export class Tally {
  readonly lots: { -readonly [Taker in keyof LotCounts]: number } = {
    market: 0,
    soft: 0,
    sealed: 0,
    dutch: 0,
    house: 0,
    deleveraged: 0,
    unsold: 0,
  }
  softCases = 0
  liquidatedUsd = 0
  /** From breach to end, of every case that ended with a sale or a recovery. */
  readonly settlementSeconds: number[] = []
  badDebt = 0
  insurance = 0
  gammaReserve = 0
  house = 0
  socialised = 0
  uncovered = 0
  haircut = 0
  fees = 0
  slippageTax = 0
  readonly deleveraged = new Set<number>()
  deleveragedUsd = 0
  /** Of that, taken in the right order. */
  fairUsd = 0
  /** Deepest wave of a sale, by step; 0 where nothing was sold. */
  readonly saleWave: Uint16Array

  constructor(steps: number) {
    this.saleWave = new Uint16Array(steps + 1)
  }
}
