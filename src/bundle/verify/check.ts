import { TacitError } from '../../protocol/errors.ts'

/** The questions that are asked of a bundle, in the order in which a report gives the answers. */
export const CHECKS = {
  format: 'The file is whole and of its format',
  configuration: 'Configuration and margin parameters are the ones proven',
  market: 'The market data are the ones of the round',
  risk: 'The risk matrix follows from market data and configuration',
  book: 'The leaves make up the book root',
  keys: 'The verification keys are sound',
  setup: 'How the keys were made',
  pins: 'The keys are the ones you named',
  steps: 'Every account is proven',
  chain: 'Every account is counted once, in one unbroken chain',
  seal: 'The seal is proven',
  context: 'Everything was made for one epoch',
  ledger: 'The ledger holds collateral only',
  figures: 'Reserves, liquidity and gauge',
  policy: 'What is disclosed agrees with what is proven',
  freshness: 'The round is recent',
} as const

export type CheckId = keyof typeof CHECKS
export const CHECK_IDS = Object.keys(CHECKS) as CheckId[]

export type CheckVerdict = 'pass' | 'fail' | 'skipped'

/** One question, its answer, and what the answer rests on, in words. */
export interface Check {
  readonly id: string
  readonly title: string
  readonly verdict: CheckVerdict
  readonly evidence: string
  readonly milliseconds: number
}

export interface Finding {
  readonly verdict: CheckVerdict
  readonly evidence: string
}

export const pass = (evidence: string): Finding => ({ verdict: 'pass', evidence })
export const fail = (evidence: string): Finding => ({ verdict: 'fail', evidence })
export const skipped = (evidence: string): Finding => ({ verdict: 'skipped', evidence })

/** Findings by check, with the time that each took; a check may work in several goes. */
export class CheckList {
  readonly #nowMs: () => number
  readonly #findings = new Map<CheckId, Finding>()
  readonly #milliseconds = new Map<CheckId, number>()

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /** Runs a piece of a check's work on its account. */
  timed<T>(id: CheckId, work: () => T): T {
    const started = this.#nowMs()
    try {
      return work()
    } finally {
      this.spent(id, this.#nowMs() - started)
    }
  }

  spent(id: CheckId, milliseconds: number): void {
    this.#milliseconds.set(id, (this.#milliseconds.get(id) ?? 0) + milliseconds)
  }

  /** The first finding of a check stands. */
  set(id: CheckId, finding: Finding): void {
    if (!this.#findings.has(id)) this.#findings.set(id, finding)
  }

  /** Runs a check whole. What Tacit refuses in the bundle's data is the check's answer; any other error is thrown. */
  run(id: CheckId, work: () => Finding): void {
    this.timed(id, () => {
      try {
        this.set(id, work())
      } catch (error) {
        if (!(error instanceof TacitError)) throw error
        this.set(id, fail(error.message))
      }
    })
  }

  finding(id: CheckId): Finding | undefined {
    return this.#findings.get(id)
  }

  /** Every check in order; those without a finding were not reached. */
  list(): Check[] {
    return CHECK_IDS.map((id) => ({
      id,
      title: CHECKS[id],
      ...(this.#findings.get(id) ?? skipped('not reached')),
      milliseconds: Math.round(this.#milliseconds.get(id) ?? 0),
    }))
  }
}
