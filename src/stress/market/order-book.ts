/** What an order book is, relative to prices: see StressParameters. */
export interface OrderBookShape {
  /** Moves the price by one percent, USD. Infinity: nothing does. */
  readonly depthUsd: number
  readonly law: 'linear' | 'squareRoot'
  /** In [0, 1]. */
  readonly permanentShare: number
  readonly resilienceSeconds: number
  readonly halfSpread: number
}

/** Log of one percent up: what depthUsd moves. */
const PERCENT = 0.01

/**
 * The order book of one underlying. Price = fundamental * exp(permanent + temporary impact).
 *
 * Permanent impact is linear in what is traded: any other lets a round trip earn money (Huberman and Stanzl, "Price
 * manipulation and quasi-arbitrage", Econometrica 72, 2004). Temporary impact is a function of the displaced volume E,
 * which comes back at an exponential rate: volume-impact reversion of Alfonsi, Fruth and Schulz ("Optimal execution strategies
 * in limit order books with general shape functions", Quantitative Finance 10, 2010). Linear in E it is the block-shaped book
 * of Obizhaeva and Wang ("Optimal trading strategy and supply/demand dynamics", Journal of Financial Markets 16, 2013); as a
 * root of E it has the square-root law of market impact (Toth et al., Physical Review X 1, 2011).
 *
 * An order pays the mean of the log prices that it walks through, and the half spread: the mean of the price itself is
 * higher by a second-order term.
 */
export class OrderBook {
  readonly #shape: OrderBookShape
  /** Log, for good. */
  permanent = 0
  /** E, signed USD. */
  displaced = 0
  /** Factor on the depth now. */
  depthFactor = 1

  constructor(shape: OrderBookShape) {
    this.#shape = shape
  }

  /** USD that move the price by one percent now. */
  get depthUsd(): number {
    return this.#shape.depthUsd * this.depthFactor
  }

  /** Log of price over fundamental. */
  get impact(): number {
    return this.permanent + this.#temporary(this.displaced)
  }

  /** Time passes: displaced volume comes back. */
  recover(seconds: number): void {
    this.displaced *= 2 ** (-seconds / this.#shape.resilienceSeconds)
  }

  /**
   * An order of signed notional (at the price before it), bought when positive. Moves the book and returns log of the mean
   * price over the price before.
   */
  execute(notionalUsd: number): number {
    if (notionalUsd === 0) return 0
    const before = this.impact
    const { permanentShare, halfSpread } = this.#shape
    const forGood =
      this.depthUsd === Number.POSITIVE_INFINITY
        ? 0
        : (PERCENT * permanentShare * notionalUsd) / this.depthUsd
    const from = this.displaced
    const to = from + (1 - permanentShare) * notionalUsd
    const temporary = to === from ? 0 : (this.#integral(to) - this.#integral(from)) / (to - from)
    const start = this.permanent
    this.permanent += forGood
    this.displaced = to
    return start + forGood / 2 + temporary - before + Math.sign(notionalUsd) * halfSpread
  }

  /** What execute would return, without doing it. */
  quote(notionalUsd: number): number {
    const { permanent, displaced } = this
    const mean = this.execute(notionalUsd)
    this.permanent = permanent
    this.displaced = displaced
    return mean
  }

  #temporary(displaced: number): number {
    const size = Math.abs(displaced) / this.depthUsd
    if (size === 0) return 0
    return Math.sign(displaced) * PERCENT * (this.#shape.law === 'linear' ? size : Math.sqrt(size))
  }

  /** Antiderivative of the temporary impact: even, zero at zero. */
  #integral(displaced: number): number {
    const size = Math.abs(displaced)
    const relative = size / this.depthUsd
    if (relative === 0) return 0
    return PERCENT * size * (this.#shape.law === 'linear' ? relative / 2 : (2 / 3) * Math.sqrt(relative))
  }
}
