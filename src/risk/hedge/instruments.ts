import { InputError } from '../../protocol/errors.ts'
import { CASH_ID } from '../../protocol/liquidation.ts'
import type { VectorsById } from '../margin.ts'
import type { InstrumentKind, MarketSnapshot } from '../market/snapshot.ts'
import type { RiskVector } from '../vector.ts'

/** An instrument that a hedge may trade, and on what terms. All of it is public. */
export interface HedgeInstrument {
  readonly id: number
  /** At most this many lots are traded, on either side; >= 0. */
  readonly depthLots: bigint
  /** Cost of trading one lot on either side, half spread and impact: nano-USD, > 0. */
  readonly costNano: bigint
}

/** Depth by kind: nano-USD of notional of the underlying at spot. */
export type DepthTable = Readonly<Record<Exclude<InstrumentKind, 'cash'>, bigint>>

const NANO = 1_000_000_000n
const usd = (dollars: bigint): bigint => dollars * NANO

/**
 * What one instrument takes without moving much, when nobody measured it: 20 million USD of spot, 10 of a perpetual,
 * 5 of a future, 2 of an option (of notional, not of premium). A default for samples and tests: a venue that
 * publishes its depth hands that in instead.
 */
export const DEFAULT_DEPTH: DepthTable = {
  spot: usd(20_000_000n),
  perpetual: usd(10_000_000n),
  future: usd(5_000_000n),
  option: usd(2_000_000n),
}

export interface HedgeMarket {
  readonly snapshot: MarketSnapshot
  readonly listing: { bySymbol(symbol: string): { readonly id: number } | undefined }
  readonly vectors: VectorsById
  /** Ids that nobody may trade now. */
  readonly halted?: Iterable<number>
}

/**
 * Every instrument of a round that can hedge, by increasing id: quoted, not cash, not halted, not expired, with a
 * vector. Depth is the table's notional in lots, rounded down; cost is defaultCost. Throws InputError for an
 * instrument that is not listed.
 */
export function hedgeInstruments(market: HedgeMarket, depth: DepthTable = DEFAULT_DEPTH): HedgeInstrument[] {
  const { snapshot, listing, vectors } = market
  const halted = new Set(market.halted ?? [])
  const instruments: HedgeInstrument[] = []
  for (const quote of snapshot.instruments) {
    if (quote.kind === 'cash') continue
    if ('expirySeconds' in quote && quote.expirySeconds <= snapshot.asOfSeconds) continue
    const id = listing.bySymbol(quote.symbol)?.id
    if (id === undefined) throw new InputError(`${quote.symbol} is not listed`, { field: 'instrument' })
    const vector = vectors.get(id)
    if (vector === undefined || halted.has(id) || id === CASH_ID) continue
    const { spotNano } = snapshot.underlyings[quote.underlying]!
    const depthLots = (depth[quote.kind] * NANO) / (spotNano * quote.lotNano)
    instruments.push({ id, depthLots, costNano: defaultCost(vector) })
  }
  return instruments.sort((a, b) => a.id - b.id)
}

/**
 * Cost of one lot, nano-USD: the mean of the two charges, rounded up, at least 1 so that no trade is free. Charges are what the
 * configuration sets aside for unwinding; the long one alone would call an option of no premium free to trade. It ranks
 * instruments and stands for nothing measured: a venue that knows its spreads hands those in instead.
 */
export function defaultCost({ longChargeNano, shortChargeNano }: RiskVector): bigint {
  const mean = (longChargeNano + shortChargeNano + 1n) / 2n
  return mean > 0n ? mean : 1n
}

/** Refuses ids that repeat or are cash, depth below zero and costs not above it; returns them by increasing id. */
export function checkInstruments(
  instruments: readonly HedgeInstrument[],
  vectors: VectorsById,
): HedgeInstrument[] {
  const sorted = [...instruments].sort((a, b) => a.id - b.id)
  sorted.forEach(({ id, depthLots, costNano }, index) => {
    const refuse = (rule: string): never => {
      throw new InputError(`instrument ${id}: ${rule}`, { field: 'instruments' })
    }
    if (id === sorted[index - 1]?.id) refuse('stands twice')
    if (id === CASH_ID) refuse('cash is no hedge')
    if (vectors.get(id) === undefined) refuse('has no vector in this round')
    if (depthLots < 0n) refuse('depth must not be negative')
    if (costNano <= 0n) refuse('cost must be above zero')
  })
  return sorted
}
