import type { Signer } from 'ethers'
import type { EngineConnection } from '../chain/engine-client/connection.ts'
import type { Hasher } from '../protocol/poseidon.ts'
import type { Solver } from '../risk/hedge/linear-program.ts'
import type { OrderDesk } from './house-orders.ts'
import type { KeeperProvers } from './provers.ts'
import type { KnownRounds } from './rounds.ts'
import type { VenueBook } from './venue-book.ts'

/** Where packages for bidders go, and what is there already. */
export interface DisclosureDesk {
  /** The venue's X25519 key, 32 bytes. */
  readonly venueSecretKey: Uint8Array
  /** 24 uniform bytes, other ones at every call. */
  nonce(): Uint8Array
  has(caseId: string, round: bigint, liquidator: string): boolean
  publish(caseId: string, round: bigint, liquidator: string, text: string): void
}

/** Everything that a keeper works with. It holds the venue's book: it is the venue's own, or in its confidence. */
export interface KeeperContext {
  readonly connection: EngineConnection
  readonly hasher: Hasher
  readonly venueBook: VenueBook
  readonly rounds: KnownRounds
  readonly provers: KeeperProvers
  readonly solver: Solver
  /** Sends and pays; its free lots of the escrow are what bonds come out of. */
  readonly keeper: Signer
  /** Works the clearing house's inventory off; without it the inventory stays. */
  readonly houseOperator?: Signer | undefined
  readonly disclosures?: DisclosureDesk | undefined
  /** Takes the clearing house's orders; without it none are planned. */
  readonly orders?: OrderDesk | undefined
  /** Only these accounts, if given: to be one keeper among several. */
  readonly onlyTags?: ReadonlySet<bigint> | undefined
  /** Block of the deployment. */
  readonly fromBlock: number
}
