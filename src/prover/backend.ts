/** One interface for whatever makes proofs, and the choice between the backends. */
import type { Provenance } from './provenance.ts'
import type { Proof } from './verify.ts'
import type { VerificationKey } from './zkey.ts'

/** Everything that proving one circuit takes; made by `circuitArtifacts`. */
export interface CircuitArtifacts {
  readonly name: string
  readonly r1csPath: string
  readonly wasmPath: string
  readonly symPath: string
  readonly zkeyPath: string
  readonly verificationKey: VerificationKey
  readonly constraints: number
  readonly signals: number
  readonly provenance: Provenance
}

/** What `prove` needs of a circuit. */
export type ProvingArtifacts = Pick<CircuitArtifacts, 'name' | 'zkeyPath' | 'verificationKey'> &
  Partial<Pick<CircuitArtifacts, 'r1csPath'>>

export interface ProofResult {
  /** In snarkjs' JSON form. */
  readonly proof: Proof
  /** Outputs first, then public inputs, in the circuit's order; each in [0, field modulus). */
  readonly publicSignals: bigint[]
  /** Milliseconds per phase, and `total`; phases may overlap. */
  readonly timings: Readonly<Record<string, number>>
}

export interface ProverBackend {
  readonly name: string
  /**
   * Makes a proof and checks it before handing it out.
   * @param witness a wtns file's bytes
   * @throws SetupError for a damaged, foreign or unsafe key; WitnessError for a witness that is damaged, of
   *   another circuit, or breaks a constraint; ProofError when the proof does not verify although the witness is
   *   sound; ToolError when a thread or program fails
   */
  prove(artifacts: ProvingArtifacts, witness: Uint8Array): Promise<ProofResult>
  /** Frees threads and memory; a closed backend proves no more. */
  close(): Promise<void>
}

/** The options that all backends share. */
export interface BackendOptions {
  /** Check each proof before handing it out; on by default. */
  readonly selfVerify?: boolean
}
