/** Proofs of one circuit: keys, witness program and backend, opened once and kept warm. */
import { ProofError } from '../protocol/errors.ts'
import type { CircuitArtifacts, ProverBackend } from './backend.ts'
import { type BackendChoice, selectBackend } from './select-backend.ts'
import { type Proof, verifyProof } from './verify.ts'
import { WitnessCalculator, type WitnessInputs } from './witness.ts'

export interface CircuitProof {
  readonly proof: Proof
  /** In the order of the circuit. */
  readonly publicSignals: readonly bigint[]
  /** Milliseconds: witness, the backend's phases, and the whole. */
  readonly timings: Readonly<Record<string, number>>
}

export class CircuitProver {
  readonly artifacts: CircuitArtifacts
  readonly backend: ProverBackend
  readonly #calculator: WitnessCalculator

  private constructor(artifacts: CircuitArtifacts, calculator: WitnessCalculator, backend: ProverBackend) {
    this.artifacts = artifacts
    this.backend = backend
    this.#calculator = calculator
  }

  static async open(artifacts: CircuitArtifacts, backend?: BackendChoice): Promise<CircuitProver> {
    const calculator = await WitnessCalculator.create(artifacts.wasmPath)
    return new CircuitProver(artifacts, calculator, await selectBackend(backend))
  }

  /**
   * Proves a statement from checked inputs.
   * @param expected the public signals that the proof must state, in the order of the circuit
   * @throws WitnessError, ProofError, SetupError or ToolError as the backend does; ProofError also when the proof's
   *   public signals are not the statement's, which would be a fault in Tacit itself
   */
  async prove(inputs: WitnessInputs, expected: readonly bigint[]): Promise<CircuitProof> {
    const started = performance.now()
    const bytes = await this.#calculator.calculate(inputs)
    const witnessMs = performance.now() - started
    const { proof, publicSignals, timings } = await this.backend.prove(this.artifacts, bytes)
    if (
      publicSignals.length !== expected.length ||
      publicSignals.some((signal, index) => signal !== expected[index])
    ) {
      throw new ProofError('the proof states other public signals than the statement that was asked for')
    }
    return { proof, publicSignals, timings: { ...timings, witnessMs, total: performance.now() - started } }
  }

  verify(publicSignals: readonly bigint[], proof: Proof): boolean {
    return verifyProof(this.artifacts.verificationKey, publicSignals, proof)
  }

  close(): Promise<void> {
    return this.backend.close()
  }
}
