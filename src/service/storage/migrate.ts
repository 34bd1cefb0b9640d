/** Brings a database to the present schema. Boundary module: reads the migrations' files. */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ToolError } from '../../protocol/errors.ts'
import type { Database } from './database.ts'

const FOLDER = fileURLToPath(new URL('./', import.meta.url))
/** Any number, the same in every version: two processes that start together migrate one after the other. */
const LOCK = 7_420_017

/** Files 001-name.sql, 002-name.sql and so on, each once and in order. Throws ToolError for a database of a newer Tacit. */
export async function migrate(database: Database): Promise<void> {
  const files = readdirSync(FOLDER)
    .filter((name) => /^\d{3}-.*\.sql$/.test(name))
    .sort()
  await database.transaction(async (sql) => {
    await sql.query('select pg_advisory_xact_lock($1)', [LOCK])
    await sql.script(
      'create table if not exists migrations (name text primary key, applied_at timestamptz default now())',
    )
    const applied = new Set(
      (await sql.query<{ name: string }>('select name from migrations')).map(({ name }) => name),
    )
    const unknown = [...applied].find((name) => !files.includes(name))
    if (unknown !== undefined) {
      throw new ToolError(
        `the database has the migration ${unknown}, which this version does not know: use a newer one`,
      )
    }
    for (const name of files.filter((file) => !applied.has(file))) {
      await sql.script(readFileSync(new URL(name, import.meta.url), 'utf8'))
      await sql.query('insert into migrations (name) values ($1)', [name])
    }
  })
}
