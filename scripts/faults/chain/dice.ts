/** All that is random in a storm, from its seed. Pure. */
import { SplitMix64 } from '../../../src/risk/market/prng.ts'

export class Dice {
  readonly #random: SplitMix64

  /** @param what another name, another sequence */
  constructor(seed: number, what: string) {
    const name = [...what].reduce((sum, letter) => (31 * sum + letter.charCodeAt(0)) % 2 ** 32, 7)
    this.#random = new SplitMix64((BigInt(seed) << 32n) ^ BigInt(name))
  }

  between(least: number, most: number): number {
    return Number(this.#random.between(BigInt(least), BigInt(most)))
  }

  isIn(percent: number): boolean {
    return this.between(1, 100) <= percent
  }

  /** @param weights of each, whole numbers */
  pick<T>(weights: readonly (readonly [T, number])[]): T {
    let left = this.between(
      1,
      weights.reduce((sum, [, weight]) => sum + weight, 0),
    )
    return weights.find(([, weight]) => (left -= weight) <= 0)![0]
  }
}
