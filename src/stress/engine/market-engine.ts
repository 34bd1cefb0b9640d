import type { Engine, EngineContext } from './engine.ts'
import { recordSale, seenSeconds, stepsOf } from './engine.ts'
import { LotPlanner } from './lots.ts'

interface MarketCase {
  readonly account: number
  readonly breachSeconds: number
  readonly opened: number
}

/**
 * The simplest engine: an account below MM is sold at market, whole, as soon as orders can be sent. Written apart from the staged
 * engine on purpose: with its parts off that one must give the same bytes (test/stress/engines.test.ts).
 */
export class MarketEngine implements Engine {
  readonly inCase: Uint8Array
  readonly #context: EngineContext
  readonly #planner: LotPlanner
  readonly #closedRound: Int32Array
  #cases: MarketCase[] = []

  constructor(context: EngineContext) {
    this.#context = context
    this.#planner = new LotPlanner(context.venue, context.parts.margin)
    this.inCase = new Uint8Array(context.venue.ledger.accounts)
    this.#closedRound = new Int32Array(context.venue.ledger.accounts).fill(-1)
  }

  get openCases(): number {
    return this.#cases.length
  }

  act(): void {
    const { venue, risk, tally } = this.#context
    this.#open()
    this.#cases = this.#cases.filter((open) => {
      const { account, opened, breachSeconds } = open
      const isCovered = risk.equity[account]! >= risk.mm[account]!
      const isDue = venue.step - opened >= stepsOf(venue, venue.parameters.executionDelaySeconds)
      if (!isCovered && !isDue) return true
      if (!isCovered) this.#sell(account)
      const end = venue.step * venue.path.stepSeconds
      tally.settlementSeconds.push(end - breachSeconds)
      this.inCase[account] = 0
      this.#closedRound[account] = venue.round
      return false
    })
  }

  #open(): void {
    const { venue, risk } = this.#context
    for (let account = 0; account < venue.ledger.accounts; account++) {
      if (this.inCase[account] === 1 || venue.ledger.counts[account] === 0) continue
      if (risk.equity[account]! >= risk.mm[account]! || this.#closedRound[account] === venue.round) continue
      this.inCase[account] = 1
      this.#cases.push({ account, breachSeconds: seenSeconds(venue), opened: venue.step })
    }
  }

  #sell(account: number): void {
    const { venue, tally } = this.#context
    const lot = this.#planner.full(account, false)
    if (lot === undefined) return
    recordSale(this.#context, account, venue.sellAtMarket(account, lot.rows, lot.lots, lot.count))
    tally.lots.market++
  }
}
