import { describe, expect, it } from 'vitest'
import { DEFAULT_INSTANCE } from '../../src/protocol/instances.ts'
import { marginParametersOf } from '../../src/risk/configuration.ts'
import { DEFAULT_CONFIGURATION } from '../../src/risk/default-configuration.ts'
import { DEFAULT_LINEAR_MARGIN, linearMarginOf } from '../../src/risk/linear-margin.ts'
import { Listing } from '../../src/risk/listing.ts'
import { marginOf } from '../../src/risk/margin.ts'
import { sampleMarket, shiftMarket } from '../../src/risk/market/sample.ts'
import { prepareRound, riskVector } from '../../src/risk/rates.ts'
import { valueInstrument } from '../../src/risk/valuation.ts'
import { CENT_NANO, MarginKernel, newFigures } from '../../src/stress/margin/kernel.ts'
import { stressInstruments } from '../../src/stress/pricing/instruments.ts'
import { Pricer } from '../../src/stress/pricing/pricer.ts'
import { ROW } from '../../src/stress/pricing/row.ts'
import { startState } from '../../src/stress/pricing/state.ts'
import { Random } from '../../src/stress/random.ts'

const snapshot = sampleMarket({ seed: 3, size: 'small' })
const listing = Listing.empty.update(snapshot.instruments, DEFAULT_INSTANCE)
const instruments = stressInstruments(snapshot, listing, new Set(listing.instruments.map(({ id }) => id)))
const pricer = new Pricer(snapshot, DEFAULT_CONFIGURATION, instruments, DEFAULT_LINEAR_MARGIN)

const SHIFTS = [
  { spotBps: 0n, volBps: 0n, secondsLater: 0 },
  { spotBps: -2_000n, volBps: 5_000n, secondsLater: 3_600 },
  { spotBps: 3_500n, volBps: -2_000n, secondsLater: 86_400 },
  { spotBps: -6_100n, volBps: 12_000n, secondsLater: 700_000 },
]

function stateOf({ spotBps, volBps, secondsLater }: (typeof SHIFTS)[number]) {
  const state = startState(snapshot.underlyings.length)
  state.spot.fill(1 + Number(spotBps) / 1e4)
  state.vol.fill(1 + Number(volBps) / 1e4)
  state.elapsedSeconds = secondsLater
  return state
}

describe.each(SHIFTS)('the pricing in doubles at $spotBps, $volBps bps, $secondsLater s', (shift) => {
  const shifted = shiftMarket(snapshot, shift)
  const context = prepareRound(shifted, DEFAULT_CONFIGURATION)
  const quotes = new Map(shifted.instruments.map((quote) => [quote.symbol, quote]))
  const vectors = new Map(
    shifted.instruments.map((quote) => {
      const { id } = listing.bySymbol(quote.symbol)!
      return [id, riskVector(context, quote, id)]
    }),
  )
  const rows = new Float64Array(instruments.length * ROW)
  pricer.rows(stateOf(shift), rows)

  it("gives the product's risk vectors, to two nano-USD a lot", () => {
    let largest = 0
    for (const [index, { id }] of instruments.entries()) {
      const { ratesNano, longChargeNano, shortChargeNano } = vectors.get(id)!
      for (const [dim, exact] of [...ratesNano, longChargeNano, shortChargeNano].entries()) {
        largest = Math.max(largest, Math.abs(Number(exact) - rows[index * ROW + dim]!))
      }
    }
    expect(largest).toBeLessThanOrEqual(2)
  })

  it('gives values at the true price that the product gives', () => {
    const marks = {
      valueNano: new Float64Array(instruments.length),
      deltaUnits: new Float64Array(instruments.length),
    }
    pricer.marks(stateOf(shift), marks)
    for (const [index, { quote }] of instruments.entries()) {
      const { valueNano } = valueInstrument(context, quotes.get(quote.symbol)!)
      const exact = (Number(valueNano) * Number(quote.lotNano)) / 1e9
      expect(Math.abs(marks.valueNano[index]! - exact)).toBeLessThan(1)
      // Delta is the small shock's: gamma over two percent is all that lies between.
      const { greekIndex } = pricer.underlyings[quote.underlying]!
      const shock = Number(vectors.get(instruments[index]!.id)!.ratesNano[1 + 3 * greekIndex]!)
      const spot = pricer.spotNano(quote.underlying, stateOf(shift))
      const slope = marks.deltaUnits[index]! * spot * 0.02
      expect(Math.abs(slope - shock)).toBeLessThan(0.004 * spot * instruments[index]!.unitsPerLot)
    }
  })

  it("gives the product's margin of random books, both models", () => {
    const parameters = marginParametersOf(DEFAULT_CONFIGURATION)
    const kernel = new MarginKernel(parameters)
    const random = new Random(11, Number(shift.spotBps) & 0xffff)
    const round = {
      vectors,
      instruments: { get: (id: number) => quotes.get(listing.byId(id)!.symbol) },
      underlyings: shifted.underlyings,
      deltaShockBps: DEFAULT_CONFIGURATION.greekShocks.spotBps,
    }
    for (let book = 0; book < 60; book++) {
      const held = Int32Array.from({ length: 9 }, () => Math.floor(random.uniform() * instruments.length))
      const lots = Float64Array.from(held, () => Math.trunc(random.between(-1e6, 1e6)))
      const cents = Math.trunc(random.between(-1e7, 1e9))
      const holdings = [...held].map((index, slot) => ({
        id: instruments[index]!.id,
        quantityLots: BigInt(lots[slot]!),
      }))
      const cash = { id: 1, quantityLots: BigInt(cents) }
      const exact = marginOf([cash, ...holdings], vectors, parameters)
      const linear = linearMarginOf([cash, ...holdings], round)
      const figures = kernel.portfolio(rows, held, lots, 0, held.length, cents, newFigures())
      const gross = lots.reduce((sum, size) => sum + Math.abs(size), 0)
      // Two nano-USD a lot, in each of the dimensions that a requirement sums.
      const slack = 20 * gross + Math.abs(cents) * CENT_NANO * 1e-14 + 1e3
      const near = (a: number, b: bigint) => expect(Math.abs(a - Number(b))).toBeLessThan(slack)
      near(figures.equity, exact.equityNano)
      near(figures.mm, exact.requirementNano.mm)
      near(figures.im, exact.requirementNano.im)
      near(figures.soft, exact.requirementNano.soft)
      near(figures.gaugeEquity, exact.gaugeEquityNano)
      near(figures.linearMm, linear.maintenanceNano)
      near(figures.linearIm, linear.initialNano)
      for (const [index, gamma] of exact.shortGammaNano.entries()) near(figures.shortGamma[index]!, gamma)
    }
  })
})
