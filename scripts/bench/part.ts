/** What a part of the benchmark is: one file in parts/, one line in the registry, one key of the JSON. */

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

export interface BenchOptions {
  /** Market files in place of the generated market; empty for the generated one. */
  readonly marketFiles: readonly string[]
  /** Accounts of the sweep. */
  readonly accounts: number
  /** Proofs per prover, beside the first one of each. */
  readonly proofs: number
  /** Warm rounds of the matrix. */
  readonly rounds: number
}

export const DEFAULT_OPTIONS: BenchOptions = { marketFiles: [], accounts: 100_000, proofs: 5, rounds: 3 }

/** One line of the table. Without a target it is there for information. */
export interface Row {
  readonly measure: string
  readonly figure: string
  readonly target?: string
  readonly reached?: boolean
}

export interface PartReport {
  /** The part's value in the JSON object, under its name. */
  readonly figures: { readonly [key: string]: Json }
  readonly rows: readonly Row[]
}

/** Says what is being done, for people who wait. */
export type Say = (message: string) => void

export interface BenchPart {
  /** Key in the JSON object, and what --only takes. */
  readonly name: string
  /** One line for --help. */
  readonly summary: string
  /** Measures. Whatever it throws fails the part, and with it the run; a missed target does not. */
  run(options: BenchOptions, say: Say): Promise<PartReport>
}

/** A row whose figure is to be at most some limit. */
export function atMost(measure: string, value: number, limit: number, show: (value: number) => string): Row {
  return { measure, figure: show(value), target: `<= ${show(limit)}`, reached: value <= limit }
}

/** A row whose figure is to be at least some limit. */
export function atLeast(measure: string, value: number, limit: number, show: (value: number) => string): Row {
  return { measure, figure: show(value), target: `>= ${show(limit)}`, reached: value >= limit }
}

export function showSeconds(seconds: number): string {
  return seconds < 1 ? `${(seconds * 1_000).toFixed(0)} ms` : `${seconds.toFixed(2)} s`
}

export function showCount(count: number): string {
  return count.toLocaleString('en-US')
}
