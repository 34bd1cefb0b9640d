/** PostgreSQL in WebAssembly, in a folder of this process alone. Boundary module: files. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { PGlite, type Transaction } from '@electric-sql/pglite'
import { InputError } from '../../protocol/errors.ts'
import { lockFolder } from '../../prover/book-pass/lock.ts'
import type { Database, Sql, SqlValue } from './database.ts'

/**
 * Opens or makes the database of a folder.
 * @throws InputError when another process has it open, or the folder cannot be made
 */
export async function openEmbedded(folder: string): Promise<Database> {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new InputError('cannot be made', { file: folder }, { cause })
  }
  // Two processes in one folder would destroy it.
  const unlock = lockFolder(folder)
  let pglite: PGlite
  try {
    pglite = await PGlite.create(join(folder, 'database'))
  } catch (error) {
    unlock()
    throw error
  }
  return {
    kind: 'embedded',
    ...sqlOf(pglite),
    script: (text) => ownScript(pglite, text),
    transaction: <T>(work: (sql: Sql) => Promise<T>) => pglite.transaction((tx) => work(sqlOf(tx))),
    close: async () => {
      await pglite.close()
      unlock()
    },
  }
}

/** A script that begins a transaction and fails in it would leave the only connection in it: nothing could be asked any more. */
async function ownScript(pglite: PGlite, text: string): Promise<object[]> {
  try {
    return await sqlOf(pglite).script(text)
  } catch (error) {
    await pglite.exec('rollback').catch(() => {})
    throw error
  }
}

function sqlOf(pglite: PGlite | Transaction): Sql {
  return {
    query: async <Row extends object>(text: string, values: readonly SqlValue[] = []) =>
      (await pglite.query<Row>(text, [...values])).rows,
    script: async (text) => ((await pglite.exec(text)).at(-1)?.rows ?? []) as object[],
  }
}
