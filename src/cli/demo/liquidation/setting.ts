import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { id, ZeroHash } from 'ethers'
import { Book } from '../../../book/book.ts'
import { disclosureKeys } from '../../../book/disclosure-keys.ts'
import { accountTag } from '../../../book/leaf.ts'
import { cashOf } from '../../../book/liquidation/positions.ts'
import { sendTo } from '../../../chain/engine-client/connection.ts'
import { ENGINE_PARAMETERS, type EngineParameter } from '../../../chain/engine-client/parameters.ts'
import type { DisclosureDesk, KeeperContext } from '../../../keeper/context.ts'
import { followHead } from '../../../keeper/follow.ts'
import type { KeeperProvers } from '../../../keeper/provers.ts'
import { publishVenueBook } from '../../../keeper/publish.ts'
import type { KnownRounds } from '../../../keeper/rounds.ts'
import { VenueBook } from '../../../keeper/venue-book.ts'
import { BidStore } from '../../../liquidator/bid-store.ts'
import {
  type LiquidatorContext,
  ownershipProof,
  register,
  registerOwnSubAccount,
} from '../../../liquidator/liquidator.ts'
import { CASH_ID } from '../../../protocol/liquidation.ts'
import { SECRET_BITS } from '../../../protocol/ranges.ts'
import { loadHighsSolver } from '../../../risk/hedge/highs.ts'
import { SplitMix64 } from '../../../risk/market/prng.ts'
import type { Session } from '../../session.ts'
import { endow, type Part, type Stage } from '../stage.ts'
import { type Cast, emptySubAccount } from './cast.ts'
import type { DemoMarket } from './market.ts'

export const LIQUIDATORS = ['alice', 'bob'] as const
export type LiquidatorPart = (typeof LIQUIDATORS)[number]

/** Sub-accounts by their place in the story. */
export interface SubTags {
  readonly aliceSoft: bigint
  readonly aliceSealed: bigint
  readonly bob: bigint
  readonly house: bigint
}

/** Everything that the acts play with. */
export interface Setting {
  readonly stage: Stage
  readonly context: KeeperContext
  readonly market: DemoMarket
  readonly liquidators: Readonly<Record<LiquidatorPart, LiquidatorContext>>
  readonly subTags: SubTags
  readonly onlyTags: Set<bigint>
  readonly venueKey: Uint8Array
  /** Where the liquidators keep their sealed bids. */
  readonly folder: string
  /** Packages by case and liquidator, as the venue has published them. */
  packageFor(caseId: string, liquidator: string): string
  close(): void
}

/** What governance changes for the demo, through its timelock. */
export const DEMO_PARAMETERS: Readonly<Partial<Record<EngineParameter, bigint>>> = {
  dutchDuration: 120n,
  dutchMaxRestarts: 0n,
}
const DAY_SECONDS = 86_400

/** Governance shortens the public auction: proposed, a day's delay, executed by anybody. */
export async function shortenAuction({ connection, chain, signer, deployment }: Stage): Promise<void> {
  const entries = Object.entries(DEMO_PARAMETERS) as [EngineParameter, bigint][]
  const calls = entries.map(([name, value]) =>
    connection.contracts.parameters.interface.encodeFunctionData('set', [
      ENGINE_PARAMETERS.indexOf(name),
      value,
    ]),
  )
  const targets = entries.map(() => deployment.parameters)
  const batch = [targets, entries.map(() => 0n), calls, ZeroHash, id('demo')]
  await sendTo(connection, 'timelock', 'scheduleBatch', [...batch, DAY_SECONDS], signer('admin'))
  await chain.advance(DAY_SECONDS + 1)
  await sendTo(connection, 'timelock', 'executeBatch', batch, signer('keeper'))
}

/** The keeper's view of the demo's session: its book, nothing proven yet. */
export async function openContext(
  session: Session,
  stage: Stage,
  provers: KeeperProvers,
  rounds: KnownRounds,
): Promise<Omit<Setting, 'market' | 'liquidators' | 'subTags'>> {
  const { hasher, instance } = session
  const packages = new Map<string, string>()
  const key = (caseId: string, liquidator: string) => `${caseId} ${liquidator}`.toLowerCase()
  const venueSecretKey = randomBytes(32)
  const disclosures: DisclosureDesk = {
    venueSecretKey,
    nonce: () => randomBytes(24),
    has: (caseId, round, liquidator) => packages.has(`${key(caseId, liquidator)} ${round}`),
    publish: (caseId, round, liquidator, text) => {
      packages.set(`${key(caseId, liquidator)} ${round}`, text)
      packages.set(key(caseId, liquidator), text)
    },
  }
  const onlyTags = new Set<bigint>()
  const folder = mkdtempSync(join(tmpdir(), 'tacit-demo-'))
  const context: KeeperContext = {
    connection: stage.connection,
    hasher,
    venueBook: new VenueBook(Book.from(session.book.accounts, hasher, instance), hasher),
    rounds,
    provers,
    solver: await loadHighsSolver(),
    keeper: stage.signer('keeper'),
    houseOperator: stage.signer('admin'),
    disclosures,
    onlyTags,
    fromBlock: 0,
  }
  return {
    stage,
    context,
    onlyTags,
    folder,
    venueKey: disclosureKeys(venueSecretKey).publicKey,
    packageFor: (caseId, liquidator) => packages.get(key(caseId, liquidator))!,
    close: () => rmSync(folder, { recursive: true, force: true }),
  }
}

