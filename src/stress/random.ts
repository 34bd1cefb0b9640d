/**
 * sfc32, the small fast counting generator of Chris Doty-Humphrey (PractRand 0.93, public domain): 128 bits of state with a
 * counter, so a period of at least 2^32 from any seed. Integer steps only: the same numbers on every machine. For simulation,
 * never for secrets.
 */
export class Random {
  #a: number
  #b: number
  #c: number
  #counter = 1
  #spareNormal: number | undefined

  /** One stream of many: the same seed and stream give the same numbers, whatever other streams did. Both unsigned 32-bit. */
  constructor(seed: number, stream: number) {
    this.#a = mixed(seed ^ 0x9e3779b9)
    this.#b = mixed(stream ^ 0x85ebca6b)
    this.#c = mixed(this.#a ^ Math.imul(this.#b, 0xc2b2ae35))
    // As the generator's author does after seeding.
    for (let turn = 0; turn < 15; turn++) this.bits()
  }

  /** Uniform in [0, 2^32). */
  bits(): number {
    const out = (((this.#a + this.#b) | 0) + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + out) | 0
    return out >>> 0
  }

  /** Uniform in [0, 1), 53 bits. */
  uniform(): number {
    return ((this.bits() >>> 5) * 67_108_864 + (this.bits() >>> 6)) / 9_007_199_254_740_992
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.uniform()
  }

  /** Standard normal, by Box and Muller (1958); the second of each pair is kept. */
  normal(): number {
    const spare = this.#spareNormal
    if (spare !== undefined) {
      this.#spareNormal = undefined
      return spare
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()))
    const angle = 2 * Math.PI * this.uniform()
    this.#spareNormal = radius * Math.sin(angle)
    return radius * Math.cos(angle)
  }

  /** Poisson with a small mean (<= 20), by multiplication (Knuth). */
  poisson(mean: number): number {
    const limit = Math.exp(-mean)
    let product = this.uniform()
    let count = 0
    while (product > limit) {
      product *= this.uniform()
      count++
    }
    return count
  }
}

/** The finaliser of MurmurHash3 (Appleby): neighbouring seeds come apart. */
function mixed(value: number): number {
  let hash = value | 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) | 0
}
