import type { Account, Position } from '../../src/book/account.ts'
import { Book, type BookOpening } from '../../src/book/book.ts'
import type { MarginInstance } from '../../src/protocol/instances.ts'
import { type MarginParameters, packMarginParameters } from '../../src/protocol/parameters.ts'
import type { Hasher } from '../../src/protocol/poseidon.ts'
import { DIMS, FIRST_GREEK_DIM, FIRST_SCENARIO_DIM } from '../../src/protocol/risk-layout.ts'
import type { RiskRound } from '../../src/prover/margin-inputs.ts'
import { RiskTree } from '../../src/risk/risk-tree.ts'
import type { RiskVector } from '../../src/risk/vector.ts'

/** A small generator for test data: the same numbers on every machine. */
export class TestRandom {
  #state: bigint
  constructor(seed: number) {
    this.#state = BigInt(seed) * 0x9e3779b97f4a7c15n + 1n
  }
  bits(count: number): bigint {
    let value = 0n
    for (let have = 0; have < count; have += 32) {
      this.#state = BigInt.asUintN(64, this.#state * 6364136223846793005n + 1442695040888963407n)
      value = (value << 32n) | (this.#state >> 32n)
    }
    return BigInt.asUintN(count, value)
  }
  signed(bits: number): bigint {
    return this.bits(bits + 1) - (1n << BigInt(bits))
  }
  below(limit: number): number {
    return Number(this.bits(48) % BigInt(limit))
  }
}

export const TEST_PARAMETERS: MarginParameters = {
  mmFactorBps: 8_000n,
  imFactorBps: 10_000n,
  softShareBps: 3_000n,
  gammaMultiplierBps: 12_345n,
  // Rows 0 to 23 are regular, 24 to 31 extreme.
  regularMask: (1n << 24n) - 1n,
  gaugeScenario: 5n,
}

/** Risk vectors without a market: random rates of a size that lets every part of the formula bind somewhere. */
export function syntheticVectors(count: number, seed: number): RiskVector[] {
  const random = new TestRandom(seed)
  return Array.from({ length: count }, (_, index) => ({
    id: index + 1,
    ratesNano: Array.from({ length: DIMS }, (_, dim) => {
      if (dim === 0) return random.bits(36)
      if (dim >= FIRST_GREEK_DIM && dim < FIRST_SCENARIO_DIM) return random.signed(30)
      return random.signed(34)
    }),
    longChargeNano: random.bits(28),
    shortChargeNano: random.bits(30),
  }))
}

/** The id that adds exactly its quantity times 2^20 nano-USD to equity and changes nothing else. */
export const CASH_VALUE_NANO = 1n << 20n

export function cashVector(id: number): RiskVector {
  const ratesNano = new Array<bigint>(DIMS).fill(0n)
  ratesNano[0] = CASH_VALUE_NANO
  return { id, ratesNano, longChargeNano: 0n, shortChargeNano: 0n }
}

export interface SyntheticWorld {
  readonly round: RiskRound
  readonly book: Book
  readonly accounts: readonly Account[]
  opening(index: number): BookOpening
}

export interface SyntheticOptions {
  readonly seed?: number
  readonly instruments?: number
  readonly vectors?: readonly RiskVector[]
  readonly parameters?: MarginParameters
}

/** A round of random vectors with cash at id 1, and a book of the given portfolios. */
export function syntheticWorld(
  hasher: Hasher,
  instance: MarginInstance,
  portfolios: readonly (readonly Position[])[],
  options: SyntheticOptions = {},
): SyntheticWorld {
  const { seed = 1, instruments = 40, parameters = TEST_PARAMETERS } = options
  const vectors = options.vectors ?? [cashVector(1), ...syntheticVectors(instruments, seed).slice(1)]
  const tree = RiskTree.of(hasher, instance, vectors)
  const random = new TestRandom(seed + 1000)
  const accounts = portfolios.map((positions, index) => ({
    accountId: 100 + index,
    owner: random.bits(160),
    secret: random.bits(248),
    nonce: BigInt(index),
    positions,
  }))
  const book = Book.from(accounts, hasher, instance)
  return {
    round: { tree, parameters: packMarginParameters(parameters) },
    book,
    accounts,
    opening: (index) => book.opening(index),
  }
}
