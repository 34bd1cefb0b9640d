import { beforeAll, describe, expect, it } from 'vitest'
import { lotOf } from '../../../src/book/liquidation/lot.ts'
import { CASH_ID } from '../../../src/protocol/liquidation.ts'
import { HedgeInfeasibleError } from '../../../src/risk/hedge/errors.ts'
import { loadHighsSolver } from '../../../src/risk/hedge/highs.ts'
import type { HedgeInstrument } from '../../../src/risk/hedge/instruments.ts'
import type { Solver } from '../../../src/risk/hedge/linear-program.ts'
import { type SoftHedge, softHedge } from '../../../src/risk/hedge/soft.ts'
import { changed, negated, softOutcome } from '../../../src/risk/hedge/soft-rules.ts'
import { type Holding, isBelow, marginOf } from '../../../src/risk/margin.ts'
import { TEST_PARAMETERS } from '../../support/synthetic.ts'
import { byId, CASH, coarseOption, coarsePerpetual, sampleRound, withCashBelowSoft } from './support.ts'

let solver: Solver
beforeAll(async () => {
  solver = await loadHighsSolver()
})

function absolute(value: bigint): bigint {
  return value < 0n ? -value : value
}

function expectWithinDepth(hedge: SoftHedge, instruments: readonly HedgeInstrument[]): void {
  const byInstrument = new Map(instruments.map((instrument) => [instrument.id, instrument]))
  let costNano = 0n
  for (const { id, quantityLots } of hedge.legs) {
    const { depthLots, costNano: costOfLot } = byInstrument.get(id)!
    expect(absolute(quantityLots) <= depthLots).toBe(true)
    costNano += absolute(quantityLots) * costOfLot
  }
  expect(hedge.costNano).toBe(costNano)
}

describe.each([
  ['full', 'margin-16'],
  ['small', 'margin-4'],
] as const)('the soft accounts of the sample book on the %s market', (size, name) => {
  const round = sampleRound(size, name)
  const { vectors, parameters, instruments } = round
  const accounts = round.book.filter(({ tier }) => tier === 'softLiquidation')

  it('has some', () => expect(accounts.length).toBeGreaterThanOrEqual(3))

  it.each(
    [16, 4].flatMap((slots) =>
      accounts.map((entry) => [slots, entry.name, entry.account.positions] as const),
    ),
  )('in %i slots: %s is hedged within every rule of the circuits', (slots, _, holdings) => {
    const hedge = softHedge({ holdings, vectors, parameters, slots }, instruments, solver)
    expect(hedge.broken).toEqual([])
    expectWithinDepth(hedge, instruments)
    expect(hedge.before).toEqual(marginOf(holdings, vectors, parameters))
    expect(hedge.after).toEqual(marginOf(hedge.holdingsAfter, vectors, parameters))
    expect(isBelow(hedge.before, 'soft')).toBe(true)
    expect(isBelow(hedge.after, 'soft')).toBe(false)
    // The rules as the book's own model of the circuits has them, written by another hand.
    const lot = lotOf(
      holdings,
      hedge.legs,
      { mode: 'soft', percent: 100n, costBps: 0n },
      { vectors, parameters },
      slots,
    )
    expect(lot.reduction.reliefBpsNano).toBe(hedge.reliefBpsNano)
    // What leaves the account and the cash at mark are the whole difference.
    const moved = changed(hedge.holdingsAfter, [...hedge.legs, ...negated(holdings)])
    expect(moved.every(({ id }) => id === CASH_ID)).toBe(true)
  })

  it('costs least first: the open market is never dearer than fewer slots, and the same twice', () => {
    const { positions: holdings } = accounts[0]!.account
    const hedgeIn = (slots: number, listed = instruments) =>
      softHedge({ holdings, vectors, parameters, slots }, listed, solver)
    const [wide, narrow] = [hedgeIn(16), hedgeIn(3)]
    expect(wide.costNano <= narrow.costNano + wide.costNano / 10_000n).toBe(true)
    expect(narrow.holdingsAfter.length).toBeLessThanOrEqual(3)
    expect(hedgeIn(16, [...instruments].reverse())).toEqual(wide)
  })
})

