/**
 * The worker of a service that proves itself, on a thread of its own: books are opened and plans made there, and the event
 * loop that answers requests stays free. Boundary module: threads.
 */
import { MessageChannel, Worker } from 'node:worker_threads'
import { poseidonImage } from '../../protocol/poseidon.ts'
import { LoggedError, type Logger } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import type { Database } from '../storage/database.ts'
import { serveDatabase } from '../storage/remote.ts'
import type { FromThread, ThreadOptions, ThreadStart } from './thread-messages.ts'

export class WorkerThread {
  readonly #database: Database
  readonly #options: ThreadOptions
  readonly #log: Logger
  readonly #measured: Metrics['tasks']
  #thread: Worker | undefined
  #stopping = false

  private constructor(database: Database, options: ThreadOptions, log: Logger, measured: Metrics['tasks']) {
    this.#database = database
    this.#options = options
    this.#log = log
    this.#measured = measured
  }

  /** Resolves when it takes tasks. */
  static async start(
    database: Database,
    options: ThreadOptions,
    log: Logger,
    measured: Metrics['tasks'],
  ): Promise<WorkerThread> {
    const worker = new WorkerThread(database, options, log, measured)
    try {
      await worker.#start()
    } catch (error) {
      worker.#stopping = true
      throw error
    }
    return worker
  }

  /** Puts its work down in order: what was under way is queued again at once. */
  async stop(): Promise<void> {
    this.#stopping = true
    const thread = this.#thread
    if (thread === undefined) return
    const gone = new Promise((resolve) => thread.once('exit', resolve))
    thread.postMessage('stop')
    await gone
  }

  async #start(): Promise<void> {
    const poseidon = await poseidonImage()
    const { port1, port2 } = new MessageChannel()
    serveDatabase(port1, this.#database)
    const databaseKind = this.#database.kind
    const data: ThreadStart = { options: this.#options, poseidon, database: port2, databaseKind }
    const fromSource = import.meta.url.endsWith('.ts')
    const thread = new Worker(new URL(fromSource ? './thread-start.mjs' : './thread.js', import.meta.url), {
      workerData: data,
      transferList: [port2],
    })
    this.#thread = thread
    await new Promise<void>((resolve, reject) => {
      thread.on('message', (message: FromThread) => {
        if (message.kind === 'started') resolve()
        else this.#hear(message)
      })
      thread.once('error', (error) => {
        this.#log.error({ err: error }, 'the worker thread failed')
        reject(error)
      })
      thread.once('exit', () => {
        port1.close()
        this.#thread = undefined
        // Its lease runs out, and whoever comes next does what it held.
        if (!this.#stopping) setTimeout(() => void this.#again(), this.#options.pollMs)
      })
    })
  }

  async #again(): Promise<void> {
    if (!this.#stopping) await this.#start().catch(() => {})
  }

  #hear(message: FromThread): void {
    if (message.kind === 'measured') this.#measured.observe({ kind: message.task }, message.seconds)
    if (message.kind !== 'log') return
    const { level, fields, text } = message
    const err = (fields as { err?: object }).err
    this.#log[level](err === undefined ? fields : { ...fields, err: new LoggedError(err) }, text)
  }
}
