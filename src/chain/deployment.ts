/** Addresses of what proofs are checked by. */
export interface Deployment {
  readonly chainId: bigint
  readonly verifier: string
  readonly oracle: string
  /** Of the oracle whose rounds come with their data and can be challenged; none of a plain one. */
  readonly listing?: string
  readonly registry: string
  readonly attestor: string
}
