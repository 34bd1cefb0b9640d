/** `tacit serve` and `tacit worker` as an operator runs them: real processes, that can be killed and started again. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { REPOSITORY_ROOT } from '../../src/prover/cache.ts'

export type Environment = Readonly<Record<string, string>>

/** Long: on a busy machine the start alone takes many seconds. */
const START_MS = 180_000
const POLL_MS = 100

/** One process of the command line. It is started at once; what it says goes to its log. */
export class TacitProcess {
  readonly #args: readonly string[]
  readonly #environment: Environment
  readonly #log: string
  #child: ChildProcess | undefined
  /** Times that it was started. */
  starts = 0

  constructor(args: readonly string[], environment: Environment, log: string) {
    this.#args = args
    this.#environment = environment
    this.#log = log
  }

  get isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null
  }

  start(): void {
    if (this.isRunning) return
    this.starts++
    const child = spawn(process.execPath, [join(REPOSITORY_ROOT, 'bin', 'tacit.js'), ...this.#args], {
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...this.#environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const log = createWriteStream(this.#log, { flags: 'a' })
    child.stdout.pipe(log, { end: false })
    child.stderr.pipe(log, { end: false })
    child.once('close', () => log.end())
    this.#child = child
  }

  /** Ends it and waits until it is gone. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#child
    if (child === undefined || !this.isRunning) return
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill(signal)
    await gone
  }

  /** The end of its log, for whoever asks why it failed. */
  lastWords(): string {
    return readFileSync(this.#log, 'utf8').split('\n').slice(-12).join('\n')
  }
}

/** The service of a scratch folder. Its port stays its own over restarts, so that clients find it again. */
export class ServeProcess extends TacitProcess {
  readonly url: string

  constructor(port: number, environment: Environment, log: string) {
    super(['serve'], { ...environment, TACIT_PORT: `${port}` }, log)
    this.url = `http://127.0.0.1:${port}`
  }

  /** Whether it and its database answer now. */
  async answers(): Promise<boolean> {
    return (await fetch(`${this.url}/ready`).catch(() => undefined))?.ok === true
  }

  /** Waits until it and its database answer. @throws Error with its last words when it ends instead */
  async ready(): Promise<void> {
    const until = Date.now() + START_MS
    while (Date.now() < until) {
      if (!this.isRunning) throw new Error(`tacit serve ended:\n${this.lastWords()}`)
      if (await this.answers()) return
      await sleep(POLL_MS)
    }
    throw new Error(`tacit serve does not answer:\n${this.lastWords()}`)
  }
}

export interface Scratch {
  readonly folder: string
  remove(): void
}

export function scratchFolder(): Scratch {
  const folder = mkdtempSync(join(tmpdir(), 'tacit-processes-'))
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
