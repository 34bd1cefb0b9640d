/** A page's line to the worker that holds its engine: calls with answers, and an end to all of them when it dies. */
import { EngineError } from '../errors.ts'
import type { Answer, Calls, Method } from './messages.ts'
import { startWorker, type WatchedWorker } from './threads.ts'

interface Waiting {
  readonly resolve: (value: never) => void
  readonly reject: (error: Error) => void
}

export class Connection {
  readonly #worker: WatchedWorker
  readonly #waiting = new Map<number, Waiting>()
  #loaded = new Set<number>()
  #nextId = 0
  #failure: EngineError | undefined

  /** @throws EngineError WORKER where no worker can be started from that address */
  constructor(workerUrl: string | URL) {
    try {
      this.#worker = startWorker(workerUrl, 'engine', {
        onMessage: (message) => this.#settle(message as Answer),
        onDeath: (cause) => {
          const reason = cause instanceof Error ? cause.message : String(cause)
          void this.end(new EngineError('WORKER', `the engine's worker died: ${reason}`, { cause }))
        },
      })
    } catch (cause) {
      throw new EngineError('WORKER', `no worker can be started from ${workerUrl}`, { cause })
    }
  }

  get alive(): boolean {
    return this.#failure === undefined
  }

  holds(key: number): boolean {
    return this.alive && this.#loaded.has(key)
  }

  call<M extends Method>(method: M, args: Calls[M]['args']): Promise<Calls[M]['value']> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    return new Promise((resolve, reject) => {
      const id = this.#nextId++
      this.#waiting.set(id, { resolve: resolve as (value: never) => void, reject })
      this.#worker.worker.postMessage({ id, method, args })
    })
  }

  /** Ends the worker; all that waits fails with the error, and so does what is asked later. */
  async end(error: EngineError): Promise<void> {
    if (this.#failure !== undefined) return
    this.#failure = error
    this.#loaded.clear()
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    // The worker shares no memory with the page, so nobody has to wait for its end.
    for (const { reject } of waiting) reject(error)
    await this.#worker.terminate()
  }

  #settle({ id, outcome, loaded }: Answer): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (!this.alive) return
    this.#loaded = new Set(loaded)
    if ('error' in outcome) waiting?.reject(new EngineError(outcome.error.code, outcome.error.message))
    else waiting?.resolve(outcome.value as never)
  }
}
