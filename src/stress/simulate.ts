import { coverDebts } from './engine/debts.ts'
import type { Engine, EngineContext } from './engine/engine.ts'
import { Recorder } from './engine/recorder.ts'
import { StagedEngine } from './engine/staged-engine.ts'
import { Tally } from './engine/tally.ts'
import { BookRisk } from './margin/book-risk.ts'
import { ATTACKER, GAMMA_RESERVE, INSURANCE } from './market/agents.ts'
import { type AttackPlan, attack, Hedgers, workOff } from './market/hedgers.ts'
import { Venue } from './market/venue.ts'
import type { EngineParts, EngineSetting } from './parts.ts'
import type { PricePath } from './path/path.ts'
import type { StressWorld } from './world.ts'

/** How far back a sale counts as the cause of a breach: three half-lives of the book. */
const CAUSE_HALF_LIVES = 3

export interface SimulationRequest {
  readonly world: StressWorld
  readonly path: PricePath
  readonly engine: EngineSetting
  readonly attackPlan?: AttackPlan | undefined
  /** The run without liquidations under the same margin model; undefined: this is one. */
  readonly baseline?: Recorder | undefined
  /** Another engine in the place of the staged one, in tests. */
  readonly engineOf?: ((context: EngineContext) => Engine) | undefined
}

/**
 * One path through one market with one engine, step by step:
 *
 *   time passes and books recover; the path's price moves; an attacker, hedgers and holders of inventory trade;
 *   the oracle publishes, with its delay; every margin is computed anew; the engine acts; debts are covered; value is counted.
 *
 * Deterministic in its request. Conservation is checked at every step: no cent and no lot is ever made or lost.
 */
export class Simulation {
  readonly venue: Venue
  readonly risk: BookRisk
  readonly tally: Tally
  readonly recorder: Recorder
  readonly wave: Uint16Array
  conserved = true
  readonly #request: SimulationRequest
  readonly #parts: EngineParts
  readonly #engine: Engine
  readonly #hedgers: Hedgers
  readonly #sold: Uint8Array
  readonly #totals: Float64Array
  readonly #now: Float64Array
  readonly #causeSteps: number

  constructor(request: SimulationRequest) {
    const { world, path, engine } = request
    const { accounts } = world.ledger
    this.#request = request
    this.#parts = engine.parts
    this.venue = new Venue(world, path)
    this.risk = new BookRisk(accounts, engine.parts.margin)
    this.tally = new Tally(path.steps)
    this.recorder = new Recorder(this.venue)
    this.wave = new Uint16Array(accounts)
    this.#sold = new Uint8Array(accounts)
    this.#fundReserve()
    const { venue, risk, tally, wave } = this
    const context = { venue, risk, tally, wave, parts: engine.parts, sold: this.#sold }
    this.#engine = (request.engineOf ?? ((given) => new StagedEngine(given)))(context)
    this.#hedgers = new Hedgers(venue)
    this.#totals = venue.ledger.totals()
    this.#now = new Float64Array(this.#totals.length)
    const { resilienceSeconds } = world.parameters
    this.#causeSteps = Math.ceil((CAUSE_HALF_LIVES * resilienceSeconds) / path.stepSeconds)
  }

  /** All of it. */
  run(): this {
    this.#settleStep()
    for (let step = 1; step <= this.venue.path.steps; step++) this.#runStep()
    return this
  }

  get openCases(): number {
    return this.#engine.openCases
  }

  /** What the attacker has gained, cents, at the true price. */
  get attackerCents(): number {
    return Math.round(this.venue.agentEquityNano(ATTACKER) / 1e7)
  }

  #runStep(): void {
    const { venue } = this
    venue.advance()
    attack(venue, this.#request.attackPlan)
    this.#hedgers.trade(this.#engine.inCase, this.#sold)
    workOff(venue)
    venue.reprice()
    this.#settleStep()
  }

  /** Rounds, margins, the engine, debts; then what is recorded. */
  #settleStep(): void {
    const { venue, risk } = this
    if (venue.publish()) {
      risk.sweep(venue.kernel, venue.rows, venue.ledger)
      this.#noteBreaches()
    }
    this.#engine.act()
    coverDebts(this.#context())
    venue.reprice()
    this.#count()
    this.recorder.record(venue, risk, this.#engine.openCases, this.tally.badDebt)
  }

  #context(): EngineContext {
    const { venue, risk, tally, wave } = this
    return { venue, risk, tally, wave, parts: this.#parts, sold: this.#sold }
  }

  /** Part of the reserves is the Gamma Reserve, where there is one. */
  #fundReserve(): void {
    if (!this.#parts.gammaReserve) return
    const { ledger, parameters } = this.venue
    const cents = Math.round((ledger.cashOf(INSURANCE) * parameters.gammaReserveShareBps) / 1e4)
    ledger.pay(INSURANCE, GAMMA_RESERVE, cents)
  }

  #noteBreaches(): void {
    const { risk, venue, recorder } = this
    for (let account = 0; account < venue.ledger.accounts; account++) {
      if (recorder.firstBreach[account]! >= 0 || risk.equity[account]! >= risk.mm[account]!) continue
      recorder.firstBreach[account] = venue.step
      this.wave[account] = this.#waveOf(account)
    }
  }

  /** 1 where the account's own path brought it there; else one deeper than the deepest sale that may have. */
  #waveOf(account: number): number {
    const { step } = this.venue
    const alone = this.#request.baseline?.firstBreach[account] ?? -1
    if (alone >= 0 && alone <= step) return 1
    let deepest = 0
    for (let before = Math.max(0, step - this.#causeSteps); before < step; before++) {
      deepest = Math.max(deepest, this.tally.saleWave[before]!)
    }
    return 1 + deepest
  }

  #count(): void {
    this.venue.ledger.totals(this.#now)
    for (let index = 0; index < this.#now.length; index++) {
      if (this.#now[index] !== this.#totals[index]) this.conserved = false
    }
  }
}
