import {
  type EngineCircuit,
  engineInstanceName,
  MARGIN_INSTANCES,
  type MarginInstance,
} from '../../src/protocol/instances.ts'
import { writeEngineSources } from '../../src/prover/generate.ts'
import { GENERATED_CIRCUITS } from '../../src/prover/margin-prover.ts'
import { type CompiledCircuit, compiledCircuit } from './compiled-circuit.ts'

export { inputPaths, withInput } from './compiled-circuit.ts'

/** A circuit of the liquidation engine to forge against. */
export function engineCircuit(circuit: EngineCircuit, instance: MarginInstance): Promise<CompiledCircuit> {
  const mainFile = writeEngineSources(GENERATED_CIRCUITS, circuit, instance)
  return compiledCircuit(mainFile, engineInstanceName(circuit, instance))
}

/** How a circuit of full size is named without the compiler's elimination of linear constraints. */
export function unsimplifiedName(circuit: EngineCircuit): string {
  return `${engineInstanceName(circuit, FULL_SIZE)}-unsimplified`
}

const FULL_SIZE = MARGIN_INSTANCES['margin-16']

/**
 * A circuit in full size to forge against, with its linear constraints left in: they say the same, and eliminating them is
 * four fifths of the compiler's work.
 */
export function fullSizeCircuit(circuit: EngineCircuit): Promise<CompiledCircuit> {
  const mainFile = writeEngineSources(GENERATED_CIRCUITS, circuit, FULL_SIZE)
  return compiledCircuit(mainFile, unsimplifiedName(circuit), 'O1')
}
