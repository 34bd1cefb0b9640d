import { AbiCoder, getAddress, id, keccak256, toBeHex } from 'ethers'
import { CONTEXT_DOMAINS, type ContextDomain } from '../../protocol/context-domains.ts'
import { InputError } from '../../protocol/errors.ts'
import { toField } from '../../protocol/field.ts'
import { quote } from '../../risk/market/decimal.ts'
import { OFFLINE_CONTEXT } from '../statement.ts'

/** For which contract, on which chain, and for whom a proof is made. */
export interface ProofContext {
  readonly chainId: bigint
  readonly attestor: string
  readonly beneficiary: string
}

/** binding: 32 bytes, 0x-prefixed: a case, or what the functions below make of a call's terms. */
export function contextOf(domain: ContextDomain, chainId: bigint, contract: string, binding: string): bigint {
  const encoded = AbiCoder.defaultAbiCoder().encode(
    ['bytes32', 'uint256', 'address', 'bytes32'],
    [id(CONTEXT_DOMAINS[domain]), chainId, contract, binding],
  )
  return toField(BigInt(keccak256(encoded)))
}

/** Of a margin statement, for MarginAttestor: the same as its contextFor. */
export function contextFor(chainId: bigint, attestor: string, beneficiary: string): bigint {
  return contextOf('margin', chainId, attestor, toBeHex(BigInt(beneficiary), 32))
}

/** The context signal of a claim; of one for no contract, the one that no contract asks for. */
export function contextSignal(context: ProofContext | undefined): bigint {
  if (context === undefined) return OFFLINE_CONTEXT
  return contextFor(context.chainId, context.attestor, context.beneficiary)
}

/** @throws InputError naming the field when the text is no address */
export function contextAddress(text: string, field: string): string {
  try {
    return getAddress(text)
  } catch (cause) {
    throw new InputError(`is no address: ${quote(text)}`, { field }, { cause })
  }
}
