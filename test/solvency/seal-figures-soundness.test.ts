import { describe, expect, it } from 'vitest'
import { liquidityWord, netLots } from '../../src/book/ledger.ts'
import { FIELD_MODULUS, toField } from '../../src/protocol/field.ts'
import { BOOK_TOTAL_BITS, COUNT_BITS } from '../../src/protocol/ranges.ts'
import { LIQUIDITY_NANO, shortfallNano } from '../support/solvency-world.ts'
import { sealForge } from './seal-forge.ts'

/** Shortfall, count below MM, gauge, and what is disclosed: SealForge states others. */
const { world, honest, accepted, prove } = await sealForge()

describe('solvency', () => {
  it('refuses a shortfall above the reserves, by one nano-USD', async () => {
    const needed = shortfallNano(world)
    expect(needed > 0n).toBe(true)
    expect(await accepted({ ...honest, reserves: needed })).toBe(true)
    expect(await accepted({ ...honest, reserves: needed + 1n })).toBe(true)
    expect(() => prove({ reservesNano: needed - 1n })).toThrow(/above the reserves.*rule 6/)
    for (const reserves of [needed - 1n, 0n, toField(-1n), 1n << BigInt(BOOK_TOTAL_BITS + 2)]) {
      expect(await accepted({ ...honest, reserves }), `${reserves}`).toBe(false)
    }
  })

  // What others own does not pay what somebody owes: the book as a whole has far more equity than debt.
  it('refuses equity of dummies that would offset a debt', async () => {
    const { totals } = prove({})
    expect(totals.equityNano > 4n * totals.shortfallNano).toBe(true)
    expect(await accepted({ ...honest, reserves: 0n })).toBe(false)
    const word = (honest.totalsLast as bigint[])[0]!
    const without = word - (totals.shortfallNano << BigInt(4 * COUNT_BITS))
    const totalsLast = [without, ...(honest.totalsLast as bigint[]).slice(1)]
    expect(await accepted({ ...honest, reserves: 0n, totalsLast })).toBe(false)
  })

  it('refuses a count below MM that is off by one', async () => {
    for (const belowMm of [3n, 5n, 0n]) expect(await accepted({ ...honest, belowMm })).toBe(false)
  })
})

describe('the gauge', () => {
  it('is exact: off by one is refused for each underlying, either way', async () => {
    const gauge = honest.gauge as bigint
    for (const place of [0n, 84n, 168n]) {
      expect(await accepted({ ...honest, gauge: gauge + (1n << place) })).toBe(false)
      expect(await accepted({ ...honest, gauge: gauge - (1n << place) })).toBe(false)
    }
  })

  it('counts accounts below MM and those that its scenario would put there', () => {
    const { totals, gaugeBps } = prove({})
    expect(totals.nearGamma2Nano > 0n).toBe(true)
    expect(gaugeBps[2]).toBe(
      (10_000n * (totals.belowGamma2Nano + totals.nearGamma2Nano)) / LIQUIDITY_NANO[2]!,
    )
  })

  it('refuses liquidity of zero, below the least, and a word with a bit beyond its fields', async () => {
    expect(() => prove({ liquidityNano: [0n, 1n << 40n, 1n << 40n] })).toThrow(/must be at least/)
    expect(() => prove({ liquidityNano: [1n << 40n, (1n << 34n) - 1n, 1n << 40n] })).toThrow(/liquidity1Nano/)
    const word = liquidityWord(LIQUIDITY_NANO)
    expect(await accepted({ ...honest, liquidity: word - LIQUIDITY_NANO[0]! })).toBe(false)
    expect(await accepted({ ...honest, liquidity: word + (1n << 252n) })).toBe(false)
  })
})

describe('disclosure', () => {
  it('refuses totals under predicates, hidden ones under aggregates, and a third policy', async () => {
    const open = prove({ policy: 'aggregates' }).inputs
    for (const name of ['counts', 'totals'] as const) {
      expect(await accepted({ ...honest, [name]: open[name]! }), name).toBe(false)
      expect(await accepted({ ...open, [name]: 0n }), name).toBe(false)
      expect(await accepted({ ...open, [name]: (open[name] as bigint) + 1n }), name).toBe(false)
    }
    const twice = { counts: 2n * (open.counts as bigint), totals: 2n * (open.totals as bigint) }
    expect(await accepted({ ...open, policy: 2n, ...twice })).toBe(false)
    expect(await accepted({ ...open, policy: FIELD_MODULUS - 1n })).toBe(false)
  })

  it('names no net position, and the same book always has the same net', () => {
    expect(netLots(world.accounts).size).toBe(world.ledger.length)
  })
})
