/** What the page and its worker say to each other. Everything is structured-cloneable. */
import type { BundleReport, PinnedKey, ReceiptReport, VerifyProgress } from '../bundle/index.ts'

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

export type WorkerMessage =
  | { readonly kind: 'progress'; readonly progress: PageProgress }
  | { readonly kind: 'done'; readonly outcome: PageOutcome }
  | { readonly kind: 'failed'; readonly reason: string }
