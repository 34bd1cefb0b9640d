import { InputError } from '../../protocol/errors.ts'
import { CASH_ID, CASH_LOT_NANO } from '../../protocol/liquidation.ts'
import type { MarginParameters } from '../../protocol/parameters.ts'
import { BASIS_POINTS } from '../../protocol/ranges.ts'
import { GREEKS, type Greek, greekDim, UNDERLYINGS } from '../../protocol/risk-layout.ts'
import { type Holding, type MarginResult, marginOf, type VectorsById } from '../margin.ts'
import { checkInstruments, type HedgeInstrument } from './instruments.ts'
import { solveInventory, type TradeBounds } from './inventory-program.ts'
import type { Solver } from './linear-program.ts'
import { changed, markValue, negated } from './soft-rules.ts'

/** Largest |total| of each greek, P&L at the standard small shock: nano-USD, >= 0. One row for each underlying. */
export type GreekLimits = Readonly<Record<Greek, bigint>>

export interface Inventory {
  readonly holdings: readonly Holding[]
  readonly vectors: VectorsById
  readonly parameters: MarginParameters
  /** UNDERLYINGS rows. */
  readonly limits: readonly GreekLimits[]
}

export interface InventoryOptions {
  /** No leg shrinks by more than this share a step, basis points. Default 1,000: 10%. */
  readonly stepBps?: bigint
  /** No instrument is traded for more than this share of its depth, basis points. Default 500: 5%. */
  readonly depthBps?: bigint
  /** Whether it may trade what it does not hold, to hedge. Default true. */
  readonly mayOpen?: boolean
}

/** What is still outside its limit after the step. */
export interface Excess {
  readonly underlying: number
  readonly greek: Greek
  readonly excessNano: bigint
}

export interface InventoryStep {
  /** What leaves the inventory, by increasing id: positive is sold, negative bought. Empty where it is inside already. */
  readonly legs: readonly Holding[]
  /** Sum of |lots| times the cost of a lot. */
  readonly costNano: bigint
  readonly before: MarginResult
  /** With the proceeds at mark, rounded down to lots of cash. */
  readonly after: MarginResult
  /** Empty: every limit is met. */
  readonly excess: readonly Excess[]
}

export const DEFAULT_STEP_BPS = 1_000n
export const DEFAULT_DEPTH_BPS = 500n
/** How many lots of each leg a limit is tightened by at most, doubling from one. */
const MOST_GRAINS = 1_024n

/**
 * One step of the clearing house: the cheapest trades that bring delta, gamma and vega of every underlying inside
 * their limits, or where one step cannot, as near as it can (least sum of excess over limit), and the cheapest of
 * those. What is held only shrinks, by at most stepBps, rounded down (a leg of fewer than ten lots stays, at 10%); what is not held may be
 * opened. A linear program proposes, whole lots are cut toward zero, and the figures are marginOf's. Deterministic.
 * Throws InputError for bad limits, shares and instruments.
 */
export function inventoryStep(
  inventory: Inventory,
  instruments: readonly HedgeInstrument[],
  solver: Solver,
  options: InventoryOptions = {},
): InventoryStep {
  const { holdings, vectors, parameters, limits } = inventory
  const sorted = checkInstruments(instruments, vectors)
  checkLimits(limits)
  const bounds = tradeBounds(holdings, sorted, options)
  const before = marginOf(holdings, vectors, parameters)
  const none = stepOf(inventory, [], sorted)
  if (none.excess.length === 0) return none
  const solveWithin = (within: readonly GreekLimits[]) =>
    solveInventory({ vectors, before, limits: within, bounds }, solver)
  const first = solveWithin(limits)
  let best = stepOf(inventory, first.legs, sorted)
  // Lots cut toward zero may end a hair outside a limit that the program reaches: aim further inside.
  for (let grains = 1n; first.isWithin && best.excess.length > 0 && grains <= MOST_GRAINS; grains *= 2n) {
    const { legs, isWithin } = solveWithin(tightened(limits, first.legs, vectors, grains))
    if (!isWithin) break
    best = stepOf(inventory, legs, sorted)
  }
  return best
}

