import type { MarginParameters } from '../../protocol/parameters.ts'
import { BASIS_POINTS } from '../../protocol/ranges.ts'
import { type MarginResult, marginOf, type VectorsById } from '../../risk/margin.ts'
import type { Position } from '../account.ts'

/** What a round says of risk: vectors by id, and the parameters posted with them. */
export interface RoundRisk {
  readonly vectors: VectorsById
  readonly parameters: MarginParameters
}

export function marginIn(round: RoundRisk, positions: readonly Position[]): MarginResult {
  return marginOf(positions, round.vectors, round.parameters)
}

/** Short gamma of a portfolio over all underlyings, nano-USD at the standard shock. */
export function totalShortGamma(margin: MarginResult): bigint {
  return margin.shortGammaNano.reduce((sum, gamma) => sum + gamma, 0n)
}

/** mmBps before - mmBps after: what the account's maintenance requirement falls by, times 10,000. */
export function reliefBpsNano(before: MarginResult, after: MarginResult): bigint {
  return before.mmBpsNano - after.mmBpsNano
}

/**
 * Whether the account would be at or above SOFT once a part is gone, paid for at mark, and costBps of that part's relief
 * are paid: E - cost >= SOFT of what remains, exactly. A price is rounded up and a fee down to lots of cash, so no
 * rounding comes on top. The relief of a part may be negative; its cost is then negative as its price would be above mark.
 */
export function isRestoredAfterCosts(
  before: MarginResult,
  remaining: MarginResult,
  costBps: bigint,
): boolean {
  const costsBps2Nano = costBps * reliefBpsNano(before, remaining)
  return BASIS_POINTS * BASIS_POINTS * before.equityNano - costsBps2Nano >= remaining.softBps2Nano
}
