import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Account, Position } from '../../src/book/account.ts'
import { Book } from '../../src/book/book.ts'
import { disclosureKeys } from '../../src/book/disclosure-keys.ts'
import { accountTag } from '../../src/book/leaf.ts'
import { cashOf } from '../../src/book/liquidation/positions.ts'
import { sendTo } from '../../src/chain/engine-client/connection.ts'
import type { KeeperContext } from '../../src/keeper/context.ts'
import { followHead } from '../../src/keeper/follow.ts'
import { closeProvers, type KeeperProvers, openEngineProvers } from '../../src/keeper/provers.ts'
import { publishVenueBook } from '../../src/keeper/publish.ts'
import { type KnownRound, KnownRounds } from '../../src/keeper/rounds.ts'
import { VenueBook } from '../../src/keeper/venue-book.ts'
import { BidStore } from '../../src/liquidator/bid-store.ts'
import {
  type LiquidatorContext,
  ownershipProof,
  register,
  registerOwnSubAccount,
} from '../../src/liquidator/liquidator.ts'
import { ENGINE_CIRCUITS, MARGIN_INSTANCES } from '../../src/protocol/instances.ts'
import { CASH_ID } from '../../src/protocol/liquidation.ts'
import { packMarginParameters } from '../../src/protocol/parameters.ts'
import { type Hasher, poseidonHasher } from '../../src/protocol/poseidon.ts'
import { DIMS } from '../../src/protocol/risk-layout.ts'
import { MarginProver } from '../../src/prover/margin-prover.ts'
import { loadHighsSolver } from '../../src/risk/hedge/highs.ts'
import { RiskTree } from '../../src/risk/risk-tree.ts'
import { ALICE, BOB, EngineChain, KEEPER, OPERATOR, VENUE } from '../chain/fixtures/engine-chain.ts'
import { atHealth, ENGINE_VECTORS, holding } from '../support/engine-world.ts'
import { TEST_PARAMETERS } from '../support/synthetic.ts'

/** The whole system on a local chain, a small book, a keeper and two liquidators: real circuits, real proofs. */
export const INSTANCE = MARGIN_INSTANCES['margin-4']
/** Worth a nano-USD more in every round, and held by nobody: no two rounds have the same root. */
const TICK_ID = 9
export const VICTIM = 0
/** What the market takes orders for. */
const TRADED = [2, 3, 4, 5, 6]
/** The clearing house's sub-account. */
export const HOUSE = 4
const SUBS: Readonly<Record<number, number>> = { [ALICE]: 2, [BOB]: 3 }

