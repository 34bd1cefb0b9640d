import type { Signer } from 'ethers'
import { NO_SYNTHETIC } from '../oracle/synthetic-round.ts'
import { InputError, TacitError } from '../protocol/errors.ts'
import type { MarginInstance } from '../protocol/instances.ts'
import { packMarginParameters } from '../protocol/parameters.ts'
import type { Hasher } from '../protocol/poseidon.ts'
import { marginParametersOf, type RiskConfiguration } from '../risk/configuration.ts'
import { configurationHash } from '../risk/configuration-hash.ts'
import { type Challenge, challengeOf, type PostedRound } from './oracle-challenge.ts'
import {
  type ListingLog,
  type OracleConnection,
  type PostedLog,
  readLogs,
  sendChallenge,
  wordsOfParts,
} from './oracle-client.ts'
import { packedConfigurationHash } from './oracle-configuration.ts'
import { decodeRoundData, type RoundData } from './oracle-data.ts'
import { prepareGroup } from './oracle-group.ts'
import { findFault, type RoundFault } from './oracle-recompute.ts'
import { readScaleRules } from './oracle-scaling.ts'
import { type Sent, view } from './transactions.ts'

/**
 * Recomputes every posted round from what stands on chain and challenges the wrong ones. Keeps what it has read; a step
 * reads what is new. Boundary module: network and the time that a recomputation takes.
 */
export interface WatchOptions {
  readonly connection: OracleConnection
  readonly hasher: Hasher
  readonly instance: MarginInstance
  /** Every configuration that rounds may name; one that is not here cannot be recomputed. */
  readonly configurations: readonly RiskConfiguration[]
  /** Block that the oracle was deployed in. */
  readonly fromBlock: number
  /** Sends the challenges; without it wrong rounds are only told. */
  readonly challenger?: Signer | undefined
}

/**
 * honest: recomputed, and the same. challenged: found wrong, and rejected by this watcher's challenge. rejected: by somebody
 * else's. wrong: found wrong, and not challenged. final and wrong: nobody challenged it in time. unknown configuration:
 * not recomputed, for this watcher has not got it. failed: `failure` says why; it is looked at again.
 */
export type RoundState =
  | 'honest'
  | 'wrong'
  | 'challenged'
  | 'rejected'
  | 'final and wrong'
  | 'unknown configuration'
  | 'failed'

export interface WatchedRound {
  readonly sequence: number
  readonly riskRoot: bigint
  readonly poster: string
  readonly state: RoundState
  readonly fault: RoundFault | undefined
  /** The challenge's transactions, where one was sent; the last one is the challenge itself. */
  readonly sent: readonly Sent[]
  readonly recomputeMs: number
  readonly failure?: string
}

/** Blocks that are read again each time: a reorganisation may have put others in their place. */
const REREAD_BLOCKS = 64

export class OracleWatch {
  readonly #options: WatchOptions
  readonly #rounds = new Map<number, PostedRound>()
  readonly #seen = new Map<number, { readonly blockHash: string; readonly state: RoundState }>()
  /** Parts of the listing by the hash that rounds name. */
  readonly #partsByHash = new Map<string, readonly string[]>()
  #nextBlock: number

  constructor(options: WatchOptions) {
    this.#options = options
    this.#nextBlock = options.fromBlock
  }

  /** Rounds that were posted since the last step, each with what was found and done. */
  async step(): Promise<WatchedRound[]> {
    const { connection, fromBlock } = this.#options
    const latest = await connection.oracle.runner!.provider!.getBlockNumber()
    const from = Math.max(fromBlock, this.#nextBlock - REREAD_BLOCKS)
    const { rounds, listings } = await readLogs(connection, fromBlock, from, latest)
    this.#nextBlock = latest + 1
    this.#takeListings(listings)
    const watched: WatchedRound[] = []
    for (const log of rounds) {
      if (await this.#isSettled(log)) continue
      const round = await this.#watchSafely(log)
      watched.push(round)
      if (round.state === 'failed')
        this.#nextBlock = Math.min(this.#nextBlock, log.blockNumber + REREAD_BLOCKS)
      else this.#seen.set(log.sequence, { blockHash: log.blockHash, state: round.state })
    }
    return watched
  }

  /**
   * Whether nothing is left to do about a round. One in another block is another round, whatever of it is the same; and a
   * challenge can be gone from the chain while its round is not.
   */
  async #isSettled({ sequence, blockHash }: PostedLog): Promise<boolean> {
    const seen = this.#seen.get(sequence)
    if (seen?.blockHash !== blockHash) return false
    if (seen.state !== 'challenged' && seen.state !== 'rejected') return true
    const { oracle, errors } = this.#options.connection
    return view<boolean>(oracle, 'isRejected', [sequence], errors)
  }

  /** One round that cannot be looked at must not keep the watcher from the others. */
  async #watchSafely(log: PostedLog): Promise<WatchedRound> {
    try {
      return await this.#watch(log)
    } catch (error) {
      if (!(error instanceof TacitError) || error.code === 'CHAIN_UNAVAILABLE') throw error
      const { sequence, riskRoot, poster } = log
      const failure = error.message
      return {
        sequence,
        riskRoot,
        poster,
        state: 'failed',
        fault: undefined,
        sent: [],
        recomputeMs: 0,
        failure,
      }
    }
  }

