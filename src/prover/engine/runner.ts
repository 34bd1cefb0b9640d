/**
 * Where jobs run: on worker threads that share the key's memory, or on the calling thread where there are none.
 * Boundary module: it starts threads. A thread that dies fails every job of the runner, after all threads have
 * ended, so that nobody writes to a key's memory any more; the next job starts fresh threads.
 */
import type { Worker } from 'node:worker_threads'
import { EngineError } from './errors.ts'
import { type Job, type Result, runJob } from './jobs.ts'
import type { LoadedKey } from './key.ts'
import type { KeyIntroduction, Reply, Request } from './worker.ts'

/** A key with the number by which threads know it. */
export interface RunnableKey extends LoadedKey {
  readonly id: number
  readonly module: WebAssembly.Module
}

export interface Runner {
  /** Working memories that a key must have. */
  readonly threads: number
  /** @param urgent goes before what is queued already: for a step that other work waits for */
  run<J extends Job>(key: RunnableKey, job: J, urgent?: boolean): Promise<Result<J>>
  forget(key: RunnableKey): void
  close(): Promise<void>
}

/** All on the calling thread, which is busy for as long as each job takes. */
export class InlineRunner implements Runner {
  readonly threads = 1
  #closed = false

  async run<J extends Job>(key: RunnableKey, job: J): Promise<Result<J>> {
    // Lets timers and other work of the thread in between.
    await new Promise((resolve) => setTimeout(resolve, 0))
    if (this.#closed) throw new EngineError('CLOSED', 'the engine is closed')
    return runJob(key.machine, key.layout, key.layout.work[0]!, job) as Result<J>
  }

  forget(): void {}

  async close(): Promise<void> {
    this.#closed = true
  }
}

interface Pending {
  readonly key: RunnableKey
  readonly job: Job
  readonly resolve: (result: never) => void
  readonly reject: (error: Error) => void
}

interface Thread {
  readonly worker: Worker
  readonly number: number
  readonly known: Set<number>
  held: Pending | undefined
}

type WorkerClass = typeof Worker

export class ThreadRunner implements Runner {
  readonly threads: number
  readonly #Worker: WorkerClass
  readonly #queue: Pending[] = []
  #live: Thread[] = []
  #ending: Promise<void> | undefined
  #closed = false

  constructor(threads: number, WorkerType: WorkerClass) {
    this.threads = threads
    this.#Worker = WorkerType
  }

  /** Starts the threads ahead of the first job. */
  warm(): void {
    for (let number = this.#live.length; number < this.threads; number++) this.#start(number)
  }

  run<J extends Job>(key: RunnableKey, job: J, urgent = false): Promise<Result<J>> {
    if (this.#closed) return Promise.reject(new EngineError('CLOSED', 'the engine is closed'))
    return new Promise((resolve, reject) => {
      const pending = { key, job, resolve: resolve as (result: never) => void, reject }
      if (urgent) this.#queue.unshift(pending)
      else this.#queue.push(pending)
      if (this.#ending === undefined) this.#dispatch()
    })
  }

  forget(key: RunnableKey): void {
    for (const { worker, known } of this.#live) {
      if (known.delete(key.id)) worker.postMessage({ kind: 'forget', key: key.id } satisfies Request)
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#abandon(new EngineError('CLOSED', 'the engine was closed'))
  }

  /** Ends the threads now, as if they had died; the next job starts new ones. */
  async terminate(): Promise<void> {
    await this.#abandon(new EngineError('WORKER', 'the worker threads were ended'))
  }

  #start(number: number): void {
    const worker = new this.#Worker(new URL('./start.mjs', import.meta.url), { execArgv: [] })
    const thread: Thread = { worker, number, known: new Set(), held: undefined }
    this.#live.push(thread)
    // An idle thread must not keep the process alive; #dispatch holds it while it works.
    worker.unref()
    worker.on('message', (reply: Reply) => this.#finish(thread, reply))
    const died = (cause: unknown) => {
      if (!this.#live.includes(thread)) return
      void this.#abandon(new EngineError('WORKER', 'a worker thread died', { cause }))
    }
    worker.on('error', died)
    worker.on('exit', (code) => died(new Error(`exit code ${code}`)))
  }

  #dispatch(): void {
    this.warm()
    for (const thread of this.#live) {
      if (thread.held !== undefined) continue
      const pending = this.#queue.shift()
      if (pending === undefined) return
      this.#send(thread, pending)
    }
  }

  #send(thread: Thread, pending: Pending): void {
    const { id, module, machine, layout } = pending.key
    const introduction: KeyIntroduction | undefined = thread.known.has(id)
      ? undefined
      : { module, memory: machine.memory, layout }
    thread.known.add(id)
    thread.held = pending
    thread.worker.ref()
    const request: Request = { kind: 'job', key: id, introduction, thread: thread.number, job: pending.job }
    thread.worker.postMessage(request)
  }

  #finish(thread: Thread, reply: Reply): void {
    const pending = thread.held
    if (pending === undefined) return
    thread.held = undefined
    thread.worker.unref()
    if ('error' in reply) pending.reject(new EngineError('WORKER', `${pending.job.kind}: ${reply.error}`))
    else pending.resolve(reply.result as never)
    this.#dispatch()
  }

  async #abandon(error: Error): Promise<void> {
    const threads = this.#live
    this.#live = []
    const failed = [...threads.flatMap(({ held }) => held ?? []), ...this.#queue.splice(0)]
    const ending = Promise.all(threads.map(({ worker }) => worker.terminate())).then(() => undefined)
    this.#ending = ending
    await ending
    if (this.#ending === ending) this.#ending = undefined
    for (const pending of failed) pending.reject(error)
    // Jobs that came while the threads were ending.
    if (this.#queue.length === 0) return
    if (this.#closed) for (const pending of this.#queue.splice(0)) pending.reject(error)
    else this.#dispatch()
  }
}
