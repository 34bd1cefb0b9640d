import { z } from 'zod'
import { Refusal } from '../../refusal.ts'
import { endJob, findJob, type JobRow, listJobs, openJob } from '../../storage/jobs.ts'
import type { BookStore } from '../../venue.ts'
import { acceptJob } from '../../work/accept.ts'
import type { JobOrder } from '../../work/order.ts'
import type { ApiContext } from '../context.ts'
import type { Call } from '../route.ts'
import { ClaimBody, IdempotencyHeaders, Job, JobId, JobsQuery, listOf, SolvencyBody } from '../schemas.ts'
import { Streams } from '../streams.ts'

export function jobRoutes(context: ApiContext): void {
  const { route, store } = context
  const { database, keyring } = store
  orderRoutes(context)
  route('listJobs', { query: JobsQuery, answers: { 200: listOf('jobs', Job) } }, async ({ query }) => {
    const rows = await listJobs(database, query.limit, query.status)
    return { jobs: await Promise.all(rows.map((row) => jobOf(store, row))) }
  })
  route('readJob', { params: JobId, answers: { 200: Job } }, async ({ params }) =>
    jobOf(store, await find(store, params.id)),
  )
  route('cancelJob', { params: JobId, answers: { 200: Job } }, async ({ params: { id } }) => {
    await find(store, id)
    await database.transaction((sql) => endJob(sql, keyring, id, { status: 'cancelled' }))
    return jobOf(store, await find(store, id))
  })
  followRoute(context)
}

function orderRoutes({ route, store, queue, artifacts, chainId, log }: ApiContext): void {
  const acceptance = { store, queue, artifacts, chainId }
  const claim = { headers: IdempotencyHeaders, body: ClaimBody, answers: { 200: Job, 202: Job } }
  const pass = { headers: IdempotencyHeaders, body: SolvencyBody, answers: { 200: Job, 202: Job } }
  const accept = async ({ principal, headers, reply }: Call<typeof claim>, order: JobOrder) => {
    const { job, isNew } = await acceptJob(acceptance, principal, headers['idempotency-key'], order)
    if (isNew) log.info({ jobId: job.id, kind: job.kind, by: principal.id }, 'job accepted')
    reply.code(isNew ? 202 : 200)
    return jobOf(store, job)
  }
  for (const [id, kind] of [
    ['addAttestation', 'attestation'],
    ['addTrigger', 'trigger'],
  ] as const) {
    route(id, claim, (call) => {
      const { riskRoot, bookRoot, publish, ...request } = call.body
      return accept(call, { kind, riskRoot, bookRoot, publish, request })
    })
  }
  route('addSolvency', pass, (call) => {
    const { riskRoot, bookRoot, publish, ...request } = call.body
    return accept(call as unknown as Call<typeof claim>, {
      kind: 'solvency',
      riskRoot,
      bookRoot,
      publish,
      request,
    })
  })
}

function followRoute({ route, store, watcher, limits }: ApiContext): void {
  const streams = new Streams({ most: limits.streams, mostOfAddress: limits.streams })
  const answers = { 200: z.string().describe('event: progress, data: a job; the last one is over') }
  const schemas = { params: JobId, answers, produces: 'text/event-stream' }
  route('followJob', schemas, async ({ params, request, reply }) => {
    const job = await find(store, params.id)
    return streams.send(request, reply, (signal) => events(store, watcher.follow(job, signal)))
  })
}

async function* events(store: BookStore, rows: AsyncIterable<JobRow>): AsyncGenerator<string> {
  for await (const row of rows) yield `event: progress\ndata: ${JSON.stringify(await jobOf(store, row))}\n\n`
}

async function find({ database }: BookStore, id: string): Promise<JobRow> {
  const job = await findJob(database, id)
  if (job === undefined) throw new Refusal('NOT_FOUND', 'id', 'no job has this id')
  return job
}

/** Why a job failed is sealed at rest, and shown to whoever may read jobs. */
async function jobOf({ database, keyring }: BookStore, row: JobRow): Promise<z.output<typeof Job>> {
  const { errorCode, version: _version, createdAt, startedAt, finishedAt, ...rest } = row
  const message = errorCode === null ? undefined : await openJob(database, keyring, row.id, 'error')
  return {
    ...rest,
    error: errorCode === null ? null : { code: errorCode, message: message ?? 'unknown' },
    createdAt: createdAt.toISOString(),
    startedAt: startedAt?.toISOString() ?? null,
    finishedAt: finishedAt?.toISOString() ?? null,
  }
}
