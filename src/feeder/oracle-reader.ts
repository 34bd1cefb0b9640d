import type { EventLog } from 'ethers'
import type { RoundDomain } from '../chain/client.ts'
import { type OracleConnection, wordsOfParts } from '../chain/oracle-client.ts'
import { packedConfigurationHash } from '../chain/oracle-configuration.ts'
import { decodeRoundData } from '../chain/oracle-data.ts'
import type { PostedData } from '../chain/oracle-recompute.ts'
import { type ListedWords, listingHashOf } from '../chain/oracle-round.ts'
import { readScaleRules } from '../chain/oracle-scaling.ts'
import { chainErrorOf, view } from '../chain/transactions.ts'
import type { GuardState } from '../oracle/guards.ts'
import type { OracleParameters, SyntheticParameters } from '../oracle/oracle-parameters.ts'
import { InputError } from '../protocol/errors.ts'
import { packMarginParameters } from '../protocol/parameters.ts'
import { marginParametersOf, type RiskConfiguration } from '../risk/configuration.ts'
import { configurationHash } from '../risk/configuration-hash.ts'
import { generationOf, placeOf } from '../risk/risk-tree.ts'
import { ChainAnchor } from './chain-anchor.ts'
import { GuardHistory } from './guard-history.ts'

/**
 * The oracle's state, as a feeder or an aggregator needs it for the next round. Reads what is new and keeps the rest.
 * Boundary module: network.
 */

/** Everything on chain that the next round follows from. */
export interface OracleHead extends RoundDomain {
  /** Sequence of the newest round, rejected or not; 0: none. The next one is one more. */
  readonly latestSequence: number
  /** Its time; 0: none. The next one must be later. */
  readonly latestSeconds: number
  /** The newest round that stands. */
  readonly standing: PostedData | undefined
  readonly listed: ListedWords
  /** Rows of each part of the listing. */
  readonly listedParts: readonly string[]
  readonly listingHash: string
  /** The latest generation that was given at a place, for every place that was ever given. */
  readonly generations: ReadonlyMap<number, number>
  readonly parameters: bigint
  readonly configurationHash: string
  readonly configuration: RiskConfiguration
  /** Checksum addresses, ascending. */
  readonly feeders: readonly string[]
  /** Signatures that a round needs. */
  readonly quorum: number
  /** What the scales of its rounds follow by. */
  readonly scaling: SyntheticParameters
  /** By underlying: what the guards make of the standing rounds so far. */
  readonly guards: ReadonlyMap<string, GuardState>
}

export interface OracleReaderOptions {
  readonly connection: OracleConnection
  /** Those that may be in force on chain; the one that is must be among them. */
  readonly configurations: readonly RiskConfiguration[]
  /** Block that the oracle was deployed in. */
  readonly fromBlock: number
  readonly parameters: OracleParameters
}

export class OracleReader {
  readonly connection: OracleConnection
  readonly #options: OracleReaderOptions
  readonly #rounds = new Map<number, PostedData>()
  readonly #history: GuardHistory
  readonly #anchor: ChainAnchor
  #domain: RoundDomain | undefined

  constructor(options: OracleReaderOptions) {
    this.#options = options
    this.connection = options.connection
    this.#history = new GuardHistory(options.connection, options.parameters)
    this.#anchor = new ChainAnchor(options.connection)
  }

