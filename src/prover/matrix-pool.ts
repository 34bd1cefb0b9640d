/**
 * The risk matrix on worker threads. Boundary module: it starts threads. Same result, bit for bit, as
 * buildRiskMatrix on one thread.
 */
import { Worker } from 'node:worker_threads'
import { ToolError } from '../protocol/errors.ts'
import { poseidonImage } from '../protocol/poseidon.ts'
import { hasherOfImage } from '../protocol/poseidon-wasm.ts'
import type { InstrumentQuote } from '../risk/market/snapshot.ts'
import {
  finishMatrix,
  type MatrixOutcome,
  type MatrixPlan,
  type MatrixRequest,
  planMatrix,
  type RiskMatrix,
} from '../risk/matrix.ts'
import { type FromWorker, type ToWorker, unpackError, unpackOutcomes } from './matrix-messages.ts'

/** As many as the cores of the smallest machine that this is meant for. */
export const DEFAULT_MATRIX_THREADS = 2

interface PendingShare {
  readonly worker: Worker
  readonly resolve: (outcomes: MatrixOutcome[]) => void
  readonly reject: (error: Error) => void
}

/**
 * A reusable pool. Threads start with the pool and serve any number of rounds, several at a time if need be. They
 * keep the process alive only while a round is being built. A thread that dies fails the rounds in work, and the
 * next round starts fresh threads.
 */
export class MatrixPool {
  readonly threads: number
  #workers: Worker[] = []
  readonly #pending = new Map<number, PendingShare>()
  #nextShare = 0
  #closed = false

  /** @param threads at least 1. */
  constructor(threads: number = DEFAULT_MATRIX_THREADS) {
    if (!Number.isSafeInteger(threads) || threads < 1) throw new RangeError(`a pool of ${threads} threads`)
    this.threads = threads
    this.#start()
  }

  /**
   * buildRiskMatrix over the pool's threads. Throws what it throws (with the instrument's name), and ToolError when
   * a thread dies or the pool is closed.
   */
  async build(request: MatrixRequest): Promise<RiskMatrix> {
    if (this.#closed) throw new ToolError('the matrix pool is closed')
    if (this.#workers.length === 0) this.#start()
    const plan = planMatrix(request)
    const jobs = shareOut(plan, this.threads)
    const shares = this.#workers.map((worker, index) => this.#send(worker, request, jobs[index]!))
    const [image, ...outcomes] = await Promise.all([poseidonImage(), ...shares])
    return finishMatrix(hasherOfImage(image), request, plan, outcomes.flat())
  }

  /** Ends the threads; rounds in work fail. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#end(new ToolError('the matrix pool was closed'))
  }

  #start(): void {
    this.#workers = Array.from({ length: this.threads }, () => startWorker())
    for (const worker of this.#workers) {
      worker.unref()
      worker.on('message', (reply: FromWorker) => this.#settle(reply))
      worker.on(
        'error',
        (cause) => void this.#end(new ToolError(`a matrix thread failed: ${cause}`, { cause })),
      )
      worker.on('exit', () => {
        if (this.#workers.includes(worker)) void this.#end(new ToolError('a matrix thread ended'))
      })
    }
    const workers = this.#workers
    poseidonImage().then(
      (image) => {
        for (const worker of workers) worker.postMessage({ kind: 'image', image } satisfies ToWorker)
      },
      (cause) => this.#end(new ToolError('the hasher could not be built', { cause })),
    )
  }

  #send(worker: Worker, request: MatrixRequest, jobs: readonly IndexedJob[]) {
    const share = this.#nextShare++
    const { snapshot, configuration } = request
    return new Promise<MatrixOutcome[]>((resolve, reject) => {
      this.#pending.set(share, { worker, resolve, reject })
      worker.ref()
      worker.postMessage({ kind: 'share', share, snapshot, configuration, jobs } satisfies ToWorker)
    })
  }

  #settle(reply: FromWorker): void {
    const pending = this.#pending.get(reply.share)
    if (pending === undefined) return
    this.#pending.delete(reply.share)
    if (![...this.#pending.values()].some(({ worker }) => worker === pending.worker)) pending.worker.unref()
    if (reply.kind === 'done') pending.resolve(unpackOutcomes(reply.outcomes))
    else pending.reject(unpackError(reply.error))
  }

  async #end(error: ToolError): Promise<void> {
    const workers = this.#workers
    const pending = [...this.#pending.values()]
    this.#workers = []
    this.#pending.clear()
    for (const { reject } of pending) reject(error)
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
}

type IndexedJob = readonly [index: number, id: number]

/**
 * Deals the instruments out in turn, so that each thread gets its part of the dear ones. A call and a put of one
 * strike stand next to each other in canonical order and share their revaluation, so they go to one thread.
 */
function shareOut(plan: MatrixPlan, threads: number): IndexedJob[][] {
  const shares = Array.from({ length: threads }, (): IndexedJob[] => [])
  let turn = -1
  let previous: InstrumentQuote | undefined
  for (const [index, { instrument, id }] of plan.jobs.entries()) {
    if (!isPair(previous, instrument)) turn = (turn + 1) % threads
    shares[turn]!.push([index, id])
    previous = instrument
  }
  return shares
}

function isPair(a: InstrumentQuote | undefined, b: InstrumentQuote): boolean {
  if (a?.kind !== 'option' || b.kind !== 'option') return false
  return a.strikeNano === b.strikeNano && a.expirySeconds === b.expirySeconds && a.underlying === b.underlying
}

function startWorker(): Worker {
  const fromSource = import.meta.url.endsWith('.ts')
  return new Worker(new URL(fromSource ? './matrix-start.mjs' : './matrix-worker.js', import.meta.url))
}
