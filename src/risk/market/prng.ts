const MASK = (1n << 64n) - 1n

/**
 * SplitMix64 over bigint: the same numbers on every machine. For samples and tests only: anyone can run it, so no
 * secret that matters may come from it.
 */
export class SplitMix64 {
  #state: bigint

  /** Any integer; its low 64 bits are the seed. */
  constructor(seed: bigint) {
    this.#state = seed & MASK
  }

  /** Uniform in [0, 2^bits), bits >= 1. */
  bits(bits: number): bigint {
    let value = 0n
    for (let have = 0; have < bits; have += 64) value = (value << 64n) | this.#next()
    return value & ((1n << BigInt(bits)) - 1n)
  }

  /** In [low, high], as good as uniform for ranges far below 2^64. */
  between(low: bigint, high: bigint): bigint {
    return low + (this.#next() % (high - low + 1n))
  }

  #next(): bigint {
    this.#state = (this.#state + 0x9e3779b97f4a7c15n) & MASK
    let mixed = this.#state
    mixed = ((mixed ^ (mixed >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK
    mixed = ((mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn) & MASK
    return mixed ^ (mixed >> 31n)
  }
}
