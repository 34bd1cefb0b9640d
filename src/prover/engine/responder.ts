/** What a worker thread does, whatever started it: it holds an instance per key and answers one job after the other. */
import { type Job, type JobResults, runJob } from './jobs.ts'
import type { Layout } from './layout.ts'
import { Machine } from './machine.ts'

/** What a thread needs to know of a key before its first job. */
export interface KeyIntroduction {
  readonly module: WebAssembly.Module
  readonly memory: WebAssembly.Memory
  readonly layout: Layout
}

export type Request =
  | {
      readonly kind: 'job'
      readonly key: number
      readonly introduction: KeyIntroduction | undefined
      /** Number of the thread, which names its working memory. */
      readonly thread: number
      readonly job: Job
    }
  | { readonly kind: 'forget'; readonly key: number }

export type Reply = { readonly result: JobResults[Job['kind']] } | { readonly error: string }

export class Responder {
  readonly #keys = new Map<number, Promise<{ machine: Machine; layout: Layout }>>()

  /** Nothing for a request that wants no answer. */
  async answer(request: Request): Promise<Reply | undefined> {
    if (request.kind === 'forget') {
      this.#keys.delete(request.key)
      return undefined
    }
    try {
      if (request.introduction !== undefined) this.#keys.set(request.key, open(request.introduction))
      const { machine, layout } = await this.#keys.get(request.key)!
      return { result: runJob(machine, layout, layout.work[request.thread]!, request.job) }
    } catch (error) {
      return { error: error instanceof Error ? error.message : String(error) }
    }
  }
}

async function open({ module, memory, layout }: KeyIntroduction) {
  return { machine: await Machine.create(module, memory), layout }
}
