/**
 * Worker processes that prove, one proof at a time each. Boundary module: starts processes. One that dies is replaced, so
 * often and no more, and its proof made by another.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import {
  type ErrorCode,
  ProofError,
  SetupError,
  type TacitError,
  ToolError,
  WitnessError,
} from '../../protocol/errors.ts'
import type { OpenMessage, ProveMessage, WorkerReply } from './messages.ts'

const WORKER = fileURLToPath(new URL('./start.mjs', import.meta.url))

type Made = Extract<WorkerReply, { kind: 'proof' }>

interface Pending {
  readonly message: ProveMessage
  readonly resolve: (made: Made) => void
  readonly reject: (error: Error) => void
}

export interface PoolOptions extends Omit<OpenMessage, 'kind'> {
  readonly workers: number
  /** How many dead workers are replaced, in all. */
  readonly maxRestarts: number
  readonly notice?: ((message: string) => void) | undefined
  readonly workerStarted?: ((pid: number) => void) | undefined
}

export class ProcessPool {
  readonly #options: PoolOptions
  readonly #workers = new Map<ChildProcess, Pending | undefined>()
  readonly #queue: Pending[] = []
  #restarts = 0
  #failure: Error | undefined

  constructor(options: PoolOptions) {
    this.#options = options
    for (let i = 0; i < options.workers; i++) this.#start()
  }

  /**
   * @throws WitnessError, SetupError, ProofError or ToolError as CircuitProver.prove; ToolError also when workers died
   *   more often than they are replaced, or the pool is closed
   */
  prove(message: ProveMessage): Promise<Made> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    return new Promise((resolve, reject) => {
      this.#queue.push({ message, resolve, reject })
      this.#dispatch()
    })
  }

  /** Ends the processes; what was still running is refused. */
  async close(): Promise<void> {
    const children = [...this.#workers.keys()]
    this.#fail(new ToolError('the worker processes were closed'))
    await Promise.all(children.map(ended))
  }

  #start(): void {
    const { artifacts, backend, workerStarted } = this.#options
    const child = fork(WORKER, { stdio: ['ignore', 2, 2, 'ipc'], serialization: 'advanced', execArgv: [] })
    this.#workers.set(child, undefined)
    if (child.pid !== undefined) workerStarted?.(child.pid)
    child.on('message', (reply: WorkerReply) => this.#finish(child, reply))
    child.on('error', () => this.#died(child, 'could not be started or reached'))
    child.on('exit', (code, signal) => this.#died(child, `ended with ${signal ?? `exit code ${code}`}`))
    this.#send(child, { kind: 'open', artifacts, backend })
    this.#dispatch()
  }

  /** A message that cannot be delivered is followed by the worker's exit, which is what is dealt with. */
  #send(child: ChildProcess, message: OpenMessage | ProveMessage): void {
    child.send(message, () => {})
  }

  #dispatch(): void {
    for (const [child, held] of this.#workers) {
      if (held !== undefined) continue
      const pending = this.#queue.shift()
      if (pending === undefined) return
      this.#workers.set(child, pending)
      this.#send(child, pending.message)
    }
  }

  #finish(child: ChildProcess, reply: WorkerReply): void {
    const pending = this.#workers.get(child)
    if (pending === undefined) return
    this.#workers.set(child, undefined)
    if (reply.kind === 'proof') pending.resolve(reply)
    else pending.reject(errorOf(reply.code, reply.message))
    this.#dispatch()
  }

  #died(child: ChildProcess, how: string): void {
    if (!this.#workers.has(child)) return
    const held = this.#workers.get(child)
    this.#workers.delete(child)
    child.kill('SIGKILL')
    if (held !== undefined) this.#queue.unshift(held)
    if (this.#restarts >= this.#options.maxRestarts) {
      this.#fail(new ToolError(`a worker process ${how}, and ${this.#restarts} were replaced already`))
      return
    }
    this.#restarts++
    this.#options.notice?.(`a worker process ${how}; another takes its place`)
    this.#start()
  }

  #fail(error: Error): void {
    this.#failure ??= error
    const held = [...this.#workers.values()].filter((pending) => pending !== undefined)
    const children = [...this.#workers.keys()]
    this.#workers.clear()
    for (const pending of [...held, ...this.#queue.splice(0)]) pending.reject(this.#failure)
    for (const child of children) child.kill('SIGKILL')
  }
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => child.once('exit', () => resolve()))
}

function errorOf(code: ErrorCode, message: string): TacitError {
  if (code === 'WITNESS_INVALID') return new WitnessError(message)
  if (code === 'PROOF_INVALID') return new ProofError(message)
  if (code === 'SETUP_INVALID' || code === 'SETUP_REFUSED') {
    return new SetupError(message, { refused: code === 'SETUP_REFUSED' })
  }
  return new ToolError(message)
}
