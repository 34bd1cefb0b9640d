/**
 * A worker: takes tasks, proves, writes results. Any number of them share a database. Boundary module: clock, randomness
 * and processes, through its parts.
 */
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { TacitError, ToolError } from '../../protocol/errors.ts'
import { MatrixPool } from '../../prover/matrix-pool.ts'
import type { Logger } from '../log.ts'
import type { HeldTask, Queue, Task } from '../queue/queue.ts'
import type { Sql } from '../storage/database.ts'
import { endJob, findJob, isOver, type JobRow, lockJob, markRunning } from '../storage/jobs.ts'
import type { BookStore } from '../venue.ts'
import { proveClaim } from './claim.ts'
import { Contexts } from './contexts.ts'
import { Heartbeat } from './heartbeat.ts'
import { Lease } from './lease.ts'
import { Provers, type ProversOptions } from './provers.ts'
import { planPass, provePassSeal, proveStep, type Transcripts, type Write } from './solvency.ts'

/** A worker whose own thread says nothing for so long is given up: no plan takes it. */
const LONGEST_PLAN_MS = 30 * 60_000

export interface WorkerOptions extends Omit<ProversOptions, 'notice'> {
  readonly store: BookStore
  readonly queue: Queue
  readonly log: Logger
  readonly transcripts: Transcripts
  /** A worker that is silent for so long has lost its tasks. */
  readonly leaseSeconds: number
  /** How often to look for a task when there was none. */
  readonly pollMs: number
  /** Of the PostgreSQL server: a thread of its own says that the worker lives while a plan keeps this one busy. */
  readonly databaseUrl?: string | undefined
  /** Told the seconds of every task that ended well. */
  readonly measured?: (kind: Task['kind'], seconds: number) => void
}

export class ServiceWorker {
  /** Names it in leases and logs. */
  readonly id = `${hostname().slice(0, 32)}-${process.pid}-${randomBytes(4).toString('hex')}`
  readonly #options: WorkerOptions
  readonly #matrices = new MatrixPool()
  readonly #provers: Provers
  readonly #contexts: Contexts
  readonly #lease: Lease
  readonly #stop = new AbortController()
  #lanes: Promise<void>[] = []
  #heartbeat: Heartbeat | undefined

