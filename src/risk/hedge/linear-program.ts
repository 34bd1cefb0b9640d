/** One coefficient of a row: column number and value. */
export type Term = readonly [column: number, value: number]

export interface ProgramColumn {
  /** Added to the objective for each unit; the objective is minimised. */
  readonly cost: number
  readonly lower: number
  readonly upper: number
  readonly integer: boolean
}

/** lower <= sum of the terms <= upper; infinite where there is no bound. */
export interface ProgramRow {
  readonly lower: number
  readonly upper: number
  readonly terms: readonly Term[]
}

/** A linear program, or a mixed-integer one where a column is integer. In doubles: its answer is a proposal to check. */
export interface LinearProgram {
  readonly columns: readonly ProgramColumn[]
  readonly rows: readonly ProgramRow[]
}

export type Solution =
  | { readonly status: 'optimal'; readonly objective: number; readonly values: Float64Array }
  | { readonly status: 'infeasible' }

/** Solves to an optimum or shows that there is none; the same program gives the same answer. Throws ToolError. */
export type Solver = (program: LinearProgram) => Solution

/** Collects columns and rows; both are numbered from 0 in the order they are added. */
export class ProgramBuilder implements LinearProgram {
  readonly columns: ProgramColumn[] = []
  readonly rows: ProgramRow[] = []

  /** A column, from 0 to infinity unless told otherwise; returns its number. */
  column(options: Partial<ProgramColumn> = {}): number {
    const { cost = 0, lower = 0, upper = Number.POSITIVE_INFINITY, integer = false } = options
    return this.columns.push({ cost, lower, upper, integer }) - 1
  }

  /** A column of either sign. */
  free(): number {
    return this.column({ lower: Number.NEGATIVE_INFINITY })
  }

  atLeast(lower: number, terms: readonly Term[]): void {
    this.rows.push({ lower, upper: Number.POSITIVE_INFINITY, terms })
  }

  atMost(upper: number, terms: readonly Term[]): void {
    this.rows.push({ lower: Number.NEGATIVE_INFINITY, upper, terms })
  }

  equal(value: number, terms: readonly Term[]): void {
    this.rows.push({ lower: value, upper: value, terms })
  }
}
