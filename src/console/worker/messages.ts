/** What the page and its worker say to each other. Everything is structured-cloneable. */
import type { Check as BundleCheck } from '../../bundle/verify/check.ts'
import type { VerifiedProofs } from '../../chain/verifying-keys.ts'
import type { Tier } from '../../risk/margin.ts'

/** A round as the service hands it out: GET /v1/rounds/:riskRoot/market. */
export interface RawRound {
  readonly riskRoot: string
  readonly instance: string
  readonly market: object
  readonly configuration: object
  readonly listing: object
  readonly standing: readonly object[]
}

/** The key that a verifier contract holds. */
export interface ChainKey {
  readonly proofs: VerifiedProofs
  /** Address of the contract. */
  readonly verifier: string
  readonly hash: string
}

/** What the page could learn of the keys that the chain takes proofs for; in words why not. */
export interface ChainKeys {
  readonly chainId: number
  /** By the service, which hands out proof and key too. */
  readonly service: readonly ChainKey[] | string
  /** By a node that the reader has chosen. */
  readonly wallet: readonly ChainKey[] | string
}

export interface VerifyProofJob {
  readonly kind: 'proof'
  /** The proof's file, and a verification key as snarkjs writes it. */
  readonly file: string
  readonly key: object
  /** undefined: the service does not have it. */
  readonly round: RawRound | undefined
  readonly chainKeys: ChainKeys
}

export interface VerifySealJob {
  readonly kind: 'seal'
  readonly bundle: Blob
  readonly asOfSeconds: number
  readonly chainKeys: ChainKeys
}

export interface OpenLotJob {
  readonly kind: 'lot'
  readonly package: string
  /** Hex, 32 bytes. */
  readonly secretKey: string
  readonly expected: {
    readonly caseId: string
    readonly chainId: string
    readonly engine: string
    /** As the engine on the chain has it. */
    readonly slice: string
    readonly mode: 'slice' | 'soft'
    readonly percent: string
    readonly round: string
    readonly venueKey: string
    readonly instance: string
  }
}

export interface AccountJob {
  readonly kind: 'account'
  /** A receipt's file. */
  readonly receipt: string
  readonly round: RawRound
}

export type Job = VerifyProofJob | VerifySealJob | OpenLotJob | AccountJob

/** The answer to one question of a check. */
export type ShownCheck = Pick<BundleCheck, 'title' | 'verdict' | 'evidence'>

export interface Verdict {
  readonly tone: 'good' | 'warning' | 'bad'
  readonly title: string
  readonly words: readonly string[]
  readonly checks: readonly ShownCheck[]
  readonly milliseconds: number
}

export interface Leg {
  readonly id: number
  readonly lots: string
}

export interface OwnAccount {
  readonly accountId: number
  readonly positions: readonly { readonly symbol: string; readonly quantity: string }[]
  readonly tier: Tier
  readonly equityNano: string
  readonly requirementsNano: Readonly<Record<'mm' | 'soft' | 'im', string>>
}

export interface Outcomes {
  readonly proof: Verdict
  readonly seal: Verdict
  readonly lot: { readonly legs: readonly Leg[]; readonly round: string; readonly percent: string }
  readonly account: OwnAccount
}

export type Progress = { readonly phase: string; readonly done: number; readonly total: number }

export type WorkerMessage =
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'done'; readonly outcome: Outcomes[keyof Outcomes] }
  | { readonly kind: 'failed'; readonly reason: string }
