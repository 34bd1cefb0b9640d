/** Jobs at rest. What a job is about, and why one failed, is private: both are sealed. */
import type { Keyring } from '../keyring.ts'
import type { Sql, SqlValue } from './database.ts'

export const JOB_KINDS = ['attestation', 'trigger', 'solvency'] as const
export type JobKind = (typeof JOB_KINDS)[number]
export const JOB_STATUSES = ['queued', 'running', 'succeeded', 'failed', 'cancelled'] as const
export type JobStatus = (typeof JOB_STATUSES)[number]
export const JOB_PHASES = ['waiting', 'planning', 'proving', 'sealing', 'done'] as const
export type JobPhase = (typeof JOB_PHASES)[number]

export interface JobRow {
  readonly id: string
  readonly kind: JobKind
  readonly status: JobStatus
  readonly phase: JobPhase
  /** Proofs made and proofs in all; zero of zero while nobody knows. */
  readonly done: number
  readonly total: number
  readonly riskRoot: string
  readonly bookRoot: string
  readonly publish: boolean
  readonly errorCode: string | null
  readonly version: number
  readonly createdAt: Date
  readonly startedAt: Date | null
  readonly finishedAt: Date | null
}

interface SealedColumns {
  readonly keyId: string
  readonly sealedRequest: string
  readonly sealedSecret: string | null
  readonly sealedError: string | null
}

const COLUMNS = `id, kind, status, phase, done, total, risk_root as "riskRoot", book_root as "bookRoot", publish,
  error_code as "errorCode", version, created_at as "createdAt", started_at as "startedAt",
  finished_at as "finishedAt"`
const SEALED = `key_id as "keyId", sealed_request as "sealedRequest", sealed_secret as "sealedSecret",
  sealed_error as "sealedError"`

export type JobSecret = 'request' | 'secret' | 'error'
export const jobPlace = (id: string, what: JobSecret) => `job ${id} ${what}`

export interface NewJob {
  readonly id: string
  readonly kind: JobKind
  readonly principal: string
  readonly riskRoot: string
  readonly bookRoot: string
  readonly publish: boolean
  readonly total: number
  /** JSON. */
  readonly request: string
  /** Of a pass: what its blinds are made of. */
  readonly secret?: string
}