export function liquidatorContext(
  session: Session,
  stage: Stage,
  part: LiquidatorPart,
  folder: string,
): LiquidatorContext {
  return {
    connection: stage.connection,
    hasher: session.hasher,
    instance: session.instance,
    signer: stage.signer(part),
    disclosureSecretKey: randomBytes(32),
    bids: new BidStore(join(folder, `${part}.bids.json`)),
    salt: () => randomBytes(32),
  }
}

// ---------------------------------------------------------------- money and members

/** The keeper's and the liquidators' money, keys and bonds; some of the insurance fund. */
export async function endowMembers(
  stage: Stage,
  liquidators: Readonly<Record<LiquidatorPart, LiquidatorContext>>,
): Promise<void> {
  const { connection, signer } = stage
  const parts: readonly Part[] = ['keeper', ...LIQUIDATORS]
  for (const part of parts) await endow(stage, part)
  for (const part of LIQUIDATORS) {
    await sendTo(connection, 'liquidators', 'whitelist', [await stage.address(part)], signer('admin'))
    await register(liquidators[part])
  }
  await sendTo(connection, 'fund', 'donate', [0, INSURANCE_LOTS], signer('keeper'))
}

/** 50,000 USD. */
const INSURANCE_LOTS = 5_000_000n

// ---------------------------------------------------------------- the book

/** Puts the cast and the empty sub-accounts in the book, publishes it, and brings the cash in that it says. */
export async function publishCast(
  { stage, context }: Pick<Setting, 'stage' | 'context'>,
  cast: Cast,
  seed: number,
): Promise<{ readonly subTags: SubTags; readonly gasUsed: bigint; readonly broughtInLots: bigint }> {
  const { venueBook, hasher } = context
  for (const { account } of Object.values(cast)) venueBook.append(account)
  const random = new SplitMix64(BigInt(seed) + 910_000n)
  const addSub = (index: number, owner: string) => {
    const account = emptySubAccount(FIRST_SUB_ID + index, BigInt(owner), random.bits(SECRET_BITS))
    venueBook.append(account)
    return accountTag(hasher, account.secret)
  }
  const subTags = {
    aliceSoft: addSub(0, await stage.address('alice')),
    aliceSealed: addSub(1, await stage.address('alice')),
    bob: addSub(2, await stage.address('bob')),
    house: addSub(3, stage.deployment.house),
  }
  const total = bookCash(venueBook)
  // A book that owes cash in all has no vault; a bank does.
  if (total <= 0n) {
    const account = emptySubAccount(
      FIRST_SUB_ID + 9,
      BigInt(stage.deployment.venue),
      random.bits(SECRET_BITS),
    )
    venueBook.append({ ...account, positions: [{ id: CASH_ID, quantityLots: 1n - 2n * total }] })
  }
  const broughtInLots = bookCash(venueBook)
  const { gasUsed } = await publishVenueBook(context, stage.signer('venue'))
  await sendTo(stage.connection, 'vault', 'bringIn', [CASH_ID, broughtInLots], stage.signer('venue'))
  return { subTags, gasUsed, broughtInLots }
}

const FIRST_SUB_ID = 910_001

/** Lots of cash of all accounts together. */
export function bookCash({ book }: VenueBook): bigint {
  return book.accounts.reduce((sum, { positions }) => sum + cashOf(positions), 0n)
}

/** Each owner shows that a sub-account is its own, and the venue vouches that it is empty. */
export async function registerSubAccounts(
  { stage, context, liquidators, subTags }: Pick<Setting, 'stage' | 'context' | 'liquidators' | 'subTags'>,
  round: Parameters<typeof registerOwnSubAccount>[3],
): Promise<void> {
  const { connection, signer } = stage
  const { venueBook, provers } = context
  const own = [
    ['alice', subTags.aliceSoft],
    ['alice', subTags.aliceSealed],
    ['bob', subTags.bob],
  ] as const
  for (const [part, tag] of own) {
    const opening = venueBook.opening(tag)
    await registerOwnSubAccount(liquidators[part], opening, tag, round, provers.adjust)
    await followHead(context)
    await sendTo(connection, 'liquidators', 'vouch', [tag, await stage.address(part)], signer('venue'))
  }
  const { house } = stage.deployment
  const maker = { connection, hasher: context.hasher, instance: venueBook.instance }
  const args = await ownershipProof(maker, venueBook.opening(subTags.house), house, round, provers.adjust)
  await sendTo(connection, 'house', 'registerSubAccount', args, signer('admin'))
  await followHead(context)
  await sendTo(connection, 'liquidators', 'vouch', [subTags.house, house], signer('venue'))
}
