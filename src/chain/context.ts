import { AbiCoder, keccak256, toBeHex } from 'ethers'
import { contextOf } from '../bundle/claim/context.ts'

export { contextFor, contextOf } from '../bundle/claim/context.ts'

/**
 * The context signals that the contracts ask of proofs: they bind the kind of call, the chain, the contract that checks
 * the proof, and what the call is about, so that a copied proof earns its copier nothing. The same as
 * contracts/lib/Contexts.sol.
 */

/** Of an adjust proof that applies a deposit, plainly or as a cure: the same as CollateralVault.depositContext. */
export function depositContext(chainId: bigint, vault: string, depositId: bigint): bigint {
  return contextOf('deposit', chainId, vault, toBeHex(depositId, 32))
}

/** Where a withdrawal goes and how long its owner's word is good for. */
export interface WithdrawalTerms {
  readonly recipient: string
  /** The owner's next nonce at the vault. */
  readonly nonce: bigint
  /** Chain time, seconds. */
  readonly deadline: bigint
}

/** Of an adjust proof that withdraws: the same as CollateralVault.withdrawalContext. */
export function withdrawalContext(chainId: bigint, vault: string, terms: WithdrawalTerms): bigint {
  const { recipient, nonce, deadline } = terms
  const encoded = AbiCoder.defaultAbiCoder().encode(
    ['address', 'uint256', 'uint256'],
    [recipient, nonce, deadline],
  )
  return contextOf('withdrawal', chainId, vault, keccak256(encoded))
}
