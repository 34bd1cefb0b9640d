/**
 * One round's market, in the one canonical shape that every venue adapter produces: integers only, so that the risk
 * matrix made from it is the same on every machine. Units: prices in nano-USD per whole unit of the underlying or
 * instrument, volatility in 1e-9 of 1 (80% = 800_000_000), sizes of a lot in 1e-9 of the unit, times in unix seconds.
 */
export interface MarketSnapshot {
  readonly asOfSeconds: number
  /** At most three, in a fixed order: the index is the underlying's number in every risk vector. */
  readonly underlyings: readonly UnderlyingQuote[]
  readonly expiries: readonly ExpiryQuote[]
  /** Canonical order: see compareInstruments. */
  readonly instruments: readonly InstrumentQuote[]
}

export interface UnderlyingQuote {
  readonly symbol: string
  readonly spotNano: bigint
  /** What multiplies its spot ranges and charges, basis points of 1, 10,000 to MAX_SCALE_BPS; undefined: 10,000. */
  readonly scaleBps?: bigint
}

/** One expiry of one underlying: its forward and its volatility smile. */
export interface ExpiryQuote {
  /** Index into underlyings. */
  readonly underlying: number
  readonly expirySeconds: number
  readonly forwardNano: bigint
  /** Strictly increasing strikes; empty when no option is listed. */
  readonly smile: readonly SmilePoint[]
}

export interface SmilePoint {
  readonly strikeNano: bigint
  readonly volNano: bigint
}

export type InstrumentKind = 'cash' | 'spot' | 'perpetual' | 'future' | 'option'

interface InstrumentBase {
  /** The venue's name, unique in the snapshot, e.g. BTC-27MAR26-80000-C. */
  readonly symbol: string
  /** Size of one lot in 1e-9 of a unit: 10_000 is 0.00001 BTC. Never changes for a live id. */
  readonly lotNano: bigint
}

export interface CashQuote extends InstrumentBase {
  readonly kind: 'cash'
}
export interface SpotQuote extends InstrumentBase {
  readonly kind: 'spot'
  readonly underlying: number
}
export interface PerpetualQuote extends InstrumentBase {
  readonly kind: 'perpetual'
  readonly underlying: number
  readonly markNano: bigint
  /** Funding accrued by one unit held long since listing, owed (positive) by the long. Value = mark - this. */
  readonly cumulativeFundingNano: bigint
}
export interface FutureQuote extends InstrumentBase {
  readonly kind: 'future'
  readonly underlying: number
  readonly expirySeconds: number
  readonly markNano: bigint
}
export interface OptionQuote extends InstrumentBase {
  readonly kind: 'option'
  readonly underlying: number
  readonly expirySeconds: number
  readonly strikeNano: bigint
  readonly right: 'call' | 'put'
}
export type InstrumentQuote = CashQuote | SpotQuote | PerpetualQuote | FutureQuote | OptionQuote
