import type { EngineCircuit } from '../../protocol/instances.ts'
import type { Deployment } from '../deployment.ts'

/** Addresses of the whole system. */
export interface EngineDeployment extends Deployment {
  readonly venue: string
  readonly token: string
  /** Token units in a lot of 0.01 USD. */
  readonly unitsPerLot: bigint
  readonly verifiers: Readonly<Record<EngineCircuit, string>>
  readonly timelock: string
  readonly fund: string
  readonly vault: string
  readonly escrow: string
  readonly parameters: string
  readonly clock: string
  /** Checks lots and transfers: their contexts name this contract. */
  readonly proofs: string
  readonly liquidators: string
  readonly engine: string
  /** Code of the engine; nothing is ever sent to them. */
  readonly confirmation: string
  readonly settlement: string
  readonly soft: string
  readonly sealed: string
  readonly dutch: string
  readonly house: string
  readonly deleveraging: string
  /** EpochSeals, and the verifier of the seal's proofs. */
  readonly seals: string
  readonly sealVerifier: string
}
