import { id, type Signer } from 'ethers'
import type { SyntheticRound } from '../oracle/synthetic-round.ts'
import type { Hasher } from '../protocol/poseidon.ts'
import type { RiskConfiguration } from '../risk/configuration.ts'
import { configurationHash } from '../risk/configuration-hash.ts'
import type { MarketSnapshot } from '../risk/market/snapshot.ts'
import type { RiskMatrix } from '../risk/matrix.ts'
import type { Round } from './client.ts'
import { bindConfiguration, listInstruments, type OracleConnection } from './oracle-client.ts'
import { encodeRoundData, type RoundData, roundDataHash } from './oracle-data.ts'
import { type ListedWords, listedWords, listingHashOf, listingParts, makeRoundData } from './oracle-round.ts'
import { type Sent, send } from './transactions.ts'

/** What the rounds of a challengeable oracle are made at: listing first, data from it, then the round. Boundary module: network. */

/** A market, priced. */
export interface PricedMarket {
  readonly snapshot: MarketSnapshot
  readonly matrix: RiskMatrix
  readonly configuration: RiskConfiguration
  /** keccak-256 of what the market was made from: the bundle's market hash, where there is one. */
  readonly quotesHash: string
  /** What the snapshot's scales follow from; undefined: that of the round before stands. */
  readonly synthetic?: SyntheticRound
}

/** A round that is ready to be signed and posted. */
export interface PreparedRound {
  readonly round: Round
  readonly data: RoundData
  /** What postRoundWithData takes. */
  readonly sections: readonly string[]
  readonly listed: ListedWords
}

/** What a desk that takes over from another has to know: the listing on chain, and the newest round that stands. */
export interface DeskState {
  readonly listed: ListedWords
  readonly previous?: { readonly sequence: number; readonly data: RoundData; readonly listed: ListedWords }
}

/** One desk lists at a time: two would overtake each other's listing. */
export class RoundDesk {
  readonly #connection: OracleConnection
  readonly #hasher: Hasher
  readonly #lister: Signer
  #state: DeskState

  /** @param lister has LISTER_ROLE @param state of an oracle without rounds when there is none */
  constructor(
    connection: OracleConnection,
    hasher: Hasher,
    lister: Signer,
    state: DeskState = { listed: new Map() },
  ) {
    this.#connection = connection
    this.#hasher = hasher
    this.#lister = lister
    this.#state = state
  }

  /** Brings the listing on chain to the market's, and makes the round of it. Nothing is posted. */
  async prepare(sequence: number, market: PricedMarket): Promise<PreparedRound> {
    const { snapshot, matrix, configuration, quotesHash, synthetic } = market
    const { previous } = this.#state
    const listed = listedWords(this.#state.listed, snapshot, matrix, configuration)
    await listInstruments(this.#connection, this.#lister, this.#state.listed, listed)
    this.#state = { ...this.#state, listed }
    const listingHash = listingHashOf(listingParts(listed))
    const data = makeRoundData(this.#hasher, {
      ...{ snapshot, matrix, configuration, listingHash, quotesHash },
      ...(synthetic === undefined ? {} : { synthetic }),
      ...(previous === undefined ? {} : { previous }),
    })
    const sections = encodeRoundData(data)
    const round: Round = {
      sequence,
      timeSeconds: data.asOfSeconds,
      riskRoot: matrix.root,
      parameters: matrix.parametersWord,
      configurationHash: configurationHash(configuration),
      marketHash: roundDataHash(sections),
    }
    return { round, data, sections, listed }
  }

  /** The round was posted: the next one's halted instruments stand on it. */
  posted({ round, data, listed }: PreparedRound): void {
    this.#state = { listed: this.#state.listed, previous: { sequence: round.sequence, data, listed } }
  }
}

/** What governance does once before a first round: binds the configuration, and names who lists instruments. */
export async function openListing(
  connection: OracleConnection,
  admin: Signer,
  configuration: RiskConfiguration,
  lister: string,
): Promise<Sent[]> {
  const { listing, errors } = connection
  const bound = await bindConfiguration(connection, admin, configurationHash(configuration), configuration)
  const granted = await send(listing, 'grantRole', [id('LISTER_ROLE'), lister], admin, errors)
  return [bound, granted]
}