export async function addJob(sql: Sql, keyring: Keyring, job: NewJob): Promise<void> {
  const request = keyring.seal(job.request, jobPlace(job.id, 'request'))
  const secret = job.secret === undefined ? null : keyring.seal(job.secret, jobPlace(job.id, 'secret')).text
  await sql.query(
    `insert into jobs (id, kind, status, phase, done, total, principal, risk_root, book_root, publish, key_id,
       sealed_request, sealed_secret)
     values ($1, $2, 'queued', 'waiting', 0, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      job.id,
      job.kind,
      job.total,
      job.principal,
      job.riskRoot,
      job.bookRoot,
      job.publish,
      request.keyId,
      request.text,
      secret,
    ],
  )
}

/** The job that an idempotency key stands for, and what was asked under it. */
export async function findByKey(
  sql: Sql,
  principal: string,
  requestKey: string,
): Promise<{ jobId: string; requestHash: string } | undefined> {
  const rows = await sql.query<{ jobId: string; requestHash: string }>(
    `select job_id as "jobId", request_hash as "requestHash" from idempotency
     where principal = $1 and request_key = $2`,
    [principal, requestKey],
  )
  return rows[0]
}

/** False when the key is taken. Waits for a transaction that is taking it. */
export async function takeKey(
  sql: Sql,
  row: { principal: string; requestKey: string; requestHash: string; jobId: string },
): Promise<boolean> {
  const rows = await sql.query(
    `insert into idempotency (principal, request_key, request_hash, job_id) values ($1, $2, $3, $4)
     on conflict do nothing returning job_id`,
    [row.principal, row.requestKey, row.requestHash, row.jobId],
  )
  return rows.length > 0
}

export async function findJob(sql: Sql, id: string): Promise<JobRow | undefined> {
  return (await sql.query<JobRow>(`select ${COLUMNS} from jobs where id = $1`, [id]))[0]
}

export function findJobs(sql: Sql, ids: readonly string[]): Promise<JobRow[]> {
  return sql.query<JobRow>(`select ${COLUMNS} from jobs where id = any($1::uuid[])`, [ids])
}

export function listJobs(sql: Sql, limit: number, status: JobStatus | undefined): Promise<JobRow[]> {
  const values: SqlValue[] = [limit, status ?? null]
  return sql.query<JobRow>(
    `select ${COLUMNS} from jobs where $2::text is null or status = $2 order by created_at desc, id limit $1`,
    values,
  )
}

/** How many there are of each status, zeros included. */
export async function countJobs(sql: Sql): Promise<Record<JobStatus, number>> {
  const rows = await sql.query<{ status: JobStatus; count: number }>(
    'select status, count(*)::int as count from jobs group by status',
  )
  const counts = Object.fromEntries(JOB_STATUSES.map((status) => [status, 0])) as Record<JobStatus, number>
  for (const { status, count } of rows) counts[status] = count
  return counts
}

/** The job, and nobody else changes it until the transaction ends. */
export async function lockJob(sql: Sql, id: string): Promise<JobRow | undefined> {
  return (await sql.query<JobRow>(`select ${COLUMNS} from jobs where id = $1 for update`, [id]))[0]
}

/** One of a job's secrets in the clear; undefined when it has none. */
export async function openJob(
  sql: Sql,
  keyring: Keyring,
  id: string,
  what: JobSecret,
): Promise<string | undefined> {
  const [row] = await sql.query<SealedColumns>(`select ${SEALED} from jobs where id = $1`, [id])
  const texts = { request: row?.sealedRequest, secret: row?.sealedSecret, error: row?.sealedError }
  const text = texts[what]
  return row === undefined || text === null || text === undefined
    ? undefined
    : keyring.open({ keyId: row.keyId, text }, jobPlace(id, what))
}

export function isOver(status: JobStatus): boolean {
  return status === 'succeeded' || status === 'failed' || status === 'cancelled'
}

/** Phases only go on: a plan that is made twice takes nothing back. */
export async function markRunning(sql: Sql, id: string, phase: JobPhase, total?: number): Promise<void> {
  await sql.query(
    `update jobs set status = 'running', phase = $2, total = coalesce($3::int, total),
       started_at = coalesce(started_at, now()), version = version + 1
     where id = $1 and status in ('queued', 'running')
       and array_position($4::text[], phase) < array_position($4::text[], $2)`,
    [id, phase, total ?? null, JOB_PHASES],
  )
}

export async function countProof(sql: Sql, id: string): Promise<void> {
  await sql.query('update jobs set done = done + 1, version = version + 1 where id = $1', [id])
}

/** The end of a job that is not over yet; false when it was. */
export async function endJob(
  sql: Sql,
  keyring: Keyring,
  id: string,
  end:
    | { readonly status: 'succeeded' | 'cancelled' }
    | { readonly status: 'failed'; readonly code: string; readonly message: string },
): Promise<boolean> {
  const [row] = await sql.query<{ keyId: string }>(
    `select key_id as "keyId" from jobs where id = $1 for update`,
    [id],
  )
  if (row === undefined) return false
  const failed = end.status === 'failed' ? end : undefined
  const error = failed && keyring.sealWith(row.keyId, failed.message, jobPlace(id, 'error'))
  const ended = await sql.query(
    `update jobs set status = $2, phase = 'done', error_code = $3, sealed_error = $4, finished_at = now(),
       version = version + 1
     where id = $1 and status in ('queued', 'running') returning id`,
    [id, end.status, failed?.code ?? null, error ?? null],
  )
  return ended.length > 0
}
