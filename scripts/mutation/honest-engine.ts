import type { EngineCircuit } from '../../src/protocol/instances.ts'
import type { Hasher } from '../../src/protocol/poseidon.ts'
import { keptWitness } from '../../src/prover/kept-inputs.ts'
import type { CircuitInputs } from '../../src/prover/margin-inputs.ts'
import {
  BYSTANDER,
  DELEVERAGE,
  HEDGE,
  HEDGED,
  LEAST,
  lotInputs,
  ROUND_CASE,
  ROUND_ENTRIES,
  SLICE,
  SLICED,
  SMALL,
  SOFT,
  sliceOf,
  transferInputs,
} from '../../test/support/engine-cases.ts'
import { forgeAdjust, KINDS, MODES, percentOf } from '../../test/support/engine-forge.ts'
import { atHealth, engineWorld, holding, NANO_ID, withEquity } from '../../test/support/engine-world.ts'

/** Statements of the liquidation engine that between them use every rule: every mode and kind, both signs, boundaries. */
export function honestEngineInputs(hasher: Hasher, circuit: EngineCircuit): CircuitInputs[] {
  return { lot: lots, transfer: transfers, adjust: adjustments, kept: keptLeaves }[circuit](hasher)
}

function lots(hasher: Hasher): CircuitInputs[] {
  const insolvent = atHealth(holding({ 2: -1_003n, 4: 199n, 5: -401n }), -40n)
  const full = holding({ 3: 1n, 4: 1_000n, 6: 10n, [NANO_ID]: 200_000_000_000n })
  const round = withEquity(ROUND_ENTRIES, 4_440_000_000_000n)
  const closed = { mode: MODES.soft, percent: 100n, moved: holding({ 4: 1_000n }) }
  return [
    lotInputs(hasher, SLICED, sliceOf(SLICED, LEAST)),
    lotInputs(hasher, HEDGED, { mode: MODES.soft, percent: 100n, moved: HEDGE }),
    lotInputs(hasher, insolvent, sliceOf(insolvent, 100n)),
    lotInputs(hasher, full, sliceOf(full, 100n)),
    lotInputs(hasher, full, closed),
    lotInputs(hasher, round, sliceOf(round, 1n)),
  ]
}

function transfers(hasher: Hasher): CircuitInputs[] {
  const insolvent = atHealth(holding({ 2: -1_003n, 4: 199n, 5: -401n }), -40n)
  const whole = { ...SLICE.forged, percent: 100n, moved: percentOf(insolvent, 100n), escrowLots: 90_000_000n }
  return [
    ...[SLICE, SOFT, DELEVERAGE, ROUND_CASE].map((one) => transferInputs(hasher, one)),
    transferInputs(hasher, { ...SLICE, from: insolvent, forged: whole }),
  ]
}

function adjustments(hasher: Hasher): CircuitInputs[] {
  const safe = atHealth(holding({ 2: -10n, 4: 5n }), 300n)
  const world = (positions: typeof safe) => engineWorld(hasher, [positions, BYSTANDER])
  return [
    forgeAdjust(world(safe), { kind: KINDS.deposit, instrumentId: 3, lots: 5n }),
    forgeAdjust(world(safe), { kind: KINDS.withdrawal, instrumentId: 1, lots: 5n }),
    forgeAdjust(world(safe), { kind: KINDS.withdrawal, instrumentId: 4, lots: 5n }),
    forgeAdjust(world(safe), { kind: KINDS.withdrawal, instrumentId: 1, lots: 0n }),
    forgeAdjust(world(holding({ 1: -77n })), { kind: KINDS.cover, instrumentId: 1, lots: 77n }),
  ]
}

function keptLeaves(hasher: Hasher): CircuitInputs[] {
  const world = engineWorld(
    hasher,
    Array.from({ length: 11 }, (_, k) => holding({ 1: BigInt(k + 1) })),
  )
  return [[0, 3, 8, 10], [5]].map((indices) => {
    return keptWitness(
      hasher,
      SMALL,
      indices.map((index) => world.opening(index)),
    ).inputs
  })
}
