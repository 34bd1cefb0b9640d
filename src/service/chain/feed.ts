/** Tells listeners what happens, from the database: one query for all of them, in every process. Boundary module: clock. */
import { setTimeout as sleep } from 'node:timers/promises'
import { feedAfter, feedEnds } from '../storage/chain.ts'
import type { Database } from '../storage/database.ts'
import { countJobs } from '../storage/jobs.ts'

/** One event of a stream; only what stands in the feed has an id to go on from. */
export interface StreamEvent {
  readonly id?: number
  readonly event: 'chain' | 'jobs' | 'reset'
  /** JSON. */
  readonly data: string
}

/** Items of one query, and what a listener that does not read may have waiting. */
const BATCH = 500
const MOST_WAITING = 2_000

type Listener = (events: readonly StreamEvent[]) => void

export class FeedWatcher {
  readonly #database: Database
  readonly #everyMs: number
  readonly #listeners = new Set<Listener>()
  #running: Promise<void> | undefined
  #closed = false
  #last = 0
  #jobs = ''

  constructor(database: Database, everyMs: number) {
    this.#database = database
    this.#everyMs = everyMs
  }

  get size(): number {
    return this.#listeners.size
  }

  /**
   * What came after an event, then what comes; from now on when no event is named. `reset` stands before a gap: events
   * between are kept no more, or the id is of another database. Ends when the reader is too slow: it asks again from its last id.
   */
  async *follow(after: number | undefined, signal: AbortSignal): AsyncGenerator<StreamEvent> {
    const waiting: StreamEvent[] = []
    let wake: () => void = () => {}
    const listener: Listener = (events) => {
      // One that does not read at all never comes to the end of its loop: nothing more is kept for it.
      if (waiting.length <= MOST_WAITING) waiting.push(...events)
      wake()
    }
    signal.addEventListener('abort', () => wake(), { once: true })
    this.#listeners.add(listener)
    try {
      // Where the common reading begins is fixed before this listener reads what was before: so nothing falls between.
      await (this.#running ??= this.#start())
      const { first, last } = await feedEnds(this.#database)
      let seen = after ?? last
      yield { event: 'jobs', data: JSON.stringify(await countJobs(this.#database)) }
      if (seen > last || seen < first - 1) {
        seen = Math.max(0, first - 1)
        yield { id: seen, event: 'reset', data: '{}' }
      }
      for (;;) {
        const rows = await feedAfter(this.#database, seen, BATCH)
        for (const { id, payload } of rows) yield { id, event: 'chain', data: payload }
        seen = rows.at(-1)?.id ?? seen
        if (rows.length < BATCH) break
      }
      while (!signal.aborted && !this.#closed && waiting.length <= MOST_WAITING) {
        const next = waiting.shift()
        if (next === undefined) {
          await new Promise<void>((resolve) => {
            wake = resolve
          })
        } else if (next.id === undefined || next.id > seen) {
          seen = next.id ?? seen
          yield next
        }
      }
    } finally {
      this.#listeners.delete(listener)
    }
  }

  close(): void {
    this.#closed = true
    for (const listener of this.#listeners) listener([])
  }

  async #start(): Promise<void> {
    try {
      this.#last = (await feedEnds(this.#database)).last
      void this.#run()
    } catch (error) {
      this.#running = undefined
      throw error
    }
  }

  async #run(): Promise<void> {
    while (this.#listeners.size > 0 && !this.#closed) {
      try {
        const events = await this.#news()
        if (events.length > 0) for (const listener of this.#listeners) listener(events)
      } catch {
        // The database is away for a moment: listeners wait.
      }
      await sleep(this.#everyMs)
    }
    this.#running = undefined
  }

  async #news(): Promise<StreamEvent[]> {
    const rows = await feedAfter(this.#database, this.#last, BATCH)
    this.#last = rows.at(-1)?.id ?? this.#last
    const events: StreamEvent[] = rows.map(({ id, payload }) => ({ id, event: 'chain', data: payload }))
    const jobs = JSON.stringify(await countJobs(this.#database))
    if (jobs !== this.#jobs) events.push({ event: 'jobs', data: jobs })
    this.#jobs = jobs
    return events
  }
}
