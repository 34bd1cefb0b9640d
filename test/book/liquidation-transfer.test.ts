import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lotCosts } from '../../src/book/liquidation/costs.ts'
import { chooseSlice, lotOf } from '../../src/book/liquidation/lot.ts'
import { addCash, addPositions, cashOf, negated } from '../../src/book/liquidation/positions.ts'
import { divideUp } from '../../src/book/liquidation/price.ts'
import { marginIn, reliefBpsNano } from '../../src/book/liquidation/requirement.ts'
import { RuleError } from '../../src/book/liquidation/rules.ts'
import { leastPercent, slice } from '../../src/book/liquidation/slice.ts'
import { healthOf } from '../../src/book/liquidation/summary.ts'
import { type TransferRequest, transferOutcome } from '../../src/book/liquidation/transfer.ts'
import { CASH_ID, CASH_LOT_NANO } from '../../src/protocol/liquidation.ts'
import { isBelow } from '../../src/risk/margin.ts'
import {
  account,
  arbitraryEntries,
  atHealth,
  belowSoft,
  holding,
  ROUND,
  SLICE_TERMS,
  SLOTS,
} from './liquidation-support.ts'

const RUNS = { numRuns: 80 }
const terms = fc.record({
  health: fc.bigInt({ min: -60n, max: 99n }),
  discountBps: fc.bigInt({ min: 0n, max: 2_000n }),
  feeBps: fc.bigInt({ min: 0n, max: 500n }),
})

/** Within the engine's bounds. */
const parameters = fc.record({
  reserveShareBps: fc.bigInt({ min: 1_000n, max: 8_000n }),
  liquidationFeeBps: fc.bigInt({ min: 0n, max: 2_000n }),
  softPenaltyBps: fc.bigInt({ min: 10n, max: 2_000n }),
  insolventMaxDiscountBps: fc.bigInt({ min: 0n, max: 5_000n }),
})

/** The sum over both accounts after less that before, instrument by instrument. */
function created({ from, to }: TransferRequest, after: ReturnType<typeof transferOutcome>) {
  return addPositions(
    after.from.positions,
    after.to.positions,
    negated(from.positions),
    negated(to.positions),
  )
}

