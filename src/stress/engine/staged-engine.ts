import { HOUSE } from '../market/agents.ts'
import { Bidders } from './bidders.ts'
import { BreachClock } from './breach-clock.ts'
import { Deleverager } from './deleverage.ts'
import {
  type Engine,
  type EngineContext,
  FULL_STAGES,
  recordSale,
  SOFT_STAGES,
  type Stage,
  type StressCase,
  seenSeconds,
  stepsOf,
} from './engine.ts'
import { LotPlanner, type StressLot } from './lots.ts'
import { type SaleTerms, saleTerms, settleLot } from './settle.ts'

/** What a stage came to on this step. */
type Outcome = 'wait' | 'sold' | 'next'

/**
 * The Tacit engine, stage by stage as the contracts have it (docs/liquidation.md), each stage a part that can be off: soft
 * hedge, sealed bids, Dutch auction, clearing house, deleveraging; market orders where nothing else is left. A sale settles on
 * the step of its award; the time that settling takes is counted.
 */
export class StagedEngine implements Engine {
  readonly inCase: Uint8Array
  readonly #context: EngineContext
  readonly #planner: LotPlanner
  readonly #bidders: Bidders
  readonly #deleverager: Deleverager
  readonly #closedRound: Int32Array
  readonly #clock: BreachClock
  #cases: StressCase[] = []

  constructor(context: EngineContext) {
    const { accounts } = context.venue.ledger
    this.#context = context
    this.#planner = new LotPlanner(context.venue, context.parts.margin)
    this.#bidders = new Bidders(context.venue)
    this.inCase = new Uint8Array(accounts)
    this.#deleverager = new Deleverager(context, this.inCase)
    this.#closedRound = new Int32Array(accounts).fill(-1)
    this.#clock = new BreachClock(context)
  }

  /** Accounts in a case, and those that their last sale left below MM. */
  get openCases(): number {
    return this.#cases.length + this.#clock.between
  }

  act(): void {
    // Where nothing sells, nothing is opened: the run without liquidations.
    if (!FULL_STAGES.some((stage) => this.#isOn(stage))) return
    this.#open()
    this.#cases = this.#cases.filter((open) => {
      const isDone = this.#isRecovered(open) || this.#advance(open)
      if (isDone) this.#close(open)
      return !isDone
    })
  }

  // ---------------------------------------------------------------- cases

