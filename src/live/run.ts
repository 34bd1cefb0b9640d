/** The programs of the sample venue, side by side until they are stopped. Boundary module: clock and network. */
import { Keeper, type Report } from '../keeper/keeper.ts'
import type { KnownRounds } from '../keeper/rounds.ts'
import { TacitError, WitnessError } from '../protocol/errors.ts'
import type { TacitClient } from '../service/client/index.ts'
import { Attester } from './attester.ts'
import { SampleBidder } from './bidder.ts'
import { EpochDesk } from './epochs.ts'
import type { Member } from './opening.ts'
import type { PackageDesk } from './packages.ts'
import { CRASH, type MarketPath, type PathPoint } from './path.ts'
import { loop } from './turns.ts'
import type { VenueDesk } from './venue.ts'
import { actionWords, phaseWords } from './words.ts'
import type { LiveWorld } from './world.ts'

/** How often what has happened. */
export interface Counts {
  rounds: number
  attestations: number
  triggers: number
  cases: number
  settlements: number
  epochs: number
  renewals: number
}

export interface VenueRun {
  readonly world: LiveWorld
  readonly desk: VenueDesk
  readonly path: MarketPath
  readonly packages: PackageDesk
  readonly members: readonly Member[]
  readonly known: KnownRounds
  /** As nobody in particular. */
  readonly service: TacitClient
  readonly feeder: TacitClient
  readonly roundSeconds: number
  readonly attestSeconds: number
  readonly epochRounds: number
  readonly pace: Pace
}

/**
 * Whose time the chain's clock keeps. people: it is the present, and windows last as long as they say. programs: it goes on
 * by some seconds whenever keeper and bidders have nothing left to do, so that nobody misses a window however slow the
 * machine is, and nobody waits for one.
 */
export type Pace = 'people' | 'programs'

export interface RunningVenue {
  readonly counts: Counts
  crashNow(): void
  stop(): Promise<void>
}

/** Liquidators that are programs, and what each wants to earn: basis points of the relief. The visitor is a person. */
const PROGRAMS = {
  alice: { wantedBps: 150n, takesHedges: false },
  bob: { wantedBps: 240n, takesHedges: true },
}
const TICK_MS = 250
const SECOND_MS = 1_000
/** At the programs' pace: how often they look, and by how much the clock goes on. */
const EAGER_MS = 100
const STEP_SECONDS = 5

export function runVenue(run: VenueRun): RunningVenue {
  const programs = new VenuePrograms(run)
  programs.start()
  return programs
}

class VenuePrograms implements RunningVenue {
  readonly counts: Counts = {
    ...{ rounds: 1, attestations: 0, triggers: 0, cases: 0, settlements: 0, epochs: 0, renewals: 0 },
  }
  readonly #run: VenueRun
  readonly #stop = new AbortController()
  readonly #keeper: Keeper
  readonly #epochs: EpochDesk
  #loops: Promise<void>[] = []
  /** On the chain's clock. */
  #roundDue = 0
  /** Steps of the programs' clock, and at which of them each program had nothing left to do. */
  #step = 0
  readonly #quietAt = new Map<string, number>()
  #openCases = 0
  /** The newest round on which the keeper found nothing left to do, and the first one of the last crash. */
  #quietRound = 0
  #crashRound = 0
  #roundsSinceEpoch = 0
  #wantsRenewal = false

  constructor(run: VenueRun) {
    this.#run = run
    this.#keeper = new Keeper(run.world.context)
    this.#epochs = new EpochDesk(run.world, run.desk)
    this.#roundDue = run.world.rounds.newest.snapshot.asOfSeconds + run.roundSeconds
  }

  start(): void {
    const { world, desk, attestSeconds, pace } = this.#run
    const everyMs = pace === 'people' ? SECOND_MS : EAGER_MS
    const attester = new Attester(world, desk)
    this.#loop('the market', TICK_MS, () => this.#market())
    this.#loop('the keeper', everyMs, () => this.#keep())
    this.#loop('attestations', attestSeconds * SECOND_MS, async () => {
      if (await attester.next(this.#stop.signal)) this.counts.attestations++
    })
    this.#loop('epochs', SECOND_MS, () => this.#epoch())
    const bidders = this.#bidders()
    for (const bidder of bidders) this.#loop(bidder.name, everyMs, () => this.#bid(bidder))
    if (pace === 'people') return
    const paced = ['the keeper', ...bidders.map(({ name }) => name)]
    this.#loop('the clock', EAGER_MS, () => this.#pace(paced))
  }

  crashNow(): void {
    this.#run.path.crashNow()
    this.#roundDue = 0
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await Promise.all(this.#loops)
  }

  #loop(name: string, everyMs: number, work: () => Promise<void>): void {
    const failed = (who: string, error: unknown) => this.#run.world.tell(failureWords(who, error))
    this.#loops.push(loop({ name, everyMs, signal: this.#stop.signal, failed }, work))
  }