  private constructor(options: WorkerOptions) {
    this.#options = options
    this.#provers = new Provers({
      ...options,
      notice: () => options.log.warn('a proving process ended early'),
    })
    this.#lease = new Lease(options.queue, this.id)
    this.#contexts = new Contexts(options.store, this.#matrices, options.artifacts)
  }

  static async start(options: WorkerOptions): Promise<ServiceWorker> {
    const worker = new ServiceWorker(options)
    await options.queue.beat(worker.id)
    worker.#heartbeat = heartbeatOf(worker.id, options)
    // One more task than processes, so that none waits for its next witness.
    const lanes = Array.from({ length: options.processes + 1 }, () => worker.#lane())
    worker.#lanes = [...lanes, worker.#keepLease()]
    options.log.info({ worker: worker.id, processes: options.processes }, 'worker started')
    return worker
  }

  /** Takes no more; ends its processes; what was under way is queued again at once. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#provers.close()
    await Promise.all(this.#lanes)
    await this.#heartbeat?.stop()
    await this.#options.queue.leave(this.id).catch(() => {})
    await this.#matrices.close()
  }

  async #keepLease(): Promise<void> {
    const { queue, leaseSeconds, log } = this.#options
    while (!this.#stop.signal.aborted) {
      try {
        const count = (await this.#lease.renew()) + (await queue.reclaim(leaseSeconds))
        if (count > 0) log.warn({ count }, 'tasks that nobody was at queued again')
        await queue.buryDead((sql, task) => this.#bury(sql, task))
      } catch (error) {
        log.error({ err: error }, 'lease not renewed')
      }
      await this.#pause((leaseSeconds * 1_000) / 3)
    }
  }

  async #bury(sql: Sql, { jobId, kind }: Task): Promise<void> {
    const message = `the ${kind} was given up: workers ended or failed over it too often`
    await endJob(sql, this.#options.store.keyring, jobId, { status: 'failed', code: 'TOOL_FAILED', message })
  }

  async #lane(): Promise<void> {
    const { log, pollMs } = this.#options
    while (!this.#stop.signal.aborted) {
      let held: HeldTask | undefined
      try {
        held = await this.#lease.take()
      } catch (error) {
        log.error({ err: error }, 'no task taken')
      }
      if (held === undefined) await this.#pause(pollMs)
      else await this.#handle(held)
    }
  }

  async #handle(held: HeldTask): Promise<void> {
    const { queue, log, measured } = this.#options
    const { kind, jobId } = held.task
    const started = performance.now()
    try {
      await this.#work(held)
      const seconds = (performance.now() - started) / 1_000
      measured?.(kind, seconds)
      log.info({ jobId, task: kind, seconds: Number(seconds.toFixed(3)) }, 'task done')
    } catch (error) {
      if (!this.#stop.signal.aborted)
        log.error({ jobId, task: kind, err: error }, 'task failed; queued again')
      // Should this fail too, the lease does it when the database is back.
      await queue.giveBack(held.id, this.id).catch(() => {})
      if (!this.#stop.signal.aborted) await this.#pause(this.#options.pollMs)
    } finally {
      this.#lease.drop(held)
    }
  }

  async #work(held: HeldTask): Promise<void> {
    const { database, keyring } = this.#options.store
    const { queue } = this.#options
    const job = await findJob(database, held.task.jobId)
    if (job === undefined || isOver(job.status)) {
      await database.transaction((sql) => queue.finish(sql, held))
      return
    }
    let write: Write
    try {
      write = await this.#prepare(held.task, job)
    } catch (error) {
      const failure = finalFailure(error)
      if (failure === undefined) throw error
      await database.transaction(async (sql) => {
        await endJob(sql, keyring, job.id, { status: 'failed', ...failure })
        await queue.finish(sql, held)
      })
      return
    }
    await database.transaction(async (sql) => {
      const now = await lockJob(sql, job.id)
      if (now !== undefined && !isOver(now.status)) {
        await write(sql)
        if (held.task.kind === 'claim' || held.task.kind === 'seal') {
          await endJob(sql, keyring, job.id, { status: 'succeeded' })
        }
      }
      await queue.finish(sql, held)
    })
  }

  async #prepare(task: Task, job: JobRow): Promise<Write> {
    const { store, queue, transcripts } = this.#options
    const { database } = store
    if (task.kind === 'step') {
      const at = { index: task.index, workerId: this.id }
      return proveStep(database, this.#contexts, this.#provers, queue, job, at)
    }
    if (task.kind === 'seal') return provePassSeal(database, this.#contexts, this.#provers, job, transcripts)
    await markRunning(database, job.id, task.kind === 'plan' ? 'planning' : 'proving')
    if (task.kind === 'plan') return planPass(this.#contexts, queue, job)
    const write = await proveClaim(store, this.#contexts, this.#provers, job)
    return async (sql) => {
      await write(sql)
      await sql.query('update jobs set done = total where id = $1', [job.id])
    }
  }

  async #pause(milliseconds: number): Promise<void> {
    await sleep(milliseconds, undefined, { signal: this.#stop.signal }).catch(() => {})
  }
}

function heartbeatOf(workerId: string, { databaseUrl, leaseSeconds }: WorkerOptions): Heartbeat | undefined {
  if (databaseUrl === undefined) return undefined
  const everyMs = (leaseSeconds * 1_000) / 3
  return new Heartbeat({ workerId, databaseUrl, everyMs, patienceMs: LONGEST_PLAN_MS })
}

/** What no retry would change; undefined for what another attempt may mend. */
function finalFailure(error: unknown): { code: string; message: string } | undefined {
  if (!(error instanceof TacitError) || error instanceof ToolError) return undefined
  return { code: error.code, message: error.message }
}
