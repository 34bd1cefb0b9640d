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

/** So many times repeatRounds are the most rounds in a row that a price is held back for, whatever side it is on. */
export const MOST_HELD_FACTOR = 2

/**
 * Levels of the circuit breaker. Liquidation opens and goes on at every level: what stops is what adds risk or takes money out.
 *   0 none   1 no new positions that raise a requirement   2 no withdrawals besides   3 auctions wait for the next round besides
 */
export const BREAKER_LEVELS = ['none', 'reduceOnly', 'noWithdrawals', 'auctionsWait'] as const

/** Of a posted round's word of spots, above its fields: an external feed said something else. */
export const SPOT_DOUBTED_BIT = 255

/** The contract looks no further back: what a look at the past may cost has an end. */
export const MOST_GUARDED_ROUNDS = 64
