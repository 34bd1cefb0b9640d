import type { JobKind } from '../storage/jobs.ts'
import type { ClaimRequest, SolvencyRequest } from './requests.ts'

/** What a venue asks for. */
export interface JobOrder {
  readonly kind: JobKind
  readonly riskRoot: string
  readonly bookRoot: string
  readonly publish: boolean
  readonly request: ClaimRequest | SolvencyRequest
}

/** The same for the same order: what an idempotency key is kept with, as a keyed hash. */
export function orderText({ kind, riskRoot, bookRoot, publish, request }: JobOrder): string {
  return `request ${JSON.stringify([kind, riskRoot, bookRoot, publish, request])}`
}
