import { chmodSync } from 'node:fs'
import { Contract, id, NonceManager, toBeHex, Wallet } from 'ethers'
import type { Account } from '../../src/book/account.ts'
import { Book } from '../../src/book/book.ts'
import { type LedgerEntry, ledgerOfBook, netLots } from '../../src/book/ledger.ts'
import { writeJsonBook } from '../../src/book/write.ts'
import { marketHashOf } from '../../src/bundle/verify/round.ts'
import { buildLocalTestContracts } from '../../src/chain/build.ts'
import {
  approveParameters,
  designateEpoch,
  postRound,
  publishBook,
  signRound,
} from '../../src/chain/client.ts'
import { deployContract } from '../../src/chain/deploy.ts'
import { deployEngine } from '../../src/chain/deploy-engine.ts'
import { writeDeployment } from '../../src/chain/deployment-file.ts'
import { connectEngine, type EngineConnection, sendTo } from '../../src/chain/engine-client/connection.ts'
import { readParameters } from '../../src/chain/engine-client/parameters.ts'
import { type LocalChain, startLocalChain } from '../../src/chain/local-chain.ts'
import { send } from '../../src/chain/transactions.ts'
import { MARGIN_INSTANCES } from '../../src/protocol/instances.ts'
import { CASH_ID, CASH_LOT_NANO } from '../../src/protocol/liquidation.ts'
import { marginArtifacts } from '../../src/prover/margin-prover.ts'
import { sealArtifacts } from '../../src/prover/seal-prover.ts'
import { configurationHash } from '../../src/risk/configuration-hash.ts'
import { type BundleWorld, bundleWorld, LIQUIDITY_NANO, SEALS_DEPLOYER_KEY } from '../bundle/fixture.ts'
import { toyCircuits, toyEngineProvers } from '../chain/fixtures/engine-toy-provers.ts'
import type { Desk } from './support.ts'

/**
 * A local chain with the whole system, two epochs designated: epoch 3 is the fixture's proven book of eight, epoch 4 a
 * book of two that is still to be proven. The vault's ledger is what each of them holds.
 */
const INSTANCE = MARGIN_INSTANCES['margin-4']
const [ADMIN, VENUE, STRANGER] = [0, 1, 5]
const FEEDERS = [2, 3]
export const DEMAND_SECONDS = 3_600
export const ANSWER_SECONDS = 600
export const VENUE_BOND_LOTS = 200_000n
export const DEMAND_BOND_LOTS = 500n
/** A collateral that the vault holds and the seals' ledger leaves out until somebody lists it. */
export const UNLISTED_ID = 60
const RICH_UNITS = 10n ** 24n
const TOKEN = ['function mint(address to, uint256 units)', 'function approve(address spender, uint256 units)']

export interface SolvencyChain {
  readonly chain: LocalChain
  readonly connection: EngineConnection
  readonly bundle: BundleWorld
  readonly ledger: readonly LedgerEntry[]
}

/** Writes deployment.json, venue.key, stranger.key and two.json to the desk. The caller closes the chain. */
export async function openSolvencyChain(desk: Desk): Promise<SolvencyChain> {
  const bundle = await bundleWorld()
  const chain = await startLocalChain({ startSeconds: bundle.snapshot.asOfSeconds })
  try {
    const connection = await deployAll(chain)
    const ledger = await publishEpochs(chain, connection, bundle, desk)
    const { deployment } = connection
    desk.write('deployment.json', writeDeployment({ deployment, fromBlock: 0, venueKey: undefined }))
    for (const [name, index] of [
      ['venue.key', VENUE],
      ['stranger.key', STRANGER],
    ] as const) {
      const { privateKey } = chain.signer(index).signer as Wallet
      chmodSync(desk.write(name, `${privateKey}\n`), 0o600)
    }
    return { chain, connection, bundle, ledger }
  } catch (error) {
    await chain.close()
    throw error
  }
}

async function deployAll(chain: LocalChain): Promise<EngineConnection> {
  const address = (index: number) => chain.signer(index).getAddress()
  const keyOf = ({ verificationKey, name }: Awaited<ReturnType<typeof sealArtifacts>>) => ({
    key: verificationKey,
    provenance: { kind: 'development', circuit: name } as const,
  })
  const wallet = new Wallet(SEALS_DEPLOYER_KEY, chain.provider)
  await chain.provider.send('anvil_setBalance', [wallet.address, toBeHex(10n ** 20n)])
  const admin = await address(ADMIN)
  const deployment = await deployEngine({
    ...keyOf(await marginArtifacts(INSTANCE)),
    circuits: toyCircuits(await toyEngineProvers()),
    seals: {
      seal: keyOf(await sealArtifacts()),
      liquidityNano: LIQUIDITY_NANO,
      parameters: {
        demandSeconds: DEMAND_SECONDS,
        answerSeconds: ANSWER_SECONDS,
        venueBondLots: VENUE_BOND_LOTS,
        demandBondLots: DEMAND_BOND_LOTS,
        policy: 'aggregates',
      },
      deployer: new NonceManager(wallet),
    },
    deployer: chain.signer(ADMIN),
    admin,
    venue: await address(VENUE),
    feeders: await Promise.all(FEEDERS.map(address)),
    quorum: 2,
    // With the settlement after it, less than a lot may be old.
    maxAgeSeconds: 1_600,
    challenge: 'plain',
    proposers: [admin],
    timelockSeconds: 86_400,
    guardian: admin,
    whitelister: admin,
    houseOperator: admin,
    maxSecondsPerBlock: 30,
  })
  return connectEngine(deployment, chain.provider)
}