it('is the same from another instance of the solver', async () => {
  const { vectors, parameters, instruments, book } = sampleRound('small', 'margin-4')
  const { positions: holdings } = book.find(({ tier }) => tier === 'softLiquidation')!.account
  const account = { holdings, vectors, parameters, slots: 3 }
  expect(softHedge(account, instruments, await loadHighsSolver())).toEqual(
    softHedge(account, instruments, solver),
  )
})

describe('against every hedge of whole lots there is', () => {
  const vectors = byId([CASH, coarseOption(2, 0), coarsePerpetual(3, 0), coarseOption(4, 0, 5n, -60n)])
  const LARGEST = 24n
  const COST_BPS = 100n
  const instrument = (id: number, costNano: bigint): HedgeInstrument => ({ id, depthLots: LARGEST, costNano })

  function* every(ids: readonly number[]): Generator<Holding[]> {
    const [id, ...rest] = ids
    if (id === undefined) return yield []
    for (const tail of every(rest)) {
      for (let quantityLots = -LARGEST; quantityLots <= LARGEST; quantityLots++) {
        yield quantityLots === 0n ? tail : [{ id, quantityLots }, ...tail]
      }
    }
  }

  const cases = [
    { name: 'the short option and a dear perpetual', ids: [2, 3], costs: [400n, 1_000n], percent: 90n },
    { name: 'a dear option and a cheap perpetual', ids: [2, 3], costs: [4_000n, 100n], percent: 80n },
    { name: 'two options', ids: [2, 4], costs: [300n, 280n], percent: 85n },
    { name: 'nothing that is held', ids: [3, 4], costs: [100n, 700n], percent: 20n },
  ]
  it.each(cases)('is the cheapest: $name', ({ ids, costs, percent }) => {
    const holdings = withCashBelowSoft([{ id: 2, quantityLots: -60n }], vectors, TEST_PARAMETERS, percent)
    const account = { holdings, vectors, parameters: TEST_PARAMETERS, slots: 4 }
    const instruments = ids.map((id, index) => instrument(id, costs[index]!))
    const costOf = (legs: readonly Holding[]) =>
      legs.reduce((sum, { id, quantityLots }) => sum + absolute(quantityLots) * costs[ids.indexOf(id)]!, 0n)
    let least: bigint | undefined
    for (const legs of every(ids)) {
      const cost = costOf(legs)
      if (cost === 0n || (least !== undefined && cost >= least)) continue
      if (softOutcome(account, legs, COST_BPS).broken.length === 0) least = cost
    }
    const hedge = softHedge(account, instruments, solver, { gammaFallBps: 0n, costBps: COST_BPS })
    expect(least).toBeDefined()
    // Rounding may cost a lot of each leg; a program that optimised something else would be far off.
    const lot = costs.reduce<bigint>((sum, cost) => sum + cost, 0n)
    expect(hedge.costNano >= least!).toBe(true)
    expect(hedge.costNano <= least! + lot).toBe(true)
  })
})

it('names whole lots when a fraction of one would do and no whole number does', () => {
  const vectors = byId([CASH, coarseOption(2, 0), coarsePerpetual(3, 0), coarseOption(4, 0, 5n, -60n)])
  const holdings = withCashBelowSoft([{ id: 2, quantityLots: -60n }], vectors, TEST_PARAMETERS, 95n)
  const listed = [3, 4].map((id) => ({ id, depthLots: 24n, costNano: 100n }))
  const account = { holdings, vectors, parameters: TEST_PARAMETERS, slots: 4 }
  expect(() => softHedge(account, listed, solver, { gammaFallBps: 0n })).toThrow(/whole lots/)
})

