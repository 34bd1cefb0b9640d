import type { Position } from '../book/account.ts'
import { GREEKS, UNDERLYINGS } from '../protocol/risk-layout.ts'
import { type GreekLimits, type InventoryOptions, inventoryStep } from '../risk/hedge/inventory.ts'
import type { Solver } from '../risk/hedge/linear-program.ts'
import type { KnownRound } from './rounds.ts'

/** What the clearing house asks of the venue's market for one inventory, good until the next step. */
export interface HouseOrder {
  readonly instrumentId: number
  readonly side: 'buy' | 'sell'
  /** > 0. */
  readonly lots: bigint
}

export interface HouseOrders {
  readonly subTag: bigint
  readonly caseId: string
  /** Sequence of the round that they were planned on. */
  readonly round: bigint
  readonly chainTime: bigint
  readonly orders: readonly HouseOrder[]
}

/** Where orders go. Boundary: the command line writes files. */
export interface OrderDesk {
  /** Chain time of the last orders for this sub-account; 0 for none. */
  lastAt(subTag: bigint): bigint
  publish(orders: HouseOrders): void
}

const FLAT: readonly GreekLimits[] = Array.from(
  { length: UNDERLYINGS },
  () => Object.fromEntries(GREEKS.map((greek) => [greek, 0n])) as unknown as GreekLimits,
)

/**
 * One step of trades that take delta, gamma and vega of an inventory toward zero, the cheapest that come so near. What is
 * held only shrinks, within the shares of the step and of the depth; nothing is opened: a sub-account has few slots.
 */
export function planHouseOrders(
  positions: readonly Position[],
  { risk, instruments }: Pick<KnownRound, 'risk' | 'instruments'>,
  solver: Solver,
  shares: Required<Pick<InventoryOptions, 'stepBps' | 'depthBps'>>,
): HouseOrder[] {
  const inventory = {
    holdings: positions,
    vectors: risk.vectors,
    parameters: risk.parameters,
    limits: FLAT,
  }
  const { legs } = inventoryStep(inventory, instruments, solver, { ...shares, mayOpen: false })
  return legs.map(({ id, quantityLots }) => ({
    instrumentId: id,
    side: quantityLots > 0n ? 'sell' : 'buy',
    lots: quantityLots > 0n ? quantityLots : -quantityLots,
  }))
}
