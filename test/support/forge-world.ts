import type { Account, Position } from '../../src/book/account.ts'
import type { MarginInstance } from '../../src/protocol/instances.ts'
import type { Hasher } from '../../src/protocol/poseidon.ts'
import { DIMS, scenarioDim } from '../../src/protocol/risk-layout.ts'
import type { RiskVector } from '../../src/risk/vector.ts'
import { type SyntheticWorld, syntheticVectors, syntheticWorld } from './synthetic.ts'

/** Worth one nano-USD a lot and nothing else: places equity to the unit. */
export const NANO_CASH_ID = 1
/** Loses 100, 50 and 10 nano-USD a lot in three regular scenarios that share one packed element; worth nothing. */
export const THREE_LOSSES_ID = 2

function plainVector(id: number, rates: Readonly<Record<number, bigint>>): RiskVector {
  const ratesNano = new Array<bigint>(DIMS).fill(0n)
  for (const [dim, rate] of Object.entries(rates)) ratesNano[Number(dim)] = rate
  return { id, ratesNano, longChargeNano: 0n, shortChargeNano: 0n }
}

/** Scenarios 2, 3 and 4 stand in limbs 0, 1 and 2 of element 4. */
export function forgeWorld(
  hasher: Hasher,
  instance: MarginInstance,
  portfolios: readonly (readonly Position[])[],
  seed = 1,
): SyntheticWorld {
  const losses = { [scenarioDim(2)]: -100n, [scenarioDim(3)]: -50n, [scenarioDim(4)]: -10n }
  const vectors = [
    plainVector(NANO_CASH_ID, { 0: 1n }),
    plainVector(THREE_LOSSES_ID, losses),
    ...syntheticVectors(40, seed).slice(2),
  ]
  return syntheticWorld(hasher, instance, portfolios, { seed, vectors })
}

export type { Account }
