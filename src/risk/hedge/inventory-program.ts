import { GREEKS, type Greek, greekDim } from '../../protocol/risk-layout.ts'
import type { Holding, MarginResult, VectorsById } from '../margin.ts'
import type { HedgeInstrument } from './instruments.ts'
import { ProgramBuilder, type Solver, type Term } from './linear-program.ts'

/** Largest trade of an instrument on each side, in lots, >= 0. */
export interface TradeBounds {
  readonly instrument: HedgeInstrument
  readonly mostBoughtLots: bigint
  readonly mostSoldLots: bigint
}

export interface InventoryProgram {
  readonly vectors: VectorsById
  readonly before: MarginResult
  /** One row for each underlying. */
  readonly limits: readonly Readonly<Record<Greek, bigint>>[]
  readonly bounds: readonly TradeBounds[]
}

export interface InventorySolution {
  /** What leaves, in whole lots, cut toward zero, by increasing id. */
  readonly legs: readonly Holding[]
  /** Whether the program, in fractional lots, ends inside every limit. */
  readonly isWithin: boolean
}

/** Total excess over limits, each as a share of what it is counted in, below which there is none. */
const NO_EXCESS = 1e-7

interface TradeColumn {
  readonly id: number
  /** +1 buys, -1 sells. */
  readonly sign: 1 | -1
  readonly mostLots: bigint
  /** Nano-USD a lot. */
  readonly costNano: bigint
}

/**
 * Two linear programs over the same rows. The first finds how near to the limits the trades can come: the least sum
 * of excess, each greek counted in its limit (or in its size before, where the limit is zero). The second holds that and
 * finds the least cost. Columns are shares of the largest trade, 0 to 1.
 */
export function solveInventory(program: InventoryProgram, solver: Solver): InventorySolution {
  const columns = program.bounds.flatMap(({ instrument, mostBoughtLots, mostSoldLots }) => {
    const { id, costNano } = instrument
    const sides: TradeColumn[] = [
      { id, sign: 1, mostLots: mostBoughtLots, costNano },
      { id, sign: -1, mostLots: mostSoldLots, costNano },
    ]
    return sides.filter(({ mostLots }) => mostLots > 0n)
  })
  const nearest = solver(excessProgram(program, columns, undefined))
  const excess = nearest.status === 'optimal' ? nearest.objective : 0
  const cheapest = solver(excessProgram(program, columns, excess * (1 + 1e-9) + 1e-9))
  const { values } = cheapest.status === 'optimal' ? cheapest : (nearest as { values: Float64Array })
  const lots = new Map<number, number>()
  columns.forEach(({ id, sign, mostLots }, column) => {
    lots.set(id, (lots.get(id) ?? 0) + sign * values[column]! * Number(mostLots))
  })
  const legs = [...lots]
    // A share of 1 comes back as a hair less: it is the whole.
    .map(([id, bought]) => ({ id, quantityLots: -BigInt(Math.trunc(bought + Math.sign(bought) * 1e-6)) }))
    .filter(({ quantityLots }) => quantityLots !== 0n)
    .sort((a, b) => a.id - b.id)
  return { legs, isWithin: excess < NO_EXCESS }
}

/** @param most total excess allowed, and cost is minimised; undefined: total excess is minimised. */
function excessProgram(
  { vectors, before, limits }: InventoryProgram,
  columns: readonly TradeColumn[],
  most: number | undefined,
): ProgramBuilder {
  const builder = new ProgramBuilder()
  const costs = columns.map(({ costNano, mostLots }) => Number(costNano) * Number(mostLots))
  const dearest = costs.reduce((a, b) => Math.max(a, b), 1)
  for (const cost of costs) {
    builder.column({ cost: most === undefined ? 0 : cost / dearest, upper: 1 })
  }
  const excess: Term[] = []
  limits.forEach((limit, underlying) => {
    for (const greek of GREEKS) {
      const dim = greekDim(underlying, greek)
      const total = Number(before.totalsNano[dim]!)
      const unit = Math.max(1, limit[greek] > 0n ? Number(limit[greek]) : Math.abs(total))
      const terms = columns.flatMap(({ id, sign, mostLots }, column): Term[] => {
        const moved = (sign * Number(vectors.get(id)!.ratesNano[dim]!) * Number(mostLots)) / unit
        return moved === 0 ? [] : [[column, moved]]
      })
      const over = builder.column({ cost: most === undefined ? 1 : 0 })
      excess.push([over, 1])
      const size = Number(limit[greek]) / unit
      builder.atMost(size - total / unit, [...terms, [over, -1]])
      builder.atLeast(-size - total / unit, [...terms, [over, 1]])
    }
  })
  if (most !== undefined) builder.atMost(most, excess)
  return builder
}
