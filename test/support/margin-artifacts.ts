import type { EngineCircuit, MarginInstance } from '../../src/protocol/instances.ts'
import type { CircuitArtifacts } from '../../src/prover/backend.ts'
import { engineArtifacts } from '../../src/prover/engine-circuits.ts'
import { marginArtifacts } from '../../src/prover/margin-prover.ts'

/** Circuit and development keys of an instance, from the cache that global setup fills. */
export function circuitArtifactsOf(instance: MarginInstance): Promise<CircuitArtifacts> {
  return marginArtifacts(instance)
}

/** The same of a circuit of the liquidation engine. */
export function engineArtifactsOf(
  circuit: EngineCircuit,
  instance: MarginInstance,
): Promise<CircuitArtifacts> {
  return engineArtifacts(circuit, instance)
}
