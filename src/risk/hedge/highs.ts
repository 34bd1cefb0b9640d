import highsModule, { type Highs, type InitOptions, type ModelData } from 'highs'
import { ToolError } from '../../protocol/errors.ts'
import type { LinearProgram, Solution, Solver } from './linear-program.ts'

/**
 * Where highs.wasm is, for a browser whose bundler does not find it; Node needs none. (The package's other ways to hand it
 * in, wasmBinary and wasmModule, are typed but ignored by its 1.15.3 build.)
 */
export type HighsOptions = Pick<InitOptions, 'locateFile'>

// The package's types are those of its CommonJS build; the ES module has the loader itself as its default export.
const loadHighs = highsModule as unknown as typeof highsModule.default

/**
 * No clock may stop the search, or the answer would depend on the machine: nodes are counted instead. One thread and
 * a fixed seed, so the same program gives the same answer everywhere.
 */
const OPTIONS = {
  output_flag: false,
  random_seed: 0,
  mip_max_nodes: 2_000,
  mip_rel_gap: 1e-6,
  primal_feasibility_tolerance: 1e-9,
  dual_feasibility_tolerance: 1e-9,
} as const

/**
 * The HiGHS solver as a Solver, in its WebAssembly build: the one place where it is loaded. Loading is asynchronous, solving is
 * not; a browser should solve in a worker. Throws ToolError when it cannot be loaded.
 */
export async function loadHighsSolver(options: HighsOptions = {}): Promise<Solver> {
  let highs: Highs
  try {
    highs = await loadHighs(options)
  } catch (cause) {
    throw new ToolError('the HiGHS solver could not be loaded: its wasm file must stand beside it', { cause })
  }
  return (program) => solve(highs, program)
}

function solve(highs: Highs, program: LinearProgram): Solution {
  const { modelStatus: codes } = highs.constants
  return highs.withModel(modelData(program), (model): Solution => {
    model.options.set(OPTIONS)
    model.run()
    const status = model.getModelStatus()
    if (status === codes.infeasible || status === codes.unboundedOrInfeasible) return { status: 'infeasible' }
    // The node limit with a found answer: a good one, which the exact rules check like any other.
    const isFound = status === codes.solutionLimit && Number.isFinite(model.getObjectiveValue())
    if (status !== codes.optimal && !isFound) {
      throw new ToolError(`HiGHS ended with model status ${status}: the program is unbounded or badly scaled`)
    }
    const values = Float64Array.from(model.getSolution().colValue)
    return { status: 'optimal', objective: model.getObjectiveValue(), values }
  })
}

function modelData({ columns, rows }: LinearProgram): ModelData {
  const starts = new Int32Array(rows.length + 1)
  rows.forEach(({ terms }, row) => {
    starts[row + 1] = starts[row]! + terms.length
  })
  const entries = rows.flatMap(({ terms }) => terms)
  const data: ModelData = {
    numCols: columns.length,
    numRows: rows.length,
    colCost: Float64Array.from(columns, ({ cost }) => cost),
    colLower: Float64Array.from(columns, ({ lower }) => lower),
    colUpper: Float64Array.from(columns, ({ upper }) => upper),
    rowLower: Float64Array.from(rows, ({ lower }) => lower),
    rowUpper: Float64Array.from(rows, ({ upper }) => upper),
    matrix: {
      format: 'csr',
      numRows: rows.length,
      numCols: columns.length,
      starts,
      indices: Int32Array.from(entries, ([column]) => column),
      values: Float64Array.from(entries, ([, value]) => value),
    },
  }
  if (!columns.some(({ integer }) => integer)) return data
  return { ...data, integrality: Int32Array.from(columns, ({ integer }) => (integer ? 1 : 0)) }
}
