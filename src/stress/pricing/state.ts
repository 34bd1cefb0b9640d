/** Where a market stands against the snapshot that it started from. One entry per underlying of the snapshot. */
export interface MarketState {
  /** Factor on spot, forwards and marks, > 0. */
  readonly spot: Float64Array
  /** Factor on every volatility, > 0. */
  readonly vol: Float64Array
  /** Tilt of the smile: a volatility moves by this share of itself for each standard deviation of its strike below the forward. */
  readonly skew: Float64Array
  /** Since the snapshot. */
  elapsedSeconds: number
}

export function startState(underlyings: number): MarketState {
  return {
    spot: new Float64Array(underlyings).fill(1),
    vol: new Float64Array(underlyings).fill(1),
    skew: new Float64Array(underlyings),
    elapsedSeconds: 0,
  }
}

export function copyState(from: MarketState, to: MarketState): void {
  to.spot.set(from.spot)
  to.vol.set(from.vol)
  to.skew.set(from.skew)
  to.elapsedSeconds = from.elapsedSeconds
}
