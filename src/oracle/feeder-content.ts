import { type TypedDataDomain, TypedDataEncoder } from 'ethers'
import type { SmilePoint } from '../risk/market/snapshot.ts'
import type { MarketActivity } from './activity.ts'

/**
 * What one feeder says of one round: its raw data, not yet anybody's median. Underlyings and instruments go by symbol.
 * Prices nano-USD, volatilities 1e-9, times unix seconds. Signed with EIP-712 at the boundary; here is only what is signed.
 */
export interface FeederContent {
  /** The round that it is for. */
  readonly sequence: number
  readonly asOfSeconds: number
  /** keccak-256 of the quotes that the surface was fitted to, 0x-hex of 32 bytes. */
  readonly quotesHash: string
  readonly spots: readonly SpotContent[]
  readonly expiries: readonly ExpiryContent[]
  readonly marks: readonly MarkContent[]
  readonly activities: readonly ActivityContent[]
}

export interface SpotContent {
  readonly symbol: string
  readonly spotNano: bigint
}

export interface ExpiryContent {
  readonly symbol: string
  readonly expirySeconds: number
  readonly forwardNano: bigint
  /** The fitted volatility of each listed strike; strikes strictly increasing. */
  readonly smile: readonly SmilePoint[]
}

/** A perpetual, or a future (funding 0). */
export interface MarkContent {
  readonly symbol: string
  readonly markNano: bigint
  readonly cumulativeFundingNano: bigint
}

export interface ActivityContent extends MarketActivity {
  readonly symbol: string
}

/** EIP-712 types of a feeder's content; the primary type is FeederContent. */
export const FEEDER_CONTENT_TYPES = {
  FeederContent: [
    { name: 'sequence', type: 'uint64' },
    { name: 'asOfSeconds', type: 'uint64' },
    { name: 'quotesHash', type: 'bytes32' },
    { name: 'spots', type: 'SpotContent[]' },
    { name: 'expiries', type: 'ExpiryContent[]' },
    { name: 'marks', type: 'MarkContent[]' },
    { name: 'activities', type: 'ActivityContent[]' },
  ],
  SpotContent: [
    { name: 'symbol', type: 'string' },
    { name: 'spotNano', type: 'uint128' },
  ],
  ExpiryContent: [
    { name: 'symbol', type: 'string' },
    { name: 'expirySeconds', type: 'uint64' },
    { name: 'forwardNano', type: 'uint128' },
    { name: 'smile', type: 'SmilePoint[]' },
  ],
  SmilePoint: [
    { name: 'strikeNano', type: 'uint128' },
    { name: 'volNano', type: 'uint64' },
  ],
  MarkContent: [
    { name: 'symbol', type: 'string' },
    { name: 'markNano', type: 'uint128' },
    { name: 'cumulativeFundingNano', type: 'int128' },
  ],
  ActivityContent: [
    { name: 'symbol', type: 'string' },
    { name: 'endSeconds', type: 'uint64' },
    { name: 'openNano', type: 'uint128' },
    { name: 'highNano', type: 'uint128' },
    { name: 'lowNano', type: 'uint128' },
    { name: 'closeNano', type: 'uint128' },
    { name: 'volumeNano', type: 'uint128' },
    { name: 'depthNano', type: 'uint128' },
    { name: 'impliedVolNano', type: 'uint64' },
  ],
}

/** The domain of feeders' content: of one oracle on one chain, and never that of a round. */
export function feederContentDomain(chainId: bigint, oracle: string): TypedDataDomain {
  return { name: 'Tacit Feeder', version: '1', chainId, verifyingContract: oracle }
}

/** What a feeder signs: 0x-hex of 32 bytes. @throws by ethers for a value outside its type. */
export function feederContentDigest(domain: TypedDataDomain, content: FeederContent): string {
  return TypedDataEncoder.hash(domain, FEEDER_CONTENT_TYPES, content)
}

/** The same without a domain: tells two contents apart. */
export function feederContentHash(content: FeederContent): string {
  return TypedDataEncoder.from(FEEDER_CONTENT_TYPES).hash(content)
}
