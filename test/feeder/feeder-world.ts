import { type NonceManager, parseEther } from 'ethers'
import { buildContracts } from '../../src/chain/build.ts'
import { approveParameters } from '../../src/chain/client.ts'
import { type LocalChain, startLocalChain } from '../../src/chain/local-chain.ts'
import { bindConfiguration, connectOracle, type OracleConnection } from '../../src/chain/oracle-client.ts'
import { deployOracle } from '../../src/chain/oracle-deploy.ts'
import { OracleWatch } from '../../src/chain/oracle-watch.ts'
import { send } from '../../src/chain/transactions.ts'
import { Aggregator, type AggregatorOptions } from '../../src/feeder/aggregator.ts'
import { noMemory } from '../../src/feeder/aggregator-memory.ts'
import type { MatrixMaking } from '../../src/feeder/build-round.ts'
import { chainClock } from '../../src/feeder/clock.ts'
import type { AggregatorDesk } from '../../src/feeder/desk.ts'
import { Feeder, type FeederOptions, memoryInProcess } from '../../src/feeder/feeder.ts'
import { OracleReader } from '../../src/feeder/oracle-reader.ts'
import type { MarketSource } from '../../src/feeder/source.ts'
import { DEFAULT_ORACLE_PARAMETERS, type OracleParameters } from '../../src/oracle/oracle-parameters.ts'
import { type QuotedMarket, withoutQuotes } from '../../src/oracle/quoted-market.ts'
import { MARGIN_INSTANCES } from '../../src/protocol/instances.ts'
import { packMarginParameters } from '../../src/protocol/parameters.ts'
import { poseidonHasher } from '../../src/protocol/poseidon.ts'
import { marginParametersOf } from '../../src/risk/configuration.ts'
import { configurationHash } from '../../src/risk/configuration-hash.ts'
import { DEFAULT_CONFIGURATION } from '../../src/risk/default-configuration.ts'
import { SAMPLE_AS_OF_SECONDS, sampleMarket, shiftMarket } from '../../src/risk/market/sample.ts'
import type { MarketSnapshot } from '../../src/risk/market/snapshot.ts'
import { buildRiskMatrix } from '../../src/risk/matrix.ts'

/** A local chain with a challengeable oracle, three feeders and an aggregator in this process, and markets made up for them. */
export const ADMIN = 0
export const POSTER = 1
export const FEEDER_ACCOUNTS = [2, 3, 4] as const
export const EVERY_SECONDS = 60
const QUORUM = 2

/** The half of the sample that is about BTC: what the other half would add is time. */
const BITCOIN = onlyFirstUnderlying(sampleMarket({ seed: 1, size: 'small' }))

function onlyFirstUnderlying(market: MarketSnapshot): MarketSnapshot {
  return {
    ...market,
    underlyings: market.underlyings.slice(0, 1),
    expiries: market.expiries.filter(({ underlying }) => underlying === 0),
    instruments: market.instruments.filter(
      (instrument) => !('underlying' in instrument) || instrument.underlying === 0,
    ),
  }
}

/** What a feeder sees: the sample market at a time, moved by this. */
export interface Sight {
  readonly spotBps?: bigint
  readonly volBps?: bigint
  readonly secondsAgo?: number
  /** Changes it further. */
  readonly change?: (market: MarketSnapshot) => MarketSnapshot
}

export class FeederWorld {
  readonly chain: LocalChain
  readonly connection: OracleConnection
  readonly making: Omit<MatrixMaking, 'round'>
  readonly parameters: OracleParameters = DEFAULT_ORACLE_PARAMETERS
  #snapshot = ''

  private constructor(chain: LocalChain, connection: OracleConnection, making: Omit<MatrixMaking, 'round'>) {
    this.chain = chain
    this.connection = connection
    this.making = making
  }

