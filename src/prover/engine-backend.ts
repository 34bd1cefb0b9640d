/** The engine (src/prover/engine) behind the backend interface: keys by path, our errors, our checks. Reads key files. */
import { type FileHandle, open, stat } from 'node:fs/promises'
import { SetupError, TacitError, ToolError, WitnessError } from '../protocol/errors.ts'
import type { BackendOptions, ProofResult, ProverBackend, ProvingArtifacts } from './backend.ts'
import {
  EngineError,
  Groth16Engine,
  type KeyHandle,
  type KeyReader,
  type VerificationPoints,
} from './engine/index.ts'
import { explainFailure } from './self-check.ts'
import type { VerificationKey } from './zkey.ts'

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
        verify: selfVerify,
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
    // The engine verifies with the points of the proving key: here they must be those of the verification key too.
    if (this.#selfVerify && !samePoints(this.#engine.verificationPoints(key), artifacts.verificationKey)) {
      throw new SetupError(
        `the verification key of ${artifacts.name} does not belong to the proving key ${artifacts.zkeyPath}`,
      )
    }
    const { proof, publicSignals, timings } = await translated(
      () => this.#engine.prove(key, witness),
      (cause) => explainFailure(artifacts, witness, { cause }),
    )
    return {
      proof,
      publicSignals,
      timings: { ...timings, loadMs, total: performance.now() - started },
    }
  }

  async close(): Promise<void> {
    this.#keys.clear()
    await this.#engine.close()
  }

  async #load(path: string): Promise<KeyHandle> {
    const unreadable = (cause: unknown) => new SetupError(`${path} cannot be read`, { cause })
    const info = await stat(path).catch((cause: unknown) => {
      throw unreadable(cause)
    })
    const name = `${path}|${info.size}|${info.mtimeMs}`
    const known = await this.#keys.get(name)
    // The engine lets a key go when others need its memory.
    if (known?.loaded) return known
    const loading = translated(async () => {
      const file = await open(path).catch((cause: unknown) => {
        throw unreadable(cause)
      })
      try {
        return await this.#engine.loadKey(readerOf(file, info.size, unreadable))
      } finally {
        await file.close()
      }
    })
    this.#keys.set(name, loading)
    // A key that failed to load must not be remembered as failed.
    loading.catch(() => this.#keys.delete(name))
    return loading
  }
}

/** A key is read piece by piece: it never lies in memory as a whole. */
function readerOf(file: FileHandle, byteLength: number, unreadable: (cause: unknown) => Error): KeyReader {
  return {
    byteLength,
    read: async (target, offset) => {
      for (let done = 0; done < target.length; ) {
        const { bytesRead } = await file
          .read(target, done, target.length - done, offset + done)
          .catch((cause: unknown) => {
            throw unreadable(cause)
          })
        if (bytesRead === 0) throw unreadable(new Error('the file ends early'))
        done += bytesRead
      }
    },
  }
}

function samePoints(points: VerificationPoints, key: VerificationKey): boolean {
  const { alpha, beta, gamma, delta, ic } = points
  const other = [key.vk_alpha_1, key.vk_beta_2, key.vk_gamma_2, key.vk_delta_2, key.IC]
  return JSON.stringify([alpha, beta, gamma, delta, ic]) === JSON.stringify(other)
}

/**
 * The engine's errors as Tacit's.
 * @param explain says more of a proof that does not verify
 */
async function translated<T>(
  work: () => Promise<T>,
  explain?: (cause: EngineError) => Promise<TacitError>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof TacitError || !(error instanceof EngineError)) throw error
    const options = { cause: error }
    if (error.code === 'PROOF' && explain !== undefined) throw await explain(error)
    if (error.code === 'UNSAFE') throw new SetupError(error.message, { ...options, refused: true })
    if (error.code === 'KEY' || error.code === 'MEMORY') throw new SetupError(error.message, options)
    if (error.code === 'WITNESS') throw new WitnessError(error.message, options)
    throw new ToolError(error.message, options)
  }
}
