import { accountRisk, byModel } from '../margin/book-risk.ts'
import { newFigures } from '../margin/kernel.ts'
import { type EngineContext, seenSeconds } from './engine.ts'

/**
 * Time from breach to its end, of every account. A sale that leaves an account below MM does not end its breach: the next case
 * goes on with the same clock.
 */
export class BreachClock {
  readonly #context: EngineContext
  /** Seconds; NaN where no breach goes on beyond its case. */
  readonly #since: Float64Array
  readonly #figures = newFigures()
  /** Accounts between two cases of one breach. */
  between = 0

  constructor(context: EngineContext) {
    this.#context = context
    this.#since = new Float64Array(context.venue.ledger.accounts).fill(Number.NaN)
  }

  /** A case begins: when its breach did. */
  start(account: number): number {
    const since = this.#take(account)
    return Number.isNaN(since) ? seenSeconds(this.#context.venue) : since
  }

  /** An account without a case is seen above MM: if a breach went on, it is over. */
  recovered(account: number): void {
    const since = this.#take(account)
    if (!Number.isNaN(since)) this.#context.tally.settlementSeconds.push(this.#now - since)
  }

  /** A case below MM ends, with a sale that takes so long to settle, or without one. */
  end(account: number, breachSeconds: number, settleSeconds: number): void {
    if (this.#isCovered(account)) {
      this.#context.tally.settlementSeconds.push(this.#now + settleSeconds - breachSeconds)
      return
    }
    this.#since[account] = breachSeconds
    this.between++
  }

  get #now(): number {
    const { step, path } = this.#context.venue
    return step * path.stepSeconds
  }

  #take(account: number): number {
    const since = this.#since[account]!
    if (!Number.isNaN(since)) this.between--
    this.#since[account] = Number.NaN
    return since
  }

  /** Under the round of now, with what was sold on this step; the margins of the sweep are older. */
  #isCovered(account: number): boolean {
    const { venue, parts } = this.#context
    if (venue.ledger.counts[account] === 0) return true
    const now = accountRisk(venue.kernel, venue.rows, venue.ledger, account, this.#figures)
    return now.equity >= byModel(now, parts.margin).mm
  }
}
