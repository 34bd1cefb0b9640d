/**
 * Where jobs run: on worker threads that share the key's memory, or on the calling thread where there are none.
 * A thread that dies fails every job of the runner, after all threads have ended, so that nobody writes to a key's
 * memory any more; the next job starts fresh threads.
 */
import { EngineError } from './errors.ts'
import { type Job, type Result, runJob } from './jobs.ts'
import type { LoadedKey } from './key.ts'
import type { Layout } from './layout.ts'
import type { Machine } from './machine.ts'
import type { KeyIntroduction, Reply, Request } from './responder.ts'
import { type EngineThread, type StartThread, threadStarter } from './threads.ts'

/** Memory that jobs run on, with the number by which threads know it. */
export interface Workspace {
  readonly id: number
  readonly module: WebAssembly.Module
  readonly machine: Machine
  readonly layout: Layout
}

export type RunnableKey = LoadedKey & Workspace

export interface Runner {
  /** Working memories that a key must have. */
  readonly threads: number
  /** @param urgent goes before what is queued already: for a step that other work waits for */
  run<J extends Job>(key: Workspace, job: J, urgent?: boolean): Promise<Result<J>>
  forget(key: Workspace): void
  close(): Promise<void>
}

/** Threads where they are wanted and can share memory; otherwise jobs run where they are asked for. */
export async function makeRunner(threads: number, workerUrl: string | URL | undefined): Promise<Runner> {
  const start = threads < 1 ? undefined : await threadStarter(workerUrl)
  return start === undefined ? new InlineRunner() : new ThreadRunner(Math.floor(threads), start)
}

/** All on the calling thread, which is busy for as long as each job takes. */
export class InlineRunner implements Runner {
  readonly threads = 1
  #closed = false

  async run<J extends Job>(key: Workspace, job: J): Promise<Result<J>> {
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
  readonly key: Workspace
  readonly job: Job
  readonly resolve: (result: never) => void
  readonly reject: (error: Error) => void
}

interface Thread {
  readonly port: EngineThread
  readonly number: number
  readonly known: Set<number>
  held: Pending | undefined
}

export class ThreadRunner implements Runner {
  readonly threads: number
  readonly #startThread: StartThread
  readonly #queue: Pending[] = []
  #live: Thread[] = []
  #ending: Promise<void> | undefined
  #closed = false

  constructor(threads: number, startThread: StartThread) {
    this.threads = threads
    this.#startThread = startThread
  }

  /** Starts the threads ahead of the first job. */
  warm(): void {
    for (let number = this.#live.length; number < this.threads; number++) this.#start(number)
  }

  run<J extends Job>(key: Workspace, job: J, urgent = false): Promise<Result<J>> {
    if (this.#closed) return Promise.reject(new EngineError('CLOSED', 'the engine is closed'))
    return new Promise((resolve, reject) => {
      const pending = { key, job, resolve: resolve as (result: never) => void, reject }
      if (urgent) this.#queue.unshift(pending)
      else this.#queue.push(pending)
      if (this.#ending === undefined) this.#dispatch()
    })
  }

  forget(key: Workspace): void {
    for (const { port, known } of this.#live) {
      if (known.delete(key.id)) port.post({ kind: 'forget', key: key.id })
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
    const port = this.#startThread({
      onReply: (reply) => this.#finish(thread, reply),
      onDeath: (cause) => {
        if (!this.#live.includes(thread)) return
        void this.#abandon(new EngineError('WORKER', 'a worker thread died', { cause }))
      },
    })
    const thread: Thread = { port, number, known: new Set(), held: undefined }
    this.#live.push(thread)
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
    // An idle thread must not keep the process alive.
    thread.port.hold(true)
    const request: Request = { kind: 'job', key: id, introduction, thread: thread.number, job: pending.job }
    thread.port.post(request)
  }

  #finish(thread: Thread, reply: Reply): void {
    const pending = thread.held
    if (pending === undefined) return
    thread.held = undefined
    thread.port.hold(false)
    if ('error' in reply) pending.reject(new EngineError('WORKER', `${pending.job.kind}: ${reply.error}`))
    else pending.resolve(reply.result as never)
    this.#dispatch()
  }

  async #abandon(error: Error): Promise<void> {
    const threads = this.#live
    this.#live = []
    const failed = [...threads.flatMap(({ held }) => held ?? []), ...this.#queue.splice(0)]
    const ending = Promise.all(threads.map(({ port }) => port.terminate())).then(() => undefined)
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
