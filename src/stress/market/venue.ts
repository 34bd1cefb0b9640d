import type { Ledger, Party } from '../book/ledger.ts'
import { CENT_NANO, MarginKernel, type RiskFigures } from '../margin/kernel.ts'
import type { StressParameters } from '../parameters.ts'
import type { PricePath } from '../path/path.ts'
import type { Marks, Pricer } from '../pricing/pricer.ts'
import { LONG_CHARGE, ROW, SHORT_CHARGE } from '../pricing/row.ts'
import { copyState, type MarketState, startState } from '../pricing/state.ts'
import type { StressWorld } from '../world.ts'
import { DEALERS, STREET } from './agents.ts'
import { OrderBook } from './order-book.ts'

const LEAST_VOL = 0.2
const MOST_VOL = 6

/**
 * One market while it is simulated: the true price and what it makes of every instrument, the order books, and who holds what.
 * Knows how anything is traded; whom to liquidate is the engines' business.
 */
export class Venue {
  readonly world: StressWorld
  readonly parameters: StressParameters
  readonly path: PricePath
  readonly ledger: Ledger
  readonly pricer: Pricer
  readonly kernel: MarginKernel
  /** By underlying. */
  readonly books: readonly OrderBook[]
  /** At the true price. */
  readonly state: MarketState
  readonly marks: Marks
  /** The oracle's last round: its state and its risk matrix. */
  readonly oracle: MarketState
  readonly rows: Float64Array
  step = 0
  round = 0
  readonly #history: MarketState[]
  /** Impact that the marks were made with, by underlying: what was traded since is not in them. */
  readonly #markedImpact: Float64Array
  /** Option notional lately traded with dealers, USD; comes back as the books do. */
  #optionFlow = 0
  readonly #scratchRows: Int32Array
  readonly #scratchLots: Float64Array

  constructor(world: StressWorld, path: PricePath) {
    this.world = world
    this.parameters = world.parameters
    this.path = path
    this.ledger = world.ledger.copy()
    this.pricer = world.pricer
    this.kernel = new MarginKernel(world.marginParameters)
    const underlyings = world.pricer.underlyings.length
    const { parameters } = world
    const shape = {
      depthUsd: parameters.depthUsd,
      law: parameters.impactLaw,
      permanentShare: parameters.permanentBps / 1e4,
      resilienceSeconds: parameters.resilienceSeconds,
      halfSpread: parameters.halfSpreadBps / 1e4,
    }
    this.books = world.depthShares.map(
      (share) => new OrderBook({ ...shape, depthUsd: shape.depthUsd * share }),
    )
    const { length } = world.pricer.instruments
    this.state = startState(underlyings)
    this.oracle = startState(underlyings)
    this.marks = { valueNano: new Float64Array(length), deltaUnits: new Float64Array(length) }
    this.rows = new Float64Array(length * ROW)
    const delay = Math.ceil(parameters.oracleDelaySeconds / path.stepSeconds)
    this.#markedImpact = new Float64Array(underlyings)
    this.#history = Array.from({ length: delay + 1 }, () => startState(underlyings))
    this.#scratchRows = new Int32Array(length)
    this.#scratchLots = new Float64Array(length)
    this.reprice()
  }

  /** The next step of the path: time passes, books recover, the price moves. */
  advance(): void {
    this.step++
    const { stepSeconds } = this.path
    this.state.elapsedSeconds = this.step * stepSeconds
    for (const [index, book] of this.books.entries()) {
      book.recover(stepSeconds)
      // As volatility was a step ago: marks and orders of this step see one and the same book.
      book.depthFactor = this.state.vol[index]! ** -this.parameters.depthVolPower
    }
    this.#optionFlow *= 2 ** (-stepSeconds / this.parameters.resilienceSeconds)
    this.reprice()
  }

  /** The true price and everything that follows from it, after trades. */
  reprice(): void {
    const { state, path, step } = this
    for (const [index, book] of this.books.entries()) {
      this.#markedImpact[index] = book.impact
      const spot = path.spot[index]![step]! * Math.exp(book.impact)
      const vol = path.vol[index]![step]! * spot ** -this.parameters.volBeta
      state.spot[index] = spot
      state.vol[index] = Math.min(MOST_VOL, Math.max(LEAST_VOL, vol))
      state.skew[index] = path.skew[index]![step]!
    }
    this.pricer.marks(state, this.marks)
  }

