import { CASH_ID } from '../../protocol/liquidation.ts'
import { MAX_QUANTITY_LOTS, MIN_QUANTITY_LOTS, NONCE_BITS } from '../../protocol/ranges.ts'
import type { Account, Position } from '../account.ts'
import { toSlots } from '../slots.ts'
import { RuleError, requireRule } from './rules.ts'

/** Quantity of one instrument in a portfolio, 0 where it is not held. */
export function quantityOf(positions: readonly Position[], id: number): bigint {
  return positions.find((position) => position.id === id)?.quantityLots ?? 0n
}

export function cashOf(positions: readonly Position[]): bigint {
  return quantityOf(positions, CASH_ID)
}

/** The entries of a portfolio: every position but cash. */
export function entriesOf(positions: readonly Position[]): Position[] {
  return positions.filter(({ id }) => id !== CASH_ID)
}

/** Sum of portfolios, instrument by instrument, in canonical order with zeros dropped. No range is checked. */
export function addPositions(...portfolios: readonly (readonly Position[])[]): Position[] {
  const lots = new Map<number, bigint>()
  for (const { id, quantityLots } of portfolios.flat()) lots.set(id, (lots.get(id) ?? 0n) + quantityLots)
  return [...lots]
    .filter(([, quantityLots]) => quantityLots !== 0n)
    .map(([id, quantityLots]) => ({ id, quantityLots }))
    .sort((a, b) => a.id - b.id)
}

/** The portfolio on the other side. */
export function negated(positions: readonly Position[]): Position[] {
  return positions.map(({ id, quantityLots }) => ({ id, quantityLots: -quantityLots }))
}

/** The portfolio without a part of it. */
export function subtractPositions(from: readonly Position[], part: readonly Position[]): Position[] {
  return addPositions(from, negated(part))
}

/** The portfolio with its cash changed by some lots. */
export function addCash(positions: readonly Position[], lots: bigint): Position[] {
  return addPositions(positions, [{ id: CASH_ID, quantityLots: lots }])
}

/** Every quantity times numerator / denominator, rounded toward zero; zeros dropped. 0 <= numerator, 0 < denominator. */
export function scaledTowardZero(
  positions: readonly Position[],
  numerator: bigint,
  denominator: bigint,
): Position[] {
  // Division of bigints rounds toward zero.
  return positions
    .map(({ id, quantityLots }) => ({ id, quantityLots: (quantityLots * numerator) / denominator }))
    .filter(({ quantityLots }) => quantityLots !== 0n)
}

export function samePositions(a: readonly Position[], b: readonly Position[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ id, quantityLots }, index) => id === b[index]!.id && quantityLots === b[index]!.quantityLots)
  )
}

/** The next state of an account: other positions, nonce + 1. Throws RuleError for what has no leaf or no wide list. */
export function nextState(account: Account, positions: readonly Position[], slotCount: number): Account {
  requireRule(
    account.nonce + 1n < 1n << BigInt(NONCE_BITS),
    'nonceRange',
    () => `account ${account.accountId}`,
  )
  requireRule(
    positions.length <= slotCount,
    'slotsSuffice',
    () => `account ${account.accountId} would hold ${positions.length} positions in ${slotCount} slots`,
  )
  const outside = positions.find(
    ({ quantityLots }) => quantityLots < MIN_QUANTITY_LOTS || quantityLots > MAX_QUANTITY_LOTS,
  )
  if (outside !== undefined) {
    throw new RuleError('quantityRange', `${outside.quantityLots} lots of instrument ${outside.id}`)
  }
  return { ...account, nonce: account.nonce + 1n, positions }
}

/** Throws RuleError unless a moved portfolio is canonical, in range and holds no cash. */
export function checkMovedShape(moved: readonly Position[]): void {
  requireRule(cashOf(moved) === 0n && entriesOf(moved).length === moved.length, 'sliceWithoutCash')
  try {
    toSlots(moved, moved.length)
  } catch (cause) {
    throw new RuleError('movedInRange', cause instanceof Error ? cause.message : undefined, { cause })
  }
}