  /**
   * @throws ChainError when the chain does not answer, InputError when the configuration in force is none of the given or is
   * bound to other words
   */
  async read(): Promise<OracleHead> {
    if (!(await this.#anchor.stands())) {
      this.#rounds.clear()
      this.#history.forget()
    }
    const domain = await this.#readDomain()
    const [latest, latestStanding, quorum, set, role] = await Promise.all([
      this.#view<bigint>('latestSequence'),
      this.#view<bigint>('latestStanding'),
      this.#view<bigint>('quorum'),
      this.#view<bigint>('currentParameterSet'),
      this.#view<string>('FEEDER_ROLE'),
    ])
    const [feeders, approved, listing] = await Promise.all([
      this.#view<string[]>('getRoleMembers', role),
      this.#view<{ parameters: bigint; configurationHash: string }>('parameterSets', set),
      this.#readListing(),
    ])
    const configuration = await this.#configurationOf(approved.configurationHash, approved.parameters)
    const standing = latestStanding === 0n ? undefined : await this.round(Number(latestStanding))
    const scaling = await readScaleRules(this.connection, configuration.underlyings)
    const guards = await this.#history.read(Number(latestStanding), configuration)
    return {
      ...domain,
      latestSequence: Number(latest),
      latestSeconds: latest === 0n ? 0 : await this.#postedTime(Number(latest)),
      standing,
      ...listing,
      parameters: approved.parameters,
      configurationHash: approved.configurationHash,
      configuration,
      feeders: [...feeders].sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1)),
      quorum: Number(quorum),
      scaling,
      guards,
    }
  }

  /** A posted round with its data. @throws InputError for one that was never posted */
  async round(sequence: number): Promise<PostedData> {
    const known = this.#rounds.get(sequence)
    if (known !== undefined) return known
    const [posted] = await this.#logs('RoundPosted', sequence)
    const [data] = await this.#logs('RoundData', sequence)
    if (posted === undefined || data === undefined) {
      throw new InputError(`round ${sequence} was never posted`, { field: 'sequence' })
    }
    const decoded = decodeRoundData([...(data.args[2] as string[])])
    const { partsByHash } = await this.#listingHistory()
    const parts = partsByHash.get(decoded.listingHash)
    if (parts === undefined) {
      throw new InputError(`the listing ${decoded.listingHash} was never emitted`, { field: 'listing' })
    }
    const facts = await this.#view<{ previous: bigint }[]>('factsOf', [sequence])
    const round: PostedData = {
      sequence,
      previous: Number(facts[0]!.previous),
      riskRoot: posted.args[1] as bigint,
      data: decoded,
      listed: wordsOfParts(parts),
      configuration: await this.#configurationOf(posted.args[4] as string, posted.args[3] as bigint),
    }
    this.#keep(round)
    return round
  }

  /** Rounds are large: only the last few stay, and those that a later one still names are read again. */
  #keep(round: PostedData): void {
    this.#rounds.set(round.sequence, round)
    const oldest = [...this.#rounds.keys()].sort((a, b) => a - b)
    for (const sequence of oldest.slice(0, -KEPT_ROUNDS)) this.#rounds.delete(sequence)
  }

  async #readDomain(): Promise<RoundDomain> {
    if (this.#domain === undefined) {
      const { chainId } = await this.connection.oracle.runner!.provider!.getNetwork()
      this.#domain = { chainId, oracle: await this.connection.oracle.getAddress() }
    }
    return this.#domain
  }

  /** Of a rejected round too, whose time stays taken. */
  async #postedTime(sequence: number): Promise<number> {
    const [posted] = await this.#logs('RoundPosted', sequence)
    return Number(posted!.args[2])
  }

  async #readListing() {
    const { parts, generations } = await this.#listingHistory()
    const listingHash = listingHashOf(parts)
    return { listed: wordsOfParts(parts), listedParts: parts, listingHash, generations }
  }

  /** From the first change on each time: changes are few, and a reorganisation may have replaced some. */
  async #listingHistory() {
    const { listing, errors } = this.connection
    let logs: EventLog[]
    try {
      logs = (await listing.queryFilter('PartListed', this.#options.fromBlock)) as EventLog[]
    } catch (error) {
      throw chainErrorOf(error, errors)
    }
    const partsByHash = new Map<string, readonly string[]>([[listingHashOf([]), []]])
    const generations = new Map<number, number>()
    let parts: readonly string[] = []
    for (const { args } of logs) {
      const [part, rows] = [Number(args[0]), args[2] as string]
      parts = part < parts.length ? parts.with(part, rows) : [...parts, rows]
      partsByHash.set(args[1] as string, parts)
      for (const id of wordsOfParts(parts).keys()) {
        const [place, generation] = [placeOf(id), generationOf(id)]
        generations.set(place, Math.max(generation, generations.get(place) ?? 0))
      }
    }
    return { parts, partsByHash, generations }
  }

  async #configurationOf(hash: string, parameters: bigint): Promise<RiskConfiguration> {
    const named = this.#options.configurations.find((entry) => configurationHash(entry) === hash)
    if (named === undefined) {
      throw new InputError(`the chain has the configuration ${hash} in force, which is not given`, {
        field: 'configuration',
      })
    }
    const bound = await this.#view<string>('packedConfigurations', hash)
    if (
      bound !== packedConfigurationHash(named) ||
      packMarginParameters(marginParametersOf(named)) !== parameters
    ) {
      throw new InputError('the configuration in force is bound to other words or parameters on chain', {
        field: 'configuration',
      })
    }
    return named
  }

  async #logs(event: string, sequence: number): Promise<EventLog[]> {
    const { oracle, errors } = this.connection
    try {
      const filter = oracle.getEvent(event)(sequence)
      return (await oracle.queryFilter(filter, this.#options.fromBlock)) as EventLog[]
    } catch (error) {
      throw chainErrorOf(error, errors)
    }
  }

  #view<T>(method: string, ...args: unknown[]): Promise<T> {
    return view<T>(this.connection.oracle, method, args, this.connection.errors)
  }
}

const KEPT_ROUNDS = 8
