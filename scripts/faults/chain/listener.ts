/** Somebody who wants to hear all that the service tells of the chain, and comes back whenever the line breaks. Boundary module: network. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { TacitClient } from '../../../src/service/client/index.ts'
import { type Feed, feedEnds } from '../../../src/service/storage/chain.ts'
import type { Database } from '../../../src/service/storage/database.ts'

const AGAIN_MS = 250
const LOOK_MS = 50

export class Listener {
  readonly heard: Feed[] = []
  /** What should not have been told. */
  readonly wrong: string[] = []
  #last = 0
  readonly #stop = new AbortController()
  readonly #listening: Promise<void>

  constructor(client: TacitClient) {
    this.#listening = this.#listen(client)
  }

  /** Waits until everything that was told has arrived here. False when it has not in time. */
  async hasAll(database: Database, patienceMs: number): Promise<boolean> {
    for (const until = Date.now() + patienceMs; Date.now() < until; await sleep(LOOK_MS)) {
      if (this.#last === (await feedEnds(database)).last) return true
    }
    return false
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await this.#listening
  }

  async #listen(client: TacitClient): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      try {
        for await (const { event, id, data } of client.events({ after: this.#last, signal })) {
          if (event === 'reset') this.wrong.push('a listener was told to read everything anew')
          if (event !== 'chain' || id === undefined) continue
          if (id <= this.#last) this.wrong.push(`a listener was told event ${id} after ${this.#last}`)
          this.#last = id
          this.heard.push(data as Feed)
        }
      } catch {
        await sleep(AGAIN_MS)
      }
    }
  }
}
