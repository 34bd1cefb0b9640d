import { toBeHex } from 'ethers'
import { sendTo } from '../../../chain/engine-client/connection.ts'
import type { KnownRounds } from '../../../keeper/rounds.ts'
import { knownRound } from '../../../keeper/rounds.ts'
import { MatrixPool } from '../../../prover/matrix-pool.ts'
import { laterMarket } from '../../../risk/market/later.ts'
import type { MarketSnapshot } from '../../../risk/market/snapshot.ts'
import type { RiskMatrix } from '../../../risk/matrix.ts'
import { marketHashOf, type RoundSession } from '../../session.ts'
import { feedRound, type Stage } from '../stage.ts'

const BLOCK_SECONDS = 12

export interface Move {
  readonly spotBps: bigint
  readonly volBps: bigint
}

/** The demo's market and clock: rounds at any time of the local chain. Boundary module: threads and network. */
export class DemoMarket {
  readonly #session: RoundSession
  readonly #stage: Stage
  readonly #rounds: KnownRounds
  readonly #pool = new MatrixPool()
  #previous: RiskMatrix
  #sequence: number

  constructor(
    session: RoundSession,
    stage: Stage,
    rounds: KnownRounds,
    previous: RiskMatrix,
    sequence: number,
  ) {
    this.#session = session
    this.#stage = stage
    this.#rounds = rounds
    this.#previous = previous
    this.#sequence = sequence
  }

  get sequence(): number {
    return this.#sequence
  }

  /** The session's market after a move, so many seconds from now on the chain's clock. */
  async priced(move: Move, secondsAhead = 0): Promise<{ snapshot: MarketSnapshot; matrix: RiskMatrix }> {
    const { configuration, instance, snapshot: first } = this.#session
    const at = (await this.#stage.chain.now()) + secondsAhead
    const snapshot = laterMarket(first, { ...move, secondsLater: at - first.asOfSeconds })
    const previous = this.#previous
    const { listing } = previous
    const matrix = await this.#pool.build({ snapshot, configuration, instance, listing, previous })
    return { snapshot, matrix }
  }

  /** Prices the market after a move and posts it as the next round. */
  async round(move: Move): Promise<number> {
    const { snapshot, matrix } = await this.priced(move)
    const { configuration } = this.#session
    this.#sequence++
    await feedRound(this.#stage, this.#sequence, {
      snapshot,
      matrix,
      configuration,
      marketHash: marketHashOf(snapshot),
    })
    this.#previous = matrix
    this.#rounds.add(knownRound(matrix, snapshot))
    // The engine's clock learns of the new round's freshness from a poke; anybody may.
    await sendTo(this.#stage.connection, 'clock', 'poke', [], this.#stage.signer('keeper'))
    return this.#sequence
  }

  /** Empty blocks of 12 seconds: the engine's clock counts only so much for each block. */
  async wait(seconds: number): Promise<void> {
    const blocks = Math.ceil(seconds / BLOCK_SECONDS)
    await this.#everyBlockTakes(BLOCK_SECONDS)
    await this.#stage.chain.provider.send('anvil_mine', [toBeHex(blocks)])
    await this.standStill()
  }

  /** One block, much later: for delays that do not count blocks. */
  async skip(seconds: number): Promise<void> {
    const { chain } = this.#stage
    await chain.provider.send('evm_setNextBlockTimestamp', [(await chain.now()) + seconds])
    await chain.provider.send('evm_mine', [])
  }

  /** From now on a block is a second, however long a proof takes on this machine. */
  standStill(): Promise<void> {
    return this.#everyBlockTakes(1)
  }

  async #everyBlockTakes(seconds: number): Promise<void> {
    await this.#stage.chain.provider.send('anvil_setBlockTimestampInterval', [seconds])
  }

  close(): Promise<void> {
    return this.#pool.close()
  }
}
