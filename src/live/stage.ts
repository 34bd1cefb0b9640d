/** The sample venue's chain: contracts, roles, short clocks, test money. Boundary module: starts a local chain. */
import { Contract, id, type NonceManager, parseEther, ZeroHash } from 'ethers'
import type { BuildOptions } from '../chain/build.ts'
import { approveParameters } from '../chain/client.ts'
import { type CircuitKey, deployEngine, type EngineDeployOptions } from '../chain/deploy-engine.ts'
import { connectEngine, type EngineConnection, sendTo } from '../chain/engine-client/connection.ts'
import type { EngineDeployment } from '../chain/engine-client/deployment.ts'
import { depositLots } from '../chain/engine-client/liquidator.ts'
import { ENGINE_PARAMETERS, type EngineParameter, readParameters } from '../chain/engine-client/parameters.ts'
import { type LocalChain, startLocalChain } from '../chain/local-chain.ts'
import { oracleConnectionOf } from '../chain/oracle-client.ts'
import { openListing, RoundDesk } from '../chain/oracle-desk.ts'
import { send } from '../chain/transactions.ts'
import type { KeeperProvers } from '../keeper/provers.ts'
import { ToolError } from '../protocol/errors.ts'
import { ENGINE_CIRCUITS, type MarginInstance } from '../protocol/instances.ts'
import type { Hasher } from '../protocol/poseidon.ts'
import { LEAST_LIQUIDITY_NANO } from '../protocol/solvency.ts'
import type { CircuitArtifacts } from '../prover/backend.ts'
import type { RiskConfiguration } from '../risk/configuration.ts'
import { configurationHash } from '../risk/configuration-hash.ts'

/** A round older than this is stale. */
export const MAX_AGE_SECONDS = 600
export const QUORUM = 2
/** For each round: the sample venue's feeders hold ten thousand. */
const BOND_WEI = parseEther('0.01')
const REWARD_BPS = 5_000

/** Accounts of the local chain by part. One hand each, so that no two programs count one nonce. */
const PARTS = {
  admin: 0,
  venue: 1,
  feeder1: 2,
  feeder2: 3,
  feeder3: 4,
  attester: 5,
  keeper: 6,
  visitor: 7,
  alice: 8,
  bob: 9,
} as const
export type Part = keyof typeof PARTS
export const FEEDERS = ['feeder1', 'feeder2', 'feeder3'] as const
/** Whoever may bid. The visitor is nobody's program: whoever looks at the venue may import its key into a wallet. */
export const LIQUIDATORS = ['alice', 'bob', 'visitor'] as const
export type LiquidatorPart = (typeof LIQUIDATORS)[number]

export interface LiveStage {
  readonly chain: LocalChain
  readonly deployment: EngineDeployment
  readonly connection: EngineConnection
  /** Settlement cash, a test token that anybody mints. */
  readonly token: Contract
  /** Makes the rounds; the second feeder lists instruments. */
  readonly desk: RoundDesk
  signer(part: Part): NonceManager
  address(part: Part): Promise<string>
}

export interface StageRequest {
  readonly provers: KeeperProvers
  readonly seal: CircuitArtifacts
  readonly build: BuildOptions
  /** Of the first round. */
  readonly parametersWord: bigint
  readonly instance: MarginInstance
  readonly hasher: Hasher
  readonly configuration: RiskConfiguration
  readonly challengeSeconds: number
  /** What governance sets before the venue opens. */
  readonly clocks: Readonly<Partial<Record<EngineParameter, bigint>>>
  /** The chain's clock when the venue opens, unix seconds. */
  readonly openSeconds: () => number
  /** Between two blocks while nobody sends; undefined: only transactions make blocks. */
  readonly blockSeconds: number | undefined
  /** Tried first; a free one where it is taken. */
  readonly port: number
  /** Told when the chain's process runs. */
  readonly started: (chain: LocalChain) => void
}

const TOKEN_ABI = [
  'function mint(address to, uint256 units)',
  'function approve(address spender, uint256 units)',
  'function balanceOf(address account) view returns (uint256)',
  'function totalSupply() view returns (uint256)',
]
/** A proof may take a while, and blocks come often: this only bounds what a chain that stood still makes up for. */
const SECONDS_PER_BLOCK = 30
const DAY_SECONDS = 86_400
/** Everybody who pays begins with 100 million USD of test money. */
const RICH_LOTS = 10_000_000_000n
/** 50,000 USD of the insurance fund. */
const INSURANCE_LOTS = 5_000_000n
/** 500,000 USD: what the clearing house can carry. */
const HOUSE_CAPITAL_LOTS = 50_000_000n

/** The shortest that the contract takes. */
const SEAL_TIMES = { demandSeconds: 3_600, answerSeconds: 600 }

/** What the sample market offers to hedge with: 2 and 1 million USD, and no third underlying. */
export const LIQUIDITY_NANO: readonly bigint[] = [
  2_000_000n * 10n ** 9n,
  1_000_000n * 10n ** 9n,
  LEAST_LIQUIDITY_NANO,
]

/**
 * Starts a chain a little more than a day in the past, deploys, has governance shorten the clocks through its timelock's
 * day, and lets the chain's clock arrive at the present. The caller closes the chain.
 */
