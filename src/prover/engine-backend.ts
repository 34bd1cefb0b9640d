/** The engine (src/prover/engine) behind the backend interface: keys by path, our errors, our checks. Reads key files. */
import { stat } from 'node:fs/promises'
import { SetupError, TacitError, ToolError, WitnessError } from '../protocol/errors.ts'
import type { BackendOptions, ProofResult, ProverBackend, ProvingArtifacts } from './backend.ts'
import { readBinary } from './binary.ts'
import { EngineError, Groth16Engine, type KeyHandle } from './engine/index.ts'
import { selfCheck } from './self-check.ts'
import { parseZkey, refuseUnsafeKey } from './zkey.ts'

export interface EngineBackendOptions extends BackendOptions {
  /** Worker threads; two unless told. */
  readonly threads?: number
  /** Bound on the proving keys kept in memory, in bytes; the engine's own unless told. */
  readonly maxKeyBytes?: number
}

export class EngineBackend implements ProverBackend {
  readonly name = 'engine'
  readonly #engine: Groth16Engine
  readonly #selfVerify: boolean
  /** Named by path, size and time, so that a replaced file is read anew. */
  readonly #keys = new Map<string, Promise<KeyHandle>>()

  private constructor(engine: Groth16Engine, selfVerify: boolean) {
    this.#engine = engine
    this.#selfVerify = selfVerify
  }

  /** @throws ToolError where there is no WebAssembly SIMD */
  static async create(options: EngineBackendOptions = {}): Promise<EngineBackend> {
    const { threads, maxKeyBytes, selfVerify = true } = options
    const engine = await translated(() =>
      Groth16Engine.create({
        ...(threads === undefined ? {} : { threads }),
        ...(maxKeyBytes === undefined ? {} : { memoryLimitBytes: maxKeyBytes }),
      }),
    )
    return new EngineBackend(engine, selfVerify)
  }

  async prove(artifacts: ProvingArtifacts, witness: Uint8Array): Promise<ProofResult> {
    const started = performance.now()
    const key = await this.#load(artifacts.zkeyPath)
    const loadMs = performance.now() - started
    const { proof, publicSignals, timings } = await translated(() => this.#engine.prove(key, witness))
    const provedAt = performance.now()
    if (this.#selfVerify) await selfCheck(artifacts, witness, proof, publicSignals)
    const ended = performance.now()
    return {
      proof,
      publicSignals,
      timings: { ...timings, loadMs, verifyMs: ended - provedAt, total: ended - started },
    }
  }

  async close(): Promise<void> {
    this.#keys.clear()
    await this.#engine.close()
  }

  async #load(path: string): Promise<KeyHandle> {
    const info = await stat(path).catch((cause: unknown) => {
      throw new SetupError(`${path} cannot be read`, { cause })
    })
    const name = `${path}|${info.size}|${info.mtimeMs}`
    const known = await this.#keys.get(name)
    // The engine lets a key go when others need its memory.
    if (known?.loaded) return known
    const loading = translated(async () => {
      const bytes = await readBinary(path)
      refuseUnsafeKey(parseZkey(bytes, path))
      return this.#engine.loadKey(bytes)
    })
    this.#keys.set(name, loading)
    // A key that failed to load must not be remembered as failed.
    loading.catch(() => this.#keys.delete(name))
    return loading
  }
}

/** The engine's errors as Tacit's. */
async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof TacitError || !(error instanceof EngineError)) throw error
    const options = { cause: error }
    if (error.code === 'KEY' || error.code === 'MEMORY') throw new SetupError(error.message, options)
    if (error.code === 'WITNESS') throw new WitnessError(error.message, options)
    throw new ToolError(error.message, options)
  }
}