  #open(): void {
    const { venue, risk, parts, tally } = this.#context
    for (let account = 0; account < venue.ledger.accounts; account++) {
      if (this.inCase[account] !== 0 || venue.ledger.counts[account] === 0) continue
      if (this.#closedRound[account] === venue.round) continue
      const equity = risk.equity[account]!
      const isFull = equity < risk.mm[account]!
      if (!isFull) this.#clock.recovered(account)
      if (!isFull && !(parts.softHedge && equity < risk.soft[account]!)) continue
      if (!isFull) tally.softCases++
      this.inCase[account] = isFull ? 1 : 2
      this.#cases.push({
        account,
        kind: isFull ? 'full' : 'soft',
        breachSeconds: isFull ? this.#clock.start(account) : seenSeconds(venue),
        openedRound: venue.round,
        stage: 'opened',
        since: venue.step,
        isAwarded: false,
        isRetry: false,
      })
    }
  }

  #close({ account, breachSeconds, kind, isAwarded }: StressCase): void {
    const { venue } = this.#context
    if (kind === 'full') {
      this.#clock.end(account, breachSeconds, isAwarded ? venue.parameters.settleSeconds : 0)
    }
    this.inCase[account] = 0
    this.#closedRound[account] = venue.round
  }

  #isRecovered({ account, kind }: StressCase): boolean {
    const { risk, venue } = this.#context
    if (venue.ledger.counts[account] === 0) return true
    const threshold = kind === 'full' ? risk.mm[account]! : risk.soft[account]!
    return risk.equity[account]! >= threshold
  }

  /** Whether the case is over. */
  #advance(open: StressCase): boolean {
    const { risk, venue } = this.#context
    const { account } = open
    if (open.kind === 'soft' && risk.equity[account]! < risk.mm[account]!) {
      open.kind = 'full'
      open.breachSeconds = this.#clock.start(account)
      open.isRetry = false
      this.inCase[account] = 1
      this.#enter(open, 'opened')
      open.openedRound = venue.round
    }
    // A stage that has no use is passed at once; what waits, waits until the next step.
    for (;;) {
      const outcome = this.#work(open)
      if (outcome === 'wait') return false
      if (outcome === 'sold') return true
      const next = this.#nextStage(open)
      if (next !== undefined) this.#enter(open, next)
      else {
        // Nobody took it: the case lapses and is opened anew.
        this.#context.tally.lots.unsold++
        this.#enter(open, 'opened')
        open.openedRound = venue.round
        open.isRetry = true
        return false
      }
    }
  }

  #enter(open: StressCase, stage: Stage): void {
    open.stage = stage
    open.since = this.#context.venue.step
  }

  #nextStage({ kind, stage }: StressCase): Stage | undefined {
    const order: readonly Stage[] = kind === 'full' ? FULL_STAGES : SOFT_STAGES
    return order.slice(order.indexOf(stage) + 1).find((next) => this.#isOn(next))
  }

  #isOn(stage: Stage): boolean {
    const { parts } = this.#context
    switch (stage) {
      case 'opened':
        return true
      case 'offers':
        return parts.sealedAuction || parts.dutchAuction
      case 'sealed':
        return parts.sealedAuction
      case 'dutch':
        return parts.dutchAuction
      case 'house':
        return parts.clearingHouse
      case 'deleverage':
        return parts.deleveraging
      case 'market':
        return parts.marketOrders
    }
  }

  // ---------------------------------------------------------------- stages

  #work(open: StressCase): Outcome {
    if (open.stage === 'opened') return this.#opened(open)
    if (open.stage === 'deleverage') return this.#deleverager.run(open.account) ? 'sold' : 'next'
    if (this.#elapsed(open) < this.#windowSteps(open.stage)) return 'wait'
    const lot = this.#plan(open)
    if (lot === undefined) return open.kind === 'soft' ? 'wait' : 'sold'
    const terms = saleTerms(this.#context, lot, open.account)
    switch (open.stage) {
      case 'market':
        return this.#market(open, lot)
      case 'house':
        return this.#house(open, lot, terms)
      case 'offers':
        return this.#offers(open, lot, terms)
      case 'sealed':
        return this.#sealed(open, lot, terms)
      case 'dutch':
        return this.#dutch(open, lot, terms)
    }
  }

  #plan({ kind, account }: StressCase): StressLot | undefined {
    const { partialLots } = this.#context.parts
    return kind === 'soft' ? this.#planner.soft(account) : this.#planner.full(account, partialLots)
  }

  /**
   * Proving takes its time, and the print that triggered is not the print that sells, where there is a sale. A case that
   * lapsed waits before it is opened anew.
   */
  #opened(open: StressCase): Outcome {
    const { venue } = this.#context
    const { executionDelaySeconds, retrySeconds } = venue.parameters
    const delay = open.isRetry ? Math.max(executionDelaySeconds, retrySeconds) : executionDelaySeconds
    const isDue = this.#elapsed(open) >= stepsOf(venue, delay)
    const isNewer = this.#nextStage(open) === 'market' || venue.round > open.openedRound
    return isDue && isNewer ? 'next' : 'wait'
  }

  #market({ account }: StressCase, lot: StressLot): Outcome {
    const { venue, tally } = this.#context
    recordSale(this.#context, account, venue.sellAtMarket(account, lot.rows, lot.lots, lot.count))
    tally.lots.market++
    return 'sold'
  }

  /** Steps during which a stage collects bids and sells nothing. */
  #windowSteps(stage: Stage): number {
    const { venue } = this.#context
    if (stage === 'offers') return stepsOf(venue, venue.parameters.softWindowSeconds)
    return stage === 'sealed' ? stepsOf(venue, venue.parameters.sealedSeconds) : 0
  }

  #offers(open: StressCase, lot: StressLot, terms: SaleTerms): Outcome {
    const { venue } = this.#context
    const elapsed = this.#elapsed(open)
    const cap = Math.min(terms.cap, (lot.relief * venue.parameters.softPenaltyBps) / 1e4)
    const best = this.#bidders.bids(lot, elapsed, terms.taxed)[0]
    if (best === undefined || best.discount > cap) return 'next'
    return this.#award(open, lot, terms, best, 'soft')
  }

  #sealed(open: StressCase, lot: StressLot, terms: SaleTerms): Outcome {
    const bids = this.#bidders
      .bids(lot, this.#elapsed(open), terms.taxed)
      .filter(({ discount }) => discount <= terms.cap)
    if (bids.length < 2) return 'next'
    return this.#award(open, lot, terms, bids[0]!, 'sealed')
  }

  #dutch(open: StressCase, lot: StressLot, terms: SaleTerms): Outcome {
    const { venue } = this.#context
    const elapsed = this.#elapsed(open)
    const duration = Math.max(1, stepsOf(venue, venue.parameters.dutchSeconds))
    const discount = terms.cap * Math.min(1, elapsed / duration)
    const best = this.#bidders.bids(lot, elapsed, terms.taxed)[0]
    if (best !== undefined && best.discount <= discount) {
      return this.#award(open, lot, terms, { ...best, discount }, 'dutch')
    }
    return elapsed < duration ? 'wait' : 'next'
  }

  #house(open: StressCase, lot: StressLot, terms: SaleTerms): Outcome {
    const { venue } = this.#context
    const discount = Math.min(terms.cap, (lot.relief * venue.parameters.softPenaltyBps) / 1e4)
    if (this.#bidders.houseTakes(lot, discount)) {
      const free = { ...terms, taxed: { free: 0, share: 0 } }
      return this.#award(open, lot, free, { party: HOUSE, discount }, 'house')
    }
    return this.#elapsed(open) < stepsOf(venue, venue.parameters.houseWindowSeconds) ? 'wait' : 'next'
  }

  #award(
    open: StressCase,
    lot: StressLot,
    terms: SaleTerms,
    { party, discount }: { party: number; discount: number },
    taker: 'soft' | 'sealed' | 'dutch' | 'house',
  ): Outcome {
    settleLot(this.#context, lot, open.account, party, discount, terms)
    open.isAwarded = true
    this.#context.tally.lots[taker]++
    return 'sold'
  }

  #elapsed({ since }: StressCase): number {
    return this.#context.venue.step - since
  }
}