describe('a transfer of a slice', () => {
  it('conserves every instrument to the last lot, lowers requirements, and leaves the receiver covered', () => {
    let settled = 0
    fc.assert(
      fc.property(arbitraryEntries, terms, ({ round, entries }, { health, discountBps, feeBps }) => {
        const from = account(1, atHealth(entries, health, round))
        const lot = chooseSlice(from.positions, round, SLOTS, discountBps + feeBps)
        const { carryLots } = lot.summary
        const request: TransferRequest = {
          from,
          to: account(2, []),
          moved: lot.moved,
          terms: { ...SLICE_TERMS, ...lot.terms, discountBps, feeBps, escrowLots: carryLots },
          round,
          slotCount: SLOTS,
        }
        const costs = (discountBps + feeBps) * lot.reduction.reliefBpsNano
        // No lot of cash to spare: what rounding costs is never the account's.
        const staysAbove = 100_000_000n * lot.reduction.before.equityNano >= costs
        if (lot.reduction.before.equityNano >= 0n && !staysAbove) return
        const outcome = transferOutcome(request)
        settled++
        expect(created(request, outcome)).toEqual(holding({ [CASH_ID]: carryLots - outcome.feeLots }))
        const { before } = outcome.reduction
        const after = outcome.fromMarginAfter
        expect(after.mmBpsNano < before.mmBpsNano && after.imBpsNano <= before.imBpsNano).toBe(true)
        for (const [i, gamma] of after.shortGammaNano.entries()) {
          expect(gamma <= before.shortGammaNano[i]!).toBe(true)
        }
        expect(reliefBpsNano(before, after)).toBe(outcome.reduction.reliefBpsNano)
        // Costs are the discount and the fee, at most; less than two lots of cash less by rounding both.
        const lost = 100_000_000n * (before.equityNano - after.equityNano)
        expect(lost <= costs && lost > costs - 200_000_000n * CASH_LOT_NANO).toBe(true)
        expect(isBelow(outcome.toMarginAfter, 'im')).toBe(false)
        expect([outcome.from.nonce, outcome.to.nonce]).toEqual([4n, 4n])
      }),
      RUNS,
    )
    expect(settled).toBeGreaterThan(40)
  })

  it('as the planner finds it leaves the account at SOFT or above, or with nothing but cash, at the full allowed cost', () => {
    let [partial, whole] = [0, 0]
    fc.assert(
      fc.property(arbitraryEntries, fc.bigInt({ min: 1n, max: 99n }), parameters, (world, health, rates) => {
        const { round, entries } = world
        const from = account(1, atHealth(entries, health, round))
        const margin = marginIn(round, from.positions)
        const standing = { health: healthOf(margin), insolvent: false }
        const { capBps, feeBps, costBps } = lotCosts('slice', standing, rates)
        const lot = chooseSlice(from.positions, round, SLOTS, costBps)
        // Where whole lots leave the least percent outside another rule the planner sells what it may.
        if (lot.terms.percent < leastPercent(from.positions, round, SLOTS, costBps)) return
        const { fromMarginAfter, from: after } = transferOutcome({
          from,
          // With the escrow alone: it carries the lot, rounding of the price included.
          to: account(2, []),
          moved: lot.moved,
          terms: {
            ...SLICE_TERMS,
            ...lot.terms,
            discountBps: capBps,
            feeBps,
            escrowLots: lot.summary.carryLots,
          },
          round,
          slotCount: SLOTS,
        })
        if (lot.terms.percent === 100n) {
          whole++
          expect(fromMarginAfter.equityNano >= 0n && after.positions.every(({ id }) => id === CASH_ID)).toBe(
            true,
          )
        } else {
          partial++
          expect(isBelow(fromMarginAfter, 'soft')).toBe(false)
        }
      }),
      RUNS,
    )
    expect(partial).toBeGreaterThan(20)
    expect(whole).toBeGreaterThan(0)
  })

  it('needs more when it costs more, and what is needed only because of costs is no overshoot', () => {
    const from = account(1, atHealth(holding({ 2: -1_000n, 4: 200n }), 60n))
    const free = leastPercent(from.positions, ROUND, SLOTS, 0n)
    const dear = leastPercent(from.positions, ROUND, SLOTS, 1_500n)
    expect(dear).toBeGreaterThan(free)
    const lotAt = (percent: bigint, costBps: bigint) => () =>
      lotOf(from.positions, slice(from.positions, percent), { mode: 'slice', percent, costBps }, ROUND, SLOTS)
    expect(lotAt(dear, 1_500n)().reduction.reliefBpsNano).toBeGreaterThan(0n)
    expect(lotAt(dear, 0n)).toThrow(/less must be moved/)
    expect(lotAt(dear + 1n, 1_500n)).toThrow(/less must be moved/)
  })

  it('never leaves a solvent account insolvent within the costs that the engine allows, not even by a part of a cent', () => {
    let settled = 0
    fc.assert(
      fc.property(
        arbitraryEntries,
        fc.bigInt({ min: 0n, max: 3n }),
        fc.bigInt({ min: 1n, max: 99n }),
        parameters,
        ({ round, entries }, cents, percent, rates) => {
          const { equityNano } = marginIn(round, entries)
          const from = account(1, addCash(entries, divideUp(-equityNano, CASH_LOT_NANO) + cents))
          const margin = marginIn(round, from.positions)
          const standing = { health: healthOf(margin), insolvent: false }
          const { capBps, feeBps, costBps } = lotCosts('slice', standing, rates)
          const moved = slice(from.positions, percent)
          const terms = { ...SLICE_TERMS, percent, costBps, discountBps: capBps, feeBps }
          const to = account(2, holding({ 1: 1n << 37n }))
          try {
            const outcome = transferOutcome({ from, to, moved, terms, round, slotCount: SLOTS })
            settled++
            expect(outcome.fromMarginAfter.equityNano >= 0n).toBe(true)
          } catch (error) {
            // A random slice may break another rule; this one it may not.
            if (!(error instanceof RuleError)) throw error
            expect(error.rule).not.toBe('staysSolvent')
          }
        },
      ),
      RUNS,
    )
    expect(settled).toBeGreaterThan(20)
  })

  it('of an insolvent account leaves it with nothing but its debt', () => {
    const from = account(1, atHealth(holding({ 2: -100n, 4: 3n }), -40n))
    const lot = chooseSlice(from.positions, ROUND, SLOTS, 400n)
    expect(lot.summary.insolvent).toBe(true)
    const outcome = transferOutcome({
      from,
      to: account(2, []),
      moved: lot.moved,
      terms: {
        ...SLICE_TERMS,
        ...lot.terms,
        discountBps: 300n,
        feeBps: 100n,
        escrowLots: lot.summary.carryLots,
      },
      round: ROUND,
      slotCount: SLOTS,
    })
    expect(outcome.from.positions).toEqual(holding({ 1: cashOf(outcome.from.positions) }))
    expect(cashOf(outcome.from.positions)).toBeLessThan(0n)
  })
})

