import { byModel } from '../margin/book-risk.ts'
import { newFigures, type RiskFigures } from '../margin/kernel.ts'
import type { Venue } from '../market/venue.ts'
import type { EngineParts } from '../parts.ts'

/** What a case sells. Amounts in nano-USD under the oracle's round. Reused: read it before the next is planned. */
export interface StressLot {
  readonly rows: Int32Array
  readonly lots: Float64Array
  count: number
  /** At the oracle's mark. */
  value: number
  /** By how much the account's maintenance requirement falls. */
  relief: number
  /** Of the lot as a portfolio of its own. */
  mm: number
  im: number
}

/** Most positions of an account. */
const SLOTS = 255

/**
 * What to sell of an account: rules of src/book/liquidation in doubles. Full lots are a whole percent of everything, the least
 * that restores SOFT. Soft hedges are found by a heuristic that is cheaper than the product's linear program: of a few
 * candidate portfolios (each short option alone, all of them, each position alone, everything) the cheapest whose least
 * percent restores SOFT and which keeps the rules of a soft lot.
 */
export class LotPlanner {
  readonly #venue: Venue
  readonly #model: EngineParts['margin']
  readonly #held = new Int32Array(SLOTS)
  readonly #lots = new Float64Array(SLOTS)
  #count = 0
  #cents = 0
  readonly #rest = new Float64Array(SLOTS)
  readonly #before = newFigures()
  readonly #after = newFigures()
  readonly #mask = new Uint8Array(SLOTS)
  readonly #best = new Uint8Array(SLOTS)
  readonly lot: StressLot = {
    rows: new Int32Array(SLOTS),
    lots: new Float64Array(SLOTS),
    count: 0,
    value: 0,
    relief: 0,
    mm: 0,
    im: 0,
  }

  constructor(venue: Venue, model: EngineParts['margin']) {
    this.#venue = venue
    this.#model = model
  }

  /** Everything, or the least percent of it that restores the buffer. Undefined for an account without positions. */
  full(account: number, partial: boolean): StressLot | undefined {
    this.#load(account)
    if (this.#count === 0) return undefined
    this.#mask.fill(1, 0, this.#count)
    const percent = partial ? this.#leastPercent() : 100
    this.#cut(percent)
    return this.lot.count > 0 ? this.lot : this.#cutWhole()
  }

  /** The hedge of an account below SOFT, or undefined where no candidate keeps the rules. */
  soft(account: number): StressLot | undefined {
    this.#load(account)
    let bestCost = Number.POSITIVE_INFINITY
    let bestPercent = 0
    for (let candidate = 0; candidate < this.#count + 2; candidate++) {
      if (!this.#choose(candidate)) continue
      if (!this.#restores(100)) continue
      const percent = this.#leastPercent()
      if (!this.#keepsRules(percent)) continue
      const cost = this.#cost(percent)
      if (cost >= bestCost) continue
      bestCost = cost
      bestPercent = percent
      this.#best.set(this.#mask)
    }
    if (bestPercent === 0) return undefined
    this.#mask.set(this.#best)
    this.#cut(bestPercent)
    return this.lot.count > 0 ? this.lot : undefined
  }

  #load(account: number): void {
    const { ledger, rows, kernel } = this.#venue
    const start = account * ledger.stride
    this.#count = ledger.counts[account]!
    this.#cents = ledger.cash[account]!
    for (let slot = 0; slot < this.#count; slot++) {
      this.#held[slot] = ledger.rows[start + slot]!
      this.#lots[slot] = ledger.lots[start + slot]!
    }
    kernel.portfolio(rows, this.#held, this.#lots, 0, this.#count, this.#cents, this.#before)
    byModel(this.#before, this.#model)
  }

  /** Marks the positions of one candidate; false where it is no hedge. */
  #choose(candidate: number): boolean {
    if (candidate < this.#count) {
      this.#mask.fill(0)
      this.#mask[candidate] = 1
      return true
    }
    let marked = 0
    for (let slot = 0; slot < this.#count; slot++) {
      const isShort = this.#lots[slot]! < 0 && this.#venue.isOption(this.#held[slot]!)
      this.#mask[slot] = candidate === this.#count + 1 || isShort ? 1 : 0
      marked += this.#mask[slot]!
    }
    return marked > 1
  }

  /** Margin of what is left without a percent of the marked positions; cash as before, as a move at mark leaves equity. */
  #without(percent: number): RiskFigures {
    const { rows, kernel } = this.#venue
    for (let slot = 0; slot < this.#count; slot++) {
      const lots = this.#lots[slot]!
      this.#rest[slot] = this.#mask[slot] === 1 ? lots - Math.trunc((lots * percent) / 100) : lots
    }
    kernel.portfolio(rows, this.#held, this.#rest, 0, this.#count, this.#cents, this.#after)
    return byModel(this.#after, this.#model)
  }

  #restores(percent: number): boolean {
    return this.#before.equity >= this.#without(percent).soft
  }

  /** By halving: what is left needs less with every percent that goes. 100 where nothing less does. */
  #leastPercent(): number {
    let low = 0
    let high = 100
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if (this.#restores(middle)) high = middle
      else low = middle
    }
    return high
  }

  /** MM falls, IM does not rise, short gamma rises nowhere and falls where there is some. */
  #keepsRules(percent: number): boolean {
    const after = this.#without(percent)
    const before = this.#before
    let had = 0
    let left = 0
    for (let underlying = 0; underlying < before.shortGamma.length; underlying++) {
      const gamma = before.shortGamma[underlying]!
      if (after.shortGamma[underlying]! > gamma) return false
      had += gamma
      left += after.shortGamma[underlying]!
    }
    return after.mm < before.mm && after.im <= before.im && (had === 0 || left < had)
  }

  #cost(percent: number): number {
    let cost = 0
    for (let slot = 0; slot < this.#count; slot++) {
      if (this.#mask[slot] === 0) continue
      const lots = Math.abs(Math.trunc((this.#lots[slot]! * percent) / 100))
      const row = this.#held[slot]!
      const spread =
        Math.abs(this.#venue.deltaUsd(row, lots)) * 1e9 * (this.#venue.parameters.halfSpreadBps / 1e4)
      cost += spread + (this.#venue.isOption(row) ? lots * this.#venue.optionCostNano(row) : 0)
    }
    return cost
  }

  #cutWhole(): StressLot {
    this.#cut(100)
    return this.lot
  }

  #cut(percent: number): void {
    const { lot } = this
    const { rows, kernel } = this.#venue
    const mmAfter = this.#without(percent).mm
    lot.count = 0
    for (let slot = 0; slot < this.#count; slot++) {
      if (this.#mask[slot] === 0) continue
      const lots = Math.trunc((this.#lots[slot]! * percent) / 100)
      if (lots === 0) continue
      lot.rows[lot.count] = this.#held[slot]!
      lot.lots[lot.count++] = lots
    }
    lot.relief = Math.max(0, this.#before.mm - mmAfter)
    kernel.portfolio(rows, lot.rows, lot.lots, 0, lot.count, 0, this.#after)
    lot.value = this.#after.equity
    // What carries it is a registered sub-account under portfolio margin, whatever the account's model is.
    lot.mm = this.#after.mm
    lot.im = this.#after.im
  }
}
