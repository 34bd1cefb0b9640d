/**
 * Processes that prove, and nothing else: the event loop of whoever asks stays free, and a proof that takes its process
 * down takes down no more. Boundary module: processes.
 */
import { ToolError } from '../../protocol/errors.ts'
import type { PassCircuit } from '../../prover/book-pass/messages.ts'
import type { PlannedProof } from '../../prover/book-pass/plan.ts'
import { ProcessPool } from '../../prover/book-pass/process-pool.ts'
import type { PassArtifacts } from '../../prover/book-pass/request.ts'
import type { BackendChoice } from '../../prover/select-backend.ts'
import type { Proof } from '../../prover/verify.ts'

const RESTARTS = 3

export interface ProversOptions {
  readonly artifacts: PassArtifacts
  readonly processes: number
  readonly backend: Omit<BackendChoice, 'notice'>
  readonly notice: (message: string) => void
}

/** Processes start with the first proof. When they have died too often, the next proof starts new ones. */
export class Provers {
  readonly #options: ProversOptions
  #pool: ProcessPool | undefined

  constructor(options: ProversOptions) {
    this.#options = options
  }

  get artifacts(): PassArtifacts {
    return this.#options.artifacts
  }

  /** Throws WitnessError, SetupError, ProofError or ToolError as ProcessPool.prove. */
  async prove(circuit: PassCircuit, { inputs, expected }: PlannedProof): Promise<Proof> {
    const { artifacts, processes, backend, notice } = this.#options
    const pool = (this.#pool ??= new ProcessPool({
      artifacts,
      backend: { threads: 1, ...backend },
      workers: processes,
      maxRestarts: RESTARTS,
      notice,
    }))
    try {
      const { proof } = await pool.prove({ kind: 'prove', circuit, inputs, expected })
      return proof
    } catch (error) {
      if (error instanceof ToolError && this.#pool === pool) {
        this.#pool = undefined
        void pool.close()
      }
      throw error
    }
  }

  async close(): Promise<void> {
    await this.#pool?.close()
    this.#pool = undefined
  }
}
