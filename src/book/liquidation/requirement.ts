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

/** Whether equity at mark is below SOFT of another portfolio: what remains after a step, its value paid in cash. */
export function isBelowSoftOf(equityNano: bigint, remaining: MarginResult): boolean {
  return BASIS_POINTS * BASIS_POINTS * equityNano < remaining.softBps2Nano
}
