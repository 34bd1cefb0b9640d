import { setTimeout as sleep } from 'node:timers/promises'

/** One after the other: what changes the venue's book never overlaps. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve()

  take<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#last.then(work, work)
    this.#last = next.catch(() => {})
    return next
  }
}

export interface LoopOptions {
  readonly name: string
  /** Milliseconds between the end of one run and the start of the next. */
  readonly everyMs: number
  readonly signal: AbortSignal
  /** Told once of each different failure in a row. */
  readonly failed: (name: string, error: unknown) => void
}

/** After failures in a row the next run waits longer, up to so many times the usual. */
const MOST_PATIENCE = 8

/**
 * Runs a piece of work again and again until the signal; a failure is told and the loop goes on. Ends when the run under
 * way has ended.
 */
export async function loop(
  { name, everyMs, signal, failed }: LoopOptions,
  work: () => Promise<void>,
): Promise<void> {
  let failures = 0
  let told = ''
  while (!signal.aborted) {
    try {
      await work()
      failures = 0
      told = ''
    } catch (error) {
      if (signal.aborted) return
      failures++
      const text = error instanceof Error ? error.message : String(error)
      if (text !== told) failed(name, error)
      told = text
    }
    const patience = Math.min(2 ** failures, MOST_PATIENCE)
    await sleep(everyMs * patience, undefined, { signal }).catch(() => {})
  }
}
