/** The native prover rapidsnark, as a program beside us. Boundary module: runs it and writes temporary files. */
import { execFile } from 'node:child_process'
import { constants } from 'node:fs'
import { access, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { SetupError, ToolError } from '../protocol/errors.ts'
import type { BackendOptions, ProofResult, ProverBackend, ProvingArtifacts } from './backend.ts'
import { selfCheck } from './self-check.ts'
import type { Proof } from './verify.ts'
import { witnessValues } from './wtns.ts'
import { readZkey, refuseUnsafeKey } from './zkey.ts'

const run = promisify(execFile)

/** Names under which the program is installed; rapidsnark's own build calls it "prover". */
const PROGRAM_NAMES = ['rapidsnark', 'rapidsnark-prover', 'prover'] as const

export interface RapidsnarkOptions extends BackendOptions {
  /** Path of the program. */
  readonly program: string
  /** Milliseconds after which a proof is given up; five minutes unless told. */
  readonly timeoutMs?: number
}

const DEFAULT_TIMEOUT_MS = 300_000

export class RapidsnarkBackend implements ProverBackend {
  readonly name = 'rapidsnark'
  readonly #options: RapidsnarkOptions
  /** Keys that passed the gate, by path, size and time. */
  readonly #checked = new Set<string>()

  constructor(options: RapidsnarkOptions) {
    this.#options = options
  }

  async prove(artifacts: ProvingArtifacts, witness: Uint8Array): Promise<ProofResult> {
    const started = performance.now()
    witnessValues(witness)
    await this.#checkKey(artifacts.zkeyPath)
    const folder = await mkdtemp(join(tmpdir(), 'tacit-proof-'))
    try {
      const file = (name: string) => join(folder, name)
      await writeFile(file('witness.wtns'), witness, { mode: 0o600 })
      const proveStarted = performance.now()
      await this.#run([artifacts.zkeyPath, file('witness.wtns'), file('proof.json'), file('public.json')])
      const computeMs = performance.now() - proveStarted
      const proof = (await readJson(file('proof.json'))) as Proof
      const publicSignals = ((await readJson(file('public.json'))) as string[]).map(BigInt)
      const provedAt = performance.now()
      if (this.#options.selfVerify ?? true) await selfCheck(artifacts, witness, proof, publicSignals)
      const ended = performance.now()
      const timings = { computeMs, verifyMs: ended - provedAt, total: ended - started }
      return { proof: { ...proof, curve: 'bn128' }, publicSignals, timings }
    } finally {
      // The witness holds an account's secrets and must not stay on disk.
      await rm(folder, { recursive: true, force: true })
    }
  }

  async close(): Promise<void> {}

  async #run(args: string[]): Promise<void> {
    try {
      await run(this.#options.program, args, { timeout: this.#options.timeoutMs ?? DEFAULT_TIMEOUT_MS })
    } catch (cause) {
      const output = (cause as { stderr?: string }).stderr?.trim()
      throw new ToolError(`${this.#options.program} failed${output ? `: ${output}` : ''}`, { cause })
    }
  }

  async #checkKey(path: string): Promise<void> {
    const info = await stat(path).catch((cause: unknown) => {
      throw new SetupError(`${path} cannot be read`, { cause })
    })
    const name = `${path}|${info.size}|${info.mtimeMs}`
    if (this.#checked.has(name)) return
    refuseUnsafeKey(await readZkey(path))
    this.#checked.add(name)
  }
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch (cause) {
    throw new ToolError('rapidsnark wrote no readable proof', { cause })
  }
}

/** The rapidsnark program on the search path, if there is one. */
export async function findRapidsnark(searchPath = process.env.PATH ?? ''): Promise<string | undefined> {
  for (const folder of searchPath.split(delimiter).filter((part) => part !== '')) {
    for (const name of PROGRAM_NAMES) {
      const path = join(folder, name)
      if (await isProgram(path)) return path
    }
  }
  return undefined
}

/** Whether a path is a program that can be run. */
export async function isProgram(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    async () => (await stat(path)).isFile(),
    () => false,
  )
}
