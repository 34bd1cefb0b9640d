/** Proofs of margin claims: circuit, keys, witness program and backend of one instance, opened once and kept warm. */
import { join } from 'node:path'
import type { MarginInstance } from '../protocol/instances.ts'
import { type MarginSignals, marginSignalsFromArray, marginSignalsToArray } from '../protocol/signals.ts'
import { type ArtifactsRequest, circuitArtifacts } from './artifacts.ts'
import type { CircuitArtifacts, ProverBackend } from './backend.ts'
import { REPOSITORY_ROOT } from './cache.ts'
import { CircuitProver } from './circuit-prover.ts'
import { writeMarginSources } from './generate.ts'
import type { MarginWitness } from './margin-inputs.ts'
import type { BackendChoice } from './select-backend.ts'
import type { Proof } from './verify.ts'

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
  readonly #prover: CircuitProver

  private constructor(prover: CircuitProver) {
    this.#prover = prover
  }

  static async open(
    instance: MarginInstance,
    options: MarginArtifactsOptions & { readonly backend?: BackendChoice } = {},
  ): Promise<MarginProver> {
    const artifacts = await marginArtifacts(instance, options)
    return new MarginProver(await CircuitProver.open(artifacts, options.backend))
  }

  get artifacts(): CircuitArtifacts {
    return this.#prover.artifacts
  }

  get backend(): ProverBackend {
    return this.#prover.backend
  }

  /** Proves the statement of a checked witness (claimWitness, stepWitness). Errors as CircuitProver.prove. */
  async prove(witness: MarginWitness): Promise<MarginProof> {
    const expected = marginSignalsToArray(witness.signals)
    const { proof, publicSignals, timings } = await this.#prover.prove(witness.inputs, expected)
    return { proof, signals: marginSignalsFromArray(publicSignals), timings }
  }

  verify(proof: Pick<MarginProof, 'proof' | 'signals'>): boolean {
    return this.#prover.verify(marginSignalsToArray(proof.signals), proof.proof)
  }

  close(): Promise<void> {
    return this.#prover.close()
  }
}
