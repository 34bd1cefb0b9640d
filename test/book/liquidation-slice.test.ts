import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { coarseDown, coarseUp } from '../../src/book/liquidation/coarse.ts'
import { greekUnits, greekUnitsWord, unpackGreekUnits } from '../../src/book/liquidation/greek-units.ts'
import { chooseSlice, closeOnePosition, lotOf } from '../../src/book/liquidation/lot.ts'
import { divideDown, divideUp, feeLots, priceLots } from '../../src/book/liquidation/price.ts'
import { marginIn } from '../../src/book/liquidation/requirement.ts'
import { RuleError } from '../../src/book/liquidation/rules.ts'
import { leastPercent, restoresBuffer, slice, takenWholeOnly } from '../../src/book/liquidation/slice.ts'
import { boundsClosely, CASH_LOT_BPS_NANO, healthOf, lotSummary } from '../../src/book/liquidation/summary.ts'
import { wideList } from '../../src/book/liquidation/wide.ts'
import { CASH_LOT_NANO } from '../../src/protocol/liquidation.ts'
import { isBelow } from '../../src/risk/margin.ts'
import {
  arbitraryEntries,
  atHealth,
  holding,
  option,
  ROUND,
  roundOf,
  SLOTS,
  VECTORS,
} from './liquidation-support.ts'

const RUNS = { numRuns: 60 }
const percents = fc.bigInt({ min: 0n, max: 99n })
const costs = fc.bigInt({ min: 0n, max: 3_000n })

describe('a slice', () => {
  it('is a percent of every position but cash, toward zero', () => {
    expect(slice(holding({ 1: 500n, 2: -150n, 3: 99n, 4: -1n }), 33n)).toEqual(holding({ 2: -49n, 3: 32n }))
    expect(slice(holding({ 1: 500n, 2: -150n }), 100n)).toEqual(holding({ 2: -150n }))
    expect(slice(holding({ 1: 500n, 2: -150n }), 0n)).toEqual([])
  })

  it('of the least percent restores the buffer after its costs where anything does, and one percent less does not', () => {
    let partial = 0
    fc.assert(
      fc.property(arbitraryEntries, percents, costs, ({ round, entries }, health, costBps) => {
        const positions = atHealth(entries, health, round)
        if (!isBelow(marginIn(round, positions), 'mm')) return
        const percent = leastPercent(positions, round, SLOTS, costBps)
        const restoredBy = (share: bigint) =>
          restoresBuffer(positions, slice(positions, share), round, costBps)
        for (let share = 0n; share < percent; share++) expect(restoredBy(share)).toBe(false)
        if (percent < 100n) {
          partial++
          expect(restoredBy(percent)).toBe(true)
        }
      }),
      RUNS,
    )
    expect(partial).toBeGreaterThan(10)
  })

  it('is whole for an account that holds less than nothing, and for one with no slot for cash', () => {
    const insolvent = holding({ 1: -1n, 2: -100n })
    expect(isBelow(marginIn(ROUND, insolvent), 'zero')).toBe(true)
    expect(leastPercent(insolvent, ROUND, SLOTS, 0n)).toBe(100n)
    const full = holding({ 2: -100n, 3: 110n, 4: 5n, 6: -5n })
    expect([takenWholeOnly(full, 4), takenWholeOnly(full, 5)]).toEqual([true, false])
    expect(leastPercent(full, ROUND, 4, 0n)).toBe(100n)
  })

  it('of an account that fills its slots cannot be settled: the way out is one position, whole', () => {
    const full = holding({ 2: -100n, 3: 104n, 4: 5n, 6: -50n })
    expect(() => chooseSlice(full, ROUND, 4, 0n)).toThrow(/no receiver has a slot for cash/)
    const lot = closeOnePosition(full, ROUND, 4, 0n)!
    expect(lot.moved).toEqual(holding({ 6: -50n }))
    // Less of it would do, but would leave no slot for the proceeds. With one slot more it is too much.
    expect(() => lotOf(full, lot.moved, lot.terms, ROUND, 5)).toThrow(/one step less/)
    const part = holding({ 6: -10n })
    expect(() => lotOf(full, part, lot.terms, ROUND, 4)).toThrow(/proceeds would have no slot/)
    expect(closeOnePosition(atHealth(holding({ 2: 5n }), 200n), ROUND, 4, 0n)).toBeUndefined()
  })

  it('that rounds outside a rule gives way to the largest one that keeps them all', () => {
    // 2 short lots hedged by 200 small ones: any percent but 50 and 100 takes more of the hedge than of what it hedges.
    const round = roundOf([...VECTORS, option(7, 0, 500_000_000n)])
    const positions = atHealth(holding({ 2: -2n, 4: -1_000n, 7: 200n }), 40n, round)
    const least = leastPercent(positions, round, SLOTS, 0n)
    expect(least).toBeGreaterThan(50n)
    expect(least).toBeLessThan(100n)
    const at = (percent: bigint) => () =>
      lotOf(positions, slice(positions, percent), { mode: 'slice', percent, costBps: 0n }, round, SLOTS)
    expect(at(least)).toThrow(/short gamma in any underlying/)
    expect(chooseSlice(positions, round, SLOTS, 0n).terms.percent).toBe(50n)
    // With one short lot no part is balanced, and the refusal is that of the least percent.
    const uneven = atHealth(holding({ 2: -1n, 4: -1_000n, 7: 100n }), 40n, round)
    expect(() => chooseSlice(uneven, round, SLOTS, 0n)).toThrow(/short gamma in any underlying/)
  })

  it('is refused for an account that is not below MM', () => {
    const covered = atHealth(holding({ 2: -100n }), 100n)
    expect(() => chooseSlice(covered, ROUND, SLOTS, 0n)).toThrow(RuleError)
    expect(() => chooseSlice(covered, ROUND, SLOTS, 0n)).toThrow(/below MM/)
  })
})

