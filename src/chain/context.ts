import { AbiCoder, id, keccak256 } from 'ethers'
import { toField } from '../protocol/field.ts'
import { CONTEXT_DOMAIN } from './generate-protocol.ts'

/**
 * The context signal that MarginAttestor asks of a proof: it binds chain, contract and beneficiary, so that a copied
 * proof earns its copier nothing. The same as MarginAttestor.contextFor.
 */
export function contextFor(chainId: bigint, attestor: string, beneficiary: string): bigint {
  const encoded = AbiCoder.defaultAbiCoder().encode(
    ['bytes32', 'uint256', 'address', 'address'],
    [id(CONTEXT_DOMAIN), chainId, attestor, beneficiary],
  )
  return toField(BigInt(keccak256(encoded)))
}
