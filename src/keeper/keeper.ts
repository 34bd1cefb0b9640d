import { TacitError } from '../protocol/errors.ts'
import { type Acted, act } from './act.ts'
import type { KeeperContext } from './context.ts'
import { decide } from './decide.ts'
import { followHead } from './follow.ts'
import { readState } from './read-state.ts'
import { isOvertaken } from './refusals.ts'
import { type Action, type KeeperState, subjectOf } from './state.ts'

/** One action and how it went. */
export interface Report extends Acted {
  readonly action: Action
  /** overtaken: the chain went on meanwhile; the next pass decides anew. */
  readonly outcome: 'done' | 'waiting' | 'overtaken' | 'failed'
  readonly error?: TacitError | undefined
}

export interface Pass {
  readonly state: KeeperState
  readonly reports: readonly Report[]
}

/** Who wants to know. */
export interface Listener {
  readonly starting?: (action: Action) => void
  readonly told?: (report: Report) => void
}

/** What is done without a transaction. */
const OFF_CHAIN: readonly Action['kind'][] = ['disclose', 'order']

/** After a failure its subject is left alone for so many passes, doubling, up to the last. */
const PATIENCE = [1, 2, 4, 8, 16] as const

/**
 * The loop around decide(). Boundary module. It remembers nothing that matters: what it is to do follows from the chain and
 * the book, so a keeper may be stopped at any point and started again.
 */
export class Keeper {
  readonly context: KeeperContext
  readonly #failures = new Map<string, { count: number; until: number }>()
  #passes = 0
  #running: Promise<Pass> | undefined

  constructor(context: KeeperContext) {
    this.context = context
  }

  /** Looks once and does what there is to do. A second call while one runs waits for that one instead. */
  pass(listener: Listener = {}): Promise<Pass> {
    this.#running ??= this.#pass(listener).finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  /** Passes until nothing was done in one. At most `most`. */
  async work(listener: Listener = {}, most = 32): Promise<Pass> {
    let pass = await this.pass(listener)
    for (let count = 1; count < most && pass.reports.some(({ outcome }) => outcome === 'done'); count++) {
      pass = await this.pass(listener)
    }
    return pass
  }

  async #pass({ starting, told }: Listener): Promise<Pass> {
    this.#passes++
    await followHead(this.context)
    const state = await readState(this.context)
    const reports: Report[] = []
    for (const action of decide(state)) {
      if (this.#isLeftAlone(action)) continue
      starting?.(action)
      const report = await this.#try(action)
      reports.push(report)
      told?.(report)
    }
    return { state, reports }
  }

  async #try(action: Action): Promise<Report> {
    const subject = subjectOf(action)
    try {
      const acted = await act(this.context, action)
      this.#failures.delete(subject)
      const isDone = acted.sent !== undefined || OFF_CHAIN.includes(action.kind)
      return { action, ...acted, outcome: isDone ? 'done' : 'waiting' }
    } catch (error) {
      if (!(error instanceof TacitError)) throw error
      if (isOvertaken(error)) return { action, outcome: 'overtaken', error }
      const count = (this.#failures.get(subject)?.count ?? 0) + 1
      const passes = PATIENCE[Math.min(count, PATIENCE.length) - 1]!
      this.#failures.set(subject, { count, until: this.#passes + passes })
      return { action, outcome: 'failed', error }
    }
  }

  #isLeftAlone(action: Action): boolean {
    return (this.#failures.get(subjectOf(action))?.until ?? 0) >= this.#passes
  }
}
