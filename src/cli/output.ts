import type { Io } from './io.ts'

/** Slower than this, and a person wants to know that something is going on. */
const QUIET_MS = 2_000
const LIVE_REDRAW_MS = 200
const LINE_EVERY_MS = 10_000

/** Says how far a task is, e.g. "45%". */
export type Update = (state: string) => void

/**
 * Where a command's words go. For people: results to stdout, progress and notices to stderr. With --json stdout holds
 * one line, the result; nothing for people is written there.
 */
export class Output {
  readonly json: boolean
  readonly colour: boolean
  readonly #io: Io

  constructor(io: Io, json: boolean) {
    this.#io = io
    this.json = json
    this.colour = io.colour && !json
  }

  /** A line for people. */
  print(text = ''): void {
    if (!this.json) this.#io.stdout(`${text}\n`)
  }

  /** A line that must be seen in either mode: a warning, where a file went. */
  notice(text: string): void {
    this.#io.stderr(`${text}\n`)
  }

  /** The machine's answer, once, at the very end. */
  result(value: object): void {
    if (this.json) this.#io.stdout(`${toJson(value)}\n`)
  }

  /** Runs a piece of work and shows progress on stderr once it takes longer than two seconds. */
  async task<T>(label: string, work: (update: Update) => Promise<T>): Promise<T> {
    const progress = new TaskProgress(label, this.#io)
    try {
      return await work((state) => progress.update(state))
    } finally {
      progress.end()
    }
  }
}

/** One updating line on a terminal; elsewhere a line at the start, one every ten seconds and one at the end. */
class TaskProgress {
  readonly #label: string
  readonly #io: Io
  readonly #started = performance.now()
  readonly #timer: NodeJS.Timeout
  #state = ''
  #shown = false
  #shownAt = 0

  constructor(label: string, io: Io) {
    this.#label = label
    this.#io = io
    this.#timer = setInterval(() => this.#tick(), io.live ? LIVE_REDRAW_MS : 500)
    this.#timer.unref()
  }

  update(state: string): void {
    this.#state = state
    // Work that never lets the timer run still reports through its own updates.
    this.#tick()
  }

  end(): void {
    clearInterval(this.#timer)
    if (!this.#shown) return
    this.#io.stderr(`${this.#io.live ? '\r\x1b[K' : ''}${this.#label}: ${this.#seconds()} s\n`)
  }

  #tick(): void {
    const now = performance.now()
    if (now - this.#started < QUIET_MS) return
    if (this.#shown && now - this.#shownAt < (this.#io.live ? LIVE_REDRAW_MS : LINE_EVERY_MS)) return
    this.#shown = true
    this.#shownAt = now
    const text = `${this.#label} ... ${this.#state === '' ? '' : `${this.#state}, `}${this.#seconds()} s`
    this.#io.stderr(this.#io.live ? `\r\x1b[K${text.slice(0, 110)}` : `${text}\n`)
  }

  #seconds(): string {
    return ((performance.now() - this.#started) / 1_000).toFixed(1)
  }
}

/** JSON on one line; bigints as decimal strings. */
export function toJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? item.toString() : item), indent)
}