describe('the price', () => {
  it('is rounded up to a lot, also below zero, and a fee down', () => {
    expect([divideDown(7n, 2n), divideDown(-7n, 2n), divideUp(7n, 2n), divideUp(-7n, 2n)]).toEqual([
      3n,
      -4n,
      4n,
      -3n,
    ])
    // 10.00 USD of value, 2% of a relief of 100 USD off it: 8.00 USD.
    const relief = 100_000_000_000n * 10_000n
    expect(priceLots(10_000_000_000n, 200n, relief)).toBe(800n)
    expect(priceLots(10_000_000_001n, 200n, relief)).toBe(801n)
    expect(priceLots(9_999_999_999n, 200n, relief)).toBe(800n)
    expect(priceLots(-10_000_000_000n, 200n, relief)).toBe(-1200n)
    expect(priceLots(-10_000_000_000n, -200n, relief)).toBe(-800n)
    expect(feeLots(50n, relief)).toBe(50n)
    expect(feeLots(50n, relief - 1n)).toBe(49n)
  })
})

describe('what the public learns', () => {
  it('lies on a grid of three leading bits, within a quarter of the figure', () => {
    expect([0n, 1n, 7n, 8n, 9n, 17n, 999n].map(coarseUp)).toEqual([0n, 1n, 7n, 8n, 10n, 20n, 1024n])
    expect([0n, 1n, 7n, 8n, 9n, 17n, 999n].map(coarseDown)).toEqual([0n, 1n, 7n, 8n, 8n, 16n, 896n])
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 1n << 37n }), (lots) => {
        const [up, down] = [coarseUp(lots), coarseDown(lots)]
        expect(up >= lots && 4n * (up - lots) <= lots).toBe(true)
        expect(down <= lots && 4n * (lots - down) <= lots).toBe(true)
        expect([coarseUp(up), coarseDown(up), coarseUp(down)]).toEqual([up, up, down])
      }),
    )
  })

  it('bounds carry, relief and shortfall closely, and says where equity stands', () => {
    fc.assert(
      fc.property(arbitraryEntries, fc.bigInt({ min: -50n, max: 99n }), ({ round, entries }, health) => {
        const positions = atHealth(entries, health, round)
        if (!isBelow(marginIn(round, positions), 'mm')) return
        const { summary, reduction, margin, greeks } = chooseSlice(positions, round, SLOTS, 0n)
        const { equityNano, mmBpsNano } = reduction.before
        const lot = CASH_LOT_BPS_NANO
        expect(boundsClosely(summary.carryLots * lot, margin.imBpsNano + lot, lot)).toBe(true)
        const relief = summary.reliefLots * lot
        expect(relief <= reduction.reliefBpsNano).toBe(true)
        expect(4n * (reduction.reliefBpsNano - relief) <= reduction.reliefBpsNano + 4n * lot).toBe(true)
        expect(summary.insolvent).toBe(equityNano < 0n)
        if (equityNano < 0n) {
          expect(boundsClosely(summary.shortfallLots * CASH_LOT_NANO, -equityNano, CASH_LOT_NANO)).toBe(true)
          expect(summary.health).toBe(0n)
        } else {
          expect(summary.shortfallLots).toBe(0n)
          const parts = summary.health * mmBpsNano
          expect(parts <= 640_000n * equityNano && 640_000n * equityNano < parts + mmBpsNano).toBe(true)
        }
        const unit = (summary.carryLots || 1n) * CASH_LOT_NANO
        const figures = margin.greeks.flatMap((g) => [g.deltaNano, g.gammaNano, g.vegaNano])
        for (const [index, figure] of figures.entries()) {
          const off = 64n * figure - greeks[index]! * unit
          expect(2n * (off < 0n ? -off : off) <= unit).toBe(true)
        }
        expect(unpackGreekUnits(greekUnitsWord(greeks))).toEqual(greeks)
      }),
      RUNS,
    )
  })

  it('is refused where an amount is beyond 38 bits of lots', () => {
    const margin = marginIn(ROUND, holding({ 2: -1n }))
    const deep = { ...margin, equityNano: -(1n << 62n) }
    expect(() => lotSummary(deep, margin, 1n)).toThrow(/beyond the range/)
    expect(lotSummary({ ...deep, equityNano: -(1n << 60n) }, margin, 1n).insolvent).toBe(true)
  })

  it('is refused where a greek is beyond its field', () => {
    const margin = marginIn(ROUND, holding({ 2: 1n << 34n }))
    expect(() => greekUnits(margin, 1n)).toThrow(/beyond the range/)
    expect(healthOf({ ...margin, equityNano: 5n, mmBpsNano: 0n })).toBe(64n)
  })
})

describe('a wide list', () => {
  it('is the union of both states, padded in front, cash apart', () => {
    expect(wideList(holding({ 1: 9n, 2: 5n }), holding({ 1: -4n, 3: 6n }), 4)).toEqual({
      ids: [0, 0, 2, 3],
      beforeLots: [0n, 0n, 5n, 0n],
      afterLots: [0n, 0n, 0n, 6n],
      cashBeforeLots: 9n,
      cashAfterLots: -4n,
    })
  })

  it('has no form where both states together, or either with its cash, need more slots', () => {
    expect(() => wideList(holding({ 2: 1n, 3: 1n }), holding({ 4: 1n, 5: 1n, 6: 1n }), 4)).toThrow(/slots/)
    const four = holding({ 2: 1n, 3: 1n, 4: 1n, 5: 1n })
    expect(wideList(four, four, 4).ids).toEqual([2, 3, 4, 5])
    expect(() => wideList(four, holding({ 1: 1n, 2: 1n, 3: 1n, 4: 1n, 5: 1n }), 4)).toThrow(/slots/)
  })
})
