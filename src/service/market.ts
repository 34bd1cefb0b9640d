/** Rounds: a market and a configuration become a matrix and its root; and again, bit for bit, from what is stored. */
import { marketHashOf } from '../bundle/index.ts'
import { InputError, ToolError } from '../protocol/errors.ts'
import type { MarginInstance } from '../protocol/instances.ts'
import type { RiskRound } from '../prover/margin-inputs.ts'
import type { MatrixPool } from '../prover/matrix-pool.ts'
import type { RiskConfiguration } from '../risk/configuration.ts'
import { parseConfiguration } from '../risk/configuration-file.ts'
import { canonicalConfigurationJson, configurationHash } from '../risk/configuration-hash.ts'
import { DEFAULT_CONFIGURATION } from '../risk/default-configuration.ts'
import { Listing } from '../risk/listing.ts'
import type { TextFile } from '../risk/market/json.ts'
import { readNativeMarket, writeNativeMarket } from '../risk/market/native.ts'
import { readMarket } from '../risk/market/read.ts'
import type { MarketSnapshot } from '../risk/market/snapshot.ts'
import type { RiskMatrix } from '../risk/matrix.ts'
import type { RiskVector } from '../risk/vector.ts'
import { Refusal } from './refusal.ts'
import { hex32 } from './roots.ts'
import type { Database } from './storage/database.ts'
import {
  addRound,
  findRound,
  newestRound,
  type RoundRow,
  type RoundSource,
  roundSource,
} from './storage/rounds.ts'

export interface RoundRequest {
  readonly markets: readonly TextFile[]
  /** JSON; the built-in configuration unless given. */
  readonly configuration?: string | undefined
}

/** A round with everything that proving and bundles take. */
export interface OpenRound {
  readonly row: RoundRow
  readonly snapshot: MarketSnapshot
  readonly configuration: RiskConfiguration
  /** As it was before the round. */
  readonly listing: Listing
  readonly matrix: RiskMatrix
}

export function riskRoundOf(matrix: RiskMatrix): RiskRound {
  return { tree: matrix.tree, parameters: matrix.parametersWord }
}

/**
 * Prices a market on the listing of the newest round and keeps it. The same market again gives the same round back.
 * Throws InputError naming file, row and field; Refusal for a round that is not newer than the newest.
 */
export async function ingestRound(
  database: Database,
  pool: MatrixPool,
  instance: MarginInstance,
  request: RoundRequest,
): Promise<{ row: RoundRow; isNew: boolean }> {
  const snapshot = readMarket(request.markets)
  const configuration =
    request.configuration === undefined
      ? DEFAULT_CONFIGURATION
      : parseConfiguration(request.configuration, 'configuration')
  const newest = await newestRound(database)
  if (newest !== undefined && isSame(newest, snapshot, configuration)) return { row: newest, isNew: false }
  if (newest !== undefined && snapshot.asOfSeconds <= newest.asOfSeconds) {
    throw new Refusal(
      'CONFLICT',
      'markets.asOf',
      `the newest round is of ${newest.asOfSeconds}, and this one of ${snapshot.asOfSeconds}: rounds come in order`,
    )
  }
  const listing = newest === undefined ? Listing.empty : Listing.parse(JSON.parse(newest.listingAfter))
  const previous = newest === undefined ? undefined : (await rebuild(pool, instance, newest)).matrix
  const matrix = await pool.build({ snapshot, configuration, instance, listing, previous })
  const added = await addRound(database, {
    seq: (newest?.seq ?? 0) + 1,
    riskRoot: hex32(matrix.root),
    asOfSeconds: snapshot.asOfSeconds,
    instance: instance.name,
    parameters: `${matrix.parametersWord}`,
    configurationHash: configurationHash(configuration),
    marketHash: marketHashOf(snapshot),
    instruments: snapshot.instruments.length,
    halted: matrix.halted.length,
    ...sourceOf(snapshot, configuration, listing, matrix),
  })
  const row = await findRound(database, hex32(matrix.root))
  if (!added || row === undefined) {
    throw new Refusal('CONFLICT', 'markets', 'another round was posted at the same time: post this one again')
  }
  return { row, isNew: true }
}

function isSame(newest: RoundRow, snapshot: MarketSnapshot, configuration: RiskConfiguration): boolean {
  return (
    newest.marketHash === marketHashOf(snapshot) &&
    newest.configurationHash === configurationHash(configuration)
  )
}

function sourceOf(
  snapshot: MarketSnapshot,
  configuration: RiskConfiguration,
  listing: Listing,
  matrix: RiskMatrix,
): RoundSource {
  const standing = matrix.halted.flatMap((halted) => (halted.standing === undefined ? [] : [halted.standing]))
  return {
    market: writeNativeMarket(snapshot),
    configuration: canonicalConfigurationJson(configuration),
    listingBefore: JSON.stringify(listing),
    listingAfter: JSON.stringify(matrix.listing),
    standing: JSON.stringify(standing, (_, value) => (typeof value === 'bigint' ? `${value}` : value)),
  }
}

/** Throws Refusal when there is no such round. */
export async function openRound(
  database: Database,
  pool: MatrixPool,
  instance: MarginInstance,
  riskRoot: string,
): Promise<OpenRound> {
  const row = await roundSource(database, riskRoot)
  if (row === undefined) throw new Refusal('NOT_FOUND', 'riskRoot', 'no round has this risk root')
  return rebuild(pool, instance, row)
}

/** Throws ToolError when what is stored does not give its root again. */
async function rebuild(
  pool: MatrixPool,
  instance: MarginInstance,
  row: RoundRow & RoundSource,
): Promise<OpenRound> {
  if (row.instance !== instance.name) {
    throw new InputError(`the round is of ${row.instance}, and this service proves ${instance.name}`, {
      field: 'riskRoot',
    })
  }
  const snapshot = readNativeMarket({ name: 'market', text: row.market })
  const configuration = parseConfiguration(row.configuration, 'configuration')
  const listing = Listing.parse(JSON.parse(row.listingBefore))
  const vectors = new Map(readStanding(row.standing).map((vector) => [vector.id, vector]))
  const previous = { vectors, halted: [] }
  const matrix = await pool.build({ snapshot, configuration, instance, listing, previous })
  if (hex32(matrix.root) !== row.riskRoot) {
    throw new ToolError(
      `the stored round ${row.riskRoot} gives the root ${hex32(matrix.root)}: the database was changed`,
    )
  }
  return { row, snapshot, configuration, listing, matrix }
}

type VectorText = { id: number; ratesNano: string[]; longChargeNano: string; shortChargeNano: string }

function readStanding(text: string): RiskVector[] {
  return (JSON.parse(text) as VectorText[]).map(({ id, ratesNano, longChargeNano, shortChargeNano }) => ({
    id,
    ratesNano: ratesNano.map(BigInt),
    longChargeNano: BigInt(longChargeNano),
    shortChargeNano: BigInt(shortChargeNano),
  }))
}
