/** A PostgreSQL server. Boundary module: network. */
import pg from 'pg'
import type { Database, Sql, SqlValue } from './database.ts'
import { DatabaseAway, isAway } from './database-away.ts'

/** A server that gives no connection in this time is away: nobody waits for it without end. */
const CONNECT_MS = 30_000

/** @param url as libpq reads it; never logged, as it may hold a password */
export async function openPostgres(
  url: string,
  { connections = 10, connectMs = CONNECT_MS } = {},
): Promise<Database> {
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    application_name: 'tacit',
    connectionTimeoutMillis: connectMs,
    keepAlive: true,
  })
  // A connection that dies while nobody uses it: the pool makes another.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  try {
    await pool.query('select 1')
  } catch (error) {
    await pool.end()
    throw error
  }
  return {
    kind: 'postgres',
    ...sqlOf(pool),
    transaction: (work) => transaction(pool, work),
    close: () => pool.end(),
  }
}

async function transaction<T>(pool: pg.Pool, work: (sql: Sql) => Promise<T>): Promise<T> {
  const client = await told(pool.connect())
  let broken: Error | undefined
  try {
    await told(client.query('begin'))
    const result = await work(sqlOf(client))
    await told(client.query('commit'))
    return result
  } catch (error) {
    await client.query('rollback').catch((failure: Error) => {
      broken = failure
    })
    throw error
  } finally {
    client.release(broken)
  }
}

function sqlOf(client: pg.Pool | pg.PoolClient): Sql {
  return {
    query: async <Row extends object>(text: string, values: readonly SqlValue[] = []) =>
      (await told(client.query<Row & pg.QueryResultRow>(text, [...values]))).rows,
    script: async (text) => {
      const result = (await told(client.query(text))) as pg.QueryResult | pg.QueryResult[]
      return Array.isArray(result) ? (result.at(-1)?.rows ?? []) : result.rows
    },
  }
}

/** Says by its class that the server is away. */
async function told<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw isAway(error) ? new DatabaseAway(error) : error
  }
}
