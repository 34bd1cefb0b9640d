import { type EngineCircuit, engineInstanceName, type MarginInstance } from '../../src/protocol/instances.ts'
import { writeEngineSources } from '../../src/prover/generate.ts'
import { GENERATED_CIRCUITS } from '../../src/prover/margin-prover.ts'
import { type CompiledCircuit, compiledCircuit } from './compiled-circuit.ts'

export { inputPaths, withInput } from './compiled-circuit.ts'

/** A circuit of the liquidation engine to forge against. */
export function engineCircuit(circuit: EngineCircuit, instance: MarginInstance): Promise<CompiledCircuit> {
  const mainFile = writeEngineSources(GENERATED_CIRCUITS, circuit, instance)
  return compiledCircuit(mainFile, engineInstanceName(circuit, instance))
}
