/** The demo's chain: contracts, roles, rounds, book heads. Boundary module: starts a local chain. */
import { AbiCoder, Contract, keccak256, type NonceManager, parseEther } from 'ethers'
import type { Book } from '../../book/book.ts'
import type { BuildOptions } from '../../chain/build.ts'
import { approveParameters, publishBook, signRound } from '../../chain/client.ts'
import { type CircuitKey, deployEngine, type EngineDeployOptions } from '../../chain/deploy-engine.ts'
import { connectEngine, type EngineConnection, sendTo } from '../../chain/engine-client/connection.ts'
import type { EngineDeployment } from '../../chain/engine-client/deployment.ts'
import { depositLots } from '../../chain/engine-client/liquidator.ts'
import { readParameters } from '../../chain/engine-client/parameters.ts'
import { type LocalChain, startLocalChain } from '../../chain/local-chain.ts'
import { oracleConnectionOf, postRoundWithData } from '../../chain/oracle-client.ts'
import { openListing, RoundDesk } from '../../chain/oracle-desk.ts'
import { type Sent, send } from '../../chain/transactions.ts'
import type { KeeperProvers } from '../../keeper/provers.ts'
import { ToolError } from '../../protocol/errors.ts'
import { ENGINE_CIRCUITS } from '../../protocol/instances.ts'
import { LEAST_LIQUIDITY_NANO } from '../../protocol/solvency.ts'
import type { CircuitArtifacts } from '../../prover/backend.ts'
import type { RiskConfiguration } from '../../risk/configuration.ts'
import type { MarketSnapshot } from '../../risk/market/snapshot.ts'
import type { RiskMatrix } from '../../risk/matrix.ts'
import type { RoundSession } from '../session.ts'

/** A round older than this is stale on the demo's chain. */
export const MAX_AGE_SECONDS = 600
const QUORUM = 2
/** How long a round can be challenged, in the demo: over when the offers for a hedge are, the shortest of all sales. */
const CHALLENGE_SECONDS = 30
const BOND_WEI = parseEther('1')
const REWARD_BPS = 5_000

/** Accounts of the local chain by part; the venue's admin deploys. */
const PARTS = {
  admin: 0,
  venue: 1,
  feeder1: 2,
  feeder2: 3,
  feeder3: 4,
  owner: 5,
  keeper: 6,
  thief: 7,
  alice: 8,
  bob: 9,
} as const
export type Part = keyof typeof PARTS
const FEEDERS = ['feeder1', 'feeder2', 'feeder3'] as const

export interface Stage {
  readonly chain: LocalChain
  readonly deployment: EngineDeployment
  readonly connection: EngineConnection
  /** Settlement cash, a test token that anybody mints. */
  readonly token: Contract
  /** Makes the rounds; the admin lists. */
  readonly desk: RoundDesk
  signer(part: Part): NonceManager
  address(part: Part): Promise<string>
  close(): Promise<void>
}

const TOKEN_ABI = [
  'function mint(address to, uint256 units)',
  'function approve(address spender, uint256 units)',
  'function balanceOf(address account) view returns (uint256)',
  'function totalSupply() view returns (uint256)',
]
const SECONDS_PER_BLOCK = 30
const TIMELOCK_SECONDS = 86_400
/** Everybody who pays begins with 100 million USD. */
export const RICH_LOTS = 10_000_000_000n

/** What the market of the demo offers to hedge with: 2 and 1 million USD, and no third underlying. */
const LIQUIDITY_NANO = [2_000_000n * 10n ** 9n, 1_000_000n * 10n ** 9n, LEAST_LIQUIDITY_NANO]

/** Whose keys the demo's verifiers have. */
export interface StageCircuits {
  readonly provers: KeeperProvers
  readonly seal: CircuitArtifacts
}

