/** From a circom main file to everything that proving takes: compiled, keyed, checked, cached. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SetupError } from '../protocol/errors.ts'
import type { CircuitArtifacts } from './backend.ts'
import { cached, hashFile } from './cache.ts'
import { type CompiledCircuit, type CompileRequest, compileCircuit } from './compile.ts'
import { DEFAULT_SEED, developmentKey } from './development-setup.ts'
import { type Provenance, readProvenance, sha256, writeProvenance } from './provenance.ts'
import { readR1cs } from './r1cs.ts'
import { WorkerPool } from './workers/pool.ts'
import { parseZkey, readZkey, refuseUnsafeKey, type VerificationKey, verificationKeyOf } from './zkey.ts'

/** Raised when the development setup gives other bytes for the same constraints and seed. */
const SETUP_VERSION = 'development-setup-1'

export const KEY_FILES = {
  zkey: 'circuit.zkey',
  verificationKey: 'verification_key.json',
  provenance: 'provenance.json',
} as const

export interface ArtifactsRequest extends CompileRequest {
  /** Public seed of the development keys. */
  readonly seed?: string | undefined
  /** A folder with keys from a ceremony, used instead of development keys. */
  readonly keyFolder?: string | undefined
  /** Threads for the setup; made for the occasion when there is none. */
  readonly pool?: WorkerPool | undefined
}

/**
 * Compiles a circuit and makes its development keys, or takes both from the cache.
 * @throws ToolError when the compiler or a thread fails, SetupError when keys are damaged, unsafe, or belong to
 *   another constraint system
 */
export async function circuitArtifacts(request: ArtifactsRequest): Promise<CircuitArtifacts> {
  const compiled = await compileCircuit(request)
  const folder = request.keyFolder ?? (await developmentKeys(request, compiled))
  return {
    name: request.name,
    r1csPath: compiled.r1csPath,
    wasmPath: compiled.wasmPath,
    symPath: compiled.symPath,
    constraints: compiled.constraints,
    signals: compiled.signals,
    ...(await readKeys(folder, compiled, request.keyFolder !== undefined)),
  }
}

async function developmentKeys(request: ArtifactsRequest, compiled: CompiledCircuit): Promise<string> {
  const seed = request.seed ?? DEFAULT_SEED
  return cached({
    root: request.cacheRoot,
    name: `keys-${request.name}`,
    key: [SETUP_VERSION, compiled.r1csHash, seed],
    notice: request.notice,
    build: async (draft) => {
      const pool = request.pool ?? new WorkerPool()
      try {
        const r1cs = await readR1cs(compiled.r1csPath)
        const bytes = await developmentKey(r1cs, seed, pool, request)
        await writeKeys(draft, bytes, {
          kind: 'development',
          r1csHash: r1cs.hash,
          zkeyHash: sha256(bytes),
          seed,
        })
      } finally {
        if (pool !== request.pool) await pool.close()
      }
    },
  })
}

async function writeKeys(folder: string, bytes: Uint8Array, provenance: Provenance): Promise<void> {
  const zkey = parseZkey(bytes)
  refuseUnsafeKey(zkey)
  await writeFile(join(folder, KEY_FILES.zkey), bytes)
  await writeVerificationKey(folder, verificationKeyOf(zkey))
  await writeProvenance(join(folder, KEY_FILES.provenance), provenance)
}

export async function writeVerificationKey(folder: string, key: VerificationKey): Promise<void> {
  await writeFile(join(folder, KEY_FILES.verificationKey), `${JSON.stringify(key, null, 2)}\n`)
}

/** @param foreign the folder is not a cache entry, whose hashes were just checked: check everything here */
async function readKeys(folder: string, compiled: CompiledCircuit, foreign: boolean) {
  const zkeyPath = join(folder, KEY_FILES.zkey)
  const provenance = await readProvenance(join(folder, KEY_FILES.provenance))
  if (provenance.r1csHash !== compiled.r1csHash) {
    throw new SetupError(
      `the keys in ${folder} were made for another constraint system; run the ceremony again`,
    )
  }
  const verificationKey = await readVerificationKey(join(folder, KEY_FILES.verificationKey))
  if (foreign) {
    if ((await hashFile(zkeyPath)) !== provenance.zkeyHash) {
      throw new SetupError(`${zkeyPath} is not the key that its provenance names`)
    }
    const zkey = await readZkey(zkeyPath)
    refuseUnsafeKey(zkey)
    if (JSON.stringify(verificationKeyOf(zkey)) !== JSON.stringify(verificationKey)) {
      throw new SetupError(`the verification key in ${folder} does not belong to its proving key`)
    }
  }
  return { zkeyPath, verificationKey, provenance }
}

async function readVerificationKey(path: string): Promise<VerificationKey> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as VerificationKey
  } catch (cause) {
    throw new SetupError(`${path} is not a readable verification key`, { cause })
  }
}
