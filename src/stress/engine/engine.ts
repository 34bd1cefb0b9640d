import type { BookRisk } from '../margin/book-risk.ts'
import type { Venue } from '../market/venue.ts'
import type { EngineParts } from '../parts.ts'
import type { Tally } from './tally.ts'

/** What liquidates: asked once a step, after the margins of the round. */
export interface Engine {
  act(): void
  /** 1 for accounts with an open case that closes them, 2 for a soft one, 0 for none. */
  readonly inCase: Uint8Array
  readonly openCases: number
}

export interface EngineContext {
  readonly venue: Venue
  readonly risk: BookRisk
  readonly parts: EngineParts
  readonly tally: Tally
  /** How deep in a chain of breaches an account is: 1 where its own path brought it there. */
  readonly wave: Uint16Array
  /** 1 for accounts of which something was sold since their hedgers last looked. */
  readonly sold: Uint8Array
}

/** One liquidation. Steps and rounds are numbers of the run. */
export interface StressCase {
  readonly account: number
  kind: 'soft' | 'full'
  /** When it came below the threshold of its kind. */
  breachSeconds: number
  openedRound: number
  stage: Stage
  /** Step on which the stage began. */
  since: number
  /** Sold to somebody who still has to settle. */
  isAwarded: boolean
  /** Opened anew after nobody took it. */
  isRetry: boolean
}

export const FULL_STAGES = ['sealed', 'dutch', 'house', 'deleverage', 'market'] as const
export const SOFT_STAGES = ['offers', 'house', 'market'] as const
export type Stage = 'opened' | 'offers' | (typeof FULL_STAGES)[number]

/** Whole steps that a time takes, rounded up. */
export function stepsOf(venue: Venue, seconds: number): number {
  return Math.ceil(seconds / venue.path.stepSeconds)
}

/** When an account's price stood where the oracle now shows it. */
export function seenSeconds(venue: Venue): number {
  return venue.oracle.elapsedSeconds
}

/** A sale of an account: its notional, and how deep in a chain it is. */
export function recordSale({ tally, venue, wave, sold }: EngineContext, account: number, usd: number): void {
  tally.liquidatedUsd += usd
  sold[account] = 1
  const { step } = venue
  tally.saleWave[step] = Math.max(tally.saleWave[step]!, wave[account]!, 1)
}
