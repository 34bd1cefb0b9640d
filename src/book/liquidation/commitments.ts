import type { Hasher } from '../../protocol/poseidon.ts'
import type { Position } from '../account.ts'
import { packSlots } from '../leaf.ts'
import { toSlots } from '../slots.ts'

/** What hides and fixes a lot: shown to a liquidator, who checks it against the commitment on chain. */
export interface SliceOpening {
  /** Uniform in the field. */
  readonly salt: bigint
  /** mmBps before - mmBps after. */
  readonly reliefBpsNano: bigint
  readonly moved: readonly Position[]
}

/**
 * The signal `slice`: hash(SLICE, [salt, relief, ...packed canonical slots of m]), for at most 42 slots. Throws
 * WitnessError for positions without canonical slots.
 */
export function sliceCommitment(hasher: Hasher, opening: SliceOpening, slotCount: number): bigint {
  const { salt, reliefBpsNano, moved } = opening
  return hasher.hash('SLICE', [salt, reliefBpsNano, ...packSlots(toSlots(moved, slotCount))])
}

/** The four states and the tag that fix beta before the conservation of quantities is evaluated at it. */
export interface TransferStates {
  readonly tagFrom: bigint
  readonly fromBefore: bigint
  readonly fromAfter: bigint
  readonly toBefore: bigint
  readonly toAfter: bigint
}

/** beta of a transfer: a hash of everything that its equation binds. */
export function transferBeta(hasher: Hasher, states: TransferStates): bigint {
  const { tagFrom, fromBefore, fromAfter, toBefore, toAfter } = states
  return hasher.hash('TRANSFER_BETA', [tagFrom, fromBefore, fromAfter, toBefore, toAfter])
}
