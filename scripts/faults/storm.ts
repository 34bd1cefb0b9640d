/** Kills a part of a service at random, over and over, and starts it again, as its supervisor would. Boundary module: processes. */
import { setTimeout as sleep } from 'node:timers/promises'
import { SplitMix64 } from '../../src/risk/market/prng.ts'
import type { Deployed } from '../service/deployment.ts'
import type { TacitProcess } from '../service/tacit-process.ts'

export interface StormOptions {
  readonly seed: number
  /** How long it goes on with victims at random; or the victims, one after the other. */
  readonly plan: { readonly seconds: number } | { readonly victims: readonly string[] }
  /** Between two kills, at least and at most. */
  readonly gapMs: readonly [least: number, most: number]
  /** How long the killed part stays away at most. */
  readonly awayMs: number
}

export interface StormCount {
  readonly kills: Readonly<Record<string, number>>
  /** Parts that ended without being killed, while the database was there. */
  readonly ownDeaths: string[]
}

/**
 * Everything runs again when it is over.
 * @param other what else goes on: until it is over too, whatever ends is started again
 * @param excused whether a part may end by itself with these last words
 */
export async function storm(
  deployed: Deployed,
  { seed, plan, gapMs, awayMs }: StormOptions,
  say: (state: string) => void,
  other: Promise<unknown> = Promise.resolve(),
  excused: (lastWords: string) => boolean = () => false,
): Promise<StormCount> {
  const random = new SplitMix64(BigInt(seed))
  const between = (least: number, most: number) => Number(random.between(BigInt(least), BigInt(most)))
  const processes = new Map<string, TacitProcess>([
    ['service', deployed.serve],
    ...deployed.workers.map((worker, i): [string, TacitProcess] => [`worker ${i + 1}`, worker]),
  ])
  const names = [...processes.keys(), 'database']
  const kills: Record<string, number> = {}
  const watch = new Supervisor(processes, excused)
  const until = 'seconds' in plan ? Date.now() + plan.seconds * 1_000 : undefined
  for (let turn = 0; ; turn++) {
    const victim = 'victims' in plan ? plan.victims[turn] : names[between(0, names.length - 1)]
    if (victim === undefined || (until !== undefined && Date.now() >= until)) break
    await watch.during(between(...gapMs))
    kills[victim] = (kills[victim] ?? 0) + 1
    say(`kill -9 of the ${victim}`)
    const away = between(0, awayMs)
    if (victim === 'database') await watch.withoutDatabase(() => breakDatabase(deployed, away))
    else {
      await processes.get(victim)!.end('SIGKILL')
      await sleep(away)
      processes.get(victim)!.start()
    }
  }
  await watch.while(other)
  await watch.until(() => deployed.serve.answers())
  return { kills, ownDeaths: watch.ownDeaths }
}

async function breakDatabase({ postgres }: Deployed, awayMs: number): Promise<void> {
  await postgres!.kill()
  await sleep(awayMs)
  await postgres!.restart()
}

const LOOK_MS = 200
/** On a busy machine a start takes many seconds. */
const START_MS = 300_000
/** What starts while the database is away gives up; what it had begun may take so long to end. */
const AFTERMATH_MS = 20_000

class Supervisor {
  readonly #processes: ReadonlyMap<string, TacitProcess>
  readonly #excused: (lastWords: string) => boolean
  readonly ownDeaths: string[] = []
  #databaseBackAt = 0

  constructor(processes: ReadonlyMap<string, TacitProcess>, excused: (lastWords: string) => boolean) {
    this.#processes = processes
    this.#excused = excused
  }

  /** Starts again whatever does not run, until something else is over. */
  async while(other: Promise<unknown>): Promise<void> {
    let isOver = false
    // A rejection between two looks is nobody's yet, and would end the process with all that it started left running.
    const over = () => {
      isOver = true
    }
    other.then(over, over)
    do await this.during(LOOK_MS)
    while (!isOver)
    await other
    await this.during(0)
  }

  /** Starts again whatever does not run. */
  async during(milliseconds: number): Promise<void> {
    const until = Date.now() + milliseconds
    do {
      for (const [name, each] of this.#processes) {
        if (each.isRunning) continue
        const words = each.lastWords()
        const isKnown = Date.now() <= this.#databaseBackAt + AFTERMATH_MS || this.#excused(words)
        if (!isKnown) this.ownDeaths.push(`${name}: ${words}`)
        each.start()
      }
      await sleep(Math.min(LOOK_MS, Math.max(0, until - Date.now())))
    } while (Date.now() < until)
  }

  /** Starts again whatever does not run, until something holds. Throws when that takes too long. */
  async until(holds: () => Promise<boolean>): Promise<void> {
    const latest = Date.now() + START_MS
    do {
      if (Date.now() > latest) throw new Error('the service does not come back')
      await this.during(LOOK_MS)
    } while (!(await holds()))
  }

  async withoutDatabase(work: () => Promise<void>): Promise<void> {
    this.#databaseBackAt = Number.MAX_SAFE_INTEGER
    await work()
    this.#databaseBackAt = Date.now()
  }
}
