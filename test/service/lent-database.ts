import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Database } from '../../src/service/storage/database.ts'
import { migrate } from '../../src/service/storage/migrate.ts'
import { openEmbedded } from '../../src/service/storage/pglite.ts'
import { copyEmptyDatabase } from './world.ts'

/** Opened before in this process, and closed by whoever had it. */
const atRest: Database[] = []

/**
 * An empty database of the present schema. Opening one takes a second of processor time, and some tests want dozens: so one
 * that is closed stays open behind its borrower, and is emptied for the next.
 */
export async function lendDatabase(): Promise<Database> {
  const known = atRest.pop()
  if (known !== undefined) await emptyTables(known)
  const database = known ?? (await openOne())
  let lent = true
  return {
    ...database,
    close: async () => {
      if (lent) atRest.push(database)
      lent = false
    },
  }
}

async function openOne(): Promise<Database> {
  const folder = mkdtempSync(join(tmpdir(), 'tacit-lent-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  await copyEmptyDatabase(join(folder, 'data'))
  const database = await openEmbedded(join(folder, 'data'))
  await migrate(database)
  return database
}

/** Every table but the list of what was migrated; counters begin anew. */
async function emptyTables(database: Database): Promise<void> {
  const tables = await database.query<{ tablename: string }>(
    `select tablename from pg_tables where schemaname = 'public' and tablename <> 'migrations'`,
  )
  const names = tables.map(({ tablename }) => `"${tablename}"`).join(', ')
  await database.script(`truncate ${names} restart identity cascade`)
}
