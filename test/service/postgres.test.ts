import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sealSignalsToArray } from '../../src/protocol/seal-signals.ts'
import { REPOSITORY_ROOT } from '../../src/prover/cache.ts'
import { verifyProof } from '../../src/prover/verify.ts'
import { Queue } from '../../src/service/queue/queue.ts'
import { migrate } from '../../src/service/storage/migrate.ts'
import { openPostgres } from '../../src/service/storage/postgres.ts'
import { Heartbeat } from '../../src/service/work/heartbeat.ts'
import { type PostgresServer, startPostgres } from './postgres-server.ts'
import { BOOK, KEY, LIQUIDITY, MARKET, serviceEnvironment, startWorld, type World } from './world.ts'

const server: PostgresServer | undefined = await startPostgres()
const children: ChildProcess[] = []
let world: World

interface Step {
  readonly index: number
  readonly proof: string
  readonly by: string
}

/** `tacit worker`, as an operator would start it. */
function startWorker(): ChildProcess {
  const environment = serviceEnvironment({
    DATABASE_URL: server!.url,
    TACIT_PROVERS: '1',
    TACIT_ENCRYPTION_KEYS: KEY,
    TACIT_LOG: 'warn',
    PATH: process.env.PATH,
    HOME: process.env.HOME,
  })
  const command = [join(REPOSITORY_ROOT, 'bin', 'tacit.js'), 'worker']
  const child = spawn(process.execPath, command, { env: environment as NodeJS.ProcessEnv, stdio: 'ignore' })
  children.push(child)
  return child
}

const steps = (jobId: string) =>
  world.service.foundation.store.database.query<Step>(
    'select idx as index, proof, proven_by as by from steps where job_id = $1 and proof is not null order by idx',
    [jobId],
  )

describe.skipIf(server === undefined)('a service on a PostgreSQL server, with workers of their own', () => {
  beforeAll(async () => {
    world = await startWorld({ DATABASE_URL: server!.url })
  })
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL')
    await world?.close()
    await server?.stop()
  })

  it('takes the same migrations, once', async () => {
    const { database } = world.service.foundation.store
    expect(database.kind).toBe('postgres')
    expect(world.service.worker).toBeUndefined()
    expect(await database.query('select name from migrations order by name')).toEqual([
      { name: '001-initial.sql' },
      { name: '002-chain.sql' },
      { name: '003-keys.sql' },
    ])
  })

  it('is started by six processes at once on an empty server', async () => {
    await world.service.foundation.store.database.script('create database together')
    const url = server!.url.replace(/[^/]*$/, 'together')
    const open = async () => {
      const database = await openPostgres(url, { connections: 3 })
      try {
        await migrate(database)
        await (await Queue.open(database, () => {})).close()
      } finally {
        await database.close()
      }
    }
    await Promise.all(Array.from({ length: 6 }, open))
  })

  it('does not give up a worker that plans, and gives up one whose thread never comes back', async () => {
    const { queue } = world.service.foundation
    const { database } = world.service.foundation.store
    // Both at once: as soon as this thread is back it speaks for both of them.
    const silentFor = async (...workerIds: string[]) => {
      const rows = await database.query<{ id: string; seconds: number }>(
        'select id, extract(epoch from now() - seen_at)::float8 as seconds from workers where id = any($1::text[])',
        [workerIds],
      )
      return workerIds.map((workerId) => rows.find(({ id }) => id === workerId)!.seconds)
    }
    const common = { databaseUrl: server!.url, everyMs: 100 }
    await queue.beat('planner')
    await queue.beat('stuck')
    const planner = new Heartbeat({ ...common, workerId: 'planner', patienceMs: 60_000 })
    const stuck = new Heartbeat({ ...common, workerId: 'stuck', patienceMs: 300 })
    try {
      await expect.poll(async () => (await silentFor('planner'))[0], { timeout: 10_000 }).toBeLessThan(0.09)
      // As a plan does: nothing else runs in this thread.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5_000)
      const [planning, hanging] = await silentFor('planner', 'stuck')
      expect(planning).toBeLessThan(3)
      expect(hanging).toBeGreaterThan(planning! + 1)
    } finally {
      await planner.stop()
      await stuck.stop()
      await queue.leave('planner')
      await queue.leave('stuck')
    }
  })

  it('finishes a pass whose worker was killed in the middle, and makes no finished proof again', async () => {
    const { riskRoot } = await world.as('feeder').addRound({ markets: [MARKET] })
    const venue = world.as('venue')
    const { bookRoot } = await venue.addBook({ riskRoot, book: BOOK })
    const order = { riskRoot, bookRoot, liquidity: LIQUIDITY, publish: true }
    const job = await venue.sealBook(order, { idempotencyKey: 'epoch-1' })
    const first = startWorker()
    const died = new Promise<NodeJS.Signals | null>((resolve) =>
      first.once('exit', (_, signal) => resolve(signal)),
    )
    while ((await steps(job.id)).length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
    first.kill('SIGKILL')
    expect(await died).toBe('SIGKILL')
    const before = await steps(job.id)
    expect(before.length).toBeLessThan(BOOK.accounts.length)

    startWorker()
    expect(await venue.finished(job.id)).toMatchObject({
      status: 'succeeded',
      done: 5,
      total: 5,
      error: null,
    })
    const after = await steps(job.id)
    // A proof is made with fresh randomness: the same bytes are the same proof.
    expect(after).toEqual(expect.arrayContaining(before))
    expect(after).toHaveLength(BOOK.accounts.length)
    expect(new Set(after.map(({ by }) => by)).size).toBe(2)

    const { seal } = world.service.foundation.artifacts
    const epoch = await world.client.epoch(job.id)
    const signals = Object.fromEntries(
      Object.entries(epoch.signals).map(([name, text]) => [name, BigInt(text)]),
    )
    expect(
      verifyProof(seal.verificationKey, sealSignalsToArray(signals as never), epoch.proof as never),
    ).toBe(true)
    // Asked again, nothing is proven again.
    expect(await venue.sealBook(order, { idempotencyKey: 'epoch-1' })).toMatchObject({
      id: job.id,
      status: 'succeeded',
    })
  }, 300_000)

  it('answers twenty equal requests at once with one job', async () => {
    const venue = world.as('venue')
    const [book] = await world.client.books()
    const order = {
      riskRoot: book!.riskRoot,
      bookRoot: book!.bookRoot,
      account: 90_002,
      threshold: 'im' as const,
    }
    const jobs = await Promise.all(
      Array.from({ length: 20 }, () => venue.attest(order, { idempotencyKey: 'one-and-the-same' })),
    )
    expect(new Set(jobs.map(({ id }) => id)).size).toBe(1)
    expect(await venue.finished(jobs[0]!.id)).toMatchObject({ status: 'succeeded' })
  })
})
