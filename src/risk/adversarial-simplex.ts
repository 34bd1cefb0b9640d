/** What maximise found. */
export interface SimplexResult {
  /** Infinity when nothing bounds it. */
  readonly value: number
  /** The maximiser by column; the direction of growth when the value is infinite. */
  readonly columns: Float64Array
}

/** Reduced costs and pivots below these count as zero; columns come scaled to a largest entry of 1. */
const COST_TOLERANCE = 1e-7
const PIVOT_TOLERANCE = 1e-9
const MAX_PIVOTS = 20_000

/**
 * Maximises gains . x over x >= 0 with rows x <= 1: the dense primal simplex method in doubles, on a dictionary
 * (m + 1) by (n + 1). x = 0 is feasible and no right-hand side is zero, so it needs no first phase. Deterministic:
 * the steepest column enters, ties take the first.
 * @throws Error when it does not end, which only cycling can cause.
 */
export function maximise(rows: readonly Float64Array[], gains: Float64Array): SimplexResult {
  const [height, width] = [rows.length, gains.length + 1]
  const table = new Float64Array((height + 1) * width)
  rows.forEach((row, index) => {
    table.set(row, index * width)
    table[(index + 1) * width - 1] = 1
  })
  for (let column = 0; column < gains.length; column++) table[height * width + column] = -gains[column]!
  // Variables below gains.length are columns of x, the others slacks of rows.
  const basic = Int32Array.from({ length: height }, (_, row) => gains.length + row)
  const free = Int32Array.from({ length: gains.length }, (_, column) => column)
  for (let pivots = 0; pivots < MAX_PIVOTS; pivots++) {
    const entering = steepestColumn(table, height, width)
    if (entering < 0) return { value: table[(height + 1) * width - 1]!, columns: readColumns() }
    const leaving = tightestRow(table, height, width, entering)
    if (leaving < 0) return { value: Number.POSITIVE_INFINITY, columns: readRay(entering) }
    pivot(table, { height, width, leaving, entering })
    const variable = basic[leaving]!
    basic[leaving] = free[entering]!
    free[entering] = variable
  }
  throw new Error(`the simplex method did not end within ${MAX_PIVOTS} pivots`)

  function readColumns(): Float64Array {
    const columns = new Float64Array(gains.length)
    basic.forEach((variable, row) => {
      if (variable < gains.length) columns[variable] = Math.max(0, table[(row + 1) * width - 1]!)
    })
    return columns
  }

  function readRay(entering: number): Float64Array {
    const columns = new Float64Array(gains.length)
    basic.forEach((variable, row) => {
      if (variable < gains.length) columns[variable] = Math.max(0, -table[row * width + entering]!)
    })
    if (free[entering]! < gains.length) columns[free[entering]!] = 1
    return columns
  }
}

function steepestColumn(table: Float64Array, height: number, width: number): number {
  let entering = -1
  let steepest = -COST_TOLERANCE
  for (let column = 0; column < width - 1; column++) {
    const cost = table[height * width + column]!
    if (cost < steepest) {
      steepest = cost
      entering = column
    }
  }
  return entering
}

/** The row that bounds the entering variable first; among equals the one with the largest pivot. */
function tightestRow(table: Float64Array, height: number, width: number, entering: number): number {
  let leaving = -1
  let least = Number.POSITIVE_INFINITY
  let largest = 0
  for (let row = 0; row < height; row++) {
    const entry = table[row * width + entering]!
    if (entry <= PIVOT_TOLERANCE) continue
    const ratio = table[(row + 1) * width - 1]! / entry
    if (ratio < least || (ratio === least && entry > largest)) {
      least = ratio
      largest = entry
      leaving = row
    }
  }
  return leaving
}

interface Pivot {
  readonly height: number
  readonly width: number
  readonly leaving: number
  readonly entering: number
}

function pivot(table: Float64Array, { height, width, leaving, entering }: Pivot): void {
  const start = leaving * width
  const inverse = 1 / table[start + entering]!
  for (let column = 0; column < width; column++) table[start + column]! *= inverse
  table[start + entering] = inverse
  for (let row = 0; row <= height; row++) {
    const factor = table[row * width + entering]!
    if (row === leaving || factor === 0) continue
    const first = row * width
    for (let column = 0; column < width; column++) table[first + column]! -= factor * table[start + column]!
    table[first + entering] = -factor * inverse
  }
}