/** Every limit less what `grains` lots of each leg do to its greek; not below zero. */
function tightened(
  limits: readonly GreekLimits[],
  legs: readonly Holding[],
  vectors: VectorsById,
  grains: bigint,
): GreekLimits[] {
  const inside = (limitNano: bigint, underlying: number, greek: Greek) => {
    const grain = legs.reduce(
      (sum, { id }) => sum + absolute(vectors.get(id)!.ratesNano[greekDim(underlying, greek)]!),
      0n,
    )
    return larger(0n, limitNano - grains * grain)
  }
  return limits.map((limit, underlying) => ({
    delta: inside(limit.delta, underlying, 'delta'),
    gamma: inside(limit.gamma, underlying, 'gamma'),
    vega: inside(limit.vega, underlying, 'vega'),
  }))
}

function stepOf(
  { holdings, vectors, parameters, limits }: Inventory,
  legs: readonly Holding[],
  instruments: readonly HedgeInstrument[],
): InventoryStep {
  const proceedsLots = floorDivide(markValue(legs, vectors), CASH_LOT_NANO)
  const cash = proceedsLots === 0n ? [] : [{ id: CASH_ID, quantityLots: proceedsLots }]
  const after = marginOf(changed(holdings, [...negated(legs), ...cash]), vectors, parameters)
  const costs = new Map(instruments.map(({ id, costNano }) => [id, costNano]))
  const costNano = legs.reduce(
    (sum, { id, quantityLots }) => sum + absolute(quantityLots) * costs.get(id)!,
    0n,
  )
  return {
    legs,
    costNano,
    before: marginOf(holdings, vectors, parameters),
    after,
    excess: excessOf(after, limits),
  }
}

function excessOf({ totalsNano }: MarginResult, limits: readonly GreekLimits[]): Excess[] {
  return limits.flatMap((limit, underlying) =>
    GREEKS.map((greek) => {
      const sizeNano = absolute(totalsNano[greekDim(underlying, greek)]!)
      return { underlying, greek, excessNano: larger(0n, sizeNano - limit[greek]) }
    }).filter(({ excessNano }) => excessNano > 0n),
  )
}

/** What each instrument may trade: held ones shrink, others open if they may. */
function tradeBounds(
  holdings: readonly Holding[],
  instruments: readonly HedgeInstrument[],
  options: InventoryOptions,
): TradeBounds[] {
  const { stepBps = DEFAULT_STEP_BPS, depthBps = DEFAULT_DEPTH_BPS, mayOpen = true } = options
  for (const [field, share] of Object.entries({ stepBps, depthBps })) {
    if (share < 0n || share > BASIS_POINTS) {
      throw new InputError('must be from 0 to 10,000 basis points', { field })
    }
  }
  const held = new Map(changed(holdings, []).map(({ id, quantityLots }) => [id, quantityLots]))
  return instruments.map((instrument) => {
    const depthLots = (instrument.depthLots * depthBps) / BASIS_POINTS
    const heldLots = held.get(instrument.id) ?? 0n
    if (heldLots === 0n) {
      const mostLots = mayOpen ? depthLots : 0n
      return { instrument, mostBoughtLots: mostLots, mostSoldLots: mostLots }
    }
    const shareLots = (absolute(heldLots) * stepBps) / BASIS_POINTS
    const mostLots = shareLots < depthLots ? shareLots : depthLots
    return heldLots > 0n
      ? { instrument, mostBoughtLots: 0n, mostSoldLots: mostLots }
      : { instrument, mostBoughtLots: mostLots, mostSoldLots: 0n }
  })
}

function checkLimits(limits: readonly GreekLimits[]): void {
  if (limits.length !== UNDERLYINGS) {
    throw new InputError(`must have ${UNDERLYINGS} rows, one for each underlying`, { field: 'limits' })
  }
  for (const [row, limit] of limits.entries()) {
    for (const greek of GREEKS) {
      if (limit[greek] < 0n) throw new InputError('must not be negative', { row: row + 1, field: greek })
    }
  }
}

function floorDivide(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator
  return numerator % denominator < 0n ? quotient - 1n : quotient
}

function absolute(value: bigint): bigint {
  return value < 0n ? -value : value
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}
