/**
 * Says that a worker lives while its own thread is busy: the plan of a large book takes minutes without a pause, and a
 * worker that is silent loses its tasks. A thread with a connection of its own does it, for a while: a worker whose main
 * thread never comes back is given up after all. Boundary module: a thread, network, clock.
 */
import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'

export interface HeartbeatOptions {
  /** As in the store of workers. */
  readonly workerId: string
  /** Of the PostgreSQL server; an embedded database has one process, which gives nobody up while it is busy itself. */
  readonly databaseUrl: string
  readonly everyMs: number
  /** So long the worker's own thread may say nothing. */
  readonly patienceMs: number
}

/** Plain JavaScript: a thread does not take the loader of TypeScript along. */
const THREAD = `
  const { parentPort, workerData } = require('node:worker_threads')
  const { Pool } = require(workerData.pg)
  const { workerId, databaseUrl, everyMs, patienceMs } = workerData
  const pool = new Pool({ connectionString: databaseUrl, max: 1, application_name: 'tacit heartbeat' })
  pool.on('error', () => {})
  let heardAt = performance.now()
  parentPort.on('message', () => { heardAt = performance.now() })
  setInterval(() => {
    if (performance.now() - heardAt > patienceMs) return
    pool.query('update workers set seen_at = now() where id = $1', [workerId]).catch(() => {})
  }, everyMs)
`

export class Heartbeat {
  readonly #thread: Worker
  readonly #timer: NodeJS.Timeout

  constructor(options: HeartbeatOptions) {
    const pg = createRequire(import.meta.url).resolve('pg')
    this.#thread = new Worker(THREAD, { eval: true, execArgv: [], workerData: { ...options, pg } })
    // A thread that cannot work is no reason to end: the worker still speaks for itself.
    this.#thread.on('error', () => {})
    this.#thread.unref()
    this.#timer = setInterval(() => this.#thread.postMessage('here'), options.everyMs)
    this.#timer.unref()
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#thread.terminate()
  }
}
