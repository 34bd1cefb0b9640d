import type { MarginInstance } from '../../src/protocol/instances.ts'
import type { CircuitArtifacts } from '../../src/prover/backend.ts'
import { marginArtifacts } from '../../src/prover/margin-prover.ts'

/** Circuit and development keys of an instance, from the cache that global setup fills. */
export function circuitArtifactsOf(instance: MarginInstance): Promise<CircuitArtifacts> {
  return marginArtifacts(instance)
}
