import type { RiskConfiguration } from '../../risk/configuration.ts'
import type { LinearMarginParameters } from '../../risk/linear-margin.ts'
import type { MarketSnapshot } from '../../risk/market/snapshot.ts'
import { prepareRound, type UnderlyingContext } from '../../risk/round-context.ts'
import { callPrice } from './black76.ts'
import { chargesInto } from './charges.ts'
import { ExpiryState } from './expiries.ts'
import { fillRates } from './fill-rates.ts'
import type { StressInstrument } from './instruments.ts'
import { linearInto } from './linear.ts'
import { normalCdf } from './normal.ts'
import { LONG_CHARGE, ROW, SHORT_CHARGE } from './row.ts'
import type { MarketState } from './state.ts'

/** What an instrument is worth and moves with at the true price, per lot. */
export interface Marks {
  /** Nano-USD. */
  readonly valueNano: Float64Array
  /** Units of the underlying. */
  readonly deltaUnits: Float64Array
}

/** A call and a put of one strike share their revaluation. */
interface Strike {
  readonly expiry: ExpiryState
  readonly strike: number
  readonly lnStrike: number
  readonly strikeIndex: number
  readonly call: number | undefined
  readonly put: number | undefined
}

/**
 * Risk vectors in doubles, for thousands of states of one market: formulas and roundings of src/risk/rates.ts, whose exact
 * vectors they equal to two nano-USD a lot (test/stress/pricing.test.ts). Rows stand in the order of the instruments.
 */
export class Pricer {
  readonly instruments: readonly StressInstrument[]
  readonly underlyings: readonly UnderlyingContext[]
  readonly #snapshot: MarketSnapshot
  readonly #configuration: RiskConfiguration
  readonly #linear: LinearMarginParameters
  readonly #expiries: readonly ExpiryState[]
  readonly #strikes: readonly Strike[]
  readonly #linears: readonly number[]
  readonly #shocked: Float64Array
  readonly #shockedPut: Float64Array