  #bidders(): SampleBidder[] {
    const { members, packages, known, service, world } = this.#run
    return members.flatMap(({ part, context, subTags }) => {
      if (part === 'visitor') return []
      const terms = { name: part, context, subTags, venueKey: packages.venueKey, rounds: known, service }
      const { fromBlock } = world.context
      return [new SampleBidder({ ...terms, ...PROGRAMS[part], fromBlock, tell: world.tell })]
    })
  }

  // ---------------------------------------------------------------- the market

  async #market(): Promise<void> {
    const { world, path, feeder, roundSeconds } = this.#run
    if (world.rounds.isHeld || (await world.stage.chain.now()) < this.#roundDue) return
    // A market that recovers before the keeper has looked at the crash would have been no crash.
    const point = path.next(this.#openCases > 0 || this.#quietRound < this.#crashRound)
    const { sequence, snapshot } = await world.rounds.post(world.stage, feeder, point.move)
    this.#roundDue = snapshot.asOfSeconds + roundSeconds
    this.counts.rounds = sequence
    this.#roundsSinceEpoch++
    if (point.isTurn && point.phase === 'crash') this.#crashRound = sequence
    if (point.isTurn && point.phase === 'calm') this.#wantsRenewal = true
    world.tell(roundWords(sequence, point))
  }

  // ---------------------------------------------------------------- the programs' clock

  async #bid(bidder: SampleBidder): Promise<void> {
    const step = this.#step
    if (!(await bidder.look())) this.#quietAt.set(bidder.name, step)
  }

  /** Goes on by a step when everybody has looked since the last one and found nothing to do. Not while a seal is proven. */
  async #pace(names: readonly string[]): Promise<void> {
    const { world } = this.#run
    if (world.rounds.isHeld || names.some((name) => this.#quietAt.get(name) !== this.#step)) return
    const { chain } = world.stage
    await chain.provider.send('evm_setNextBlockTimestamp', [(await chain.now()) + STEP_SECONDS])
    await chain.provider.send('evm_mine', [])
    this.#step++
  }

  // ---------------------------------------------------------------- the book

  async #keep(): Promise<void> {
    const { world, desk, packages } = this.#run
    const step = this.#step
    await world.turns.take(async () => {
      const { state, reports } = await this.#keeper.pass({ told: (report) => this.#told(report) })
      this.#openCases = state.cases.length
      if (reports.length === 0) this.#quietRound = Number(state.round.sequence)
      await packages.handOn(world.venue)
      await desk.give()
      if (this.#wantsRenewal && this.#openCases === 0) await this.#renew()
      if (reports.every(({ outcome }) => outcome !== 'done')) this.#quietAt.set('the keeper', step)
    })
  }

  async #renew(): Promise<void> {
    const { world, desk } = this.#run
    this.#wantsRenewal = false
    const crashed = await world.rounds.priced(CRASH, world.rounds.newest.snapshot.asOfSeconds)
    if (!(await desk.renew(crashed))) return
    this.counts.renewals++
    world.tell('a new day: clients trade back to where they stood, bidders have closed what they bought')
  }

  /** A claim that is false by now: a newer round came while the keeper was about to prove it. It looks again. */
  #told({ action, outcome, detail, error }: Report): void {
    const { tell } = this.#run.world
    if (outcome === 'failed' && !(error instanceof WitnessError)) {
      tell(`the keeper could not ${action.kind}: ${error?.message ?? 'no reason'}`)
    }
    if (outcome !== 'done') return
    if (action.kind === 'trigger') this.counts.triggers++
    if (action.kind === 'open') this.counts.cases++
    if (action.kind === 'settle') this.counts.settlements++
    tell(actionWords(action, detail, this.#nameOf(action)))
  }

  #nameOf(action: Report['action']): string | undefined {
    if (!('tag' in action)) return undefined
    const { context, names } = this.#run.world
    const place = context.venueBook.indexOf(action.tag)
    return place === undefined ? undefined : names[place]
  }

  // ---------------------------------------------------------------- epochs

  async #epoch(): Promise<void> {
    const { epochRounds, path } = this.#run
    await this.#epochs.finalizeDue()
    const isFirst = this.counts.epochs === 0 && this.counts.rounds > 1
    const isDue = isFirst || this.#roundsSinceEpoch >= epochRounds
    if (!isDue || this.#openCases > 0 || path.phase === 'slide' || path.phase === 'crash') return
    if ((await this.#epochs.seal(this.#stop.signal)) === undefined) return
    this.counts.epochs++
    this.#roundsSinceEpoch = 0
  }
}

function roundWords(sequence: number, { phase, isTurn, move }: PathPoint): string {
  const spot = `spot ${(Number(move.spotBps) / 100).toFixed(1)}%, volatility ${(Number(move.volBps) / 100).toFixed(1)}%`
  return `round ${sequence}: ${spot}${isTurn ? ` (${phaseWords(phase)})` : ''}`
}

function failureWords(who: string, error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return error instanceof TacitError
    ? `${who}: ${error.code}: ${text}; tried again`
    : `${who}: ${text}; tried again`
}
