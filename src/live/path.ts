import { InputError } from '../protocol/errors.ts'
import { SplitMix64 } from '../risk/market/prng.ts'

/** How the sample market moves: calm, a slide, a crash, a recovery, and again. Pure: a seed gives the same path. */
export const PHASES = ['calm', 'slide', 'crash', 'recovery'] as const
export type Phase = (typeof PHASES)[number]

/** Relative to the market that the path starts from, basis points. */
export interface Move {
  readonly spotBps: bigint
  readonly volBps: bigint
}

export const CALM: Move = { spotBps: 0n, volBps: 0n }
export const SLIDE: Move = { spotBps: -500n, volBps: 800n }
export const CRASH: Move = { spotBps: -1_500n, volBps: 3_500n }

/** Rounds of each phase. The crash goes on until no case is open, at most `longestCrash` rounds. */
export type PathTerms = Readonly<Record<Phase | 'longestCrash', number>>
export const DEFAULT_PATH: PathTerms = { calm: 8, slide: 3, crash: 4, recovery: 4, longestCrash: 40 }

/**
 * At the bottom there is no noise, and every round is a little better than the last: an account that a sale has just restored
 * stays restored, and a crash comes to an end.
 */
const DRIFT: Move = { spotBps: 4n, volBps: -10n }
const MOST_DRIFT = 60

export interface PathPoint {
  readonly phase: Phase
  readonly move: Move
  /** From 1; one more with every return to calm. */
  readonly cycle: number
  /** The first round of its phase. */
  readonly isTurn: boolean
}

/** Noise around the path, basis points either way. */
const NOISE: Readonly<Record<Phase, Move>> = {
  calm: { spotBps: 40n, volBps: 60n },
  slide: { spotBps: 30n, volBps: 40n },
  crash: { spotBps: 0n, volBps: 0n },
  recovery: { spotBps: 30n, volBps: 40n },
}

export class MarketPath {
  readonly #random: SplitMix64
  readonly #terms: PathTerms
  #phase: Phase = 'calm'
  /** Rounds of the phase so far. */
  #past = 0
  #cycle = 1

  /** Throws InputError for a phase of no rounds. */
  constructor(seed: number, terms: PathTerms = DEFAULT_PATH) {
    for (const [field, rounds] of Object.entries(terms)) {
      if (!Number.isSafeInteger(rounds) || rounds < 1)
        throw new InputError('must be at least one round', { field })
    }
    this.#random = new SplitMix64(BigInt(seed) + 77_000n)
    this.#terms = terms
  }

  get phase(): Phase {
    return this.#phase
  }

  get cycle(): number {
    return this.#cycle
  }

  /** The next round's point. */
  next(hasOpenCases: boolean): PathPoint {
    if (this.#past > 0 && this.#isOver(hasOpenCases)) this.#turn()
    const isTurn = this.#past === 0
    const target = this.#target()
    this.#past++
    const noise = NOISE[this.#phase]
    const around = (bps: bigint, width: bigint) => bps + this.#random.between(-width, width)
    const move = {
      spotBps: around(target.spotBps, noise.spotBps),
      volBps: around(target.volBps, noise.volBps),
    }
    return { phase: this.#phase, move, cycle: this.#cycle, isTurn }
  }

  /** The next round is the first of a crash, wherever the path is. In a crash already: that one goes on. */
  crashNow(): void {
    if (this.#phase === 'crash') return
    this.#phase = 'crash'
    this.#past = 0
  }

  #isOver(hasOpenCases: boolean): boolean {
    if (this.#past < this.#terms[this.#phase]) return false
    return this.#phase !== 'crash' || !hasOpenCases || this.#past >= this.#terms.longestCrash
  }

  #turn(): void {
    this.#phase = PHASES[(PHASES.indexOf(this.#phase) + 1) % PHASES.length]!
    this.#past = 0
    if (this.#phase === 'calm') this.#cycle++
  }

  #target(): Move {
    const rounds = BigInt(this.#terms[this.#phase])
    const now = BigInt(this.#past) + 1n
    if (this.#phase === 'calm') return CALM
    if (this.#phase === 'slide') return between(CALM, SLIDE, now, rounds)
    if (this.#phase === 'recovery') return between(CRASH, CALM, now, rounds)
    const better = BigInt(Math.min(this.#past, MOST_DRIFT))
    return { spotBps: CRASH.spotBps + DRIFT.spotBps * better, volBps: CRASH.volBps + DRIFT.volBps * better }
  }
}

function between(from: Move, to: Move, step: bigint, steps: bigint): Move {
  const at = (a: bigint, b: bigint) => a + ((b - a) * step) / steps
  return { spotBps: at(from.spotBps, to.spotBps), volBps: at(from.volBps, to.volBps) }
}
