/**
 * A few worker threads and one queue. Boundary module: it starts threads. A thread that dies fails the job that
 * it held and every job that waits, with a ToolError; the next job starts a fresh set of threads.
 */
import { Worker } from 'node:worker_threads'
import { ToolError } from '../../protocol/errors.ts'
import type { Job, JobResults, Reply } from './jobs.ts'

const WORKER_FILE = new URL('./start.mjs', import.meta.url)

/** Two, as the reference machine has two cores; more threads than cores only cost memory. */
export const DEFAULT_THREADS = 2

interface Pending {
  readonly job: Job
  readonly resolve: (result: never) => void
  readonly reject: (error: Error) => void
}

export class WorkerPool {
  readonly threads: number
  readonly #queue: Pending[] = []
  /** Each live worker with the job that it holds. */
  readonly #workers = new Map<Worker, Pending | undefined>()
  #closed = false
  #nextId = 0

  /** @param threads number of threads, at least 1 */
  constructor(threads: number = DEFAULT_THREADS) {
    this.threads = Math.max(1, Math.floor(threads))
  }

  /** Starts the threads ahead of the first job, so that they load while the caller reads files. */
  warm(): void {
    while (!this.#closed && this.#workers.size < this.threads) this.#start()
  }

  /**
   * Queues a job. Rejects with ToolError when the thread fails or the pool is closed.
   * @param urgent goes before what is queued already: for a step that other work waits for
   */
  run<J extends Job>(job: J, urgent = false): Promise<JobResults[J['kind']]> {
    if (this.#closed) return Promise.reject(new ToolError('the worker threads are closed'))
    return new Promise((resolve, reject) => {
      const pending = { job, resolve: resolve as (result: never) => void, reject }
      if (urgent) this.#queue.unshift(pending)
      else this.#queue.push(pending)
      this.warm()
      this.#dispatch()
    })
  }

  /** Ends the threads; whatever was still running is refused. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#abandon(new ToolError('the worker threads were closed'))
  }

  /** Ends the threads now, as if they had died; the next job starts new ones. */
  async terminate(): Promise<void> {
    await this.#abandon(new ToolError('the worker threads were ended'))
  }

  #start(): void {
    const worker = new Worker(WORKER_FILE, { execArgv: [] })
    this.#workers.set(worker, undefined)
    // An idle thread must not keep the process alive; #dispatch holds it while it works.
    worker.unref()
    worker.on('message', (reply: Reply) => this.#finish(worker, reply))
    const died = (cause: unknown) => {
      if (!this.#workers.has(worker)) return
      void this.#abandon(new ToolError('a worker thread died', { cause }))
    }
    worker.on('error', died)
    worker.on('exit', (code) => died(new Error(`exit code ${code}`)))
  }

  #dispatch(): void {
    for (const [worker, held] of this.#workers) {
      if (held !== undefined) continue
      const pending = this.#queue.shift()
      if (pending === undefined) return
      this.#workers.set(worker, pending)
      worker.ref()
      worker.postMessage({ id: this.#nextId++, job: pending.job })
    }
  }

  #finish(worker: Worker, reply: Reply): void {
    const pending = this.#workers.get(worker)
    if (pending === undefined) return
    this.#workers.set(worker, undefined)
    worker.unref()
    if ('error' in reply) pending.reject(new ToolError(`${pending.job.kind}: ${reply.error}`))
    else pending.resolve(reply.result as never)
    this.#dispatch()
  }

  async #abandon(error: Error): Promise<void> {
    const held = [...this.#workers.values()].filter((pending) => pending !== undefined)
    const workers = [...this.#workers.keys()]
    this.#workers.clear()
    for (const pending of [...held, ...this.#queue.splice(0)]) pending.reject(error)
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
}
