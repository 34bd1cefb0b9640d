import type { RiskConfiguration } from '../risk/configuration.ts'
import type { MarketSnapshot } from '../risk/market/snapshot.ts'
import type { BookArrays } from './book/arrays.ts'
import type { AttackPlan } from './market/hedgers.ts'
import type { StressParameters } from './parameters.ts'
import type { EngineSetting } from './parts.ts'
import type { RunOutcome } from './result.ts'
import { type PathSource, type RunRequest, runOnce } from './run.ts'
import { buildWorld } from './world.ts'

/** Everything that decides the runs of one question, as plain data: it travels to worker threads. */
export interface StressSetup {
  readonly snapshot: MarketSnapshot
  readonly configuration: RiskConfiguration
  /** Symbol and id of every listed instrument. */
  readonly listing: readonly (readonly [symbol: string, id: number])[]
  readonly book: BookArrays
  readonly parameters: StressParameters
  readonly source: PathSource
  readonly engines: readonly EngineSetting[]
  readonly seed: number
  readonly attackPlan?: AttackPlan | undefined
}

/** One run of one setup. */
export interface StressJob {
  readonly setup: number
  readonly run: number
}

/** Lays the market and the book out once; errors as buildWorld and drawPath. */
export function requestOf(setup: StressSetup): RunRequest {
  const ids = new Map(setup.listing.map(([symbol, id]) => [symbol, { id }]))
  const world = buildWorld({ ...setup, listing: { bySymbol: (symbol) => ids.get(symbol) } })
  const { source, engines, seed, attackPlan } = setup
  return { world, source, engines, seed, attackPlan }
}

/** Runs jobs on this thread, keeping the world of the last setup; outcomes of all engines of each. */
export class JobRunner {
  readonly #setups: readonly StressSetup[]
  #kept: { readonly setup: number; readonly request: RunRequest } | undefined

  constructor(setups: readonly StressSetup[]) {
    this.#setups = setups
  }

  run({ setup, run }: StressJob): readonly RunOutcome[] {
    if (this.#kept?.setup !== setup) this.#kept = { setup, request: requestOf(this.#setups[setup]!) }
    return runOnce(this.#kept.request, run).outcomes
  }
}
