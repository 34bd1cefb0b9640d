/** Follows jobs for whoever listens: one query for all of them, however many listen. Boundary module: clock. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Database } from '../storage/database.ts'
import { findJobs, isOver, type JobRow } from '../storage/jobs.ts'

type Listener = (job: JobRow | undefined) => void

export class JobWatcher {
  readonly #database: Database
  readonly #everyMs: number
  readonly #listeners = new Map<string, Set<Listener>>()
  #running = false
  #closed = false

  constructor(database: Database, everyMs: number) {
    this.#database = database
    this.#everyMs = everyMs
  }

  /** Jobs that are followed now. */
  get size(): number {
    return this.#listeners.size
  }

  /** The job as it is, and again with every change until it is over or the signal ends it. */
  async *follow(job: JobRow, signal: AbortSignal): AsyncGenerator<JobRow> {
    // Only the newest: whoever reads slowly is not to fill the memory.
    let newest: JobRow = job
    let wake: () => void = () => {}
    const listener: Listener = (row) => {
      if (row !== undefined) newest = row
      wake()
    }
    const abort = () => listener(undefined)
    signal.addEventListener('abort', abort, { once: true })
    this.#add(job.id, listener)
    try {
      let seen = job
      yield seen
      while (!isOver(seen.status) && !signal.aborted && !this.#closed) {
        if (newest.version <= seen.version) {
          await new Promise<void>((resolve) => {
            wake = resolve
          })
          continue
        }
        seen = newest
        yield seen
      }
    } finally {
      this.#remove(job.id, listener)
      signal.removeEventListener('abort', abort)
    }
  }

  close(): void {
    this.#closed = true
    for (const listeners of this.#listeners.values()) for (const listener of listeners) listener(undefined)
  }

  #add(id: string, listener: Listener): void {
    const listeners = this.#listeners.get(id) ?? new Set()
    this.#listeners.set(id, listeners.add(listener))
    if (!this.#running) void this.#run()
  }

  #remove(id: string, listener: Listener): void {
    const listeners = this.#listeners.get(id)
    listeners?.delete(listener)
    if (listeners?.size === 0) this.#listeners.delete(id)
  }

  async #run(): Promise<void> {
    this.#running = true
    while (this.#listeners.size > 0 && !this.#closed) {
      try {
        const jobs = await findJobs(this.#database, [...this.#listeners.keys()])
        for (const job of jobs) for (const listener of this.#listeners.get(job.id) ?? []) listener(job)
      } catch {
        // The database is away for a moment: listeners wait.
      }
      await sleep(this.#everyMs)
    }
    this.#running = false
  }
}
