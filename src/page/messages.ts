/** What the page and its worker say to each other. Everything is structured-cloneable. */
import type {
  BundleReport,
  OwnClaim,
  PinnedKey,
  ProofFile,
  ReceiptReport,
  VerifyProgress,
} from '../bundle/index.ts'

export interface ReaderOptions {
  /** Unix seconds that the round is held against. */
  readonly asOfSeconds: number
  readonly maxAgeSeconds: number | undefined
  readonly pins: readonly PinnedKey[]
}

export interface VerifyRequest {
  readonly bundle: File
  readonly receipt: File | undefined
  readonly options: ReaderOptions
}

/** Of the account that the worker has found counted. */
export interface ProveRequest {
  readonly pack: File
  readonly own: OwnClaim
}

export type PageRequest =
  | { readonly kind: 'verify'; readonly request: VerifyRequest }
  | { readonly kind: 'inspect'; readonly pack: File }
  | { readonly kind: 'prove'; readonly request: ProveRequest }

export interface PageProgress {
  readonly phase: VerifyProgress['phase'] | 'reading'
  /** Of the phase's own things: leaves, steps. */
  readonly done: number
  readonly total: number
  /** Of the file. */
  readonly bytesRead: number
  readonly bytes: number
}

export type ReceiptOutcome =
  | { readonly kind: 'checked'; readonly report: ReceiptReport }
  | { readonly kind: 'refused'; readonly reason: string }

export interface PageOutcome {
  readonly report: BundleReport
  readonly receipt: ReceiptOutcome | undefined
}

export type ProvePhase = 'pack' | 'key' | 'witness' | 'proof' | 'check'

export type ProofOutcome =
  | {
      readonly kind: 'made'
      readonly file: ProofFile
      /** Of the file to save. */
      readonly text: string
      readonly seconds: number
      /** That proved beside the worker; 0: the worker alone. */
      readonly threads: number
    }
  | { readonly kind: 'refused'; readonly reason: string }

export type WorkerMessage =
  | { readonly kind: 'progress'; readonly progress: PageProgress }
  | { readonly kind: 'done'; readonly outcome: PageOutcome }
  | { readonly kind: 'failed'; readonly reason: string }
  /** undefined: it says that it is for this bundle's key. */
  | { readonly kind: 'inspected'; readonly refused: string | undefined }
  | { readonly kind: 'proving'; readonly phase: ProvePhase }
  | { readonly kind: 'proved'; readonly outcome: ProofOutcome }
