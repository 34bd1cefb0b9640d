/**
 * Guards on the prices of rounds, once: for whoever makes rounds (src/oracle/guards.ts) and for the contract that says of a
 * posted one what may be done on it (contracts/oracle/PriceGuards.sol, which is deployed with these).
 */
export interface GuardParameters {
  /** A round older than this is stale. */
  readonly maximumAgeSeconds: number
  /** A price that moves further from the last accepted one is held back... */
  readonly maximumMoveBps: bigint
  /** ...until this many rounds in a row, it included, lie that far off on the same side. */
  readonly repeatRounds: number
  /** Feeders' prices may lie so far apart (largest less smallest, of the median) for a round to be trusted. */
  readonly maximumSpreadBps: bigint
  /** The same of a volatility: at least the quorum lies as near to the median, or the strike is not part of the round. */
  readonly maximumVolSpreadBps: bigint
  /** Window of the time-weighted price. */
  readonly averageWindowSeconds: number
  /** Nothing is sold on a round further from that price, until repeatRounds rounds in a row are, on the same side. */
  readonly maximumAverageBps: bigint
  /** Levels of the circuit breaker: moves over breakerWindowSeconds, strictly increasing. */
  readonly breakerBps: readonly bigint[]
  readonly breakerWindowSeconds: number
}

export const DEFAULT_GUARD_PARAMETERS: GuardParameters = {
  maximumAgeSeconds: 120,
  maximumMoveBps: 500n,
  repeatRounds: 3,
  maximumSpreadBps: 100n,
  maximumVolSpreadBps: 1_000n,
  averageWindowSeconds: 900,
  maximumAverageBps: 1_000n,
  breakerBps: [1_000n, 2_000n, 3_000n],
  breakerWindowSeconds: 3_600,
}

/** The contract looks no further back: what a look at the past may cost has an end. */
export const MOST_GUARDED_ROUNDS = 64
