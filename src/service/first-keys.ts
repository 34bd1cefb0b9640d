/** Files of a service that was started with nothing. Boundary module: files. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createApiKey, KEY_ROLES, type KeyRole } from './auth/principal.ts'
import type { Database } from './storage/database.ts'

export const FIRST_KEYS_FILE = 'api-keys.json'

/** One key for each role, in a file that only its owner reads; returns its path. */
export async function writeFirstKeys(database: Database, folder: string): Promise<string> {
  const roles = Object.keys(KEY_ROLES) as KeyRole[]
  const path = join(folder, FIRST_KEYS_FILE)
  await database.transaction(async (sql) => {
    const tokens: Partial<Record<KeyRole, string>> = {}
    for (const role of roles) tokens[role] = (await createApiKey(sql, role, 'made at the first start')).token
    writeFileSync(path, `${JSON.stringify(tokens, null, 2)}\n`, { mode: 0o600 })
  })
  return path
}
