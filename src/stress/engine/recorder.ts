import type { BookRisk } from '../margin/book-risk.ts'
import type { Venue } from '../market/venue.ts'
import type { EngineTrace } from '../result.ts'
import { deltaForPercent } from '../world.ts'

/** What a run leaves to compare others with, and to draw. */
export class Recorder {
  /** Price over the start, by underlying and step. */
  readonly price: readonly Float64Array[]
  readonly gauge: readonly Float64Array[]
  readonly casesOpen: Float64Array
  readonly badDebt: Float64Array
  /** First step below MM, by account; -1: never. */
  readonly firstBreach: Int32Array

  constructor(venue: Venue) {
    const { steps } = venue.path
    const series = () => venue.books.map(() => new Float64Array(steps + 1))
    this.price = series()
    this.gauge = series()
    this.casesOpen = new Float64Array(steps + 1)
    this.badDebt = new Float64Array(steps + 1)
    this.firstBreach = new Int32Array(venue.ledger.accounts).fill(-1)
  }

  /** After everything of a step. */
  record(venue: Venue, risk: BookRisk, casesOpen: number, badDebtCents: number): void {
    const { step } = venue
    for (const [index, book] of venue.books.entries()) {
      this.price[index]![step] = venue.state.spot[index]!
      const { greekIndex } = venue.pricer.underlyings[index]!
      const demanded = deltaForPercent(risk.gaugeGamma[greekIndex]!, venue.world.greekShock)
      this.gauge[index]![step] = (demanded / book.depthUsd) * 1e4
    }
    this.casesOpen[step] = casesOpen
    this.badDebt[step] = badDebtCents
  }

  trace(venue: Venue, engine: string): EngineTrace {
    const usd = (series: Float64Array, index: number) => {
      const start = Number(venue.world.snapshot.underlyings[index]!.spotNano) / 1e9
      return [...series].map((factor) => rounded(factor * start, 100))
    }
    return {
      engine,
      priceUsd: this.price.map(usd),
      gaugeBps: this.gauge.map((series) => [...series].map((bps) => rounded(bps, 10))),
      casesOpen: [...this.casesOpen],
      badDebtCents: [...this.badDebt],
    }
  }
}

/** Fewer digits for a file: nobody reads the rest. */
export function rounded(value: number, parts: number): number {
  return Math.round(value * parts) / parts
}
