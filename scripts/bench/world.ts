/** What the prove and gas parts share: the sample market, its matrix, the sample book, circuit and keys. */
import { Book } from '../../src/book/book.ts'
import { type SampleEntry, sampleBook } from '../../src/book/sample.ts'
import type { Claim } from '../../src/protocol/claims.ts'
import { DEFAULT_INSTANCE, type MarginInstance } from '../../src/protocol/instances.ts'
import { type Hasher, poseidonHasher } from '../../src/protocol/poseidon.ts'
import type { CircuitArtifacts } from '../../src/prover/backend.ts'
import { claimWitness, type MarginWitness } from '../../src/prover/margin-inputs.ts'
import { marginArtifacts } from '../../src/prover/margin-prover.ts'
import { DEFAULT_CONFIGURATION } from '../../src/risk/default-configuration.ts'
import { Listing } from '../../src/risk/listing.ts'
import { marginOf, type Tier } from '../../src/risk/margin.ts'
import { sampleMarket } from '../../src/risk/market/sample.ts'
import type { MarketSnapshot } from '../../src/risk/market/snapshot.ts'
import { buildRiskMatrix, type RiskMatrix } from '../../src/risk/matrix.ts'
import type { Say } from './part.ts'

const SEED = 1

export interface BenchWorld {
  readonly instance: MarginInstance
  readonly hasher: Hasher
  readonly snapshot: MarketSnapshot
  readonly matrix: RiskMatrix
  readonly entries: readonly SampleEntry[]
  readonly book: Book
}

export async function benchWorld(instance: MarginInstance = DEFAULT_INSTANCE): Promise<BenchWorld> {
  const hasher = await poseidonHasher()
  const snapshot = sampleMarket({ seed: SEED, size: 'full' })
  const matrix = buildRiskMatrix(hasher, {
    snapshot,
    configuration: DEFAULT_CONFIGURATION,
    instance,
    listing: Listing.empty,
  })
  const entries = sampleBook({
    seed: SEED,
    snapshot,
    instruments: matrix.listing,
    tierOf: (positions) => marginOf(positions, matrix.vectors, matrix.parameters).tier,
    instance,
  })
  const accounts = entries.map(({ account }) => account)
  return { instance, hasher, snapshot, matrix, entries, book: Book.from(accounts, hasher, instance) }
}

/** The account of a tier with the most positions: padding slots would flatter a proof. */
export function fullestOf({ entries }: BenchWorld, tier: Tier): number {
  const positions = (index: number) => entries[index]!.account.positions.length
  const candidates = [...entries.keys()].filter((index) => entries[index]!.tier === tier)
  if (candidates.length === 0) throw new Error(`the sample book has no account that is ${tier}`)
  return candidates.reduce((best, index) => (positions(index) > positions(best) ? index : best))
}

export function witnessOf(world: BenchWorld, index: number, claim: Claim, context: bigint): MarginWitness {
  const { instance, hasher, matrix, book } = world
  const round = { tree: matrix.tree, parameters: matrix.parametersWord }
  return claimWitness(hasher, instance, book.opening(index), round, { claim, context })
}

/** Circuit and development keys of an instance, from the cache where it has them. */
export function benchArtifacts(
  say: Say,
  instance: MarginInstance = DEFAULT_INSTANCE,
): Promise<CircuitArtifacts> {
  return marginArtifacts(instance, {
    notice: say,
    progress: (step, done, total) => say(total > 0 ? `${step} ${Math.floor((100 * done) / total)}%` : step),
  })
}
