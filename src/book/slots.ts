import { WitnessError } from '../protocol/errors.ts'
import {
  INSTRUMENT_ID_BITS,
  MAX_QUANTITY_LOTS,
  MIN_QUANTITY_LOTS,
  QUANTITY_BITS,
} from '../protocol/ranges.ts'
import type { Position } from './account.ts'

/** What stands in a slot that holds nothing: id 0 is reserved for it. */
export const EMPTY_SLOT: Position = { id: 0, quantityLots: 0n }

/**
 * The canonical slots of an account: empty slots first, then the positions, so that one portfolio has exactly one
 * encoding. Positions must come in strictly increasing order of id, with non-zero quantities in [-2^38, 2^38).
 * Nothing is sorted or merged here: whoever hands over an unsorted book may mean something else by it.
 * Throws WitnessError naming the slot and the rule.
 */
export function toSlots(positions: readonly Position[], slotCount: number): Position[] {
  const padding = slotCount - positions.length
  if (padding < 0) {
    throw new WitnessError(`${positions.length} positions do not fit into ${slotCount} slots`, {
      slot: slotCount,
    })
  }
  const slots = [...new Array<Position>(padding).fill(EMPTY_SLOT), ...positions]
  // A position that claims to be padding would pass as one below.
  const reserved = positions.findIndex(({ id }) => id === 0)
  if (reserved >= 0) {
    throw new WitnessError('instrument id 0 is reserved for empty slots', { slot: padding + reserved })
  }
  checkSlots(slots)
  return slots
}

/**
 * Throws WitnessError, naming the first slot at fault and the rule, unless slots are canonical: empty ones first,
 * then strictly increasing ids with non-zero quantities, everything in range.
 */
export function checkSlots(slots: readonly Position[]): void {
  for (const [slot, { id, quantityLots }] of slots.entries()) {
    const before = slots[slot - 1]?.id ?? 0
    const fault = faultOf({ id, quantityLots }, before)
    if (fault !== undefined) throw new WitnessError(fault, { slot })
  }
}

/** The positions that canonical slots hold: the inverse of toSlots. Throws WitnessError as checkSlots. */
export function fromSlots(slots: readonly Position[]): Position[] {
  checkSlots(slots)
  return slots.filter(({ id }) => id !== 0)
}

function faultOf({ id, quantityLots }: Position, idBefore: number): string | undefined {
  if (!Number.isSafeInteger(id) || id < 0 || id >= 2 ** INSTRUMENT_ID_BITS) {
    return `instrument id ${id} is no unsigned integer of ${INSTRUMENT_ID_BITS} bits`
  }
  if (quantityLots < MIN_QUANTITY_LOTS || quantityLots > MAX_QUANTITY_LOTS) {
    return `quantity of ${quantityLots} lots is out of range: must be in [-2^${QUANTITY_BITS}, 2^${QUANTITY_BITS})`
  }
  if (id === 0) {
    if (quantityLots !== 0n)
      return `instrument id 0 is reserved for empty slots, and holds ${quantityLots} lots`
    return idBefore === 0 ? undefined : 'an empty slot stands after a position: empty slots come first'
  }
  if (quantityLots === 0n) return `quantity of instrument ${id} is zero: leave the position out`
  if (id === idBefore) return `instrument ${id} stands twice: duplicate position`
  if (id < idBefore) return `instrument ${id} stands after ${idBefore}: unsorted, ids must strictly increase`
  return undefined
}
