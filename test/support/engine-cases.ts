import type { Position } from '../../src/book/account.ts'
import { leastPercent } from '../../src/book/liquidation/slice.ts'
import { MARGIN_INSTANCES } from '../../src/protocol/instances.ts'
import { CASH_LOT_NANO } from '../../src/protocol/liquidation.ts'
import type { Hasher } from '../../src/protocol/poseidon.ts'
import type { CircuitInputs } from '../../src/prover/margin-inputs.ts'
import {
  type ForgedLot,
  type ForgedTransfer,
  forgeLot,
  forgeTransfer,
  MODES,
  percentOf,
} from './engine-forge.ts'
import { atHealth, ENGINE_RISK, engineWorld, holding, towardSoft, withEquity } from './engine-world.ts'

/** Statements that keep every rule, on the small instance: what the forgeries of the engine's circuits start from. */

export const SMALL = MARGIN_INSTANCES['margin-4']
/** Short gamma in both underlyings. */
export const ENTRIES = holding({ 2: -1_003n, 4: 199n, 5: -401n })
/** Below MM, with the least percent that restores its buffer. */
export const SLICED = atHealth(ENTRIES, 60n)
export const LEAST = leastPercent(SLICED, ENGINE_RISK, SMALL.slots, 0n)
/** Between MM and SOFT, with a hedge. */
export const HEDGED = towardSoft(holding({ 2: -1_000n, 4: 30n }), 40n)
export const HEDGE = holding({ 2: -30n })
/** An account that nothing happens to. */
export const BYSTANDER = holding({ 1: 7n })

export function sliceOf(positions: readonly Position[], percent: bigint): ForgedLot {
  return { mode: MODES.slice, percent, moved: percentOf(positions, percent) }
}
export function softOf(moved: Readonly<Record<number, bigint>>): ForgedLot {
  return { mode: MODES.soft, percent: 100n, moved: holding(moved) }
}
/** The inputs of a lot of an account with these positions. */
export function lotInputs(hasher: Hasher, positions: readonly Position[], forged: ForgedLot): CircuitInputs {
  return forgeLot(engineWorld(hasher, [positions]), 0, forged)
}

export interface TransferCase {
  readonly from: readonly Position[]
  readonly to: readonly Position[]
  readonly forged: ForgedTransfer
}

export const SLICE: TransferCase = {
  from: SLICED,
  to: [],
  forged: { ...sliceOf(SLICED, LEAST), discountBps: 25n, feeBps: 100n, escrowLots: 50_000_000n },
}
export const SOFT: TransferCase = {
  from: HEDGED,
  to: holding({ 1: 20_000_000n }),
  forged: { mode: MODES.soft, percent: 100n, moved: HEDGE, discountBps: 10n, feeBps: 7n },
}
export const DELEVERAGE: TransferCase = {
  from: atHealth(holding({ 2: -1_003n, 4: 199n }), 60n),
  to: atHealth(holding({ 2: 800n, 4: -50n }), 150n),
  forged: {
    mode: MODES.deleverage,
    percent: 100n,
    moved: holding({ 2: -100n, 4: 10n }),
    discountBps: -40n,
    cutoffBps: 3_000n,
    floorBps: 1_000n,
  },
}
/** Round figures, all sold: 60 USD of value, MM 8,880 USD, IM 10,800 USD; equity of 0.89 USD. */
export const ROUND_ENTRIES = holding({ 4: 1_000n })
export const ROUND_CASE: TransferCase = {
  from: withEquity(ROUND_ENTRIES, 89n * CASH_LOT_NANO),
  to: [],
  forged: { mode: MODES.slice, percent: 100n, moved: ROUND_ENTRIES, escrowLots: 2_000_000n },
}

/** The inputs of a transfer from place 0 to place 1 of a book of three. */
export function transferInputs(
  hasher: Hasher,
  { from, to, forged }: TransferCase,
  more: Partial<ForgedTransfer> = {},
): CircuitInputs {
  return forgeTransfer(engineWorld(hasher, [from, to, BYSTANDER]), { ...forged, ...more })
}
