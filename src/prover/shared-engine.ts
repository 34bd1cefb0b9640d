/** One engine for all provers of a process that ask for the same threads. Boundary module: starts threads. */
import { ToolError } from '../protocol/errors.ts'
import type { ProverBackend } from './backend.ts'
import { EngineBackend } from './engine-backend.ts'

interface Shared {
  readonly engine: Promise<EngineBackend>
  users: number
}

const DEFAULT_THREADS = 2
/** What the keys of a keeper's five circuits and of the seal may take together: a gibibyte each, as an engine of their own allows. */
const MAX_KEY_BYTES = 6 * 2 ** 30

const byThreads = new Map<number, Shared>()

/**
 * A share of the engine with so many threads, which is started for the first and ended with the last. A keeper proves with five
 * circuits: with an engine each, every thread of each loads the same modules and compiles the same code. Proofs of several circuits
 * take turns on the threads; a thread that dies fails all that are under way. Errors as EngineBackend.
 */
export async function sharedEngine(threads: number = DEFAULT_THREADS): Promise<ProverBackend> {
  const shared = byThreads.get(threads) ?? { engine: started(threads), users: 0 }
  byThreads.set(threads, shared)
  shared.users++
  const engine = await shared.engine
  let isClosed = false
  return {
    name: engine.name,
    prove: async (artifacts, witness) => {
      if (isClosed) throw new ToolError('the prover is closed')
      return engine.prove(artifacts, witness)
    },
    close: async () => {
      if (isClosed) return
      isClosed = true
      shared.users--
      if (shared.users > 0) return
      byThreads.delete(threads)
      await engine.close()
    },
  }
}

async function started(threads: number): Promise<EngineBackend> {
  try {
    return await EngineBackend.create({ threads, maxKeyBytes: MAX_KEY_BYTES })
  } catch (error) {
    byThreads.delete(threads)
    throw error
  }
}
