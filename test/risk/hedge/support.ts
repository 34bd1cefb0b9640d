import { type SampleEntry, sampleBook } from '../../../src/book/sample.ts'
import type { MarginInstanceName } from '../../../src/protocol/instances.ts'
import { MARGIN_INSTANCES } from '../../../src/protocol/instances.ts'
import { CASH_ID, CASH_LOT_NANO } from '../../../src/protocol/liquidation.ts'
import type { MarginParameters } from '../../../src/protocol/parameters.ts'
import { DIMS, greekDim, scenarioDim } from '../../../src/protocol/risk-layout.ts'
import { marginParametersOf } from '../../../src/risk/configuration.ts'
import { DEFAULT_CONFIGURATION } from '../../../src/risk/default-configuration.ts'
import { type HedgeInstrument, hedgeInstruments } from '../../../src/risk/hedge/instruments.ts'
import { Listing } from '../../../src/risk/listing.ts'
import { type Holding, marginOf } from '../../../src/risk/margin.ts'
import { sampleMarket } from '../../../src/risk/market/sample.ts'
import type { MarketSnapshot } from '../../../src/risk/market/snapshot.ts'
import { pricerOf } from '../../../src/risk/matrix.ts'
import type { RiskVector } from '../../../src/risk/vector.ts'

export interface SampleRound {
  readonly snapshot: MarketSnapshot
  readonly listing: Listing
  readonly vectors: ReadonlyMap<number, RiskVector>
  readonly parameters: MarginParameters
  readonly instruments: readonly HedgeInstrument[]
  readonly book: readonly SampleEntry[]
}

/** The sample market with the sample book on it. */
export function sampleRound(size: 'full' | 'small', name: MarginInstanceName, seed = 7): SampleRound {
  const instance = MARGIN_INSTANCES[name]
  const snapshot = sampleMarket({ seed: 1, size })
  const listing = Listing.empty.update(snapshot.instruments, instance)
  const price = pricerOf({ snapshot, configuration: DEFAULT_CONFIGURATION })
  const vectors = new Map(
    snapshot.instruments.map((instrument) => {
      const { id } = listing.bySymbol(instrument.symbol)!
      return [id, price(instrument, id)]
    }),
  )
  const parameters = marginParametersOf(DEFAULT_CONFIGURATION)
  const tierOf = (holdings: readonly Holding[]) => marginOf(holdings, vectors, parameters).tier
  const book = sampleBook({ seed, snapshot, instruments: listing, tierOf, instance })
  return {
    snapshot,
    listing,
    vectors,
    parameters,
    book,
    instruments: hedgeInstruments({ snapshot, listing, vectors }),
  }
}

export const USD = 1_000_000_000n

export const CASH: RiskVector = {
  id: CASH_ID,
  ratesNano: Array.from({ length: DIMS }, (_, dim) => (dim === 0 ? CASH_LOT_NANO : 0n)),
  longChargeNano: 0n,
  shortChargeNano: 0n,
}

/** A parabola over 32 moves from -16 to 16 percent, of one lot worth tens of dollars: coarse lots. */
export function coarseOption(id: number, underlying: number, curve = 8n, slope = 40n): RiskVector {
  const value = 20n * USD
  const ratesNano = new Array<bigint>(DIMS).fill(0n)
  ratesNano[0] = value
  ratesNano[greekDim(underlying, 'delta')] = (value * slope) / 4_000n
  ratesNano[greekDim(underlying, 'gamma')] = (value * curve) / 2_000n
  ratesNano[greekDim(underlying, 'vega')] = value / 300n
  for (let scenario = 0; scenario < 32; scenario++) {
    const move = BigInt(scenario - 16)
    ratesNano[scenarioDim(scenario)] = (value * (move * move * curve + move * slope - 400n)) / 4_000n
  }
  return { id, ratesNano, longChargeNano: value / 100n, shortChargeNano: value / 50n }
}

export function coarsePerpetual(id: number, underlying: number): RiskVector {
  const notional = 100n * USD
  const ratesNano = new Array<bigint>(DIMS).fill(0n)
  ratesNano[greekDim(underlying, 'delta')] = notional / 50n
  for (let scenario = 0; scenario < 32; scenario++) {
    ratesNano[scenarioDim(scenario)] = (notional * BigInt(scenario - 16)) / 100n
  }
  return { id, ratesNano, longChargeNano: notional / 50n, shortChargeNano: notional / 50n }
}

export function byId(vectors: readonly RiskVector[]): ReadonlyMap<number, RiskVector> {
  return new Map(vectors.map((vector) => [vector.id, vector]))
}

/** The portfolio with cash such that equity is so many percent of the way from MM to SOFT. */
export function withCashBelowSoft(
  holdings: readonly Holding[],
  vectors: ReadonlyMap<number, RiskVector>,
  parameters: MarginParameters,
  percent: bigint,
): Holding[] {
  const { equityNano, requirementNano } = marginOf(holdings, vectors, parameters)
  const wanted = requirementNano.mm + ((requirementNano.soft - requirementNano.mm) * percent) / 100n
  return [{ id: CASH_ID, quantityLots: (wanted - equityNano) / CASH_LOT_NANO }, ...holdings]
}
