import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Account } from '../../src/book/account.ts'
import { chooseLegs, oppositeLegs } from '../../src/book/liquidation/deleverage-legs.ts'
import { addPositions, entriesOf, negated } from '../../src/book/liquidation/positions.ts'
import { isAtLeastLeverage, leverageBps } from '../../src/book/liquidation/receiver.ts'
import { marginIn, type RoundRisk } from '../../src/book/liquidation/requirement.ts'
import { restoresBuffer } from '../../src/book/liquidation/slice.ts'
import { transferOutcome } from '../../src/book/liquidation/transfer.ts'
import { standingAt, type WaterFillRequest, waterFill } from '../../src/book/liquidation/water-fill.ts'
import { isBelow } from '../../src/risk/margin.ts'
import {
  account,
  arbitraryEntries,
  atHealth,
  holding,
  ROUND,
  SLICE_TERMS,
  SLOTS,
} from './liquidation-support.ts'

const TERMS = { ...SLICE_TERMS, mode: 'deleverage' as const }
const leverageOf = ({ positions }: Account, round: RoundRisk) => leverageBps(marginIn(round, positions))!

describe('legs of a deleveraging', () => {
  it('are what both sides hold against each other', () => {
    const from = holding({ 1: 5n, 2: -100n, 3: 40n, 4: 7n, 5: 9n })
    const to = holding({ 1: -5n, 2: 30n, 3: -90n, 4: 8n })
    expect(oppositeLegs(from, to)).toEqual(holding({ 2: -30n, 3: 40n }))
  })

  it('stop exactly where the buffer is restored', () => {
    const from = account(1, atHealth(holding({ 2: -100_000n, 4: 900n }), 60n))
    const to = account(2, atHealth(holding({ 2: 200_000n, 4: -900n }), 200n))
    const step = chooseLegs({ from, to, terms: TERMS, round: ROUND, slotCount: SLOTS })!
    expect(step.restored).toBe(true)
    expect(restoresBuffer(from.positions, step.moved, ROUND, 0n)).toBe(true)
    const aLittleLess = step.moved.map((leg) =>
      leg.id === 2 ? { ...leg, quantityLots: leg.quantityLots + 20n } : leg,
    )
    expect(restoresBuffer(from.positions, aLittleLess, ROUND, 0n)).toBe(false)
  })

  it('stop at the floor, and there a little more is refused', () => {
    const from = account(1, atHealth(holding({ 2: -100_000n }), 20n))
    const to = account(2, atHealth(holding({ 2: 200_000n }), 200n))
    const terms = { ...TERMS, cutoffBps: 4_900n, floorBps: 4_500n }
    const request = { from, to, terms, round: ROUND, slotCount: SLOTS }
    const step = chooseLegs(request)!
    expect(step.restored).toBe(false)
    expect(isAtLeastLeverage(step.outcome.toMarginAfter, 4_500n)).toBe(true)
    const more = step.moved.map((leg) => ({ ...leg, quantityLots: leg.quantityLots - 200n }))
    expect(() => transferOutcome({ ...request, moved: more })).toThrow(/below the level/)
  })

  it('leave out a leg that would raise the requirement', () => {
    // The long option hedges the short perpetual: netting the option alone away would raise the requirement.
    const from = account(1, atHealth(holding({ 2: 1_000n, 4: -3_000n }), 50n))
    const to = account(2, atHealth(holding({ 2: -1_000n, 4: 500n }), 300n))
    const step = chooseLegs({ from, to, terms: TERMS, round: ROUND, slotCount: SLOTS })!
    expect(step.moved.map(({ id }) => id)).toEqual([4])
  })

  it('do not exist without opposite positions', () => {
    const from = account(1, atHealth(holding({ 2: -100n }), 50n))
    const to = account(2, atHealth(holding({ 2: -100n, 4: 3n }), 150n))
    expect(chooseLegs({ from, to, terms: TERMS, round: ROUND, slotCount: SLOTS })).toBeUndefined()
  })
})

