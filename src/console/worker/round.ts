import { MARGIN_INSTANCES, type MarginInstanceName } from '../../protocol/instances.ts'
import type { Hasher } from '../../protocol/poseidon.ts'
import type { RiskConfiguration } from '../../risk/configuration.ts'
import { parseConfiguration } from '../../risk/configuration-file.ts'
import { configurationHash } from '../../risk/configuration-hash.ts'
import { Listing } from '../../risk/listing.ts'
import { readNativeMarket } from '../../risk/market/native.ts'
import type { MarketSnapshot } from '../../risk/market/snapshot.ts'
import { buildRiskMatrix, type RiskMatrix } from '../../risk/matrix.ts'
import { checkVectorRanges, type RiskVector } from '../../risk/vector.ts'
import type { RawRound } from './messages.ts'

export interface RecomputedRound {
  readonly snapshot: MarketSnapshot
  readonly configuration: RiskConfiguration
  readonly configurationHash: string
  readonly matrix: RiskMatrix
}

/** Every vector of a round, and its root, from raw data alone. Throws InputError for data that no round has. */
export function recomputeRound(hasher: Hasher, raw: RawRound): RecomputedRound {
  const snapshot = readNativeMarket({ name: 'market', text: JSON.stringify(raw.market) })
  const configuration = parseConfiguration(JSON.stringify(raw.configuration), 'configuration')
  const instance = MARGIN_INSTANCES[raw.instance as MarginInstanceName]
  const vectors = new Map(raw.standing.map(standingVector).map((vector) => [vector.id, vector]))
  const matrix = buildRiskMatrix(hasher, {
    snapshot,
    configuration,
    instance,
    listing: Listing.parse(raw.listing),
    previous: { vectors, halted: [] },
  })
  return { snapshot, configuration, configurationHash: configurationHash(configuration), matrix }
}

function standingVector(row: object): RiskVector {
  const { id, ratesNano, longChargeNano, shortChargeNano } = row as Record<string, unknown>
  const vector = {
    id: Number(id),
    ratesNano: (ratesNano as string[]).map(BigInt),
    longChargeNano: BigInt(longChargeNano as string),
    shortChargeNano: BigInt(shortChargeNano as string),
  }
  checkVectorRanges(vector)
  return vector
}
