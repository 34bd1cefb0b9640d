import { CASH_ID } from '../../protocol/liquidation.ts'
import type { MarginResult } from '../margin.ts'
import type { HedgeLimit } from './errors.ts'
import type { HedgeInstrument } from './instruments.ts'
import type { Solver, Term } from './linear-program.ts'
import { combine, type MarginProgram, marginProgram, type TradeColumns } from './margin-program.ts'
import type { HedgeAccount } from './soft-rules.ts'

/** How far inside each limit the program stays, nano-USD: room for rounding to lots. */
export interface Margins {
  readonly soft: number
  readonly mm: number
  readonly im: number
  readonly shortGamma: readonly number[]
  readonly totalShortGamma: number
}

/** One way to state the hedge as a program. */
export interface SoftShape {
  readonly instruments: readonly HedgeInstrument[]
  /** Positions that must end at nothing, by id. */
  readonly closed?: ReadonlySet<number>
  /** Rows for the slots, with whole columns; may positions be closed to make room? */
  readonly slots?: 'closing' | 'keeping'
  /** A limit left out, to see whether it is what stands in the way. */
  readonly without?: HedgeLimit
}

/** The account's trade in lots, fractional, by id: what it buys is positive. */
export interface RealTrade {
  readonly instrument: HedgeInstrument
  readonly heldLots: bigint
  readonly lots: number
}

/** What is asked of a hedge beside the limits. */
export interface SoftTargets {
  /** Total short gamma falls by at least this share of it. */
  readonly gammaFallBps: bigint
  /** Discount and fee at their most, on what MM falls by: SOFT is restored after them. */
  readonly costBps: bigint
}

/** A trade smaller than this share of a lot is the solver's noise. */
const LEAST_LOTS = 1e-3
/** No single leg of a program with slots is larger than one whose largest shock is so many times SOFT. */
const LARGEST_LEG_UNITS = 8_000

/**
 * The cheapest trades that satisfy rules 3 to 5 of a soft lot and restore SOFT after their costs, in fractional
 * lots; undefined where there are none.
 */
export function solveSoft(
  account: HedgeAccount,
  before: MarginResult,
  shape: SoftShape,
  margins: Margins,
  { gammaFallBps, costBps }: SoftTargets,
  solver: Solver,
): RealTrade[] | undefined {
  const program = marginProgram(account, before, shape.instruments, shape.without !== 'depth')
  const { builder, trades } = program
  limitRows(program, account, before, shape, margins, { gammaFallBps, costBps })
  if (shape.slots !== undefined) slotRows(program, account, shape.slots)
  for (const { instrument, heldLots, lotsPerUnit, buy, sell } of trades) {
    if (shape.closed?.has(instrument.id)) {
      builder.equal(-Number(heldLots) / lotsPerUnit, [
        [buy, 1],
        [sell, -1],
      ])
    }
  }
  const solution = solver(builder)
  if (solution.status === 'infeasible') return undefined
  return trades
    .map(({ instrument, heldLots, lotsPerUnit, buy, sell }) => {
      const lots = (solution.values[buy]! - solution.values[sell]!) * lotsPerUnit
      return { instrument, heldLots, lots }
    })
    .filter(({ lots }) => Math.abs(lots) >= LEAST_LOTS)
}

function limitRows(
  { builder, mm, im, gamma, shortGamma, unitNano }: MarginProgram,
  { parameters }: HedgeAccount,
  before: MarginResult,
  { without }: SoftShape,
  margins: Margins,
  { gammaFallBps, costBps }: SoftTargets,
): void {
  const units = (nano: number) => nano / unitNano
  const softShare = Number(parameters.softShareBps) / 10_000
  // Costs are paid on what MM falls by: E - cost * (MM before - MM) >= SOFT. MM must not come out with a negative weight, or
  // the program would gain by more of it: beyond that the exact rules decide alone.
  const cost = Math.min(Number(costBps) / 10_000, 1 - softShare)
  const soft = combine([1 - softShare - cost, mm], [softShare, im])
  const costsNano = (cost * Number(before.mmBpsNano)) / 10_000
  builder.atMost(units(Number(before.equityNano) - costsNano - margins.soft), soft)
  // MM must fall; that it falls by a millionth leaves room for nothing but rounding.
  builder.atMost(units((Number(before.mmBpsNano) / 10_000) * (1 - 1e-6) - margins.mm), mm)
  if (without !== 'initialMargin') {
    builder.atMost(units(Number(before.imBpsNano) / 10_000 - margins.im), im)
  }
  const had = before.shortGammaNano.map(Number)
  if (without !== 'shortGammaOfAnUnderlying') {
    // By gamma itself, so that a margin beyond zero asks for gamma above zero.
    gamma.forEach((column, underlying) => {
      builder.atLeast(units(margins.shortGamma[underlying]! - had[underlying]!), [[column, 1]])
    })
  }
  const total = had.reduce((sum, gamma) => sum + gamma, 0)
  if (total > 0 && without !== 'shortGamma') {
    const most = total * (1 - Number(gammaFallBps) / 10_000) - margins.totalShortGamma
    builder.atMost(
      units(Math.max(0, most)),
      shortGamma.map((column): Term => [column, 1]),
    )
  }
}

/**
 * What fits: at most n - 1 legs (the receiver keeps cash), at most n ids besides cash before and after together, and
 * n slots afterwards, cash among them. A whole column says that an instrument is traded, another that a position is
 * closed.
 */
function slotRows(
  { builder, trades }: MarginProgram,
  account: HedgeAccount,
  mode: 'closing' | 'keeping',
): void {
  const held = account.holdings.filter(({ id, quantityLots }) => id !== CASH_ID && quantityLots !== 0n).length
  const isTraded = (trade: TradeColumns) => {
    const traded = builder.column({ upper: 1, integer: true })
    builder.atMost(0, [
      [trade.buy, 1],
      [trade.sell, 1],
      [traded, -largestLeg(trade)],
    ])
    return traded
  }
  const isClosed = (trade: TradeColumns) => {
    const closed = builder.column({ upper: 1, integer: true })
    const most = Math.abs(Number(trade.heldLots)) / trade.lotsPerUnit + largestLeg(trade)
    builder.atMost(most, [
      [trade.long, 1],
      [trade.short, 1],
      [closed, most],
    ])
    return closed
  }
  const one = (column: number): Term => [column, 1]
  const heldTrades = trades.filter(({ heldLots }) => heldLots !== 0n)
  const opened = trades.filter(({ heldLots }) => heldLots === 0n).map(isTraded)
  const changed = heldTrades.map(isTraded)
  const closed = mode === 'closing' ? heldTrades.map(isClosed) : []
  const after = [...opened.map(one), ...closed.map((column): Term => [column, -1])]
  builder.atMost(account.slots - 1, [...opened, ...changed].map(one))
  builder.atMost(account.slots - held, opened.map(one))
  builder.atMost(account.slots - 1 - held, after)
}

function largestLeg({ instrument, heldLots, lotsPerUnit }: TradeColumns): number {
  const depth = Number(instrument.depthLots) / lotsPerUnit
  const held = Math.abs(Number(heldLots)) / lotsPerUnit
  return Math.min(depth, LARGEST_LEG_UNITS + held)
}