describe('water-filling', () => {
  const random = fc.record({
    world: arbitraryEntries,
    health: fc.bigInt({ min: 5n, max: 95n }),
    shares: fc.array(fc.bigInt({ min: 5n, max: 120n }), { minLength: 1, maxLength: 4 }),
    healths: fc.array(fc.bigInt({ min: 130n, max: 400n }), { minLength: 4, maxLength: 4 }),
    endBps: fc.bigInt({ min: 1_000n, max: 5_000n }),
  })

  function requestOf({
    world,
    health,
    shares,
    healths,
    endBps,
  }: Parameters<Parameters<typeof random.map>[0]>[0]) {
    const { round, entries } = world
    const opposite = (share: bigint) =>
      entriesOf(entries).map(({ id, quantityLots }) => ({ id, quantityLots: (-quantityLots * share) / 100n }))
    const counterparties = shares.map((share, index) =>
      account(10 + index, atHealth(addPositions(opposite(share)), healths[index]!, round)),
    )
    return {
      from: account(1, atHealth(entries, health, round)),
      counterparties,
      round,
      slotCount: SLOTS,
      discountBps: 0n,
      feeBps: 0n,
      startBps: 9_000n,
      endBps,
      bandBps: 500n,
    } satisfies WaterFillRequest
  }

  it('touches nobody below the level, takes nobody below the floor, and conserves every lot', () => {
    let used = 0
    fc.assert(
      fc.property(random, (input) => {
        const request = requestOf(input)
        const { round, endBps, bandBps } = request
        const plan = waterFill(request)
        let accounts = [...request.counterparties]
        for (const { counterparty, terms, outcome } of plan.steps) {
          used++
          const standing = accounts[counterparty]!
          expect(leverageOf(standing, round) >= terms.cutoffBps && terms.cutoffBps >= endBps).toBe(true)
          expect(terms.floorBps).toBe(terms.cutoffBps - bandBps)
          expect(isAtLeastLeverage(outcome.toMarginAfter, terms.floorBps)).toBe(true)
          accounts = accounts.map((entry, index) => (index === counterparty ? outcome.to : entry))
        }
        expect(plan.counterparties).toEqual(accounts)
        for (const [index, before] of request.counterparties.entries()) {
          if (leverageOf(before, round) < endBps) expect(plan.counterparties[index]).toBe(before)
        }
        const all = (from: Account, others: readonly Account[]) =>
          addPositions(from.positions, ...others.map(({ positions }) => positions))
        expect(all(plan.from, plan.counterparties)).toEqual(all(request.from, request.counterparties))
        expect(plan.covered).toBe(!isBelow(marginIn(round, plan.from.positions), 'mm'))
      }),
      { numRuns: 25 },
    )
    expect(used).toBeGreaterThan(10)
  })

  it('goes to the highest leverage first, and to a lower one only when the higher has come down to it', () => {
    const party = (id: number, percent: bigint) => account(id, atHealth(holding({ 2: 50_000n }), percent))
    const request: WaterFillRequest = {
      from: account(1, atHealth(holding({ 2: -100_000n }), 40n)),
      counterparties: [party(10, 250n), party(11, 140n), party(12, 190n), party(13, 900n)],
      round: ROUND,
      slotCount: SLOTS,
      discountBps: 0n,
      feeBps: 0n,
      startBps: 9_000n,
      endBps: 2_000n,
      bandBps: 250n,
    }
    expect(standingAt(0n, request.counterparties, ROUND)).toEqual([1, 2, 0, 3])
    const plan = waterFill(request)
    const order = [...new Set(plan.steps.map(({ counterparty }) => counterparty))]
    expect(order).toEqual([1, 2, 0])
    expect(plan.counterparties[3]).toBe(request.counterparties[3])
    const levels = plan.steps.map(({ terms }) => terms.cutoffBps)
    expect(levels).toEqual([...levels].sort((a, b) => Number(b - a)))
    // Whoever was used ends within two bands of everybody else who was.
    const ends = [0, 1, 2].map((index) => leverageOf(plan.counterparties[index]!, ROUND))
    const spread = ends.reduce((a, b) => (a > b ? a : b)) - ends.reduce((a, b) => (a < b ? a : b))
    expect(spread).toBeLessThanOrEqual(2n * request.bandBps)
  })

  it('takes nothing from anybody for an account that is covered, or at a band of zero', () => {
    const covered = account(1, atHealth(holding({ 2: -100n }), 100n))
    const parties = [account(2, atHealth(addPositions(negated(entriesOf(covered.positions))), 150n))]
    const request = { from: covered, counterparties: parties, round: ROUND, slotCount: SLOTS }
    const levels = { discountBps: 0n, feeBps: 0n, startBps: 9_000n, endBps: 0n }
    const plan = waterFill({ ...request, ...levels, bandBps: 500n })
    expect(plan).toMatchObject({ steps: [], covered: true })
    expect(() => waterFill({ ...request, ...levels, bandBps: 0n })).toThrow(/at least one basis point/)
  })
})
