/** The sample venue opens: its book, its bidders, their sub-accounts. Boundary module: network, randomness, files. */
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hexlify } from 'ethers'
import { Book } from '../book/book.ts'
import { sendTo } from '../chain/engine-client/connection.ts'
import type { KeeperContext } from '../keeper/context.ts'
import { followHead } from '../keeper/follow.ts'
import { latestKnownRound } from '../keeper/prove-claim.ts'
import type { KeeperProvers } from '../keeper/provers.ts'
import type { KnownRounds } from '../keeper/rounds.ts'
import { VenueBook } from '../keeper/venue-book.ts'
import { BidStore } from '../liquidator/bid-store.ts'
import {
  type LiquidatorContext,
  ownershipProof,
  register,
  registerOwnSubAccount,
} from '../liquidator/liquidator.ts'
import type { MarginInstance } from '../protocol/instances.ts'
import type { Hasher } from '../protocol/poseidon.ts'
import { loadHighsSolver } from '../risk/hedge/highs.ts'
import type { Cast, Owners } from './cast.ts'
import type { PackageDesk } from './packages.ts'
import { LIQUIDATORS, type LiquidatorPart, type LiveStage } from './stage.ts'

/** How many sub-accounts each bidder has; the clearing house has one. */
const SUB_ACCOUNTS: Readonly<Record<LiquidatorPart, number>> = { alice: 2, bob: 3, visitor: 2 }

export interface ContextRequest {
  readonly stage: LiveStage
  readonly hasher: Hasher
  readonly instance: MarginInstance
  readonly cast: Cast
  readonly rounds: KnownRounds
  readonly provers: KeeperProvers
  readonly packages: PackageDesk
}

export async function keeperContext(request: ContextRequest): Promise<KeeperContext> {
  const { stage, hasher, instance, cast, rounds, provers, packages } = request
  return {
    connection: stage.connection,
    hasher,
    venueBook: new VenueBook(Book.from(cast.accounts, hasher, instance), hasher),
    rounds,
    provers,
    solver: await loadHighsSolver(),
    keeper: stage.signer('keeper'),
    houseOperator: stage.signer('admin'),
    disclosures: packages,
    fromBlock: 0,
  }
}

export async function ownersOf(stage: LiveStage): Promise<Owners> {
  const subAccounts: bigint[] = []
  for (const part of LIQUIDATORS) {
    const owner = BigInt(await stage.address(part))
    for (let i = 0; i < SUB_ACCOUNTS[part]; i++) subAccounts.push(owner)
  }
  subAccounts.push(BigInt(stage.deployment.house))
  const [visitor, venue] = [await stage.address('visitor'), await stage.address('venue')]
  return { visitor: BigInt(visitor), venue: BigInt(venue), subAccounts }
}

/** Whoever may bid: keys, bond, sub-accounts that it has shown to be its own and that the venue vouches for. */
export interface Member {
  readonly part: LiquidatorPart
  readonly context: LiquidatorContext
  readonly subTags: readonly bigint[]
}

export async function admitMembers(
  stage: LiveStage,
  context: KeeperContext,
  cast: Cast,
  folder: string,
  say: (state: string) => void,
): Promise<Member[]> {
  const { connection, signer, address } = stage
  const { venueBook, hasher, provers } = context
  const members: Member[] = []
  let place = 0
  for (const part of LIQUIDATORS) {
    const own: LiquidatorContext = {
      connection,
      hasher,
      instance: venueBook.instance,
      signer: signer(part),
      disclosureSecretKey: randomBytes(32),
      bids: new BidStore(join(folder, `${part}.bids.json`)),
      salt: () => randomBytes(32),
    }
    await sendTo(connection, 'liquidators', 'whitelist', [await address(part)], signer('admin'))
    await register(own)
    const tags = cast.places.subAccounts
      .slice(place, place + SUB_ACCOUNTS[part])
      .map((index) => venueBook.tags[index]!)
    place += SUB_ACCOUNTS[part]
    for (const tag of tags) {
      say(`sub-accounts of ${part}`)
      const round = await latestProving(context)
      await registerOwnSubAccount(own, venueBook.opening(tag), tag, round, provers.adjust)
      await followHead(context)
    }
    members.push({ part, context: own, subTags: tags })
  }
  await admitHouse(stage, context, venueBook.tags[cast.places.subAccounts.at(-1)!]!)
  return members
}

async function admitHouse(
  { connection, signer, deployment }: LiveStage,
  context: KeeperContext,
  tag: bigint,
): Promise<void> {
  const { venueBook, hasher, provers } = context
  const maker = { connection, hasher, instance: venueBook.instance }
  const round = await latestProving(context)
  const args = await ownershipProof(maker, venueBook.opening(tag), deployment.house, round, provers.adjust)
  await sendTo(connection, 'house', 'registerSubAccount', args, signer('admin'))
  await followHead(context)
}

async function latestProving(context: KeeperContext) {
  return (await latestKnownRound(context)).proving
}

const VISITOR_FILE = 'visitor.json'

/**
 * Writes down what a person needs to bid beside the programs: the visitor's key, to be imported into a wallet, the key that
 * its packages are opened with, and its sub-accounts. A development key of a local chain: worth nothing anywhere.
 */
export function writeVisitor(
  folder: string,
  stage: LiveStage,
  { context, subTags }: Member,
  venueKey: Uint8Array,
  privateKey: string,
): string {
  const path = join(folder, VISITOR_FILE)
  const { url, chainId } = stage.chain
  const visitor = {
    note: 'a development key of the sample venue: whoever reads this repository has it',
    rpcUrl: url,
    chainId: Number(chainId),
    privateKey,
    disclosureSecretKey: hexlify(context.disclosureSecretKey),
    venueKey: hexlify(venueKey),
    subTags: subTags.map((tag) => `0x${tag.toString(16).padStart(64, '0')}`),
  }
  writeFileSync(path, `${JSON.stringify(visitor, null, 2)}\n`, { mode: 0o600 })
  return path
}