/** Starts a chain whose clock is the market's, deploys, and puts the configuration in force. The caller closes it. */
export async function openStage(
  session: RoundSession,
  circuits: StageCircuits,
  build: BuildOptions,
): Promise<Stage> {
  const chain = await startLocalChain({ startSeconds: session.matrix.asOfSeconds })
  try {
    const signer = (part: Part) => chain.signer(PARTS[part])
    const address = (part: Part) => signer(part).getAddress()
    const admin = await address('admin')
    const deployment = await deployEngine({
      ...build,
      ...keysOf(circuits),
      deployer: signer('admin'),
      admin,
      venue: await address('venue'),
      feeders: await Promise.all(FEEDERS.map(address)),
      quorum: QUORUM,
      maxAgeSeconds: MAX_AGE_SECONDS,
      challenge: {
        instance: session.instance,
        challengeSeconds: CHALLENGE_SECONDS,
        bondWei: BOND_WEI,
        rewardBps: REWARD_BPS,
        treasury: admin,
      },
      proposers: [admin],
      timelockSeconds: TIMELOCK_SECONDS,
      guardian: admin,
      whitelister: admin,
      houseOperator: admin,
      maxSecondsPerBlock: SECONDS_PER_BLOCK,
    })
    const connection = await connectEngine(deployment, chain.provider, build)
    const { parametersWord } = session.matrix
    await approveParameters(connection, signer('admin'), parametersWord, session.configurationHash)
    const oracle = oracleConnectionOf(connection)
    await openListing(oracle, signer('admin'), session.configuration, admin)
    const desk = new RoundDesk(oracle, session.hasher, signer('admin'))
    const token = new Contract(deployment.token, TOKEN_ABI, chain.provider)
    const close = () => chain.close()
    const stage: Stage = { chain, deployment, connection, token, desk, signer, address, close }
    await endow(stage, 'venue')
    const { venueBondMinLots } = await readParameters(connection)
    // Without a bond the venue publishes nothing. Three times the least: it may have to pay.
    await sendTo(connection, 'engine', 'postVenueBond', [3n * venueBondMinLots], signer('venue'))
    return stage
  } catch (error) {
    await chain.close()
    throw error
  }
}

function keysOf({
  provers,
  seal,
}: StageCircuits): Pick<EngineDeployOptions, 'key' | 'provenance' | 'circuits' | 'seals'> {
  const circuits = Object.fromEntries(
    ENGINE_CIRCUITS.map((circuit) => [circuit, keyOf(provers[circuit].artifacts)]),
  )
  return {
    ...keyOf(provers.margin.artifacts),
    circuits: circuits as unknown as EngineDeployOptions['circuits'],
    seals: { seal: keyOf(seal), liquidityNano: LIQUIDITY_NANO },
  }
}

function keyOf({ verificationKey, provenance, name }: CircuitArtifacts): CircuitKey {
  return { key: verificationKey, provenance: { kind: provenance.kind, circuit: name } }
}

/** Test money: half of it free in the escrow, half in hand and approved to whoever takes some. */
export async function endow(stage: Stage, part: Part): Promise<void> {
  const { connection, deployment, token } = stage
  const { escrow, fund, vault, unitsPerLot } = deployment
  const sender = stage.signer(part)
  const units = RICH_LOTS * unitsPerLot
  await send(token, 'mint', [await sender.getAddress(), units], sender, connection.errors)
  for (const spender of [escrow, fund, vault]) {
    await send(token, 'approve', [spender, units], sender, connection.errors)
  }
  await depositLots(connection, sender, RICH_LOTS / 2n)
}

/** What of a round the market decides. */
export interface RoundContent {
  readonly snapshot: MarketSnapshot
  readonly matrix: RiskMatrix
  readonly configuration: RiskConfiguration
  readonly marketHash: string
}

/** Two of the three feeders sign the round, and a keeper posts it with its data, for the bond. */
export async function feedRound(stage: Stage, sequence: number, content: RoundContent): Promise<Sent> {
  const { deployment, connection, desk } = stage
  const prepared = await desk.prepare(sequence, { ...content, quotesHash: content.marketHash })
  const { round, sections } = prepared
  const signatures = await Promise.all(
    FEEDERS.slice(0, QUORUM).map((part) => signRound(deployment, stage.signer(part), round)),
  )
  const poster = stage.signer('keeper')
  const sent = await postRoundWithData(oracleConnectionOf(connection), poster, round, signatures, sections)
  desk.posted(prepared)
  return sent
}

/**
 * The venue publishes the book as the head after `baseSequence`.
 * @throws ToolError when the contract and the book disagree on the root, which would be a fault in Tacit itself
 */
export async function publishHead(stage: Stage, book: Book, baseSequence: number): Promise<Sent> {
  const leaves = AbiCoder.defaultAbiCoder().encode(['uint256[]'], [[...book.leaves]])
  const sent = await publishBook(stage.connection, stage.signer('venue'), {
    baseSequence,
    treeRoot: book.treeRoot,
    count: book.count,
    dataHash: keccak256(leaves),
  })
  if (sent.bookRoot !== book.root) throw new ToolError('contract and book disagree on the book root')
  return sent
}
