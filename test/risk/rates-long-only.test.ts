import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { greekDim, SCENARIOS, scenarioDim, UNDERLYINGS, VALUE_DIM } from '../../src/protocol/risk-layout.ts'
import type { RiskConfiguration } from '../../src/risk/configuration.ts'
import { DEFAULT_CONFIGURATION } from '../../src/risk/default-configuration.ts'
import type { InstrumentQuote, MarketSnapshot } from '../../src/risk/market/snapshot.ts'
import { prepareRound, riskVector } from '../../src/risk/rates.ts'
import type { RiskVector } from '../../src/risk/vector.ts'
import { expiry, market, NOW, option, PERCENT, USD } from './rates-support.ts'

/**
 * A book that is fully paid for and only long options and spot is never below its maintenance requirement, here even
 * with the extreme rows counted. The formula is written out once more: equity and requirement times 10,000.
 */
type Holding = readonly [RiskVector, bigint]

function maintenanceRoom(holdings: readonly Holding[], { factors }: RiskConfiguration): bigint {
  const total = (dim: number) =>
    holdings.reduce((sum, [vector, lots]) => sum + lots * vector.ratesNano[dim]!, 0n)
  let greeks = 0n
  for (let underlying = 0; underlying < UNDERLYINGS; underlying++) {
    const delta = total(greekDim(underlying, 'delta'))
    const gamma = total(greekDim(underlying, 'gamma'))
    const vega = total(greekDim(underlying, 'vega'))
    const net = (delta < 0n ? -delta : delta) - (gamma > 0n ? gamma : 0n)
    greeks += (net > 0n ? net : 0n) + (vega < 0n ? -vega : vega)
    if (gamma < 0n) greeks += (factors.gammaMultiplierBps * -gamma + 9_999n) / 10_000n
  }
  let worst = greeks
  for (let scenario = 0; scenario < SCENARIOS; scenario++) {
    const loss = -total(scenarioDim(scenario))
    if (loss > worst) worst = loss
  }
  const charges = holdings.reduce((sum, [vector, lots]) => sum + lots * vector.longChargeNano, 0n)
  return 10_000n * (total(VALUE_DIM) - charges) - factors.mmFactorBps * worst
}

/** Strikes from far in to far out of the money, minutes to two years, 5% to 500%: lots worth nothing included. */
const contract = fc.record({
  quote: fc.integer({ min: 0, max: 7 }),
  strikePercent: fc.oneof(fc.bigInt(1n, 400n), fc.bigInt(90n, 110n)),
  right: fc.constantFrom('call' as const, 'put' as const),
  isSpot: fc.integer({ min: 0, max: 4 }).map((draw) => draw === 0),
  lots: fc.bigInt(1n, 1n << 38n),
})
const setting = fc.record({
  vol: fc.bigInt(5n, 500n),
  mmFactorBps: fc.bigInt(5_000n, 10_000n),
  liquidityBps: fc.bigInt(0n, 5_000n),
  haircutBps: fc.bigInt(0n, 10_000n),
  greekSpotBps: fc.bigInt(10n, 3_000n),
  greekVolBps: fc.bigInt(10n, 9_000n),
})
type Setting = typeof setting extends fc.Arbitrary<infer T> ? T : never

function configurationOf(drawn: Setting): RiskConfiguration {
  return {
    ...DEFAULT_CONFIGURATION,
    greekShocks: { spotBps: drawn.greekSpotBps, volBps: drawn.greekVolBps },
    charges: DEFAULT_CONFIGURATION.charges.map((entry) => ({
      ...entry,
      optionLiquidityBps: drawn.liquidityBps,
      spotLongBps: drawn.haircutBps,
    })),
    factors: { ...DEFAULT_CONFIGURATION.factors, mmFactorBps: drawn.mmFactorBps },
  }
}

function snapshotOf(drawn: Setting): MarketSnapshot {
  const days = [0.003, 1, 20, 700]
  const prices = [60_000n, 2_000n]
  const expiries = prices.flatMap((usd, underlying) =>
    days.map((count) => expiry(underlying, count, usd * USD, drawn.vol * PERCENT)),
  )
  return { ...market(), asOfSeconds: NOW, expiries }
}

describe('a long-only book that is paid for', () => {
  const books = fc.tuple(setting, fc.array(contract, { minLength: 1, maxLength: 8 }))
  it('is never below its maintenance requirement', () => {
    fc.assert(
      fc.property(books, ([drawn, contracts]) => {
        const configuration = configurationOf(drawn)
        const snapshot = snapshotOf(drawn)
        const context = prepareRound(snapshot, configuration)
        const holdings = contracts.map(({ quote, strikePercent, right, isSpot, lots }, index): Holding => {
          const chosen = snapshot.expiries[quote]!
          const { underlying } = chosen
          const instrument: InstrumentQuote = isSpot
            ? { kind: 'spot', symbol: `${underlying}`, underlying, lotNano: 10_000n }
            : option(chosen, (chosen.forwardNano * strikePercent) / 100n, right)
          return [riskVector(context, instrument, index + 1), lots]
        })
        for (const [vector] of holdings) expect(vector.longChargeNano >= 0n).toBe(true)
        for (const holding of holdings) expect(maintenanceRoom([holding], configuration) >= 0n).toBe(true)
        expect(maintenanceRoom(holdings, configuration) >= 0n).toBe(true)
      }),
      { numRuns: 120, seed: 20_260_205 },
    )
  })
  it('would be, without the caps', () => {
    const drawn: Setting = {
      vol: 80n,
      mmFactorBps: 10_000n,
      liquidityBps: 100n,
      haircutBps: 0n,
      greekSpotBps: 200n,
      greekVolBps: 9_000n,
    }
    const configuration = configurationOf(drawn)
    const snapshot = snapshotOf(drawn)
    const week = snapshot.expiries[1]!
    const vector = riskVector(prepareRound(snapshot, configuration), option(week, 70_000n * USD, 'call'), 1)
    const uncapped = {
      ...vector,
      longChargeNano: vector.longChargeNano + 1n + vector.ratesNano[VALUE_DIM]! / 100n,
    }
    expect(maintenanceRoom([[vector, 1n]], configuration)).toBeGreaterThanOrEqual(0n)
    expect(maintenanceRoom([[uncapped, 1n]], configuration)).toBeLessThan(0n)
    const vega = greekDim(0, 'vega')
    const capped = vector.ratesNano[vega]!
    expect(capped).toBe(vector.ratesNano[VALUE_DIM]! - deltaTerm(vector))
  })
})

function deltaTerm(vector: RiskVector): bigint {
  const delta = vector.ratesNano[greekDim(0, 'delta')]!
  const net = (delta < 0n ? -delta : delta) - vector.ratesNano[greekDim(0, 'gamma')]!
  return net > 0n ? net : 0n
}
