/** What is known of the chain, at rest. All of it is public. */
import type { z } from 'zod'
import type { ChainDeployment, FeedItem } from '../api/chain-schemas.ts'
import type { ChainStatus, RecordKind, RecordOf } from '../chain/records.ts'
import type { Sql } from './database.ts'

export type DeploymentInfo = Readonly<Omit<z.output<typeof ChainDeployment>, 'parameters' | 'contracts'>>

export interface ChainCursor {
  readonly identity: string
  readonly deployment: DeploymentInfo
  readonly block: number
  readonly hash: string
  readonly atSeconds: number
  readonly headBlock: number
  readonly status: ChainStatus | null
  readonly trouble: string | null
  readonly seenAt: Date
}

interface CursorRow extends Omit<ChainCursor, 'deployment' | 'status'> {
  readonly deployment: string
  readonly status: string | null
}

const CURSOR = `identity, deployment, block, hash, at_seconds as "atSeconds", head_block as "headBlock", status, trouble,
  seen_at as "seenAt"`

/** Undefined while no chain was ever followed. */
export async function readCursor(sql: Sql, lock = ''): Promise<ChainCursor | undefined> {
  const [row] = await sql.query<CursorRow>(`select ${CURSOR} from chain_cursor where id = 1 ${lock}`)
  if (row === undefined) return undefined
  return {
    ...row,
    deployment: JSON.parse(row.deployment) as DeploymentInfo,
    status: row.status === null ? null : (JSON.parse(row.status) as ChainStatus),
  }
}

export interface StoredContract {
  readonly name: string
  readonly contract: string
  readonly address: string
  /** JSON. */
  readonly abi: string
}

export async function findContract(sql: Sql, name: string): Promise<StoredContract | undefined> {
  const rows = await sql.query<StoredContract>(
    'select name, contract, address, abi from chain_contracts where name = $1',
    [name],
  )
  return rows[0]
}

export function listContracts(sql: Sql): Promise<Omit<StoredContract, 'abi'>[]> {
  return sql.query('select name, contract, address from chain_contracts order by name')
}

/** Newest first. @param open only those that are (not) over */
export async function listRecords<K extends RecordKind>(
  sql: Sql,
  kind: K,
  limit: number,
  open?: boolean,
): Promise<RecordOf[K][]> {
  const rows = await sql.query<{ record: string }>(
    `select record from chain_records where kind = $1 and ($3::boolean is null or is_open = $3)
     order by block desc, log_index desc limit $2`,
    [kind, limit, open ?? null],
  )
  return rows.map(({ record }) => JSON.parse(record) as RecordOf[K])
}

export async function findRecord<K extends RecordKind>(
  sql: Sql,
  kind: K,
  id: string,
): Promise<RecordOf[K] | undefined> {
  const rows = await sql.query<{ record: string }>(
    'select record from chain_records where kind = $1 and id = $2',
    [kind, id],
  )
  return rows[0] && (JSON.parse(rows[0].record) as RecordOf[K])
}

export type Feed = Readonly<z.output<typeof FeedItem>>

export interface FeedRow {
  readonly id: number
  /** JSON of a FeedItem. */
  readonly payload: string
}

export function feedAfter(sql: Sql, id: number, limit: number): Promise<FeedRow[]> {
  return sql.query<FeedRow>('select id, payload from chain_feed where id > $1 order by id limit $2', [
    id,
    limit,
  ])
}

/** Ids of the oldest and the newest item that are kept; zeros when there are none. */
export async function feedEnds(sql: Sql): Promise<{ first: number; last: number }> {
  const [row] = await sql.query<{ first: number; last: number }>(
    'select coalesce(min(id), 0)::int as first, coalesce(max(id), 0)::int as last from chain_feed',
  )
  return row!
}