describe('what a hedge is asked beyond a plain trade at mark', () => {
  const { vectors, parameters, instruments, book } = sampleRound('small', 'margin-4')
  const { positions: holdings } = book.find(({ name }) => name === 'naked put seller')!.account
  const account = { holdings, vectors, parameters, slots: 4 }
  const total = (amounts: readonly bigint[]) => amounts.reduce((sum, amount) => sum + amount, 0n)

  it('short gamma falls by the share asked for', () => {
    const { before, after } = softHedge(account, instruments, solver, { gammaFallBps: 4_000n })
    const [had, has] = [total(before.shortGammaNano), total(after.shortGammaNano)]
    // The multiple that just restores SOFT may take a hair off the share.
    expect(has * 10_000n <= had * 6_010n).toBe(true)
  })

  it('SOFT is restored after the costs, whatever they are, and the exact stop counts them', () => {
    const free = softHedge(account, instruments, solver)
    for (const costBps of [40n, 500n, 2_000n]) {
      const paying = softHedge(account, instruments, solver, { costBps })
      expect(paying.broken).toEqual([])
      expect(paying.reliefBpsNano > free.reliefBpsNano).toBe(true)
      const costsBps2Nano = costBps * paying.reliefBpsNano
      expect(10n ** 8n * paying.before.equityNano - costsBps2Nano >= paying.after.softBps2Nano).toBe(true)
      // What is needed because of costs is too much without them, and the other way round too little.
      const terms = { mode: 'soft', percent: 100n } as const
      const lot = (costs: bigint) => () =>
        lotOf(holdings, paying.legs, { ...terms, costBps: costs }, { vectors, parameters }, 4)
      expect(lot(costBps)().reduction.reliefBpsNano).toBe(paying.reliefBpsNano)
      if (costBps >= 500n) expect(lot(0n)).toThrow(/less must be moved/)
    }
    expect(softOutcome(account, free.legs, 500n).broken).toEqual(['softNotRestored'])
  })
})

describe('no hedge', () => {
  const { vectors, parameters, instruments, book } = sampleRound('small', 'margin-4')
  const soft = book.find(({ name }) => name === 'naked put seller')!.account.positions
  const limitsOf = (holdings: readonly Holding[], listed: readonly HedgeInstrument[], slots = 4) => {
    try {
      softHedge({ holdings, vectors, parameters, slots }, listed, solver)
    } catch (error) {
      expect(error).toBeInstanceOf(HedgeInfeasibleError)
      return (error as HedgeInfeasibleError).limits
    }
    throw new Error('a hedge was found')
  }

  it('names depth when there is too little of it', () => {
    const shallow = instruments.map((instrument) => ({ ...instrument, depthLots: 10n }))
    expect(limitsOf(soft, shallow)).toEqual(['depth'])
    expect(() => softHedge({ holdings: soft, vectors, parameters, slots: 4 }, shallow, solver)).toThrow(
      /depth/,
    )
  })

  it('names the slots when what would help finds no room', () => {
    const others = instruments.filter(({ id }) => !soft.some((position) => position.id === id))
    expect(limitsOf(soft, others, 2)).toEqual(['slots'])
  })

  it('names short gamma when nothing listed lowers it', () => {
    const linear = instruments.filter(({ id }) =>
      vectors
        .get(id)!
        .ratesNano.slice(1, 10)
        .every((rate, dim) => dim % 3 !== 1 || rate === 0n),
    )
    expect(linear.length).toBeGreaterThan(0)
    expect(limitsOf(soft, linear)).toContain('shortGamma')
  })

  it('names SOFT itself for an insolvent account', () => {
    const insolvent = book.find(({ tier }) => tier === 'insolvent')!.account.positions
    expect(limitsOf(insolvent, instruments)).toEqual(['soft'])
  })

  it('is refused for an account that needs none, and for bad input', () => {
    const at =
      (holdings: readonly Holding[], listed: readonly HedgeInstrument[] = instruments) =>
      () =>
        softHedge({ holdings, vectors, parameters, slots: 4 }, listed, solver)
    const healthy = book.find(({ tier }) => tier === 'healthy')!.account.positions
    expect(at(healthy)).toThrow(/not below SOFT/)
    expect(at([...soft, soft[0]!])).toThrow(/twice/)
    const [first] = instruments
    expect(at(soft, [first!, first!])).toThrow(/stands twice/)
    expect(at(soft, [{ ...first!, id: CASH_ID }])).toThrow(/cash/)
    expect(at(soft, [{ ...first!, depthLots: -1n }])).toThrow(/depth/)
    expect(at(soft, [{ ...first!, costNano: 0n }])).toThrow(/cost/)
    expect(at(soft, [{ ...first!, id: 4_000_000 }])).toThrow(/no vector/)
  })
})
