import type { Sql } from './database.ts'

export interface RoundRow {
  readonly seq: number
  readonly riskRoot: string
  readonly asOfSeconds: number
  readonly instance: string
  /** The packed word, decimal. */
  readonly parameters: string
  readonly configurationHash: string
  readonly marketHash: string
  readonly instruments: number
  readonly halted: number
  readonly createdAt: Date
}

/** What the round is made of: texts as the bundle's verification reads them. */
export interface RoundSource {
  readonly market: string
  readonly configuration: string
  readonly listingBefore: string
  readonly listingAfter: string
  readonly standing: string
}

const COLUMNS = `seq, risk_root as "riskRoot", as_of_seconds as "asOfSeconds", instance, parameters,
  configuration_hash as "configurationHash", market_hash as "marketHash", instruments, halted,
  created_at as "createdAt"`
const SOURCE = `market, configuration, listing_before as "listingBefore", listing_after as "listingAfter", standing`

export function listRounds(sql: Sql, limit: number): Promise<RoundRow[]> {
  return sql.query<RoundRow>(`select ${COLUMNS} from rounds order by seq desc limit $1`, [limit])
}

export async function findRound(sql: Sql, riskRoot: string): Promise<RoundRow | undefined> {
  return (await sql.query<RoundRow>(`select ${COLUMNS} from rounds where risk_root = $1`, [riskRoot]))[0]
}

export async function newestRound(sql: Sql): Promise<(RoundRow & RoundSource) | undefined> {
  const rows = await sql.query<RoundRow & RoundSource>(
    `select ${COLUMNS}, ${SOURCE} from rounds order by seq desc limit 1`,
  )
  return rows[0]
}

export async function roundSource(sql: Sql, riskRoot: string): Promise<(RoundRow & RoundSource) | undefined> {
  const rows = await sql.query<RoundRow & RoundSource>(
    `select ${COLUMNS}, ${SOURCE} from rounds where risk_root = $1`,
    [riskRoot],
  )
  return rows[0]
}

/** False when another process added a round in the meantime. */
export async function addRound(sql: Sql, round: Omit<RoundRow, 'createdAt'> & RoundSource): Promise<boolean> {
  const rows = await sql.query(
    `insert into rounds (seq, risk_root, as_of_seconds, instance, parameters, configuration_hash, market_hash,
       instruments, halted, market, configuration, listing_before, listing_after, standing)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) on conflict do nothing returning seq`,
    [
      round.seq,
      round.riskRoot,
      round.asOfSeconds,
      round.instance,
      round.parameters,
      round.configurationHash,
      round.marketHash,
      round.instruments,
      round.halted,
      round.market,
      round.configuration,
      round.listingBefore,
      round.listingAfter,
      round.standing,
    ],
  )
  return rows.length > 0
}