  constructor(
    snapshot: MarketSnapshot,
    configuration: RiskConfiguration,
    instruments: readonly StressInstrument[],
    linear: LinearMarginParameters,
  ) {
    this.instruments = instruments
    this.#snapshot = snapshot
    this.#configuration = configuration
    this.#linear = linear
    const context = prepareRound(snapshot, configuration)
    this.underlyings = context.underlyings
    this.#expiries = snapshot.expiries.map(
      (quote) =>
        new ExpiryState(
          quote,
          context.underlyings[quote.underlying]!,
          configuration.volatility,
          snapshot.asOfSeconds,
        ),
    )
    this.#strikes = strikesOf(instruments, this.#expiries)
    this.#linears = instruments.flatMap(({ quote }, index) => (quote.kind === 'option' ? [] : [index]))
    const shocks = Math.max(...context.underlyings.map((underlying) => underlying.shocks.length))
    this.#shocked = new Float64Array(shocks)
    this.#shockedPut = new Float64Array(shocks)
  }

  /** Fills one row of ROW per instrument: the risk matrix of a round in this state. */
  rows(state: MarketState, rows: Float64Array): void {
    this.#update(state, true)
    rows.fill(0)
    for (const index of this.#linears) this.#linearRow(state, index, rows)
    for (const strike of this.#strikes) {
      if (strike.expiry.seconds > 0) this.#strikeRows(strike, state, rows)
      else this.#expiredStrike(strike, state, (index, value) => this.#worthOnly(index, value, rows))
    }
  }

  /** Value and delta of every instrument in this state. */
  marks(state: MarketState, marks: Marks): void {
    this.#update(state, false)
    for (const index of this.#linears) {
      const { value, price } = this.#linearWorth(index, state)
      const { unitsPerLot } = this.instruments[index]!
      marks.valueNano[index] = value * unitsPerLot
      // Of a price that moves as spot does, in proportion.
      marks.deltaUnits[index] = (price / this.spotNano(this.#underlyingOf(index), state)) * unitsPerLot
    }
    for (const strike of this.#strikes) this.#strikeMarks(strike, state, marks)
  }

  spotNano(underlying: number, state: MarketState): number {
    return Math.floor(Number(this.#snapshot.underlyings[underlying]!.spotNano) * state.spot[underlying]!)
  }

  #underlyingOf(index: number): number {
    return this.instruments[index]!.quote.underlying
  }

  #update(state: MarketState, withShocks: boolean): void {
    for (const expiry of this.#expiries) {
      expiry.update(state, expiry.quote.underlying, this.#snapshot.asOfSeconds, withShocks)
    }
  }

  /** Worth of a linear instrument, and the price that shocks move: value = price - a constant. */
  #linearWorth(index: number, state: MarketState): { value: number; price: number } {
    const { quote } = this.instruments[index]!
    const factor = state.spot[quote.underlying]!
    const spot = this.spotNano(quote.underlying, state)
    if (quote.kind === 'perpetual') {
      const mark = Math.floor(Number(quote.markNano) * factor)
      return { value: mark - Number(quote.cumulativeFundingNano), price: mark }
    }
    if (quote.kind === 'future') {
      const expiry = this.#expiries.find(
        ({ quote: other }) =>
          other.underlying === quote.underlying && other.expirySeconds === quote.expirySeconds,
      )
      const mark = Math.floor(Number(quote.markNano) * factor)
      if (quote.expirySeconds - this.#snapshot.asOfSeconds <= state.elapsedSeconds) {
        return { value: spot, price: 0 }
      }
      return { value: mark, price: expiry?.forward ?? mark }
    }
    return { value: spot, price: spot }
  }

  #linearRow(state: MarketState, index: number, rows: Float64Array): void {
    const { value, price } = this.#linearWorth(index, state)
    if (price === 0) {
      this.#worthOnly(index, value, rows)
      return
    }
    const { shocks } = this.underlyings[this.#underlyingOf(index)]!
    for (let shock = 0; shock < shocks.length; shock++) {
      const shocked = Math.floor(price * (1 + Number(shocks[shock]!.spotBps) / 1e4))
      this.#shocked[shock] = value + shocked - price
    }
    this.#finishRow(index, value, this.#shocked, state, rows)
  }

  #strikeRows(
    { expiry, strike, lnStrike, strikeIndex, call, put }: Strike,
    state: MarketState,
    rows: Float64Array,
  ) {
    const vol = expiry.volOf(strikeIndex)
    const below = expiry.belowForward(lnStrike)
    const value = callPrice(
      expiry.forward,
      strike,
      expiry.lnForward - lnStrike,
      (vol / 1e9) * expiry.rootYears,
    )
    const { length } = expiry.underlying.shocks
    for (let shock = 0; shock < length; shock++) {
      const forward = expiry.shockedForward[shock]!
      const deviation = (expiry.shockedVol(shock, vol, below) / 1e9) * expiry.rootYears
      const moneyness = expiry.shockedLnForward[shock]! - lnStrike
      this.#shocked[shock] = callPrice(forward, strike, moneyness, deviation)
      this.#shockedPut[shock] = this.#shocked[shock]! - forward + strike
    }
    if (call !== undefined) this.#finishRow(call, value, this.#shocked, state, rows)
    if (put !== undefined) {
      this.#finishRow(put, value - expiry.forward + strike, this.#shockedPut, state, rows)
    }
  }

  #finishRow(
    index: number,
    value: number,
    shocked: Float64Array,
    state: MarketState,
    rows: Float64Array,
  ): void {
    const instrument = this.instruments[index]!
    const underlying = this.underlyings[instrument.quote.underlying]!
    const start = index * ROW
    const need = fillRates(rows, start, instrument, underlying, value, shocked, this.#configuration)
    const spot = this.spotNano(instrument.quote.underlying, state)
    const asOf = this.#snapshot.asOfSeconds + state.elapsedSeconds
    chargesInto(rows, start, instrument, underlying, value, spot, asOf)
    const { kind } = instrument.quote
    if (kind === 'option' || kind === 'spot') {
      const room = rows[start]! - Math.ceil((need * Number(this.#configuration.factors.mmFactorBps)) / 1e4)
      if (rows[start + LONG_CHARGE]! > room) rows[start + LONG_CHARGE] = room
    }
    const shockBps = Number(this.#configuration.greekShocks.spotBps)
    linearInto(rows, start, instrument, underlying.greekIndex, spot, shockBps, this.#linear)
  }

  /** What has expired: a value, no shocks and no charges. */
  #worthOnly(index: number, value: number, rows: Float64Array): void {
    const { quote } = this.instruments[index]!
    rows[index * ROW] = Math.floor((value * Number(quote.lotNano)) / 1e9)
    rows[index * ROW + LONG_CHARGE] = 0
    rows[index * ROW + SHORT_CHARGE] = 0
  }

  #expiredStrike(
    { expiry, strike, call, put }: Strike,
    state: MarketState,
    store: (index: number, value: number, sign: number) => void,
  ): void {
    const gain = this.spotNano(expiry.quote.underlying, state) - strike
    if (call !== undefined) store(call, Math.max(0, gain), 0)
    if (put !== undefined) store(put, Math.max(0, -gain), 0)
  }

  #strikeMarks(strike: Strike, state: MarketState, marks: Marks): void {
    const { expiry, lnStrike, strikeIndex, call, put } = strike
    if (expiry.seconds <= 0) {
      this.#expiredStrike(strike, state, (index, value) => {
        marks.valueNano[index] = value * this.instruments[index]!.unitsPerLot
        marks.deltaUnits[index] = 0
      })
      return
    }
    const deviation = (expiry.volOf(strikeIndex) / 1e9) * expiry.rootYears
    const moneyness = expiry.lnForward - lnStrike
    const value = callPrice(expiry.forward, strike.strike, moneyness, deviation)
    // The forward moves with spot in proportion, so delta by spot is forward / spot times delta by forward.
    const ratio = expiry.forward / this.spotNano(expiry.quote.underlying, state)
    const delta = normalCdf(moneyness / deviation + deviation / 2)
    const store = (index: number, worth: number, units: number) => {
      const { unitsPerLot } = this.instruments[index]!
      marks.valueNano[index] = worth * unitsPerLot
      marks.deltaUnits[index] = units * ratio * unitsPerLot
    }
    if (call !== undefined) store(call, value, delta)
    if (put !== undefined) store(put, value - expiry.forward + strike.strike, delta - 1)
  }
}

function strikesOf(instruments: readonly StressInstrument[], expiries: readonly ExpiryState[]): Strike[] {
  const strikes = new Map<string, Strike>()
  for (const [index, { quote }] of instruments.entries()) {
    if (quote.kind !== 'option') continue
    const key = `${quote.underlying} ${quote.expirySeconds} ${quote.strikeNano}`
    const expiry = expiries.find(
      ({ quote: other }) =>
        other.underlying === quote.underlying && other.expirySeconds === quote.expirySeconds,
    )!
    const strike = Number(quote.strikeNano)
    const before = strikes.get(key) ?? {
      expiry,
      strike,
      lnStrike: Math.log(strike),
      strikeIndex: expiry.strikeIndex(quote.strikeNano),
      call: undefined,
      put: undefined,
    }
    strikes.set(key, { ...before, [quote.right]: index })
  }
  return [...strikes.values()]
}
