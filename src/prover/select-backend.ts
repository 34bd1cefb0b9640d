/** The choice between the prover backends. */
import { ToolError } from '../protocol/errors.ts'
import type { BackendOptions, ProverBackend } from './backend.ts'
import { engineSupported } from './engine/index.ts'
import { EngineBackend } from './engine-backend.ts'
import { findRapidsnark, isProgram, RapidsnarkBackend } from './rapidsnark.ts'
import { sharedEngine } from './shared-engine.ts'
import { WasmcurvesBackend } from './wasmcurves/backend.ts'

export interface BackendChoice extends BackendOptions {
  /**
   * "auto" takes rapidsnark when it is installed and else what is built in; "builtin" is the engine, or wasmcurves where
   * the engine cannot run; the others insist. Auto unless told.
   */
  readonly backend?: 'auto' | 'builtin' | 'engine' | 'wasmcurves' | 'rapidsnark'
  /** Path of the rapidsnark program; naming it insists on it. */
  readonly rapidsnark?: string
  /** Worker threads of what is built in; two unless told. */
  readonly threads?: number
  /** Bound on the proving keys kept in memory, in bytes. */
  readonly maxKeyBytes?: number
  /** Told when a slower backend has to stand in. */
  readonly notice?: (message: string) => void
}

/** The backend that the options and the machine give. @throws ToolError when one is insisted on and cannot run */
export async function selectBackend(choice: BackendChoice = {}): Promise<ProverBackend> {
  const wanted = choice.backend ?? (choice.rapidsnark === undefined ? 'auto' : 'rapidsnark')
  if (wanted === 'engine') return engine(choice)
  if (wanted === 'wasmcurves') return new WasmcurvesBackend(choice)
  if (wanted === 'builtin') return builtin(choice)
  if (choice.rapidsnark !== undefined && !(await isProgram(choice.rapidsnark))) {
    throw new ToolError(`${choice.rapidsnark} is not a program that can be run`)
  }
  const program = choice.rapidsnark ?? (await findRapidsnark())
  if (program !== undefined) {
    const verify = choice.selfVerify === undefined ? {} : { selfVerify: choice.selfVerify }
    return new RapidsnarkBackend({ program, ...verify })
  }
  if (wanted === 'rapidsnark') {
    throw new ToolError('rapidsnark is not on the search path; name it or use the built-in prover')
  }
  return builtin(choice)
}

async function builtin(choice: BackendChoice): Promise<ProverBackend> {
  if (engineSupported()) return engine(choice)
  choice.notice?.('This machine has no WebAssembly SIMD: proving with wasmcurves, several times slower.')
  return new WasmcurvesBackend(choice)
}

/** Whoever wants bounds or checks of its own has an engine of its own. */
function engine(choice: BackendChoice): Promise<ProverBackend> {
  const isPlain = choice.maxKeyBytes === undefined && (choice.selfVerify ?? true)
  return isPlain ? sharedEngine(choice.threads) : EngineBackend.create(choice)
}
