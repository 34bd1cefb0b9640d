/**
 * The engine for a page: it runs in a worker of its own, so that the page never stands still, and starts its threads
 * from there where the browser lets workers share memory. Boundary module.
 */
import { EngineError } from '../errors.ts'
import type { EngineOptions, EngineResult, KeyHandle, VerificationPoints } from '../index.ts'
import { simdSupported } from '../wasm/module.ts'
import { Connection } from './connection.ts'
import type { KeyFacts } from './messages.ts'

export { EngineError, type EngineErrorCode } from '../errors.ts'
export type { EngineProof, EngineResult, KeyHandle, VerificationPoints } from '../index.ts'
export { simdSupported as engineSupported } from '../wasm/module.ts'

export interface BrowserEngineOptions extends Omit<EngineOptions, 'workerUrl'> {
  /** Where browser/worker.ts, bundled as one module, is served; a blob: address will do. */
  readonly workerUrl: string | URL
}

/** `threads`: a worker with threads that share its memory; `worker`: one worker that does all. */
export type BrowserMode = 'threads' | 'worker'

class BrowserKey implements KeyHandle {
  readonly signalCount: number
  readonly publicCount: number
  readonly domainSize: number
  readonly byteLength: number
  readonly points: VerificationPoints
  readonly number: number
  readonly connection: Connection
  #released = false

  constructor(number: number, connection: Connection, facts: KeyFacts) {
    this.number = number
    this.connection = connection
    this.signalCount = facts.signalCount
    this.publicCount = facts.publicCount
    this.domainSize = facts.domainSize
    this.byteLength = facts.byteLength
    this.points = facts.points
  }

  get loaded(): boolean {
    return !this.#released && this.connection.holds(this.number)
  }

  release(): void {
    if (!this.loaded) return
    this.#released = true
    // Whoever released the key does not wait; a worker that died has let it go as well.
    this.connection.call('release', { key: this.number }).catch(() => {})
  }
}

export class BrowserEngine {
  readonly #options: BrowserEngineOptions
  #connection: Promise<Connection> | undefined
  #threads = 0
  #nextKey = 0
  #closed = false

  private constructor(options: BrowserEngineOptions) {
    this.#options = options
  }

  /** @throws EngineError UNSUPPORTED without WebAssembly SIMD, WORKER where the worker script cannot be run */
  static async create(options: BrowserEngineOptions): Promise<BrowserEngine> {
    if (!simdSupported()) throw new EngineError('UNSUPPORTED', 'this browser has no WebAssembly SIMD')
    const engine = new BrowserEngine(options)
    await engine.#connect()
    return engine
  }

  get mode(): BrowserMode {
    return this.#threads > 0 ? 'threads' : 'worker'
  }

  /** Threads beside the engine's own worker; 0 where that does all. */
  get threads(): number {
    return this.#threads
  }

  /**
   * Converts a snarkjs proving key, in the worker; a worker that died is started again.
   * @throws EngineError KEY, MEMORY, WORKER or CLOSED
   */
  async loadKey(bytes: Uint8Array): Promise<KeyHandle> {
    const connection = await this.#connect()
    const number = this.#nextKey++
    const facts = await connection.call('loadKey', { key: number, bytes })
    return new BrowserKey(number, connection, facts)
  }

  /** As Groth16Engine.verificationPoints. */
  verificationPoints(handle: KeyHandle): VerificationPoints {
    return (handle as BrowserKey).points
  }

  /** As Groth16Engine.prove. @throws EngineError WITNESS, PROOF, WORKER or CLOSED */
  async prove(handle: KeyHandle, wtns: Uint8Array): Promise<EngineResult> {
    if (this.#closed) throw new EngineError('CLOSED', 'the engine is closed')
    const key = handle as BrowserKey
    if (!key.loaded) throw new EngineError('CLOSED', 'this key is no longer loaded')
    return key.connection.call('prove', { key: key.number, wtns })
  }

  /** Ends the worker now: proofs under way fail with WORKER, and keys have to be loaded again. */
  async interrupt(): Promise<void> {
    const connection = await this.#connection?.catch(() => undefined)
    await connection?.end(new EngineError('WORKER', 'the worker was ended'))
  }

  /** Ends the worker and lets all keys go; proofs under way fail with CLOSED. */
  async close(): Promise<void> {
    this.#closed = true
    const connection = await this.#connection?.catch(() => undefined)
    await connection?.end(new EngineError('CLOSED', 'the engine was closed'))
  }

  async #connect(): Promise<Connection> {
    if (this.#closed) throw new EngineError('CLOSED', 'the engine is closed')
    const known = await this.#connection?.catch(() => undefined)
    if (known?.alive) return known
    this.#connection = this.#open()
    return this.#connection
  }

  async #open(): Promise<Connection> {
    const { workerUrl, ...options } = this.#options
    const connection = new Connection(workerUrl)
    this.#threads = (await connection.call('open', options)).threads
    return connection
  }
}
