/**
 * The queue of tasks: pg-boss, in the same database as everything else, so that a task is queued, finished or given up in
 * the very transaction that writes its result. A task is one piece of work that a worker can be killed in: a claim, the
 * plan of a pass, one step, one seal.
 *
 * pg-boss gives a task back after a fixed time only. Leases do it sooner: a worker says every few seconds that it lives, and
 * what a worker held that has not been heard of for the length of a lease is queued again by whoever notices.
 */
import PgBoss from 'pg-boss'
import type { Database, Sql, SqlValue } from '../storage/database.ts'

const QUEUE = 'prove'
/** Tasks that were given up after all retries. */
const DEAD = 'prove-dead'
const SCHEMA = 'tacit_queue'
/** Any number that is no other lock's (migrate.ts), the same in every version. */
const LOCK = 7_420_018
/** Workers may die so often over one task. */
export const RETRIES = 4
/** Should every lease fail: pg-boss' own limit on a task. */
const HOUR_SECONDS = 3_600

export type Task =
  | { readonly kind: 'claim' | 'plan' | 'seal'; readonly jobId: string }
  | { readonly kind: 'step'; readonly jobId: string; readonly index: number }

/** What is short goes before what is long: a trigger does not wait for a whole book. */
const PRIORITY: Readonly<Record<Task['kind'], number>> = { claim: 30, seal: 20, plan: 10, step: 0 }

export interface HeldTask {
  readonly id: string
  readonly task: Task
}

export class Queue {
  readonly #boss: PgBoss
  readonly #database: Database

  private constructor(boss: PgBoss, database: Database) {
    this.#boss = boss
    this.#database = database
  }

  /** @param report told of errors of the queue's own upkeep, which it survives */
  static async open(database: Database, report: (error: Error) => void): Promise<Queue> {
    const boss = new PgBoss({
      db: executor(database),
      schema: SCHEMA,
      schedule: false,
      maintenanceIntervalSeconds: 60,
      retentionDays: 30,
      deleteAfterDays: 2,
    })
    boss.on('error', report)
    const limits = { retryLimit: RETRIES, retryDelay: 0, expireInSeconds: HOUR_SECONDS }
    await oneAtATime(database, async () => {
      await boss.start()
      await boss.createQueue(DEAD, { name: DEAD, retryLimit: RETRIES })
      await boss.createQueue(QUEUE, { name: QUEUE, ...limits, deadLetter: DEAD })
    })
    return new Queue(boss, database)
  }

  /** Queues tasks as part of a transaction. */
  async add(sql: Sql, tasks: readonly Task[]): Promise<void> {
    const rows = tasks.map((task) => ({ name: QUEUE, data: task, priority: PRIORITY[task.kind] }))
    if (rows.length > 0) await this.#boss.insert(rows, { db: executor(sql) })
  }

