import type { Book } from '../../book/book.ts'
import type { LedgerEntry } from '../../book/ledger.ts'
import type { MarginInstance } from '../../protocol/instances.ts'
import type { Hasher } from '../../protocol/poseidon.ts'
import type { SealPolicy } from '../../protocol/solvency.ts'
import type { CircuitArtifacts } from '../backend.ts'
import type { RiskRound } from '../margin-inputs.ts'
import type { BackendChoice } from '../select-backend.ts'
import type { Proof } from '../verify.ts'

/** What an epoch proves: a book, a round, a ledger, and what the seal says of them. */
export interface EpochRequest {
  readonly hasher: Hasher
  readonly instance: MarginInstance
  readonly book: Book
  readonly round: RiskRound
  readonly ledger: readonly LedgerEntry[]
  /** Nano-USD outside the book. */
  readonly reservesNano: bigint
  /** Nano-USD by underlying; each in [2^34, 2^84). */
  readonly liquidityNano: readonly bigint[]
  readonly policy: SealPolicy
  /** Of every step and of the seal; a field element. */
  readonly context: bigint
}

export interface BookPassRequest extends EpochRequest {
  /** Of the margin instance and of the seal. */
  readonly artifacts: PassArtifacts
  /** The run's folder; made when it is not there. */
  readonly folder: string
  /** Worker processes; two unless told. */
  readonly workers?: number | undefined
  /** Of each worker process; one thread each unless told. */
  readonly backend?: Omit<BackendChoice, 'notice'> | undefined
  /** How often dead workers are replaced, in all, before the pass gives up; five unless told. */
  readonly maxRestarts?: number | undefined
  /** Told the process id of every worker that starts. */
  readonly workerStarted?: ((pid: number) => void) | undefined
  readonly progress?: ((progress: PassProgress) => void) | undefined
  readonly notice?: ((message: string) => void) | undefined
}

export interface PassArtifacts {
  readonly step: CircuitArtifacts
  readonly seal: CircuitArtifacts
}

export interface PassProgress {
  /** Steps with a finished proof, those of earlier runs included, and all steps. */
  readonly done: number
  readonly total: number
  /** Proofs of steps made by this run. */
  readonly proven: number
  /** Of this run; zero before its first proof. */
  readonly stepsPerSecond: number
  /** Undefined before this run's first proof. */
  readonly secondsLeft: number | undefined
  readonly phase: 'steps' | 'seal'
}

/** One step of the chain in public. */
export interface StepLink {
  readonly index: number
  readonly chainIn: bigint
  readonly chainOut: bigint
}

export interface ProvenStep extends StepLink {
  readonly proof: Proof
}
