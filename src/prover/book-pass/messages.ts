/** What the coordinator and a worker process say to each other. */
import type { ErrorCode } from '../../protocol/errors.ts'
import type { BackendChoice } from '../select-backend.ts'
import type { Proof } from '../verify.ts'
import type { PlannedProof } from './plan.ts'
import type { PassArtifacts } from './request.ts'

export type PassCircuit = keyof PassArtifacts

export interface OpenMessage {
  readonly kind: 'open'
  readonly artifacts: PassArtifacts
  readonly backend: Omit<BackendChoice, 'notice'>
}

export interface ProveMessage extends PlannedProof {
  readonly kind: 'prove'
  readonly circuit: PassCircuit
}

export type WorkerMessage = OpenMessage | ProveMessage

export type WorkerReply =
  | { readonly kind: 'proof'; readonly proof: Proof; readonly publicSignals: readonly bigint[] }
  | { readonly kind: 'error'; readonly code: ErrorCode; readonly message: string }