  static async start(): Promise<FeederWorld> {
    const [hasher, chain, artifacts] = await Promise.all([
      poseidonHasher(),
      startLocalChain({ startSeconds: SAMPLE_AS_OF_SECONDS }),
      buildContracts(),
    ])
    const address = (index: number) => chain.signer(index).getAddress()
    const instance = MARGIN_INSTANCES['margin-4']
    const { oracle } = await deployOracle({
      deployer: chain.signer(ADMIN),
      instance,
      admin: await address(ADMIN),
      feeders: await Promise.all(FEEDER_ACCOUNTS.map(address)),
      quorum: QUORUM,
      maxAgeSeconds: 3_600,
      challengeSeconds: 600,
      bondWei: parseEther('1'),
      rewardBps: 5_000,
      treasury: await address(9),
      artifacts,
    })
    const connection = await connectOracle(oracle, chain.provider, { artifacts })
    const build: MatrixMaking['build'] = async (request) => buildRiskMatrix(hasher, request)
    const world = new FeederWorld(chain, connection, { hasher, instance, build })
    await world.#govern()
    return world
  }

  async #govern(): Promise<void> {
    const { connection } = this
    const [admin, hash] = [this.signer(ADMIN), configurationHash(DEFAULT_CONFIGURATION)]
    const word = packMarginParameters(marginParametersOf(DEFAULT_CONFIGURATION))
    await approveParameters(connection as never, admin, word, hash)
    await bindConfiguration(connection, admin, hash, DEFAULT_CONFIGURATION)
    const role = await connection.listing.getFunction('LISTER_ROLE').staticCall()
    await send(connection.listing, 'grantRole', [role, await admin.getAddress()], admin, connection.errors)
  }

  reader(): OracleReader {
    const { connection, parameters } = this
    return new OracleReader({ connection, configurations: [DEFAULT_CONFIGURATION], fromBlock: 0, parameters })
  }

  aggregator(options: Partial<AggregatorOptions> = {}): Aggregator {
    const reader = this.reader()
    return new Aggregator({
      reader,
      making: this.#makingOn(reader),
      poster: this.signer(POSTER),
      lister: this.signer(ADMIN),
      memory: noMemory(),
      clock: chainClock(this.chain.provider, this.chain.chainId),
      parameters: this.parameters,
      gatherSeconds: 0,
      ...options,
    })
  }

  feeder(
    index: number,
    desk: AggregatorDesk,
    source: MarketSource,
    options: Partial<FeederOptions> = {},
  ): Feeder {
    const reader = this.reader()
    return new Feeder({
      signer: this.signer(FEEDER_ACCOUNTS[index]!),
      source,
      desk,
      reader,
      making: this.#makingOn(reader),
      memory: memoryInProcess(),
      clock: chainClock(this.chain.provider, this.chain.chainId),
      parameters: this.parameters,
      everySeconds: EVERY_SECONDS,
      refreshSeconds: 30,
      ...options,
    })
  }

  #makingOn(reader: OracleReader): MatrixMaking {
    return { ...this.making, round: (sequence) => reader.round(sequence) }
  }

  /** The sample market at the chain's time, as seen by whoever looks; `sight` may change between looks. */
  source(sight: () => Sight = () => ({})): MarketSource {
    return { name: 'sample', take: async () => this.market(await this.chain.now(), sight()) }
  }

  market(
    nowSeconds: number,
    { spotBps = 0n, volBps = 0n, secondsAgo = 0, change = (m) => m }: Sight = {},
  ): QuotedMarket {
    const secondsLater = nowSeconds - secondsAgo - SAMPLE_AS_OF_SECONDS
    // Quotes of a living market are never the same twice.
    const drift = BigInt(Math.floor(secondsLater / EVERY_SECONDS) % 7)
    const shift = { spotBps: spotBps + drift, volBps, secondsLater }
    return withoutQuotes(change(shiftMarket(BITCOIN, shift)))
  }

  watch(): OracleWatch {
    const { connection, making } = this
    const { hasher, instance } = making
    return new OracleWatch({
      ...{ connection, hasher, instance, configurations: [DEFAULT_CONFIGURATION], fromBlock: 0 },
    })
  }

  signer(index: number): NonceManager {
    return this.chain.signer(index)
  }

  address(index: number): Promise<string> {
    return this.signer(FEEDER_ACCOUNTS[index]!).getAddress()
  }

  /** Every test starts from the present state of the chain from now on. */
  async mark(): Promise<void> {
    this.#snapshot = await this.chain.provider.send('evm_snapshot', [])
  }

  async reset(): Promise<void> {
    await this.chain.provider.send('evm_revert', [this.#snapshot])
    await this.mark()
    for (let index = 0; index < 10; index++) this.signer(index).reset()
  }

  close(): Promise<void> {
    return this.chain.close()
  }
}
