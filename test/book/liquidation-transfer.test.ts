import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chooseSlice } from '../../src/book/liquidation/lot.ts'
import { addPositions, cashOf, negated } from '../../src/book/liquidation/positions.ts'
import { reliefBpsNano } from '../../src/book/liquidation/requirement.ts'
import { leastPercent, slice } from '../../src/book/liquidation/slice.ts'
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
        const lot = chooseSlice(from.positions, round, SLOTS)
        const { carryLots } = lot.summary
        const request: TransferRequest = {
          from,
          to: account(2, []),
          moved: lot.moved,
          terms: { ...SLICE_TERMS, percent: lot.terms.percent, discountBps, feeBps, escrowLots: carryLots },
          round,
          slotCount: SLOTS,
        }
        const costs = (discountBps + feeBps) * lot.reduction.reliefBpsNano
        const staysAbove =
          100_000_000n * lot.reduction.before.equityNano >= costs + 300_000_000n * CASH_LOT_NANO
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
        // Costs are the discount and the fee, and less than one lot of cash by rounding the price.
        const lost = 100_000_000n * (before.equityNano - after.equityNano)
        expect(
          lost <= costs + 100_000_000n * CASH_LOT_NANO && lost > costs - 100_000_000n * CASH_LOT_NANO,
        ).toBe(true)
        expect(isBelow(outcome.toMarginAfter, 'im')).toBe(false)
        expect([outcome.from.nonce, outcome.to.nonce]).toEqual([4n, 4n])
      }),
      RUNS,
    )
    expect(settled).toBeGreaterThan(40)
  })

  it('of the least percent puts a solvent account at SOFT or above when it costs nothing', () => {
    fc.assert(
      fc.property(arbitraryEntries, fc.bigInt({ min: 10n, max: 99n }), ({ round, entries }, health) => {
        const from = account(1, atHealth(entries, health, round))
        const percent = leastPercent(from.positions, round, SLOTS)
        if (percent === 100n) return
        const request = {
          from,
          to: account(2, holding({ 1: 1n << 36n })),
          moved: slice(from.positions, percent),
          terms: { ...SLICE_TERMS, percent },
          round,
          slotCount: SLOTS,
        }
        const { fromMarginAfter } = transferOutcome(request)
        // The price is rounded down: by less than a lot.
        const lifted = { ...fromMarginAfter, equityNano: fromMarginAfter.equityNano + CASH_LOT_NANO }
        expect(isBelow(lifted, 'soft')).toBe(false)
      }),
      RUNS,
    )
  })

  it('of an insolvent account leaves it with nothing but its debt', () => {
    const from = account(1, atHealth(holding({ 2: -100n, 4: 3n }), -40n))
    const lot = chooseSlice(from.positions, ROUND, SLOTS)
    expect(lot.summary.insolvent).toBe(true)
    const outcome = transferOutcome({
      from,
      to: account(2, []),
      moved: lot.moved,
      terms: { ...SLICE_TERMS, discountBps: 300n, feeBps: 100n, escrowLots: lot.summary.carryLots },
      round: ROUND,
      slotCount: SLOTS,
    })
    expect(outcome.from.positions).toEqual(holding({ 1: cashOf(outcome.from.positions) }))
    expect(cashOf(outcome.from.positions)).toBeLessThan(0n)
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
