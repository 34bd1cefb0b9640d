import { AbiCoder, keccak256 } from 'ethers'
import type { EngineDeployment } from './deployment.ts'

/** What a bidder commits to and opens later. */
export interface SealedBid {
  readonly discountBps: bigint
  readonly subTag: bigint
  /** 32 random bytes, 0x-prefixed: a bid is one of few numbers. */
  readonly salt: string
}

/** The same as SealedBidAuction.commitmentOf. */
export function bidCommitment(
  deployment: Pick<EngineDeployment, 'chainId' | 'sealed'>,
  caseId: string,
  bidder: string,
  { discountBps, subTag, salt }: SealedBid,
): string {
  return keccak256(
    AbiCoder.defaultAbiCoder().encode(
      ['uint256', 'address', 'bytes32', 'address', 'uint16', 'uint256', 'bytes32'],
      [deployment.chainId, deployment.sealed, caseId, bidder, discountBps, subTag, salt],
    ),
  )
}
