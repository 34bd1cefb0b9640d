import { getAddress, recoverAddress, type Signer, type TypedDataDomain, TypedDataEncoder } from 'ethers'
import { type Round, type RoundDomain, type RoundSignature, roundDigest } from '../chain/client.ts'
import {
  FEEDER_CONTENT_TYPES,
  type FeederContent,
  feederContentDigest,
  feederContentDomain,
} from '../oracle/feeder-content.ts'
import { InputError } from '../protocol/errors.ts'

/** What feeders sign besides rounds: their contents, and a refusal to sign. Bound to one oracle on one chain. */

/** A content with its feeder's signature. */
export interface SignedMessage {
  /** Checksum address. */
  readonly feeder: string
  readonly content: FeederContent
  /** EIP-712, 0x-hex of 65 bytes. */
  readonly signature: string
}

export async function signContent(
  { chainId, oracle }: RoundDomain,
  feeder: Signer,
  content: FeederContent,
): Promise<SignedMessage> {
  const domain = feederContentDomain(chainId, oracle)
  const signature = await feeder.signTypedData(domain, FEEDER_CONTENT_TYPES, content)
  return { feeder: await feeder.getAddress(), content, signature }
}

/** @throws InputError unless the feeder that it names has signed it, for this oracle on this chain */
export function checkContentSignature(domain: RoundDomain, message: SignedMessage): void {
  requireSigner(contentDigest(domain, message.content), message.signature, message.feeder)
}

export function contentDigest({ chainId, oracle }: RoundDomain, content: FeederContent): string {
  try {
    return feederContentDigest(feederContentDomain(chainId, oracle), content)
  } catch (cause) {
    throw new InputError('has a value outside its type', { field: 'content' }, { cause })
  }
}

/** @throws InputError unless the signer that it names has signed the round */
export function checkRoundSignature(domain: RoundDomain, round: Round, signature: RoundSignature): void {
  requireSigner(roundDigest(domain, round), signature.signature, signature.signer)
}

/** A feeder's word that it does not sign a round, and why: what an aggregator's report says of it is then the feeder's own. */
export interface SignedRefusal {
  readonly feeder: string
  /** Digest of the round. */
  readonly round: string
  readonly reason: string
  readonly signature: string
}

const REFUSAL_TYPES = {
  Refusal: [
    { name: 'round', type: 'bytes32' },
    { name: 'reason', type: 'string' },
  ],
}

export async function signRefusal(
  domain: RoundDomain,
  feeder: Signer,
  round: string,
  reason: string,
): Promise<SignedRefusal> {
  const signature = await feeder.signTypedData(feederDomain(domain), REFUSAL_TYPES, { round, reason })
  return { feeder: await feeder.getAddress(), round, reason, signature }
}

/** @throws InputError unless the feeder that it names has signed it */
export function checkRefusalSignature(domain: RoundDomain, refusal: SignedRefusal): void {
  const { round, reason, signature, feeder } = refusal
  requireSigner(
    TypedDataEncoder.hash(feederDomain(domain), REFUSAL_TYPES, { round, reason }),
    signature,
    feeder,
  )
}

function feederDomain({ chainId, oracle }: RoundDomain): TypedDataDomain {
  return feederContentDomain(chainId, oracle)
}

function requireSigner(digest: string, signature: string, signer: string): void {
  let recovered: string
  try {
    recovered = recoverAddress(digest, signature)
  } catch (cause) {
    throw new InputError('is no signature', { field: 'signature' }, { cause })
  }
  if (recovered !== getAddress(signer)) {
    throw new InputError(`was not made by ${signer}`, { field: 'signature' })
  }
}
