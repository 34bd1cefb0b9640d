/** The programs of the sample venue, side by side until they are stopped. Boundary module: clock and network. */
import { Keeper, type Report } from '../keeper/keeper.ts'
import type { KnownRounds } from '../keeper/rounds.ts'
import { TacitError } from '../protocol/errors.ts'
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
}

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
  #roundDue: number
  #openCases = 0
  #roundsSinceEpoch = 0
  #wantsRenewal = false

  constructor(run: VenueRun) {
    this.#run = run
    this.#keeper = new Keeper(run.world.context)
    this.#epochs = new EpochDesk(run.world, run.desk)
    this.#roundDue = Date.now() + run.roundSeconds * SECOND_MS
  }

  start(): void {
    const { world, desk, attestSeconds } = this.#run
    const attester = new Attester(world, desk)
    this.#loop('the market', TICK_MS, () => this.#market())
    this.#loop('the keeper', SECOND_MS, () => this.#keep())
    this.#loop('attestations', attestSeconds * SECOND_MS, async () => {
      if (await attester.next(this.#stop.signal)) this.counts.attestations++
    })
    this.#loop('epochs', SECOND_MS, () => this.#epoch())
    for (const bidder of this.#bidders()) this.#loop(bidder.name, SECOND_MS, () => bidder.look())
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
    if (Date.now() < this.#roundDue || world.rounds.isHeld) return
    const point = path.next(this.#openCases > 0)
    const { sequence } = await world.rounds.post(world.stage, feeder, point.move)
    this.#roundDue = Date.now() + roundSeconds * SECOND_MS
    this.counts.rounds = sequence
    this.#roundsSinceEpoch++
    if (point.isTurn && point.phase === 'calm') this.#wantsRenewal = true
    world.tell(roundWords(sequence, point))
  }

  // ---------------------------------------------------------------- the book

  async #keep(): Promise<void> {
    const { world, desk, packages } = this.#run
    await world.turns.take(async () => {
      const { state } = await this.#keeper.pass({ told: (report) => this.#told(report) })
      this.#openCases = state.cases.length
      await packages.handOn(world.stage.connection, world.venue)
      await desk.give()
      if (this.#wantsRenewal && this.#openCases === 0) await this.#renew()
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

  #told({ action, outcome, detail, error }: Report): void {
    const { tell } = this.#run.world
    if (outcome === 'failed') tell(`the keeper could not ${action.kind}: ${error?.message ?? 'no reason'}`)
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
