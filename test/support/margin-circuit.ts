import type { MarginInstance } from '../../src/protocol/instances.ts'
import { writeMarginSources } from '../../src/prover/generate.ts'
import { GENERATED_CIRCUITS } from '../../src/prover/margin-prover.ts'
import { type CompiledCircuit, compiledCircuit } from './compiled-circuit.ts'

export { inputPaths, withInput } from './compiled-circuit.ts'

export type MarginCircuit = CompiledCircuit

/** A margin instance to forge against. */
export function marginCircuit(instance: MarginInstance): Promise<MarginCircuit> {
  return compiledCircuit(writeMarginSources(GENERATED_CIRCUITS, instance), instance.name)
}