  /** A round of the oracle, if one is due now: true if there is a new one. */
  publish(): boolean {
    const { stepSeconds } = this.path
    copyState(this.state, this.#history[this.step % this.#history.length]!)
    const every = Math.max(1, Math.ceil(this.parameters.oracleIntervalSeconds / stepSeconds))
    if (this.step % every !== 0) return false
    // Before the history is full, the start stands in for what was before it.
    copyState(this.#history[(this.step + 1) % this.#history.length]!, this.oracle)
    this.pricer.rows(this.oracle, this.rows)
    this.round++
    return true
  }

  spotUsd(underlying: number): number {
    return this.pricer.spotNano(underlying, this.state) / 1e9
  }

  /** Value of some lots at the true price, nano-USD. */
  valueNano(row: number, lots: number): number {
    return lots * this.marks.valueNano[row]!
  }

  /** Notional of underlying that some lots stand for, USD, signed. */
  deltaUsd(row: number, lots: number): number {
    return lots * this.marks.deltaUnits[row]! * this.spotUsd(this.underlyingOf(row))
  }

  underlyingOf(row: number): number {
    return this.pricer.instruments[row]!.quote.underlying
  }

  isOption(row: number): boolean {
    return this.pricer.instruments[row]!.quote.kind === 'option'
  }

  /** Delta of an agent in one underlying, USD. */
  agentDeltaUsd(party: Party, underlying: number): number {
    let units = 0
    const start = ~party * this.ledger.instruments
    for (let row = 0; row < this.ledger.instruments; row++) {
      const lots = this.ledger.agentLots[start + row]!
      if (lots !== 0 && this.underlyingOf(row) === underlying) units += lots * this.marks.deltaUnits[row]!
    }
    return units * this.spotUsd(underlying)
  }

  /** Margin of an agent's inventory and some more lots, under the oracle's round. */
  agentRisk(
    party: Party,
    rows: Int32Array,
    lots: Float64Array,
    count: number,
    into: RiskFigures,
  ): RiskFigures {
    const start = ~party * this.ledger.instruments
    this.#scratchLots.set(this.ledger.agentLots.subarray(start, start + this.ledger.instruments))
    for (let leg = 0; leg < count; leg++) this.#scratchLots[rows[leg]!]! += lots[leg]!
    let held = 0
    for (let row = 0; row < this.ledger.instruments; row++) {
      const quantity = this.#scratchLots[row]!
      if (quantity === 0) continue
      this.#scratchRows[held] = row
      this.#scratchLots[held++] = quantity
    }
    const cents = this.ledger.cashOf(party)
    return this.kernel.portfolio(this.rows, this.#scratchRows, this.#scratchLots, 0, held, cents, into)
  }

  /** Equity of an agent at the true price, nano-USD. */
  agentEquityNano(party: Party): number {
    const start = ~party * this.ledger.instruments
    let value = this.ledger.cashOf(party) * CENT_NANO
    for (let row = 0; row < this.ledger.instruments; row++) {
      value += this.ledger.agentLots[start + row]! * this.marks.valueNano[row]!
    }
    return value
  }

  /**
   * One order in one underlying's book, signed USD; returns the relative difference of what is paid from the marks: what
   * earlier orders of the step moved, and its own impact. The caller moves lots and cash.
   */
  order(underlying: number, notionalUsd: number): number {
    const book = this.books[underlying]!
    const earlier = book.impact - this.#markedImpact[underlying]!
    return Math.expm1(earlier + book.execute(notionalUsd))
  }

  /** A party trades lots of a hedge instrument in the order book (bought when positive) with the street. */
  tradeHedge(party: Party, row: number, lots: number): void {
    const shift = this.order(this.underlyingOf(row), this.deltaUsd(row, lots))
    this.tradeAt(party, row, lots, shift)
  }

  /** The same at a shift that was already paid for the whole of an order. */
  tradeAt(party: Party, row: number, lots: number, shift: number): void {
    const price = this.marks.valueNano[row]! + this.deltaUsd(row, 1) * 1e9 * shift
    this.ledger.moveLots(STREET, party, row, lots)
    this.ledger.pay(party, STREET, Math.ceil((lots * price) / CENT_NANO))
  }

  /** Whole lots of the hedge instrument for a notional, toward zero. */
  hedgeLots(underlying: number, notionalUsd: number): number {
    const row = this.world.hedgeRows[underlying]!
    return Math.trunc(notionalUsd / this.deltaUsd(row, 1)) + 0
  }

  /** An agent trades its delta away, at most so much notional. */
  hedgeAgent(party: Party, underlying: number, mostUsd: number): void {
    const delta = this.agentDeltaUsd(party, underlying)
    const wanted = -Math.sign(delta) * Math.min(Math.abs(delta), mostUsd)
    const lots = this.hedgeLots(underlying, wanted)
    if (lots !== 0) this.tradeHedge(party, this.world.hedgeRows[underlying]!, lots)
  }

  /** An agent sells part of its options to dealers, at most so much notional of underlying and a tenth of them. */
  passOptionsOn(party: Party, mostUsd: number): void {
    let gross = 0
    for (let row = 0; row < this.ledger.instruments; row++) {
      if (this.isOption(row)) gross += this.#unitsUsd(row, this.ledger.held(party, row))
    }
    if (gross === 0) return
    const share = Math.min(0.1, mostUsd / gross)
    let legs = 0
    for (let row = 0; row < this.ledger.instruments; row++) {
      const lots = this.isOption(row) ? Math.trunc(this.ledger.held(party, row) * share) : 0
      if (lots === 0) continue
      this.#scratchRows[legs] = row
      this.#scratchLots[legs++] = lots
    }
    if (legs > 0) this.sellAtMarket(party, this.#scratchRows, this.#scratchLots, legs)
  }

  /** Notional of the underlying of some lots, whatever their delta, USD >= 0. */
  #unitsUsd(row: number, lots: number): number {
    return Math.abs(lots) * this.pricer.instruments[row]!.unitsPerLot * this.spotUsd(this.underlyingOf(row))
  }

  /** What it costs to trade one lot of an option with dealers, nano-USD; grows with what was traded lately. */
  optionCostNano(row: number): number {
    const start = row * ROW
    const mean = (this.rows[start + LONG_CHARGE]! + this.rows[start + SHORT_CHARGE]!) / 2
    const pressure = 1 + this.#optionFlow / this.parameters.optionDepthUsd
    return ((mean * this.parameters.optionCostBps) / 1e4) * pressure
  }

  /**
   * A party sells lots (buys where negative) at market, all of one order: linear instruments to the street, options to
   * dealers, who hedge at once, so that the delta of all legs meets the order book. Returns the notional moved, USD.
   */
  sellAtMarket(party: Party, rows: Int32Array, lots: Float64Array, count: number): number {
    let moved = 0
    for (let underlying = 0; underlying < this.books.length; underlying++) {
      let net = 0
      for (let leg = 0; leg < count; leg++) {
        if (this.underlyingOf(rows[leg]!) === underlying) net += this.deltaUsd(rows[leg]!, lots[leg]!)
      }
      const shift = this.order(underlying, -net)
      moved += Math.abs(net)
      for (let leg = 0; leg < count; leg++) {
        const row = rows[leg]!
        if (this.underlyingOf(row) !== underlying) continue
        if (this.isOption(row)) this.#sellOption(party, row, lots[leg]!, shift)
        else this.tradeAt(party, row, -lots[leg]!, shift)
      }
    }
    return moved
  }

  #sellOption(party: Party, row: number, lots: number, shift: number): void {
    const delta = this.deltaUsd(row, lots)
    const cost = Math.abs(lots) * this.optionCostNano(row)
    const proceeds = this.valueNano(row, lots) + delta * 1e9 * shift - cost
    this.ledger.moveLots(party, DEALERS, row, lots)
    this.ledger.pay(DEALERS, party, Math.floor(proceeds / CENT_NANO))
    this.#optionFlow += Math.abs(delta)
    const underlying = this.underlyingOf(row)
    const hedge = this.world.hedgeRows[underlying]!
    this.tradeAt(DEALERS, hedge, this.hedgeLots(underlying, -delta), shift)
  }
}
