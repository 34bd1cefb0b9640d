import type { Signer } from 'ethers'
import type { Sent } from '../transactions.ts'
import { bidCommitment, type SealedBid } from './bid-commitment.ts'
import { type EngineConnection, sendTo, viewOf } from './connection.ts'

export { bidCommitment, type SealedBid } from './bid-commitment.ts'

/** The liquidator's side: money, registration, offers, sealed bids, the public auction. Boundary module: network. */

// ---------------------------------------------------------------- money

/** Pays lots into the escrow; the token must have been approved for it. */
export function depositLots(connection: EngineConnection, sender: Signer, lots: bigint): Promise<Sent> {
  return sendTo(connection, 'escrow', 'deposit', [lots], sender)
}

export function withdrawLots(connection: EngineConnection, sender: Signer, lots: bigint): Promise<Sent> {
  return sendTo(connection, 'escrow', 'withdraw', [lots], sender)
}

export function freeLots(connection: EngineConnection, account: string): Promise<bigint> {
  return viewOf(connection, 'escrow', 'freeLots', [account])
}

// ---------------------------------------------------------------- registration

/** disclosureKey: X25519 public key, 32 bytes, 0x-prefixed. */
export function setDisclosureKey(
  connection: EngineConnection,
  liquidator: Signer,
  disclosureKey: string,
): Promise<Sent> {
  return sendTo(connection, 'liquidators', 'setDisclosureKey', [disclosureKey], liquidator)
}

/** Puts free lots under the liquidator's bond. */
export function bondLiquidator(
  connection: EngineConnection,
  liquidator: Signer,
  lots: bigint,
): Promise<Sent> {
  return sendTo(connection, 'liquidators', 'bond', [lots], liquidator)
}

/** The vault must have seen the sender own the account with this tag. */
export function registerSubAccount(connection: EngineConnection, owner: Signer, tag: bigint): Promise<Sent> {
  return sendTo(connection, 'liquidators', 'registerSubAccount', [tag], owner)
}

export interface RegisteredLiquidator {
  readonly whitelisted: boolean
  readonly bondLots: bigint
  /** Chain time at which the bond may be taken out; 0 while none was asked for. */
  readonly unbondAt: bigint
  readonly disclosureKey: string
  readonly active: boolean
}

export async function readLiquidator(
  connection: EngineConnection,
  account: string,
): Promise<RegisteredLiquidator> {
  const [whitelisted, bondLots, unbondAt, disclosureKey] = await viewOf<[boolean, bigint, bigint, string]>(
    connection,
    'liquidators',
    'liquidatorOf',
    [account],
  )
  const active = await viewOf<boolean>(connection, 'liquidators', 'isActive', [account])
  return { whitelisted, bondLots, unbondAt, disclosureKey, active }
}

// ---------------------------------------------------------------- bidding

export function offerSoft(
  connection: EngineConnection,
  bidder: Signer,
  caseId: string,
  askBps: bigint,
  subTag: bigint,
): Promise<Sent> {
  return sendTo(connection, 'soft', 'offer', [caseId, askBps, subTag], bidder)
}

export async function commitBid(
  connection: EngineConnection,
  bidder: Signer,
  caseId: string,
  bid: SealedBid,
): Promise<Sent> {
  const commitment = bidCommitment(connection.deployment, caseId, await bidder.getAddress(), bid)
  return sendTo(connection, 'sealed', 'commit', [caseId, commitment], bidder)
}

export function revealBid(
  connection: EngineConnection,
  bidder: Signer,
  caseId: string,
  { discountBps, subTag, salt }: SealedBid,
): Promise<Sent> {
  return sendTo(connection, 'sealed', 'reveal', [caseId, discountBps, subTag, salt], bidder)
}

/** Fetches bond and escrow of a bid, or the escrow of an offer, once its stage is over. */
export function reclaimBid(
  connection: EngineConnection,
  bidder: Signer,
  stage: 'soft' | 'sealed',
  caseId: string,
): Promise<Sent> {
  return sendTo(connection, stage, 'reclaim', [caseId], bidder)
}

/** Takes a lot from the public auction, for at least this discount. */
export function takeLot(
  connection: EngineConnection,
  taker: Signer,
  caseId: string,
  subTag: bigint,
  leastDiscountBps = 0n,
): Promise<Sent> {
  return sendTo(connection, 'dutch', 'take', [caseId, subTag, leastDiscountBps], taker)
}

/** The public auction's discount in the next block. */
export function dutchDiscountBps(connection: EngineConnection, caseId: string): Promise<bigint> {
  return viewOf(connection, 'dutch', 'discountOf', [caseId])
}

/** The water level of deleveraging in the next block, bps of MM / E. */
export function deleveragingLevelBps(connection: EngineConnection, caseId: string): Promise<bigint> {
  return viewOf(connection, 'deleveraging', 'levelOf', [caseId])
}
