/** Groth16 proofs on BN254 in WebAssembly SIMD: snarkjs' zkey and wtns in, snarkjs' proof and signals out. */
import { parseWitness } from './containers.ts'
import { EngineError } from './errors.ts'
import type { EngineProof, VerificationPoints } from './json.ts'
import { loadKey } from './key.ts'
import type { KeySource } from './key-file.ts'
import { computeProof } from './prove.ts'
import { makeRunner, type RunnableKey, type Runner, ThreadRunner } from './runner.ts'
import { compiledModule, simdSupported } from './wasm/module.ts'

export { EngineError, type EngineErrorCode } from './errors.ts'
export type { EngineProof, VerificationPoints } from './json.ts'
export type { KeyReader, KeySource } from './key-file.ts'
export { GeneratorMultiples, type MultiplesOptions } from './multiples.ts'

export interface EngineOptions {
  /** Worker threads, two unless told; 0 computes on the calling thread. */
  readonly threads?: number
  /** Bound on the memory of all loaded keys together; 1 GiB unless told. */
  readonly memoryLimitBytes?: number
  /** In a browser: where browser/worker.ts, bundled as one module, is served; there are no threads without it. */
  readonly workerUrl?: string | URL
  /** Verify each proof before it is handed out; on unless told. */
  readonly verify?: boolean
  /** The build whose every limb bound is checked, many times slower; for tests. */
  readonly checked?: boolean
}

/** A key in the engine's memory. When it is let go, proving with it fails with CLOSED: load it again. */
export interface KeyHandle {
  readonly signalCount: number
  readonly publicCount: number
  readonly domainSize: number
  readonly byteLength: number
  /** False once the key was released, or had to make room for another. */
  readonly loaded: boolean
  release(): void
}

export interface EngineResult {
  readonly proof: EngineProof
  /** Outputs, then public inputs; each in [0, scalar field modulus). */
  readonly publicSignals: bigint[]
  readonly timings: Readonly<Record<'rowsMs' | 'transformsMs' | 'computeMs' | 'verifyMs' | 'total', number>>
}

/** True where the engine can run: WebAssembly with SIMD. */
export function engineSupported(): boolean {
  return simdSupported()
}

const DEFAULT_MEMORY_LIMIT = 2 ** 30

const FALSE_PROOF =
  'the proof does not verify and is not handed out: the witness breaks a constraint, or the key is damaged'

class Key implements KeyHandle {
  readonly id: number
  readonly #onRelease: (key: Key) => void
  proving: RunnableKey | undefined
  /** The last proof with this key, which the next one waits for: they share memory. */
  busy: Promise<unknown> = Promise.resolve()
  users = 0
  readonly signalCount: number
  readonly publicCount: number
  readonly domainSize: number
  readonly byteLength: number
  readonly points: VerificationPoints

  constructor(proving: RunnableKey, onRelease: (key: Key) => void) {
    this.proving = proving
    this.id = proving.id
    this.#onRelease = onRelease
    const { layout, verificationPoints } = proving
    this.points = verificationPoints
    this.signalCount = layout.signalCount
    this.publicCount = layout.publicCount
    this.domainSize = layout.domainSize
    this.byteLength = layout.byteLength
  }

  get loaded(): boolean {
    return this.proving !== undefined
  }

  release(): void {
    this.#onRelease(this)
  }
}

export class Groth16Engine {
  readonly #runner: Runner
  readonly #module: WebAssembly.Module
  readonly #shared: boolean
  readonly #memoryLimitBytes: number
  readonly #verify: boolean
  /** Oldest use first. */
  readonly #keys = new Set<Key>()
  #nextId = 0
  #closed = false

  private constructor(runner: Runner, module: WebAssembly.Module, options: EngineOptions) {
    this.#runner = runner
    this.#module = module
    this.#shared = runner instanceof ThreadRunner
    this.#memoryLimitBytes = options.memoryLimitBytes ?? DEFAULT_MEMORY_LIMIT
    this.#verify = options.verify ?? true
  }

  /** @throws EngineError UNSUPPORTED where there is no WebAssembly SIMD */
  static async create(options: EngineOptions = {}): Promise<Groth16Engine> {
    if (!engineSupported()) throw new EngineError('UNSUPPORTED', 'this machine has no WebAssembly SIMD')
    const { threads = 2, checked = false } = options
    const runner = await makeRunner(threads, options.workerUrl)
    const shared = runner instanceof ThreadRunner
    return new Groth16Engine(runner, await compiledModule({ shared, checked }), options)
  }

