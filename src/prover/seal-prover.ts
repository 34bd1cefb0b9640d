/** Seals of epochs: circuit, keys, witness program and backend, opened once and kept warm. */
import type { SealSignals } from '../protocol/seal-signals.ts'
import { sealSignalsFromArray, sealSignalsToArray } from '../protocol/seal-signals.ts'
import { circuitArtifacts } from './artifacts.ts'
import type { CircuitArtifacts } from './backend.ts'
import { CircuitProver } from './circuit-prover.ts'
import { SEAL_NAME, writeSealSources } from './generate-seal.ts'
import { GENERATED_CIRCUITS, type MarginArtifactsOptions } from './margin-prover.ts'
import type { SealWitness } from './seal-inputs.ts'
import type { BackendChoice } from './select-backend.ts'
import type { Proof } from './verify.ts'

/** Compiles the seal and makes or finds its keys. Errors as circuitArtifacts. */
export function sealArtifacts(options: MarginArtifactsOptions = {}): Promise<CircuitArtifacts> {
  return circuitArtifacts({ ...options, mainFile: writeSealSources(GENERATED_CIRCUITS), name: SEAL_NAME })
}

export interface SealProof {
  readonly proof: Proof
  readonly signals: SealSignals
  /** Milliseconds: witness, the backend's phases, and the whole. */
  readonly timings: Readonly<Record<string, number>>
}

export class SealProver {
  readonly #prover: CircuitProver

  private constructor(prover: CircuitProver) {
    this.#prover = prover
  }

  static async open(
    options: MarginArtifactsOptions & { readonly backend?: BackendChoice } = {},
  ): Promise<SealProver> {
    return new SealProver(await CircuitProver.open(await sealArtifacts(options), options.backend))
  }

  get artifacts(): CircuitArtifacts {
    return this.#prover.artifacts
  }

  /** Proves a checked witness (sealWitness). Errors as CircuitProver.prove. */
  async prove(witness: Pick<SealWitness, 'inputs' | 'signals'>): Promise<SealProof> {
    const expected = sealSignalsToArray(witness.signals)
    const { proof, publicSignals, timings } = await this.#prover.prove(witness.inputs, expected)
    return { proof, signals: sealSignalsFromArray(publicSignals), timings }
  }

  verify(seal: Pick<SealProof, 'proof' | 'signals'>): boolean {
    return this.#prover.verify(sealSignalsToArray(seal.signals), seal.proof)
  }

  close(): Promise<void> {
    return this.#prover.close()
  }
}
