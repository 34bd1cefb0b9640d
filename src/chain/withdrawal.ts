import type { Signer } from 'ethers'
import type { WithdrawalTerms } from './context.ts'

/** What the owner of an account agrees to when somebody else sends its withdrawal. */
export interface WithdrawalMessage extends WithdrawalTerms {
  readonly tag: bigint
  readonly instrumentId: bigint
  readonly lots: bigint
}

const WITHDRAWAL_TYPES = {
  Withdrawal: [
    { name: 'tag', type: 'uint256' },
    { name: 'instrumentId', type: 'uint256' },
    { name: 'lots', type: 'uint256' },
    { name: 'recipient', type: 'address' },
    { name: 'nonce', type: 'uint256' },
    { name: 'deadline', type: 'uint256' },
  ],
}

/** The owner's EIP-712 signature of a withdrawal, good for this vault on this chain, once. */
export function signWithdrawal(
  chainId: bigint,
  vault: string,
  owner: Signer,
  message: WithdrawalMessage,
): Promise<string> {
  const domain = { name: 'Tacit CollateralVault', version: '1', chainId, verifyingContract: vault }
  return owner.signTypedData(domain, WITHDRAWAL_TYPES, message)
}
