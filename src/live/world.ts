import type { NonceManager } from 'ethers'
import type { KeeperContext } from '../keeper/context.ts'
import type { MarginInstance } from '../protocol/instances.ts'
import type { TacitClient } from '../service/client/index.ts'
import type { CastPlaces } from './cast.ts'
import type { LiveRounds } from './rounds.ts'
import type { LiveStage, Part } from './stage.ts'
import type { Turns } from './turns.ts'

/** What the sample venue's programs have in hand. */
export interface LiveWorld {
  readonly stage: LiveStage
  readonly instance: MarginInstance
  /** The keeper's view; its book is the venue's. */
  readonly context: KeeperContext
  readonly rounds: LiveRounds
  /** Names and places of the book's accounts. */
  readonly names: readonly string[]
  readonly places: CastPlaces
  /** Whoever reads or changes the book takes a turn. */
  readonly turns: Turns
  /** The service as the venue's programs see it. */
  readonly venue: TacitClient
  readonly signer: (part: Part) => NonceManager
  /** Tells people what happens, a line each. */
  readonly tell: (line: string) => void
}
