import type { HeldTask, Queue } from '../queue/queue.ts'

/**
 * What a worker holds. A task that its row says is held and that no lane has in hand is given back: the database went away
 * before a lane could do so, or with the answer that would have told which task was taken. Without it a worker that lives
 * on would keep such a task from everybody.
 */
export class Lease {
  readonly #queue: Queue
  readonly #workerId: string
  readonly #inHand = new Set<string>()
  /** In no hand at the last renewal: by the next one the answer of a taking has long come. */
  #suspects: ReadonlySet<string> = new Set()

  constructor(queue: Queue, workerId: string) {
    this.#queue = queue
    this.#workerId = workerId
  }

  async take(): Promise<HeldTask | undefined> {
    const held = await this.#queue.take(this.#workerId)
    if (held !== undefined) this.#inHand.add(held.id)
    return held
  }

  /** The lane is done with it, however it ended. */
  drop({ id }: HeldTask): void {
    this.#inHand.delete(id)
  }

  /** Says that the worker lives; how many tasks that no lane has in hand were queued again. */
  async renew(): Promise<number> {
    await this.#queue.beat(this.#workerId)
    const stray = (await this.#queue.heldBy(this.#workerId)).filter((id) => !this.#inHand.has(id))
    let count = 0
    for (const id of stray) {
      if (this.#suspects.has(id) && (await this.#queue.giveBack(id, this.#workerId))) count++
    }
    this.#suspects = new Set(stray)
    return count
  }
}
