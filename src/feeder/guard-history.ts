import type { OracleConnection } from '../chain/oracle-client.ts'
import { view } from '../chain/transactions.ts'
import { type GuardState, guardRound } from '../oracle/guards.ts'
import type { OracleParameters } from '../oracle/oracle-parameters.ts'
import { ROUND_SPOTS } from '../protocol/oracle-words.ts'
import { unpackWord } from '../protocol/packed-word.ts'
import type { RiskConfiguration } from '../risk/configuration.ts'

/**
 * What the guards remember, from the spots of standing rounds on chain: whoever reads them has the same memory, a process that
 * was started again as well. Boundary module: network.
 */
export class GuardHistory {
  readonly #connection: OracleConnection
  readonly #parameters: OracleParameters
  readonly #known = new Map<number, SpotsOfRound>()

  constructor(connection: OracleConnection, parameters: OracleParameters) {
    this.#connection = connection
    this.#parameters = parameters
  }

  /** What was read is no longer so (ChainAnchor). */
  forget(): void {
    this.#known.clear()
  }

  /** @param sequence the newest standing round; 0: none */
  async read(sequence: number, { underlyings }: RiskConfiguration): Promise<ReadonlyMap<string, GuardState>> {
    const rounds = await this.#walkBack(sequence)
    const states = new Map<string, GuardState>()
    for (const { sequence: of, asOfSeconds, spotsNano } of rounds) {
      underlyings.forEach((symbol, place) => {
        const priceNano = spotsNano[place] ?? 0n
        if (priceNano === 0n) return
        const print = { sequence: of, asOfSeconds, priceNano, lowestNano: priceNano, highestNano: priceNano }
        const outcome = guardRound(states.get(symbol), print, asOfSeconds, 0, this.#parameters.guards)
        if (outcome.state !== undefined) states.set(symbol, outcome.state)
      })
    }
    return states
  }

  /** Oldest first, as far back as the guards look. */
  async #walkBack(newest: number): Promise<SpotsOfRound[]> {
    const { averageWindowSeconds, breakerWindowSeconds, repeatRounds } = this.#parameters.guards
    const window = Math.max(averageWindowSeconds, breakerWindowSeconds)
    const rounds: SpotsOfRound[] = []
    let next = newest
    let outside = 0
    while (next !== 0 && outside < repeatRounds && rounds.length < MOST_ROUNDS) {
      const round = await this.#spotsOf(next)
      next = round.previous
      if (round.isRejected) continue
      rounds.unshift(round)
      if (rounds.at(-1)!.asOfSeconds - round.asOfSeconds > window) outside++
    }
    for (const sequence of this.#known.keys()) if (sequence < next) this.#known.delete(sequence)
    return rounds
  }

  async #spotsOf(sequence: number): Promise<SpotsOfRound> {
    const known = this.#known.get(sequence)
    if (known !== undefined) return known
    const { oracle, errors } = this.#connection
    const [word, posting, isRejected] = await Promise.all([
      view<bigint>(oracle, 'spots', [sequence], errors),
      view<{ previous: bigint }>(oracle, 'postings', [sequence], errors),
      view<boolean>(oracle, 'isRejected', [sequence], errors),
    ])
    const { asOfSeconds, spot0Nano, spot1Nano, spot2Nano } = unpackWord(ROUND_SPOTS, word)
    const round = {
      sequence,
      previous: Number(posting.previous),
      isRejected,
      asOfSeconds: Number(asOfSeconds),
      spotsNano: [spot0Nano, spot1Nano, spot2Nano],
    }
    this.#known.set(sequence, round)
    return round
  }
}

interface SpotsOfRound {
  readonly sequence: number
  readonly previous: number
  readonly isRejected: boolean
  readonly asOfSeconds: number
  readonly spotsNano: readonly bigint[]
}

/** Against a chain of rounds without end; an hour of rounds every two seconds. */
const MOST_ROUNDS = 2_000
