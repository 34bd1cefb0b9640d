import fc from 'fast-check'
import type { MarginParameters } from '../../src/protocol/parameters.ts'
import { CHARGE_BITS, GREEK_RATE_BITS, QUANTITY_BITS, RATE_BITS } from '../../src/protocol/ranges.ts'
import { DIMS, FIRST_GREEK_DIM, FIRST_SCENARIO_DIM } from '../../src/protocol/risk-layout.ts'
import type { Holding } from '../../src/risk/margin.ts'
import type { RiskVector } from '../../src/risk/vector.ts'

/** Made-up vectors and parameters: margin, trees and sweep do not care where rates come from. */
export const PARAMETERS: MarginParameters = {
  mmFactorBps: 8_000n,
  imFactorBps: 10_000n,
  softShareBps: 2_500n,
  gammaMultiplierBps: 10_001n,
  regularMask: 0x3fff_ffffn,
  gaugeScenario: 3n,
}

/** A vector of zeros but for the given dimensions. */
export function vectorOf(
  id: number,
  rates: Readonly<Record<number, bigint>>,
  charges: { long?: bigint; short?: bigint } = {},
): RiskVector {
  return {
    id,
    ratesNano: Array.from({ length: DIMS }, (_, dim) => rates[dim] ?? 0n),
    longChargeNano: charges.long ?? 0n,
    shortChargeNano: charges.short ?? 0n,
  }
}

/** Any vector within the shared ranges. */
export function arbitraryVector(id: number, rateBits = RATE_BITS): fc.Arbitrary<RiskVector> {
  const rate = (bits: number) => fc.bigInt({ min: 1n - (1n << BigInt(bits)), max: (1n << BigInt(bits)) - 1n })
  const charge = fc.bigInt({ min: 0n, max: (1n << BigInt(Math.min(rateBits, CHARGE_BITS))) - 1n })
  return fc
    .tuple(
      fc.tuple(
        ...Array.from({ length: DIMS }, (_, dim) =>
          rate(isGreek(dim) ? Math.min(rateBits, GREEK_RATE_BITS) : rateBits),
        ),
      ),
      charge,
      charge,
    )
    .map(([ratesNano, longChargeNano, shortChargeNano]) => ({
      id,
      ratesNano,
      longChargeNano,
      shortChargeNano,
    }))
}

export const arbitraryQuantity = fc.bigInt({
  min: -(1n << BigInt(QUANTITY_BITS)),
  max: (1n << BigInt(QUANTITY_BITS)) - 1n,
})

export interface ArbitraryPortfolio {
  readonly vectors: ReadonlyMap<number, RiskVector>
  readonly holdings: readonly Holding[]
}

/** Up to `most` holdings with vectors of their own. */
export function arbitraryPortfolio(most = 6, rateBits = RATE_BITS): fc.Arbitrary<ArbitraryPortfolio> {
  return fc.integer({ min: 0, max: most }).chain((count) =>
    fc
      .tuple(
        fc.tuple(...Array.from({ length: count }, (_, index) => arbitraryVector(index + 1, rateBits))),
        fc.array(arbitraryQuantity, { minLength: count, maxLength: count }),
      )
      .map(([vectors, quantities]) => ({
        vectors: new Map(vectors.map((vector) => [vector.id, vector])),
        holdings: quantities.map((quantityLots, index) => ({ id: index + 1, quantityLots })),
      })),
  )
}

export const arbitraryParameters: fc.Arbitrary<MarginParameters> = fc
  .record({
    mmFactorBps: fc.bigInt({ min: 0n, max: 65_535n }),
    extraBps: fc.bigInt({ min: 0n, max: 65_535n }),
    softShareBps: fc.bigInt({ min: 0n, max: 10_000n }),
    gammaMultiplierBps: fc.bigInt({ min: 0n, max: 65_535n }),
    regularMask: fc.bigInt({ min: 0n, max: (1n << 32n) - 1n }),
    gaugeScenario: fc.bigInt({ min: 0n, max: 31n }),
  })
  .map(({ extraBps, ...rest }) => {
    const sum = rest.mmFactorBps + extraBps
    return { ...rest, imFactorBps: sum > 65_535n ? 65_535n : sum }
  })

/** A small deterministic generator of doubles in [0, 1) (mulberry32), for bulk data. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

function isGreek(dim: number): boolean {
  return dim >= FIRST_GREEK_DIM && dim < FIRST_SCENARIO_DIM
}
