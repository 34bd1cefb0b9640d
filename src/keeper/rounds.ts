import type { RoundRisk } from '../book/liquidation/requirement.ts'
import { unpackMarginParameters } from '../protocol/parameters.ts'
import type { RiskRound } from '../prover/margin-inputs.ts'
import { type HedgeInstrument, hedgeInstruments } from '../risk/hedge/instruments.ts'
import type { MarketSnapshot } from '../risk/market/snapshot.ts'
import type { RiskMatrix } from '../risk/matrix.ts'

/** A round whose risk vectors are at hand: what proofs, sweeps and hedges are made of. */
export interface KnownRound {
  readonly risk: RoundRisk
  readonly proving: RiskRound
  /** What a soft hedge may trade. */
  readonly instruments: readonly HedgeInstrument[]
}

export function knownRound(matrix: RiskMatrix, snapshot: MarketSnapshot): KnownRound {
  return {
    risk: { vectors: matrix.vectors, parameters: unpackMarginParameters(matrix.parametersWord) },
    proving: { tree: matrix.tree, parameters: matrix.parametersWord },
    instruments: hedgeInstruments({
      snapshot,
      listing: matrix.listing,
      vectors: matrix.vectors,
      halted: matrix.halted.map(({ id }) => id),
    }),
  }
}

/**
 * Rounds by their risk root. A root on chain that is not here was posted over a market that the keeper has not seen: it
 * waits until it has.
 */
export class KnownRounds {
  readonly #byRoot = new Map<bigint, KnownRound>()

  add(round: KnownRound): void {
    this.#byRoot.set(round.proving.tree.root, round)
  }

  byRoot(riskRoot: bigint): KnownRound | undefined {
    return this.#byRoot.get(riskRoot)
  }
}
