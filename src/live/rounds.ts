/** The sample venue's rounds: priced, handed to the service, signed by the feeders, posted. Boundary module. */
import { marketHashOf } from '../bundle/index.ts'
import { signRound } from '../chain/client.ts'
import { sendTo } from '../chain/engine-client/connection.ts'
import { oracleConnectionOf, postRoundWithData } from '../chain/oracle-client.ts'
import { type KnownRound, type KnownRounds, knownRound } from '../keeper/rounds.ts'
import { ToolError } from '../protocol/errors.ts'
import type { MarginInstance } from '../protocol/instances.ts'
import { MatrixPool } from '../prover/matrix-pool.ts'
import type { RiskConfiguration } from '../risk/configuration.ts'
import { Listing } from '../risk/listing.ts'
import { laterMarket } from '../risk/market/later.ts'
import { writeNativeMarket } from '../risk/market/native.ts'
import type { MarketSnapshot } from '../risk/market/snapshot.ts'
import type { RiskMatrix } from '../risk/matrix.ts'
import type { TacitClient } from '../service/client/index.ts'
import type { PricedMarket } from './cast.ts'
import type { Move } from './path.ts'
import { FEEDERS, type LiveStage, QUORUM } from './stage.ts'

export interface RoundTerms {
  readonly instance: MarginInstance
  readonly configuration: RiskConfiguration
  /** The market that every round is a move of. */
  readonly first: MarketSnapshot
}

export interface PostedRound {
  readonly sequence: number
  /** As the service and the chain have it. */
  readonly riskRoot: string
  readonly snapshot: MarketSnapshot
  readonly matrix: RiskMatrix
  readonly known: KnownRound
}

export class LiveRounds {
  readonly #terms: RoundTerms
  readonly #known: KnownRounds
  readonly #pool = new MatrixPool()
  #newest: PostedRound | undefined
  #holds = 0

  constructor(terms: RoundTerms, known: KnownRounds) {
    this.#terms = terms
    this.#known = known
  }

  /** Throws ToolError before the first round. */
  get newest(): PostedRound {
    if (this.#newest === undefined) throw new ToolError('the sample venue has posted no round yet')
    return this.#newest
  }

  /** While somebody holds it, no round is posted: a seal is only taken on one of the last two. */
  get isHeld(): boolean {
    return this.#holds > 0
  }

  async hold<T>(work: () => Promise<T>): Promise<T> {
    this.#holds++
    try {
      return await work()
    } finally {
      this.#holds--
    }
  }

  /** The market after a move, at a second. Nothing is posted. */
  async priced(move: Move, atSeconds: number): Promise<PricedMarket> {
    const { first, configuration, instance } = this.#terms
    const snapshot = laterMarket(first, { ...move, secondsLater: atSeconds - first.asOfSeconds })
    const previous = this.#newest?.matrix
    const matrix = await this.#pool.build({
      ...{ snapshot, configuration, instance },
      listing: previous?.listing ?? Listing.empty,
      ...(previous && { previous }),
    })
    return { snapshot, matrix, risk: knownRound(matrix, snapshot).risk }
  }

  /**
   * Posts the market after a move as the next round, now on the chain's clock: to the service first, so that whoever sees
   * the round on chain finds it there. Throws ToolError when the service prices it otherwise.
   */
  async post(stage: LiveStage, feeder: TacitClient, move: Move): Promise<PostedRound> {
    const atSeconds = await stage.chain.now()
    if (this.#newest !== undefined && atSeconds <= this.#newest.snapshot.asOfSeconds) return this.#newest
    const { snapshot, matrix } = await this.priced(move, atSeconds)
    const riskRoot = `0x${matrix.root.toString(16).padStart(64, '0')}`
    const kept = await feeder.addRound({ markets: [JSON.parse(writeNativeMarket(snapshot))] })
    if (kept.riskRoot !== riskRoot)
      throw new ToolError('the service and the feeders price the market otherwise')
    const known = knownRound(matrix, snapshot)
    this.#known.add(known)
    const sequence = (this.#newest?.sequence ?? 0) + 1
    await this.#send(stage, sequence, snapshot, matrix)
    this.#newest = { sequence, riskRoot, snapshot, matrix, known }
    return this.#newest
  }

  /**
   * Two of the three feeders sign, one of them sends the round with its data and a bond. The engine's clock learns of the
   * new round from a poke.
   */
  async #send(
    { deployment, connection, desk, signer }: LiveStage,
    sequence: number,
    snapshot: MarketSnapshot,
    matrix: RiskMatrix,
  ): Promise<void> {
    const { configuration } = this.#terms
    const quotesHash = marketHashOf(snapshot)
    const prepared = await desk.prepare(sequence, { snapshot, matrix, configuration, quotesHash })
    const { round, sections } = prepared
    const signatures = await Promise.all(
      FEEDERS.slice(0, QUORUM).map((part) => signRound(deployment, signer(part), round)),
    )
    const poster = signer('feeder1')
    await postRoundWithData(oracleConnectionOf(connection), poster, round, signatures, sections)
    desk.posted(prepared)
    await sendTo(connection, 'clock', 'poke', [], poster)
  }

  close(): Promise<void> {
    return this.#pool.close()
  }
}
