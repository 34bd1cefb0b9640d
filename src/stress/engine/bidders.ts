import type { Party } from '../book/ledger.ts'
import { newFigures } from '../margin/kernel.ts'
import { HOUSE, liquidator } from '../market/agents.ts'
import type { Venue } from '../market/venue.ts'
import type { StressLot } from './lots.ts'

export interface Bid {
  readonly party: Party
  /** Below the oracle's mark, nano-USD, >= 0. */
  readonly discount: number
}

/**
 * Liquidators: each asks for what the lot is worth less than the oracle says, for the cost of trading it away slowly, and for
 * a return on its requirement; each bids only while its capital carries the lot by the initial margin.
 */
export class Bidders {
  readonly #venue: Venue
  readonly #returns: readonly number[]
  readonly #latencySteps: readonly number[]
  readonly #figures = newFigures()

  constructor(venue: Venue) {
    this.#venue = venue
    const { liquidators, bidderReturnBps, liquidatorLatencySeconds } = venue.parameters
    const place = (index: number) => (liquidators < 2 ? 0 : index / (liquidators - 1))
    const indices = Array.from({ length: liquidators }, (_, index) => index)
    this.#returns = indices.map((index) => (bidderReturnBps / 1e4) * (1 + 2 * place(index)))
    this.#latencySteps = indices.map((index) =>
      Math.ceil((liquidatorLatencySeconds * place(index)) / venue.path.stepSeconds),
    )
  }

  /**
   * Everybody's bids for a lot, the lowest discount first; ties by number. `elapsed`: steps since it went on sale.
   * @param taxed discount after which a share of it goes to the Gamma Reserve, nano-USD, and that share
   */
  bids(lot: StressLot, elapsed: number, taxed: { readonly free: number; readonly share: number }): Bid[] {
    const cost = this.#cost(lot)
    return this.#returns
      .flatMap((rate, index): Bid[] => {
        if (elapsed < this.#latencySteps[index]!) return []
        const party = liquidator(index)
        const need = Math.max(0, cost + rate * lot.mm)
        const over = Math.max(0, need - taxed.free)
        const discount = over === 0 ? need : taxed.free + over / (1 - taxed.share)
        return Number.isFinite(discount) && this.carries(party, lot, discount) ? [{ party, discount }] : []
      })
      .sort((a, b) => a.discount - b.discount)
  }

  /** Whether a party is covered to its initial margin with the lot in its inventory. */
  carries(party: Party, lot: StressLot, discount: number): boolean {
    const after = this.#venue.agentRisk(party, lot.rows, lot.lots, lot.count, this.#figures)
    return after.equity - lot.value + discount >= after.im
  }

  /** Whether the clearing house may take it: its capital, the cap of a case and its budget. */
  houseTakes(lot: StressLot, discount: number): boolean {
    const { houseBudgetBps, houseCaseBps } = this.#venue.parameters
    const capital = this.#venue.agentEquityNano(HOUSE)
    if (capital <= 0 || lot.im > (capital * houseCaseBps) / 1e4) return false
    const after = this.#venue.agentRisk(HOUSE, lot.rows, lot.lots, lot.count, this.#figures)
    return after.im <= (capital * houseBudgetBps) / 1e4 && after.equity - lot.value + discount >= 0
  }

  /** What a buyer loses at once or over the time that it takes to hedge, nano-USD; negative: the oracle's mark is low. */
  #cost(lot: StressLot): number {
    const venue = this.#venue
    let cost = lot.value
    const deltas = venue.books.map(() => 0)
    for (let leg = 0; leg < lot.count; leg++) {
      const row = lot.rows[leg]!
      const lots = lot.lots[leg]!
      cost -= venue.valueNano(row, lots)
      if (venue.isOption(row)) cost += Math.abs(lots) * venue.optionCostNano(row)
      deltas[venue.underlyingOf(row)]! += venue.deltaUsd(row, lots)
    }
    for (const [underlying, delta] of deltas.entries()) {
      // Traded slowly, the book recovers meanwhile: half of what it would cost at once.
      cost += (Math.abs(Math.expm1(venue.books[underlying]!.quote(-delta)) * delta) / 2) * 1e9
    }
    return cost
  }
}
