/** Proofs of margin claims: circuit, keys, witness program and backend of one instance, opened once and kept warm. */
import { join } from 'node:path'
import { ProofError } from '../protocol/errors.ts'
import type { MarginInstance } from '../protocol/instances.ts'
import { type MarginSignals, marginSignalsFromArray, marginSignalsToArray } from '../protocol/signals.ts'
import { type ArtifactsRequest, circuitArtifacts } from './artifacts.ts'
import type { CircuitArtifacts, ProverBackend } from './backend.ts'
import { REPOSITORY_ROOT } from './cache.ts'
import { writeMarginSources } from './generate.ts'
import type { MarginWitness } from './margin-inputs.ts'
import { type BackendChoice, selectBackend } from './select-backend.ts'
import { type Proof, verifyProof } from './verify.ts'
import { WitnessCalculator } from './witness.ts'

/** Where generated circom sources go: below the folder that git ignores, and on the compiler's include path. */
export const GENERATED_CIRCUITS = join(REPOSITORY_ROOT, 'build', 'generated')

export type MarginArtifactsOptions = Pick<
  ArtifactsRequest,
  'seed' | 'keyFolder' | 'progress' | 'notice' | 'cacheRoot' | 'pool'
>

/** Compiles a margin instance and makes or finds its keys. Errors as circuitArtifacts. */
export function marginArtifacts(
  instance: MarginInstance,
  options: MarginArtifactsOptions = {},
): Promise<CircuitArtifacts> {
  const mainFile = writeMarginSources(GENERATED_CIRCUITS, instance)
  return circuitArtifacts({ ...options, mainFile, name: instance.name })
}

export interface MarginProof {
  readonly proof: Proof
  readonly signals: MarginSignals
  /** Milliseconds: witness, the backend's phases, and the whole. */
  readonly timings: Readonly<Record<string, number>>
}

export class MarginProver {
  readonly artifacts: CircuitArtifacts
  readonly backend: ProverBackend
  readonly #calculator: WitnessCalculator

  private constructor(artifacts: CircuitArtifacts, calculator: WitnessCalculator, backend: ProverBackend) {
    this.artifacts = artifacts
    this.backend = backend
    this.#calculator = calculator
  }

  static async open(
    instance: MarginInstance,
    options: MarginArtifactsOptions & { readonly backend?: BackendChoice } = {},
  ): Promise<MarginProver> {
    const artifacts = await marginArtifacts(instance, options)
    const calculator = await WitnessCalculator.create(artifacts.wasmPath)
    return new MarginProver(artifacts, calculator, await selectBackend(options.backend))
  }

  /**
   * Proves the statement of a checked witness (claimWitness, stepWitness).
   * @throws WitnessError, ProofError, SetupError or ToolError as the backend does; ProofError also when the proof's
   *   public signals are not the statement's, which would be a fault in Tacit itself
   */
  async prove(witness: MarginWitness): Promise<MarginProof> {
    const started = performance.now()
    const bytes = await this.#calculator.calculate(witness.inputs)
    const witnessMs = performance.now() - started
    const { proof, publicSignals, timings } = await this.backend.prove(this.artifacts, bytes)
    const signals = marginSignalsFromArray(publicSignals)
    const expected = marginSignalsToArray(witness.signals)
    if (publicSignals.some((signal, index) => signal !== expected[index])) {
      throw new ProofError('the proof states other public signals than the statement that was asked for')
    }
    return { proof, signals, timings: { ...timings, witnessMs, total: performance.now() - started } }
  }

  verify(proof: Pick<MarginProof, 'proof' | 'signals'>): boolean {
    return verifyProof(this.artifacts.verificationKey, marginSignalsToArray(proof.signals), proof.proof)
  }

  close(): Promise<void> {
    return this.backend.close()
  }
}
