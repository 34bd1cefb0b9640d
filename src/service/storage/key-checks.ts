/** Whether the keys of this process are those that the database is sealed with. */
import { InputError } from '../../protocol/errors.ts'
import type { Keyring } from '../keyring.ts'
import type { Database } from './database.ts'

const TEXT = 'tacit'
const FIELD = 'TACIT_ENCRYPTION_KEYS'
const checkPlace = (id: string) => `key check ${id}`

/**
 * A process with another key under a known id would seal what nobody else opens, and fail every task that it takes; one that
 * lacks a key would fail at whatever is sealed with it. Throws InputError for both.
 */
export async function checkKeys(database: Database, keyring: Keyring): Promise<void> {
  for (const id of keyring.ids) {
    await database.query(
      'insert into key_checks (key_id, sealed_text) values ($1, $2) on conflict do nothing',
      [id, keyring.sealWith(id, TEXT, checkPlace(id))],
    )
  }
  const checks = await database.query<{ keyId: string; text: string }>(
    'select key_id as "keyId", sealed_text as text from key_checks order by key_id',
  )
  for (const check of checks) {
    const { keyId } = check
    if (keyring.ids.includes(keyId)) {
      if (!opens(keyring, check))
        refuse(
          `has another key under the id "${keyId}" than the one that this database is sealed with: give that one, or a new key a new id`,
        )
    } else if (await isUsed(database, keyId)) {
      refuse(
        `lacks the key "${keyId}", with which rows are sealed: keep it after the new one until tacit serve --rotate is done`,
      )
    }
  }
}

function refuse(rule: string): never {
  throw new InputError(rule, { field: FIELD })
}

function opens(keyring: Keyring, check: { readonly keyId: string; readonly text: string }): boolean {
  try {
    return keyring.open(check, checkPlace(check.keyId)) === TEXT
  } catch {
    return false
  }
}

async function isUsed(database: Database, keyId: string): Promise<boolean> {
  const [row] = await database.query<{ used: boolean }>(
    `select exists (select 1 from accounts where key_id = $1) or exists (select 1 from jobs where key_id = $1) as used`,
    [keyId],
  )
  return row!.used
}
