import type { MarginInstance } from '../protocol/instances.ts'
import { poseidonHasher } from '../protocol/poseidon.ts'
import { MatrixPool } from '../prover/matrix-pool.ts'
import type { MatrixMaking } from './build-round.ts'
import type { OracleReader } from './oracle-reader.ts'

/** The making of matrices on worker threads. Boundary module: threads. */
export interface PooledMaking extends MatrixMaking {
  /** Ends the threads. */
  close(): Promise<void>
}

export async function pooledMaking(
  instance: MarginInstance,
  reader: OracleReader,
  pool: MatrixPool = new MatrixPool(),
): Promise<PooledMaking> {
  return {
    hasher: await poseidonHasher(),
    instance,
    build: (request) => pool.build(request),
    round: (sequence) => reader.round(sequence),
    close: () => pool.close(),
  }
}
