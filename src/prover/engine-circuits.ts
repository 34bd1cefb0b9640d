/** The circuits of the liquidation engine: artifacts in every size, and proofs of checked witnesses. */
import {
  type EngineSignals,
  engineSignalsFromArray,
  engineSignalsToArray,
} from '../protocol/engine-signals.ts'
import { type EngineCircuit, engineInstanceName, type MarginInstance } from '../protocol/instances.ts'
import { circuitArtifacts } from './artifacts.ts'
import type { CircuitArtifacts, ProverBackend } from './backend.ts'
import { CircuitProver } from './circuit-prover.ts'
import type { EngineWitness } from './engine-witness.ts'
import { writeEngineSources } from './generate.ts'
import { GENERATED_CIRCUITS, type MarginArtifactsOptions } from './margin-prover.ts'
import type { BackendChoice } from './select-backend.ts'
import type { Proof } from './verify.ts'

export type EngineArtifactsOptions = MarginArtifactsOptions

/** Compiles a circuit of the engine in an instance's size and makes or finds its keys. Errors as circuitArtifacts. */
export function engineArtifacts(
  circuit: EngineCircuit,
  instance: MarginInstance,
  options: EngineArtifactsOptions = {},
): Promise<CircuitArtifacts> {
  const mainFile = writeEngineSources(GENERATED_CIRCUITS, circuit, instance)
  return circuitArtifacts({ ...options, mainFile, name: engineInstanceName(circuit, instance) })
}

export interface EngineProof<Circuit extends EngineCircuit> {
  readonly circuit: Circuit
  readonly proof: Proof
  readonly signals: EngineSignals<Circuit>
  /** Milliseconds: witness, the backend's phases, and the whole. */
  readonly timings: Readonly<Record<string, number>>
}

/** Proves the statements of one circuit of the engine: lotWitness, transferWitness, adjustWitness, keptWitness. */
export class EngineProver<Circuit extends EngineCircuit> {
  readonly circuit: Circuit
  readonly #prover: CircuitProver

  private constructor(circuit: Circuit, prover: CircuitProver) {
    this.circuit = circuit
    this.#prover = prover
  }

  static async open<Circuit extends EngineCircuit>(
    circuit: Circuit,
    instance: MarginInstance,
    options: EngineArtifactsOptions & { readonly backend?: BackendChoice } = {},
  ): Promise<EngineProver<Circuit>> {
    const artifacts = await engineArtifacts(circuit, instance, options)
    return new EngineProver(circuit, await CircuitProver.open(artifacts, options.backend))
  }

  get artifacts(): CircuitArtifacts {
    return this.#prover.artifacts
  }

  get backend(): ProverBackend {
    return this.#prover.backend
  }

  /** Proves the statement of a checked witness. Errors as CircuitProver.prove. */
  async prove(witness: EngineWitness<Circuit>): Promise<EngineProof<Circuit>> {
    const expected = engineSignalsToArray(this.circuit, witness.signals)
    const { proof, publicSignals, timings } = await this.#prover.prove(witness.inputs, expected)
    return {
      circuit: this.circuit,
      proof,
      signals: engineSignalsFromArray(this.circuit, publicSignals),
      timings,
    }
  }

  verify({ proof, signals }: Pick<EngineProof<Circuit>, 'proof' | 'signals'>): boolean {
    return this.#prover.verify(engineSignalsToArray(this.circuit, signals), proof)
  }

  close(): Promise<void> {
    return this.#prover.close()
  }
}
