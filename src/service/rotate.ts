/** Seals everything again with the current key, so that older keys can be thrown away. */
import type { Keyring } from './keyring.ts'
import { hex20 } from './roots.ts'
import { openingPlace } from './storage/books.ts'
import type { Database, Sql } from './storage/database.ts'
import { type JobKind, type JobSecret, jobPlace } from './storage/jobs.ts'
import { orderText } from './work/order.ts'

const BATCH = 200

/** Row by row, so that it may be killed and started again; readers find both old and new rows meanwhile. */
export async function rotateKeys(
  database: Database,
  keyring: Keyring,
  progress: (done: number) => void = () => {},
): Promise<number> {
  let done = 0
  for (const rotateBatch of [rotateOpenings, rotateJobs]) {
    for (;;) {
      const count = await database.transaction((sql) => rotateBatch(sql, keyring))
      if (count === 0) break
      done += count
      progress(done)
    }
  }
  return done
}

async function rotateOpenings(sql: Sql, keyring: Keyring): Promise<number> {
  const rows = await sql.query<{ bookRoot: string; index: number; keyId: string; text: string }>(
    `select book_root as "bookRoot", idx as index, key_id as "keyId", sealed_opening as text from accounts
     where key_id <> $1 limit $2 for update`,
    [keyring.currentId, BATCH],
  )
  for (const row of rows) {
    const place = openingPlace(row.bookRoot, row.index)
    const opening = keyring.open(row, place)
    const owner = hex20(BigInt((JSON.parse(opening) as { owner: string }).owner))
    const sealed = keyring.seal(opening, place)
    await sql.query(
      'update accounts set key_id = $3, sealed_opening = $4, owner_index = $5 where book_root = $1 and idx = $2',
      [row.bookRoot, row.index, sealed.keyId, sealed.text, keyring.index(owner)],
    )
  }
  return rows.length
}

type SealedJob = Record<JobSecret, string | null> & {
  readonly id: string
  readonly kind: JobKind
  readonly riskRoot: string
  readonly bookRoot: string
  readonly publish: boolean
  readonly keyId: string
}

async function rotateJobs(sql: Sql, keyring: Keyring): Promise<number> {
  const rows = await sql.query<SealedJob>(
    `select id, kind, risk_root as "riskRoot", book_root as "bookRoot", publish, key_id as "keyId",
       sealed_request as request, sealed_secret as secret, sealed_error as error
     from jobs where key_id <> $1 limit $2 for update`,
    [keyring.currentId, BATCH],
  )
  for (const row of rows) {
    const open = (what: JobSecret) => {
      const text = row[what]
      return text === null ? null : keyring.open({ keyId: row.keyId, text }, jobPlace(row.id, what))
    }
    const again = (what: JobSecret) => {
      const text = open(what)
      return text === null ? null : keyring.seal(text, jobPlace(row.id, what)).text
    }
    // Or the same order under its own idempotency key would be taken for another one.
    const order = { ...row, request: JSON.parse(open('request')!) }
    await sql.query('update idempotency set request_hash = $2 where job_id = $1', [
      row.id,
      keyring.index(orderText(order)),
    ])
    await sql.query(
      'update jobs set key_id = $2, sealed_request = $3, sealed_secret = $4, sealed_error = $5 where id = $1',
      [row.id, keyring.currentId, again('request'), again('secret'), again('error')],
    )
  }
  return rows.length
}
