import type { PassProgress } from './request.ts'

/** Counts the proofs of one run and says how long the rest will take. Boundary module: clock. */
export class ProgressMeter {
  readonly #total: number
  readonly #report: (progress: PassProgress) => void
  readonly #started = performance.now()
  #done: number
  #proven = 0

  constructor(total: number, done: number, report: (progress: PassProgress) => void = () => {}) {
    this.#total = total
    this.#done = done
    this.#report = report
    this.say('steps')
  }

  get proven(): number {
    return this.#proven
  }

  stepProven(): void {
    this.#done++
    this.#proven++
    this.say('steps')
  }

  say(phase: PassProgress['phase']): void {
    const seconds = (performance.now() - this.#started) / 1_000
    const stepsPerSecond = this.#proven === 0 ? 0 : this.#proven / seconds
    const left = this.#total - this.#done
    this.#report({
      phase,
      done: this.#done,
      total: this.#total,
      proven: this.#proven,
      stepsPerSecond,
      secondsLeft: left === 0 ? 0 : stepsPerSecond === 0 ? undefined : left / stepsPerSecond,
    })
  }
}
