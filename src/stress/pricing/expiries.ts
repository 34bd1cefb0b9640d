import { YEAR_SECONDS } from '../../risk/black76.ts'
import type { VolatilityRules } from '../../risk/configuration.ts'
import { MAX_VOL_NANO, MIN_VOL_NANO } from '../../risk/market/check.ts'
import type { ExpiryQuote } from '../../risk/market/snapshot.ts'
import type { UnderlyingContext } from '../../risk/round-context.ts'
import type { MarketState } from './state.ts'

const THIRTY_DAYS = 30 * 86_400
/** Limits of a live market (risk/market/check.ts), 1e-9. */
const SMALLEST_VOL = Number(MIN_VOL_NANO)
const LARGEST_VOL = Number(MAX_VOL_NANO)
/** Of UnderlyingContext.shocks: no floor under a volatility applies to them. */
const GREEK_SHOCK_COUNT = 4

/** One expiry in one state of the market: what its options share. Prices in nano-USD, in doubles. */
export class ExpiryState {
  readonly quote: ExpiryQuote
  readonly underlying: UnderlyingContext
  readonly #rules: VolatilityRules
  readonly #lnStrikes: Float64Array
  readonly #vols: Float64Array
  /** Standard deviations of each listed strike below the forward of the snapshot: what a tilt of the smile acts on. */
  readonly #tilts: Float64Array
  seconds = 0
  forward = 0
  lnForward = 0
  rootYears = 0
  atmDeviation = 0
  readonly shockedForward: Float64Array
  readonly shockedLnForward: Float64Array
  readonly volFactor: Float64Array
  readonly volFloor: Float64Array
  #vol = 1
  #skew = 0

  constructor(
    quote: ExpiryQuote,
    underlying: UnderlyingContext,
    rules: VolatilityRules,
    asOfSeconds: number,
  ) {
    this.quote = quote
    this.underlying = underlying
    this.#rules = rules
    const { smile } = quote
    this.#lnStrikes = Float64Array.from(smile, ({ strikeNano }) => Math.log(Number(strikeNano)))
    this.#vols = Float64Array.from(smile, ({ volNano }) => Number(volNano))
    const lnForward = Math.log(Number(quote.forwardNano))
    const rootYears = Math.sqrt((quote.expirySeconds - asOfSeconds) / YEAR_SECONDS)
    const deviation = (smile.length === 0 ? 1 : this.#smileVol(lnForward) / 1e9) * rootYears
    this.#tilts = this.#lnStrikes.map((ln) => this.#held((lnForward - ln) / deviation))
    const { shocks } = underlying
    this.shockedForward = new Float64Array(shocks.length)
    this.shockedLnForward = new Float64Array(shocks.length)
    this.volFactor = new Float64Array(shocks.length)
    this.volFloor = Float64Array.from(shocks, ({ volBps }, index) =>
      index >= GREEK_SHOCK_COUNT && volBps > 0n ? Number(rules.shockedFloorNano) : 0,
    )
  }

  /** Index of a listed strike in the smile. */
  strikeIndex(strikeNano: bigint): number {
    return this.quote.smile.findIndex((point) => point.strikeNano === strikeNano)
  }

  /** Volatility of a listed strike in this state, 1e-9. */
  volOf(strikeIndex: number): number {
    const vol = this.#vols[strikeIndex]! * this.#vol * this.#tilt(strikeIndex)
    return Math.min(LARGEST_VOL, Math.max(SMALLEST_VOL, vol))
  }

  update(state: MarketState, index: number, asOfSeconds: number, withShocks: boolean): void {
    this.seconds = this.quote.expirySeconds - asOfSeconds - state.elapsedSeconds
    if (this.seconds <= 0) return
    this.#vol = state.vol[index]!
    this.#skew = state.skew[index]!
    this.forward = Math.floor(Number(this.quote.forwardNano) * state.spot[index]!)
    this.lnForward = Math.log(this.forward)
    this.rootYears = Math.sqrt(this.seconds / YEAR_SECONDS)
    if (!withShocks) return
    this.atmDeviation = this.#vols.length === 0 ? 0 : (this.#smileVol(this.lnForward) / 1e9) * this.rootYears
    const rules = this.#rules
    const counted = Math.max(this.seconds, rules.scalingFloorSeconds)
    const power = Number(counted < THIRTY_DAYS ? rules.shortPowerBps : rules.longPowerBps) / 1e4
    const term = (THIRTY_DAYS / counted) ** power
    this.underlying.shocks.forEach(({ spotBps, volBps }, shock) => {
      this.shockedForward[shock] = Math.floor(this.forward * (1 + Number(spotBps) / 1e4))
      this.shockedLnForward[shock] = Math.log(this.shockedForward[shock]!)
      this.volFactor[shock] = Math.max(0, 1 + (Number(volBps) / 1e4) * term)
    })
  }

  /** Of a strike in this state, held to the rule's limit. */
  belowForward(lnStrike: number): number {
    return this.atmDeviation === 0 ? 0 : this.#held((this.lnForward - lnStrike) / this.atmDeviation)
  }

  /** As shockedVolNano of src/risk/surface.ts. */
  shockedVol(shock: number, vol: number, belowForward: number): number {
    const { skewBps } = this.underlying.shocks[shock]!
    const skewed = skewBps === 0n ? vol : vol + (vol * Number(skewBps) * belowForward) / 1e4
    const moved = Math.max(this.volFloor[shock]!, skewed * this.volFactor[shock]!)
    const low = Math.min(vol, Number(this.#rules.minimumNano))
    const high = Math.max(vol, Number(this.#rules.maximumNano))
    return Math.min(high, Math.max(low, moved))
  }

  #held(deviations: number): number {
    const limit = Number(this.#rules.skewLimitNano) / 1e9
    return Math.min(limit, Math.max(-limit, deviations))
  }

  #tilt(strikeIndex: number): number {
    return this.#skew === 0 ? 1 : Math.max(0.05, 1 + this.#skew * this.#tilts[strikeIndex]!)
  }

  /** The smile at any strike: linear in ln K between the listed ones, flat beyond them. */
  #smileVol(lnStrike: number): number {
    const lns = this.#lnStrikes
    const tilted = (index: number) => this.volOf(index)
    let above = 0
    while (above < lns.length && lns[above]! < lnStrike) above++
    if (above === 0) return tilted(0)
    if (above === lns.length) return tilted(above - 1)
    const share = (lnStrike - lns[above - 1]!) / (lns[above]! - lns[above - 1]!)
    return tilted(above - 1) + (tilted(above) - tilted(above - 1)) * share
  }
}