  /** Where it computes: on threads that share memory, or inline on the calling thread. */
  get mode(): 'threads' | 'inline' {
    return this.#shared ? 'threads' : 'inline'
  }

  /** Threads at work; 0 when all is computed on the calling thread. */
  get threads(): number {
    return this.#shared ? this.#runner.threads : 0
  }

  /**
   * Converts a snarkjs proving key, read piece by piece; its bytes are not needed afterwards. Keys that are least
   * recently used make room where the bound demands it.
   * @throws EngineError KEY, UNSAFE, MEMORY or CLOSED
   */
  async loadKey(source: KeySource): Promise<KeyHandle> {
    this.#refuseIfClosed()
    if (this.#runner instanceof ThreadRunner) this.#runner.warm()
    const loaded = await loadKey(source, {
      module: this.#module,
      shared: this.#shared,
      threads: this.#runner.threads,
      memoryLimitBytes: this.#memoryLimitBytes,
    })
    this.#refuseIfClosed()
    const proving = { ...loaded, id: this.#nextId++, module: this.#module }
    const key = new Key(proving, (released) => this.#release(released))
    this.#keys.add(key)
    this.#makeRoom(key)
    return key
  }

  /**
   * Proves a witness (wtns bytes) and verifies the proof with the key's own points: a witness that breaks a constraint
   * gives an error and no proof. Proofs with one key run one after the other.
   * @throws EngineError WITNESS, PROOF, WORKER or CLOSED
   */
  async prove(handle: KeyHandle, wtns: Uint8Array): Promise<EngineResult> {
    this.#refuseIfClosed()
    const started = performance.now()
    const key = handle as Key
    const values = parseWitness(wtns, key.signalCount)
    if (key.proving === undefined || !this.#keys.has(key)) {
      throw new EngineError('CLOSED', 'this key is no longer loaded')
    }
    this.#keys.delete(key)
    this.#keys.add(key)
    const { proving } = key
    key.users++
    const work = key.busy.then(() => computeProof(this.#runner, proving, values))
    key.busy = work.catch(() => undefined)
    try {
      const { proof, timings } = await work
      const publicSignals = Array.from({ length: key.publicCount }, (_, i) => valueAt(values, i + 1))
      const computed = performance.now()
      if (this.#verify && !proving.verifier.verify(proof, publicSignals)) {
        throw new EngineError('PROOF', FALSE_PROOF)
      }
      const ended = performance.now()
      const verifyMs = ended - computed
      return { proof, publicSignals, timings: { ...timings, verifyMs, total: ended - started } }
    } finally {
      key.users--
      this.#makeRoom(undefined)
    }
  }

  /** The points that this key's proofs are verified with, for a caller who holds a verification key. */
  verificationPoints(handle: KeyHandle): VerificationPoints {
    return (handle as Key).points
  }

  /** Ends the threads and lets all keys go; proofs under way fail with CLOSED. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#runner.close()
    for (const key of this.#keys) this.#release(key)
  }

  /** Ends the threads now: proofs under way fail with WORKER, the next one starts new threads. */
  async interrupt(): Promise<void> {
    if (this.#runner instanceof ThreadRunner) await this.#runner.terminate()
  }

  #refuseIfClosed(): void {
    if (this.#closed) throw new EngineError('CLOSED', 'the engine is closed')
  }

  #makeRoom(keep: Key | undefined): void {
    let total = [...this.#keys].reduce((sum, { byteLength }) => sum + byteLength, 0)
    for (const key of this.#keys) {
      if (total <= this.#memoryLimitBytes) return
      if (key === keep || key.users > 0) continue
      this.#release(key)
      total -= key.byteLength
    }
  }

  #release(key: Key): void {
    if (key.proving !== undefined) this.#runner.forget(key.proving)
    key.proving = undefined
    this.#keys.delete(key)
  }
}

function valueAt(words: Uint32Array, index: number): bigint {
  let value = 0n
  for (let i = 7; i >= 0; i--) value = (value << 32n) | BigInt(words[8 * index + i]!)
  return value
}
