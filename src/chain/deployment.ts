/** Addresses of what proofs are checked by. */
export interface Deployment {
  readonly chainId: bigint
  readonly verifier: string
  readonly oracle: string
  readonly registry: string
  readonly attestor: string
}