export async function openLiveStage(request: StageRequest): Promise<LiveStage> {
  const chain = await startChain(request)
  request.started(chain)
  try {
    const signer = (part: Part) => chain.signer(PARTS[part])
    const address = (part: Part) => signer(part).getAddress()
    const deployment = await deployEngine(await deployOptions(request, signer, address))
    const connection = await connectEngine(deployment, chain.provider, request.build)
    const { configuration, parametersWord } = request
    await approveParameters(connection, signer('admin'), parametersWord, configurationHash(configuration))
    const oracle = oracleConnectionOf(connection)
    await openListing(oracle, signer('admin'), configuration, await address('feeder2'))
    const desk = new RoundDesk(oracle, request.hasher, signer('feeder2'))
    const token = new Contract(deployment.token, TOKEN_ABI, chain.provider)
    const stage: LiveStage = { chain, deployment, connection, token, desk, signer, address }
    await govern(stage, request)
    await endowAll(stage)
    return stage
  } catch (error) {
    await chain.close()
    throw error
  }
}

async function startChain({ port, blockSeconds, openSeconds }: StageRequest): Promise<LocalChain> {
  const startSeconds = openSeconds() - 2 * DAY_SECONDS
  const options = { startSeconds, ...(blockSeconds === undefined ? {} : { blockSeconds }) }
  try {
    return await startLocalChain({ ...options, port })
  } catch (error) {
    if (port === 0 || !(error instanceof ToolError)) throw error
    return startLocalChain(options)
  }
}

async function deployOptions(
  { provers, seal, build, instance, challengeSeconds }: StageRequest,
  signer: LiveStage['signer'],
  address: LiveStage['address'],
): Promise<EngineDeployOptions> {
  const admin = await address('admin')
  const circuits = Object.fromEntries(
    ENGINE_CIRCUITS.map((circuit) => [circuit, keyOf(provers[circuit].artifacts)]),
  )
  return {
    ...build,
    ...keyOf(provers.margin.artifacts),
    circuits: circuits as unknown as EngineDeployOptions['circuits'],
    seals: { seal: keyOf(seal), liquidityNano: LIQUIDITY_NANO, parameters: SEAL_TIMES },
    deployer: signer('admin'),
    admin,
    venue: await address('venue'),
    feeders: await Promise.all(FEEDERS.map(address)),
    quorum: QUORUM,
    maxAgeSeconds: MAX_AGE_SECONDS,
    challenge: { instance, challengeSeconds, bondWei: BOND_WEI, rewardBps: REWARD_BPS, treasury: admin },
    proposers: [admin],
    timelockSeconds: DAY_SECONDS,
    guardian: admin,
    whitelister: admin,
    houseOperator: admin,
    maxSecondsPerBlock: SECONDS_PER_BLOCK,
  }
}

function keyOf({ verificationKey, provenance, name }: CircuitArtifacts): CircuitKey {
  return { key: verificationKey, provenance: { kind: provenance.kind, circuit: name } }
}

/** Governance sets the clocks: proposed in the past, executed when the venue opens. */
async function govern(stage: LiveStage, { clocks, openSeconds }: StageRequest): Promise<void> {
  const { connection, chain, signer, deployment } = stage
  const entries = Object.entries(clocks) as [EngineParameter, bigint][]
  const calls = entries.map(([name, value]) =>
    connection.contracts.parameters.interface.encodeFunctionData('set', [
      ENGINE_PARAMETERS.indexOf(name),
      value,
    ]),
  )
  const targets = entries.map(() => deployment.parameters)
  const batch = [targets, entries.map(() => 0n), calls, ZeroHash, id('sample venue')]
  await sendTo(connection, 'timelock', 'scheduleBatch', [...batch, DAY_SECONDS], signer('admin'))
  // From here on the chain's clock is the present.
  await chain.provider.send('evm_setNextBlockTimestamp', [openSeconds()])
  await chain.provider.send('evm_mine', [])
  await sendTo(connection, 'timelock', 'executeBatch', batch, signer('admin'))
}

async function endowAll(stage: LiveStage): Promise<void> {
  const { connection, deployment, signer } = stage
  for (const part of ['venue', 'keeper', ...LIQUIDATORS] as const) await endow(stage, part)
  const { venueBondMinLots } = await readParameters(connection)
  // Without a bond the venue publishes nothing. Ten times the least: it may have to pay.
  await sendTo(connection, 'engine', 'postVenueBond', [10n * venueBondMinLots], signer('venue'))
  await sendTo(connection, 'fund', 'donate', [0, INSURANCE_LOTS], signer('keeper'))
  await sendTo(connection, 'escrow', 'depositFor', [deployment.house, HOUSE_CAPITAL_LOTS], signer('keeper'))
}

/** Test money: half of it free in the escrow, half in hand and approved to whoever takes some. */
async function endow({ connection, deployment, token, signer }: LiveStage, part: Part): Promise<void> {
  const { escrow, fund, vault, unitsPerLot } = deployment
  const sender = signer(part)
  const units = RICH_LOTS * unitsPerLot
  await send(token, 'mint', [await sender.getAddress(), units], sender, connection.errors)
  for (const spender of [escrow, fund, vault]) {
    await send(token, 'approve', [spender, units], sender, connection.errors)
  }
  await depositLots(connection, sender, RICH_LOTS / 2n)
}