  /** The next task and the lease on it, at once; undefined when there is nothing to do. */
  take(workerId: string): Promise<HeldTask | undefined> {
    return this.#database.transaction(async (sql) => {
      const [job] = await this.#boss.fetch<Task>(QUEUE, { db: executor(sql), batchSize: 1, priority: true })
      if (job === undefined) return undefined
      await sql.query(
        `insert into leases (task_id, worker_id, job_id) values ($1, $2, $3)
         on conflict (task_id) do update set worker_id = excluded.worker_id`,
        [job.id, workerId, job.data.jobId],
      )
      return { id: job.id, task: job.data }
    })
  }

  /** The task is done, as part of the transaction that writes its result. */
  async finish(sql: Sql, { id }: HeldTask): Promise<void> {
    await this.#boss.complete(QUEUE, id, {}, { db: executor(sql) })
    await sql.query('delete from leases where task_id = $1', [id])
  }

  /**
   * A task that this worker holds goes back to the queue, or to the dead ones when it came back too often. False when the
   * worker does not hold it any more: then somebody else does, or has done it.
   */
  giveBack(id: string, workerId: string): Promise<boolean> {
    return this.#database.transaction(async (sql) => {
      const held = await sql.query(
        'delete from leases where task_id = $1 and worker_id = $2 returning task_id',
        [id, workerId],
      )
      if (held.length > 0) await this.#boss.fail(QUEUE, id, {}, { db: executor(sql) })
      return held.length > 0
    })
  }

  /** Ids of what a worker holds. */
  async heldBy(workerId: string): Promise<string[]> {
    const rows = await this.#database.query<{ id: string }>(
      'select task_id as id from leases where worker_id = $1',
      [workerId],
    )
    return rows.map(({ id }) => id)
  }

  /** Says that a worker lives. */
  async beat(workerId: string): Promise<void> {
    await this.#database.query(
      `insert into workers (id) values ($1) on conflict (id) do update set seen_at = now()`,
      [workerId],
    )
  }

  /** A worker that ends: what it still holds is queued again at once. */
  async leave(workerId: string): Promise<void> {
    await this.#giveBackOf('worker_id = $1', [workerId])
    await this.#database.query('delete from workers where id = $1', [workerId])
  }

  /**
   * Queues again what is held by workers that were not heard of for so many seconds. Returns how many tasks; the database's
   * clock counts, so that machines' clocks may differ.
   */
  async reclaim(leaseSeconds: number): Promise<number> {
    const silent = `worker_id not in (select id from workers where seen_at > now() - make_interval(secs => $1))`
    const count = await this.#giveBackOf(silent, [leaseSeconds])
    await this.#database.query(`delete from workers where seen_at < now() - make_interval(secs => $1)`, [
      10 * leaseSeconds,
    ])
    return count
  }

  async #giveBackOf(condition: string, values: readonly SqlValue[]): Promise<number> {
    const held = await this.#database.query<{ id: string; worker: string }>(
      `select task_id as id, worker_id as worker from leases where ${condition}`,
      values,
    )
    let count = 0
    for (const { id, worker } of held) if (await this.giveBack(id, worker)) count++
    return count
  }

  /** Hands each job whose task was given up to the callback, once. */
  async buryDead(bury: (sql: Sql, task: Task) => Promise<void>): Promise<void> {
    for (;;) {
      const found = await this.#database.transaction(async (sql) => {
        const [job] = await this.#boss.fetch<Task>(DEAD, { db: executor(sql), batchSize: 1 })
        if (job === undefined) return false
        await bury(sql, job.data)
        await this.#boss.complete(DEAD, job.id, {}, { db: executor(sql) })
        return true
      })
      if (!found) return
    }
  }

  /** Tasks that wait, and that workers hold. */
  async depth(): Promise<{ waiting: number; held: number }> {
    const [row] = await this.#database.query<{ waiting: number; held: number }>(
      `select count(*) filter (where state in ('created', 'retry'))::int as waiting,
              count(*) filter (where state = 'active')::int as held
       from ${SCHEMA}.job where name = $1`,
      [QUEUE],
    )
    return row!
  }

  async close(): Promise<void> {
    await this.#boss.stop({ graceful: false, close: false })
  }
}

/**
 * pg-boss makes its tables in several statements: processes that start together on an empty server would lock each other out.
 * An embedded database has one process, and one connection.
 */
async function oneAtATime(database: Database, work: () => Promise<void>): Promise<void> {
  if (database.kind === 'embedded') return work()
  await database.transaction(async (sql) => {
    await sql.query('select pg_advisory_xact_lock($1)', [LOCK])
    await work()
  })
}

/** pg-boss' way to a database. Its scripts come without values. */
function executor(sql: Sql): PgBoss.Db {
  return {
    executeSql: async (text: string, values?: SqlValue[]) => ({
      rows:
        values === undefined || values.length === 0 ? await sql.script(text) : await sql.query(text, values),
    }),
  }
}
