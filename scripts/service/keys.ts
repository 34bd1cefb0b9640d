/** API keys of a service that was just started. Boundary module: files and the database. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createApiKey, type KeyRole } from '../../src/service/auth/principal.ts'
import { openPostgres } from '../../src/service/storage/postgres.ts'

const PATIENCE_MS = 120_000

/** What the first start leaves in an embedded service's folder, soon after it answers. */
export async function embeddedKeys(data: string): Promise<Readonly<Record<KeyRole, string>>> {
  const path = join(data, 'api-keys.json')
  for (let waited = 0; waited < PATIENCE_MS && !existsSync(path); waited += 100) await sleep(100)
  return JSON.parse(readFileSync(path, 'utf8'))
}

/** New ones, straight in the database, as `tacit serve --new-key` writes them. */
export async function newKey(databaseUrl: string, role: KeyRole): Promise<string> {
  const database = await openPostgres(databaseUrl, { connections: 1 })
  try {
    return (await createApiKey(database, role, 'made by a script')).token
  } finally {
    await database.close()
  }
}