export class KeeperWorld {
  readonly base: EngineChain
  readonly hasher: Hasher
  readonly provers: KeeperProvers
  readonly rounds: KnownRounds
  readonly accounts: readonly Account[]
  readonly folder = mkdtempSync(join(tmpdir(), 'tacit-keeper-'))
  readonly packages = new Map<string, string>()
  readonly venueSecretKey = randomBytes(32)
  readonly #secrets: Readonly<Record<number, Uint8Array>> = {
    [ALICE]: randomBytes(32),
    [BOB]: randomBytes(32),
  }

  private constructor(
    base: EngineChain,
    hasher: Hasher,
    provers: KeeperProvers,
    rounds: KnownRounds,
    accounts: readonly Account[],
  ) {
    this.base = base
    this.hasher = hasher
    this.provers = provers
    this.rounds = rounds
    this.accounts = accounts
  }

  static async start(): Promise<KeeperWorld> {
    const hasher = await poseidonHasher()
    const margin = await MarginProver.open(INSTANCE)
    const provers: KeeperProvers = { margin, ...(await openEngineProvers(INSTANCE)) }
    const rounds = new KnownRounds()
    for (let sequence = 1; sequence <= 40; sequence++) rounds.add(roundOf(hasher, sequence))
    const keyOf = ({ artifacts }: Pick<MarginProver, 'artifacts'>) => ({
      key: artifacts.verificationKey,
      provenance: { kind: 'development' as const, circuit: artifacts.name },
    })
    const [lot, transfer, adjust, kept] = ENGINE_CIRCUITS.map((circuit) => keyOf(provers[circuit]))
    const base = await EngineChain.start({
      ...keyOf(margin),
      circuits: { lot: lot!, transfer: transfer!, adjust: adjust!, kept: kept! },
      marginParameters: packMarginParameters(TEST_PARAMETERS),
      riskRootOf: (sequence) => roundOf(hasher, sequence).proving.tree.root,
    })
    const world = new KeeperWorld(base, hasher, provers, rounds, await accountsOf(base))
    await world.#found()
    await base.mark()
    return world
  }

  async close(): Promise<void> {
    rmSync(this.folder, { recursive: true, force: true })
    await this.base.close()
    await closeProvers({ ...this.provers })
  }

  get venueKey(): Uint8Array {
    return disclosureKeys(this.venueSecretKey).publicKey
  }

  tagOf(index: number): bigint {
    return accountTag(this.hasher, this.accounts[index]!.secret)
  }

  subTag(liquidator: number): bigint {
    return this.tagOf(SUBS[liquidator]!)
  }

  /** A keeper that knows nothing but the book that it is given. */
  async keeper(venueBook: VenueBook, signer = KEEPER): Promise<KeeperContext> {
    return {
      connection: this.base.connection,
      hasher: this.hasher,
      venueBook,
      rounds: this.rounds,
      provers: this.provers,
      solver: await loadHighsSolver(),
      keeper: this.base.signer(signer),
      disclosures: {
        venueSecretKey: this.venueSecretKey,
        nonce: () => randomBytes(24),
        has: (caseId, round, liquidator) => this.packages.has(`${caseId} ${round} ${liquidator}`),
        publish: (caseId, round, liquidator, text) => {
          this.packages.set(`${caseId} ${round} ${liquidator}`, text)
          this.packages.set(`${caseId} ${liquidator}`, text)
        },
      },
      fromBlock: 0,
    }
  }

  /** A liquidator as it starts: its keys, and what its file of bids says. */
  liquidator(index: number): LiquidatorContext {
    return {
      connection: this.base.connection,
      hasher: this.hasher,
      instance: INSTANCE,
      signer: this.base.signer(index),
      disclosureSecretKey: this.#secrets[index]!,
      bids: new BidStore(join(this.folder, `bids-${index}.json`)),
      salt: () => randomBytes(32),
    }
  }

  async packageFor(caseId: string, liquidator: number): Promise<string> {
    return this.packages.get(`${caseId} ${await this.base.address(liquidator)}`)!
  }

  /** The book as it was published, with what the owners of the sub-accounts have shown since. */
  async bookAtStart(): Promise<VenueBook> {
    const context = await this.keeper(
      new VenueBook(Book.from(this.accounts, this.hasher, INSTANCE), this.hasher),
    )
    await followHead(context)
    return context.venueBook
  }

  async #found(): Promise<void> {
    const { base, hasher } = this
    const venueBook = new VenueBook(Book.from(this.accounts, hasher, INSTANCE), hasher)
    const context = await this.keeper(venueBook)
    await publishVenueBook(context, base.signer(VENUE))
    const cash = this.accounts.reduce((sum, { positions }) => sum + cashOf(positions), 0n)
    await base.send('vault', 'bringIn', [CASH_ID, cash], VENUE)
    for (const index of [ALICE, BOB]) {
      const liquidator = this.liquidator(index)
      await register(liquidator)
      const tag = this.subTag(index)
      const round = roundOf(hasher, base.round).proving
      const opening = venueBook.opening(tag)
      await registerOwnSubAccount(liquidator, opening, tag, round, this.provers.adjust)
      await followHead(context)
      await sendTo(
        base.connection,
        'liquidators',
        'vouch',
        [tag, await base.address(index)],
        base.signer(VENUE),
      )
    }
    await this.#foundHouse(venueBook, context)
  }

  /** The clearing house shows that a sub-account is its own, and the venue vouches for it. */
  async #foundHouse(venueBook: VenueBook, context: KeeperContext): Promise<void> {
    const { base, hasher } = this
    const { connection } = base
    const { house } = connection.deployment
    const tag = this.tagOf(HOUSE)
    const maker = { connection, hasher, instance: INSTANCE }
    const round = roundOf(hasher, base.round).proving
    const args = await ownershipProof(maker, venueBook.opening(tag), house, round, this.provers.adjust)
    await base.send('house', 'registerSubAccount', args, OPERATOR)
    await followHead(context)
    await base.send('liquidators', 'vouch', [tag, house], VENUE)
  }
}

function roundOf(hasher: Hasher, sequence: number): KnownRound {
  const ratesNano = new Array<bigint>(DIMS).fill(0n)
  ratesNano[0] = BigInt(sequence)
  const tick = { id: TICK_ID, ratesNano, longChargeNano: 0n, shortChargeNano: 0n }
  const tree = RiskTree.of(hasher, INSTANCE, [...ENGINE_VECTORS, tick])
  return {
    risk: { vectors: tree.vectors, parameters: TEST_PARAMETERS },
    proving: { tree, parameters: packMarginParameters(TEST_PARAMETERS) },
    instruments: TRADED.map((id) => ({ id, depthLots: 1_000n, costNano: 1_000_000_000n })),
  }
}

/** One below MM, the other side of it, and an empty account for each liquidator. */
async function accountsOf(base: EngineChain): Promise<Account[]> {
  const account = (index: number, owner: bigint, positions: readonly Position[]): Account => ({
    accountId: 100 + index,
    owner,
    secret: (1n << 200n) + BigInt(index),
    nonce: BigInt(index),
    positions,
  })
  return [
    account(VICTIM, 0xabc0n, atHealth(holding({ 2: -1_000n, 4: 200n }), 60n)),
    account(1, 0xabc1n, atHealth(holding({ 2: 1_000n, 4: -200n }), 300n)),
    account(2, BigInt(await base.address(ALICE)), []),
    account(3, BigInt(await base.address(BOB)), []),
    account(HOUSE, BigInt(base.connection.deployment.house), []),
  ]
}
