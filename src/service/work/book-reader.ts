/**
 * Reads books on a thread of its own: a large one takes seconds, in which the event loop would answer nobody. Boundary
 * module: threads.
 */
import { Worker } from 'node:worker_threads'
import { ToolError } from '../../protocol/errors.ts'
import type { MarginInstanceName } from '../../protocol/instances.ts'
import { poseidonImage } from '../../protocol/poseidon.ts'
import type { PoseidonImage } from '../../protocol/poseidon-wasm.ts'
import { type PackedError, unpackError } from '../../prover/matrix-messages.ts'
import type { BookText, ReadBook } from '../venue.ts'

export interface BookThreadStart {
  readonly instance: MarginInstanceName
  readonly poseidon: PoseidonImage
}
export interface BookQuestion {
  readonly id: number
  readonly text: BookText
}
export type BookAnswer = { readonly id: number } & (
  | { readonly book: ReadBook }
  | { readonly error: PackedError }
)

interface Pending {
  readonly resolve: (book: ReadBook) => void
  readonly reject: (error: Error) => void
}

/** The thread starts with the first book. One that dies fails the books it had, and the next book starts another. */
export class BookReader {
  readonly #instance: MarginInstanceName
  readonly #pending = new Map<number, Pending>()
  #thread: Worker | undefined
  #last = 0

  constructor(instance: MarginInstanceName) {
    this.#instance = instance
  }

  /** Throws as readBookText; ToolError when the thread dies. */
  async read(text: BookText): Promise<ReadBook> {
    const poseidon = await poseidonImage()
    const thread = (this.#thread ??= this.#start({ instance: this.#instance, poseidon }))
    const id = ++this.#last
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject })
      thread.postMessage({ id, text } satisfies BookQuestion)
    })
  }

  async close(): Promise<void> {
    await this.#thread?.terminate()
  }

  #start(workerData: BookThreadStart): Worker {
    const fromSource = import.meta.url.endsWith('.ts')
    const file = fromSource ? './book-thread-start.mjs' : './book-thread.js'
    const thread = new Worker(new URL(file, import.meta.url), { workerData })
    thread.on('message', (answer: BookAnswer) => {
      const pending = this.#pending.get(answer.id)
      this.#pending.delete(answer.id)
      if ('book' in answer) pending?.resolve(answer.book)
      else pending?.reject(unpackError(answer.error))
    })
    // Its end follows, which is what is dealt with.
    thread.on('error', () => {})
    thread.once('exit', () => {
      this.#thread = undefined
      const error = new ToolError('the thread that reads books ended')
      for (const { reject } of this.#pending.values()) reject(error)
      this.#pending.clear()
    })
    return thread
  }
}