describe('what a lot may cost', () => {
  const deployed = {
    reserveShareBps: 3_000n,
    liquidationFeeBps: 100n,
    softPenaltyBps: 100n,
    insolventMaxDiscountBps: 1_500n,
  }
  const costsOf = (mode: 'slice' | 'soft', health: bigint, insolvent = false) =>
    lotCosts(mode, { health, insolvent }, deployed)

  it('is what the contract works out, whole basis points rounded down', () => {
    expect(costsOf('slice', 32n)).toEqual({ capBps: 1_500n, feeBps: 100n, costBps: 1_600n })
    expect(costsOf('slice', 63n)).toEqual({ capBps: 2_953n, feeBps: 100n, costBps: 3_053n })
    // Hardly any equity: the fee takes what is left of it at most, and nothing is left of none.
    expect(costsOf('slice', 0n)).toEqual({ capBps: 0n, feeBps: 0n, costBps: 0n })
    expect(costsOf('soft', 64n)).toEqual({ capBps: 100n, feeBps: 0n, costBps: 100n })
    expect(costsOf('soft', 1n)).toEqual({ capBps: 46n, feeBps: 0n, costBps: 46n })
    for (const mode of ['slice', 'soft'] as const) expect(costsOf(mode, 0n, true).costBps).toBe(1_500n)
  })

  it('is never more than equity, whatever governance sets', () => {
    fc.assert(
      fc.property(parameters, fc.bigInt({ min: 0n, max: 64n }), (rates, health) => {
        for (const mode of ['slice', 'soft'] as const) {
          const { capBps, feeBps, costBps } = lotCosts(mode, { health, insolvent: false }, rates)
          expect(capBps >= 0n && feeBps >= 0n && costBps === capBps + feeBps).toBe(true)
          expect(64n * costBps <= 10_000n * health).toBe(true)
        }
      }),
    )
  })
})

describe('a soft hedge', () => {
  it('lowers short gamma and the requirement of an account above MM and below SOFT', () => {
    const from = account(1, belowSoft(holding({ 2: -1_000n, 4: 30n }), 40n))
    const moved = holding({ 2: -40n })
    const request = {
      from,
      to: account(2, holding({ 1: 20_000_000n })),
      moved,
      terms: { ...SLICE_TERMS, mode: 'soft' as const, discountBps: 10n },
      round: ROUND,
      slotCount: SLOTS,
    }
    const outcome = transferOutcome(request)
    expect(created(request, outcome)).toEqual([])
    expect(outcome.fromMarginAfter.shortGammaNano[0]).toBeLessThan(
      outcome.reduction.before.shortGammaNano[0]!,
    )
  })

  it('may hand the account what it does not hold: long gamma bought from the receiver', () => {
    const from = account(1, belowSoft(holding({ 2: -1_000n }), 40n))
    const outcome = transferOutcome({
      from,
      to: account(2, holding({ 1: 20_000_000n })),
      moved: holding({ 3: -30n }),
      terms: { ...SLICE_TERMS, mode: 'soft' },
      round: ROUND,
      slotCount: SLOTS,
    })
    expect(outcome.from.positions.map(({ id }) => id)).toEqual([1, 2, 3])
    expect(outcome.priceLots).toBeLessThan(0n)
  })
})
