import type { Position } from '../account.ts'
import { cashOf, entriesOf, quantityOf } from './positions.ts'
import { requireRule } from './rules.ts'

/** An account before and after a change as one list: padding (id 0) first, then strictly increasing ids above cash. */
export interface WideList {
  /** `slots` of each. A quantity may be zero on either side, or on both. */
  readonly ids: readonly number[]
  readonly beforeLots: readonly bigint[]
  readonly afterLots: readonly bigint[]
  readonly cashBeforeLots: bigint
  readonly cashAfterLots: bigint
}

/** The wide list of two states in n slots. Throws RuleError slotsSuffice when together they name more than n entries. */
export function wideList(
  before: readonly Position[],
  after: readonly Position[],
  slotCount: number,
): WideList {
  const held = [...entriesOf(before), ...entriesOf(after)].map(({ id }) => id)
  const entries = [...new Set(held)].sort((a, b) => a - b)
  requireRule(
    entries.length <= slotCount && before.length <= slotCount && after.length <= slotCount,
    'slotsSuffice',
    () => `${entries.length} instruments beside cash in ${slotCount} slots`,
  )
  const ids = [...new Array<number>(slotCount - entries.length).fill(0), ...entries]
  return {
    ids,
    beforeLots: ids.map((id) => quantityOf(before, id)),
    afterLots: ids.map((id) => quantityOf(after, id)),
    cashBeforeLots: cashOf(before),
    cashAfterLots: cashOf(after),
  }
}