async function publishEpochs(
  chain: LocalChain,
  connection: EngineConnection,
  { hasher, book, matrix, snapshot, content }: BundleWorld,
  desk: Desk,
) {
  const venue = chain.signer(VENUE)
  const { vault, fund, escrow, token } = connection.deployment
  const collaterals = snapshot.instruments
    .filter(({ kind }) => kind === 'cash' || kind === 'spot')
    .map(({ symbol }) => matrix.listing.bySymbol(symbol)!.id)
  const ledger = ledgerOfBook(netLots(book.accounts), collaterals)
  const coins = new Map([[CASH_ID, token]])
  for (const { instrumentId } of [...ledger.slice(1), { instrumentId: UNLISTED_ID }]) {
    const { LocalTestToken } = await buildLocalTestContracts()
    const coin = await deployContract(
      LocalTestToken!,
      [`Coin ${instrumentId}`, 'COIN', 8],
      chain.signer(ADMIN),
    )
    coins.set(instrumentId, coin)
    await governed(chain, connection, 'addCollateral', [instrumentId, coin, 1, 1])
    if (instrumentId === UNLISTED_ID) continue
    await sendTo(connection, 'seals', 'listCollateral', [instrumentId], chain.signer(STRANGER))
  }
  for (const index of [VENUE, STRANGER]) {
    const signer = chain.signer(index)
    for (const coin of coins.values()) {
      const money = new Contract(coin, TOKEN, chain.provider)
      await send(money, 'mint', [await signer.getAddress(), RICH_UNITS], signer, connection.errors)
      for (const spender of [vault, fund, escrow]) {
        await send(money, 'approve', [spender, RICH_UNITS], signer, connection.errors)
      }
    }
  }
  const { venueBondMinLots } = await readParameters(connection)
  await sendTo(connection, 'escrow', 'deposit', [venueBondMinLots], venue)
  await sendTo(connection, 'engine', 'postVenueBond', [venueBondMinLots], venue)
  const publish = async (baseSequence: number, of: Pick<Book, 'treeRoot' | 'count'>) => {
    const { treeRoot, count } = of
    await publishBook(connection, venue, {
      baseSequence,
      treeRoot,
      count,
      dataHash: id(`leaves ${baseSequence}`),
    })
    await designateEpoch(connection, venue)
  }
  for (const base of [0, 1]) await publish(base, { treeRoot: BigInt(base + 5), count: 1 })
  await publish(2, book)
  for (const { instrumentId, lots } of [...ledger, { instrumentId: UNLISTED_ID, lots: 10n }]) {
    await sendTo(connection, 'vault', 'bringIn', [instrumentId, lots], venue)
  }
  const reserveLots = content.signals.reserves / CASH_LOT_NANO + 1n
  await sendTo(connection, 'fund', 'donate', [0, reserveLots], venue)
  const two = twoAccounts(ledger)
  desk.write(
    'two.json',
    writeJsonBook(
      two.map((account) => ({ account })),
      matrix.listing,
    ),
  )
  await publish(3, Book.from(two, hasher, INSTANCE))
  await approveParameters(
    connection,
    chain.signer(ADMIN),
    matrix.parametersWord,
    configurationHash(content.configuration),
  )
  await postRoundOf(chain, connection, { matrix, snapshot, content }, 1)
  return ledger
}

/** The same market as another round, posted now: a seal is taken on a fresh one only. */
export async function postAgain(
  { chain, connection, bundle }: SolvencyChain,
  sequence: number,
): Promise<void> {
  await postRoundOf(chain, connection, bundle, sequence)
}

async function postRoundOf(
  chain: LocalChain,
  connection: EngineConnection,
  { matrix, snapshot, content }: Pick<BundleWorld, 'matrix' | 'snapshot' | 'content'>,
  sequence: number,
): Promise<void> {
  const { timestamp } = (await chain.provider.getBlock('latest'))!
  const round = {
    sequence,
    timeSeconds: sequence === 1 ? snapshot.asOfSeconds : timestamp,
    riskRoot: matrix.root,
    parameters: matrix.parametersWord,
    configurationHash: configurationHash(content.configuration),
    marketHash: marketHashOf(snapshot),
  }
  const signatures = await Promise.all(
    FEEDERS.map((index) => signRound(connection.deployment, chain.signer(index), round)),
  )
  await postRound(connection, chain.signer(ADMIN), round, signatures)
}

/** Another book with the same collateral, nobody in distress. */
function twoAccounts(ledger: readonly LedgerEntry[]): Account[] {
  const account = (accountId: number, positions: Account['positions']): Account => ({
    accountId,
    owner: BigInt(accountId),
    secret: (1n << 200n) + BigInt(accountId),
    nonce: 0n,
    positions,
  })
  const [cash, ...rest] = ledger.map(({ instrumentId, lots }) => ({ id: instrumentId, quantityLots: lots }))
  return [
    account(1, [{ id: CASH_ID, quantityLots: 1_000n }]),
    account(2, [{ id: CASH_ID, quantityLots: cash!.quantityLots - 1_000n }, ...rest]),
  ]
}

/** As the timelock does when an operation is due. */
async function governed(
  { provider }: LocalChain,
  connection: EngineConnection,
  method: string,
  args: readonly unknown[],
): Promise<void> {
  const { timelock } = connection.deployment
  await provider.send('anvil_impersonateAccount', [timelock])
  await provider.send('anvil_setBalance', [timelock, toBeHex(10n ** 20n)])
  await sendTo(connection, 'vault', method, args, await provider.getSigner(timelock))
  await provider.send('anvil_stopImpersonatingAccount', [timelock])
}
