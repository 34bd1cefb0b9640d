/** A worker thread: holds an instance per key and answers one job after the other. Boundary module. */
import { parentPort } from 'node:worker_threads'
import { type Job, type JobResults, runJob } from './jobs.ts'
import type { KeyLayout } from './layout.ts'
import { Machine } from './machine.ts'

/** What a thread needs to know of a key before its first job. */
export interface KeyIntroduction {
  readonly module: WebAssembly.Module
  readonly memory: WebAssembly.Memory
  readonly layout: KeyLayout
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

const keys = new Map<number, Promise<{ machine: Machine; layout: KeyLayout }>>()

async function open({ module, memory, layout }: KeyIntroduction) {
  return { machine: await Machine.create(module, memory), layout }
}

async function answer(request: Request & { kind: 'job' }): Promise<Reply> {
  try {
    if (request.introduction !== undefined) keys.set(request.key, open(request.introduction))
    const { machine, layout } = await keys.get(request.key)!
    return { result: runJob(machine, layout, layout.work[request.thread]!, request.job) }
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) }
  }
}

parentPort!.on('message', async (request: Request) => {
  if (request.kind === 'forget') keys.delete(request.key)
  else parentPort!.postMessage(await answer(request))
})