  /** From the first change on each time: changes are few, and a reorganisation may have replaced some. */
  #takeListings(listings: readonly ListingLog[]): void {
    this.#partsByHash.clear()
    this.#partsByHash.set(EMPTY_LISTING, [])
    let parts: readonly string[] = []
    for (const { part, listingHash, rows } of listings) {
      parts = part < parts.length ? parts.with(part, rows) : [...parts, rows]
      this.#partsByHash.set(listingHash, parts)
    }
  }

  async #watch(log: PostedLog): Promise<WatchedRound> {
    const { connection, hasher, instance } = this.#options
    const { sequence, riskRoot, poster } = log
    const told = (state: RoundState, fault?: RoundFault, sent: readonly Sent[] = [], recomputeMs = 0) => ({
      ...{ sequence, riskRoot, poster, state, fault, sent, recomputeMs },
    })
    const configuration = await this.#configurationOf(log)
    if (configuration === undefined) return told('unknown configuration')
    const parameters = await readScaleRules(connection, configuration.underlyings)
    const started = performance.now()
    const { round, fault: malformed } = await this.#decode(log, configuration)
    this.#rounds.set(sequence, round)
    const lookup = (number: number) => this.#rounds.get(number)
    const fault = malformed ?? findFault(hasher, instance, round, lookup, parameters)
    const recomputeMs = performance.now() - started
    if (fault === undefined) return told('honest', undefined, [], recomputeMs)
    if (await view<boolean>(connection.oracle, 'isRejected', [sequence], connection.errors)) {
      return told('rejected', fault, [], recomputeMs)
    }
    if (await view<boolean>(connection.oracle, 'isSettleable', [sequence], connection.errors)) {
      return told('final and wrong', fault, [], recomputeMs)
    }
    const { challenger } = this.#options
    if (challenger === undefined) return told('wrong', fault, [], recomputeMs)
    return told('challenged', fault, await this.#challenge(challenger, round, fault), recomputeMs)
  }

  async #challenge(challenger: Signer, round: PostedRound, fault: RoundFault): Promise<Sent[]> {
    const { connection } = this.#options
    const lookup = (number: number) => this.#rounds.get(number)
    const prepared =
      fault.kind === 'group' ? await prepareGroup(connection, challenger, round, fault.group, lookup) : []
    const challenge: Challenge = challengeOf(fault, round, lookup)
    return [...prepared, await sendChallenge(connection, challenger, challenge)]
  }

  /** What the round is made of; with a fault where its bytes are none that a round has. */
  async #decode(log: PostedLog, configuration: RiskConfiguration) {
    const { connection } = this.#options
    const [facts] = await view<{ previous: bigint }[]>(
      connection.oracle,
      'factsOf',
      [[log.sequence]],
      connection.errors,
    )
    const listingHash = log.sections[0]!.slice(0, 66)
    const parts = this.#partsByHash.get(listingHash)
    if (parts === undefined) throw new InputError(`the listing ${listingHash} was never emitted`)
    const common = {
      sequence: log.sequence,
      previous: Number(facts!.previous),
      riskRoot: log.riskRoot,
      listed: wordsOfParts(parts),
      configuration,
      sections: log.sections,
      parts,
    }
    try {
      const round: PostedRound = { ...common, data: decodeRoundData(log.sections) }
      return { round, fault: undefined }
    } catch (error) {
      if (!(error instanceof InputError) || error.location.row === undefined) throw error
      const fault: RoundFault = { kind: 'format', section: error.location.row - 1 }
      return { round: { ...common, data: NO_DATA }, fault }
    }
  }

  /** The configuration that the round names, if its packed form and its parameters are the ones in force on chain. */
  async #configurationOf(log: PostedLog): Promise<RiskConfiguration | undefined> {
    const { connection, configurations } = this.#options
    const named = configurations.find((entry) => configurationHash(entry) === log.configurationHash)
    if (named === undefined) return undefined
    const args = [log.configurationHash]
    const bound = await view<string>(connection.oracle, 'packedConfigurations', args, connection.errors)
    const word = packMarginParameters(marginParametersOf(named))
    return bound === packedConfigurationHash(named) && word === log.parameters ? named : undefined
  }
}

/** keccak-256 of nothing: the listing before its first part. */
const EMPTY_LISTING = '0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470'

/** Stands in for data that cannot be read: nothing is recomputed from it. */
const NO_DATA: RoundData = {
  listingHash: EMPTY_LISTING,
  quotesHash: EMPTY_LISTING,
  asOfSeconds: 0,
  spotsNano: [0n, 0n, 0n],
  ...{ scalesBps: NO_SYNTHETIC.scalesBps, synthetic: NO_SYNTHETIC.entries },
  expiries: [],
  marks: [],
  halts: [],
  tops: [],
  groups: [],
}
