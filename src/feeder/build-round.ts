import { concat, keccak256 } from 'ethers'
import type { Round } from '../chain/client.ts'
import { encodeRoundData, type RoundData, roundDataHash } from '../chain/oracle-data.ts'
import { type PostedData, vectorsOf } from '../chain/oracle-recompute.ts'
import { makeRoundData, standingSequence } from '../chain/oracle-round.ts'
import type { RoundMedians } from '../oracle/round-medians.ts'
import { NO_SYNTHETIC, syntheticRound, withScales } from '../oracle/synthetic-round.ts'
import type { MarginInstance } from '../protocol/instances.ts'
import { packMarginParameters } from '../protocol/parameters.ts'
import type { Hasher } from '../protocol/poseidon.ts'
import type { MarketSnapshot } from '../risk/market/snapshot.ts'
import type { MatrixRequest, RiskMatrix } from '../risk/matrix.ts'
import type { RiskVector } from '../risk/vector.ts'
import type { OracleHead } from './oracle-reader.ts'
import { namedListing, roundMarket } from './round-market.ts'

/** What it takes to make a matrix; on one thread or on many, with the same result. */
export interface MatrixMaking {
  readonly hasher: Hasher
  readonly instance: MarginInstance
  build(request: MatrixRequest): Promise<RiskMatrix>
  /** A posted round, for the vectors of instruments that this one halts. */
  round(sequence: number): Promise<PostedData>
}

/** A round as it is signed and posted, with what it was made of. */
export interface BuiltRound {
  readonly round: Round
  readonly sections: readonly string[]
  readonly data: RoundData
  readonly matrix: RiskMatrix
  readonly snapshot: MarketSnapshot
}

/**
 * The one round that follows from these medians and this chain: whoever makes it, aggregator or feeder, makes the same, to
 * the bit. Its quotesHash is that of the contents' digests, so a round names what it was made of.
 * @param digests of the contents that the medians are of, in the order of their feeders
 */
export async function buildRound(
  head: OracleHead,
  medians: RoundMedians,
  digests: readonly string[],
  making: MatrixMaking,
): Promise<BuiltRound> {
  const { hasher, instance } = making
  const { configuration, standing } = head
  const { underlyings } = configuration
  const synthetic = syntheticRound({
    before: standing?.data.synthetic ?? NO_SYNTHETIC.entries,
    asOfSeconds: medians.asOfSeconds,
    activities: medians.activities,
    underlyings,
    parameters: head.scaling,
  })
  const market = roundMarket(medians, head.listed, configuration)
  const snapshot = withScales(market, underlyings, synthetic.scalesBps)
  const request = { snapshot, configuration, instance, listing: namedListing(head.listed, configuration) }
  const matrix = await buildOnStanding(request, head, making)
  const data = makeRoundData(hasher, {
    snapshot,
    matrix,
    configuration,
    listingHash: head.listingHash,
    quotesHash: keccak256(concat(digests)),
    synthetic,
    ...(standing === undefined ? {} : { previous: standing }),
  })
  const sections = encodeRoundData(data)
  const round: Round = {
    sequence: head.latestSequence + 1,
    timeSeconds: medians.asOfSeconds,
    riskRoot: matrix.root,
    parameters: packMarginParameters(matrix.parameters),
    configurationHash: head.configurationHash,
    marketHash: roundDataHash(sections),
  }
  return { round, sections, data, matrix, snapshot }
}

/**
 * Listed instruments without a quote take the vector of the round that last priced them, read from the chain. One that has a
 * quote and is out of range shows itself only when it is priced: then the matrix is made once more.
 */
async function buildOnStanding(
  request: Omit<MatrixRequest, 'previous'>,
  head: OracleHead,
  making: MatrixMaking,
): Promise<RiskMatrix> {
  const quoted = new Set(request.snapshot.instruments.map(({ symbol }) => symbol))
  const unquoted = request.listing.instruments.filter(({ symbol }) => !quoted.has(symbol)).map(({ id }) => id)
  const vectors = await standingVectors(unquoted, head, making)
  const matrix = await making.build({ ...request, previous: { vectors, halted: [] } })
  const unpriced = matrix.halted.map(({ id }) => id).filter((id) => !unquoted.includes(id))
  const more = await standingVectors(unpriced, head, making)
  if (more.size === 0) return matrix
  const all = new Map([...vectors, ...more])
  return making.build({ ...request, previous: { vectors: all, halted: [] } })
}

async function standingVectors(
  ids: readonly number[],
  { standing }: OracleHead,
  { round }: MatrixMaking,
): Promise<Map<number, RiskVector>> {
  const bySequence = new Map<number, number[]>()
  for (const id of ids) {
    const sequence = standingSequence(id, standing)
    if (sequence !== 0) bySequence.set(sequence, [...(bySequence.get(sequence) ?? []), id])
  }
  const vectors = new Map<number, RiskVector>()
  for (const [sequence, of] of bySequence) {
    for (const [id, vector] of vectorsOf(await round(sequence), of)) vectors.set(id, vector)
  }
  return vectors
}
