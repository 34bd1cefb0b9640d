import { beforeAll, describe, expect, it } from 'vitest'
import { addCash, addPositions, negated } from '../../src/book/liquidation/positions.ts'
import { divideUp } from '../../src/book/liquidation/price.ts'
import { marginIn } from '../../src/book/liquidation/requirement.ts'
import type { TransferTerms } from '../../src/book/liquidation/terms.ts'
import { CASH_LOT_NANO, DISCOUNT_BIAS_BPS, TRANSFER_MODE_CODES } from '../../src/protocol/liquidation.ts'
import { type Hasher, poseidonHasher } from '../../src/protocol/poseidon.ts'
import type { CircuitInputs } from '../../src/prover/margin-inputs.ts'
import { transferWitness } from '../../src/prover/transfer-inputs.ts'
import {
  BYSTANDER,
  DELEVERAGE,
  ENTRIES,
  LEAST,
  ROUND_CASE,
  ROUND_ENTRIES,
  SLICE,
  SLICED,
  SMALL,
  SOFT,
  type TransferCase,
  transferInputs,
} from '../support/engine-cases.ts'
import { engineCircuit } from '../support/engine-circuit.ts'
import { CONTEXT, type ForgedTransfer, forgeTransfer, percentOf, SALT } from '../support/engine-forge.ts'
import {
  atHealth,
  ENGINE_RISK,
  engineWorld,
  holding,
  NANO_ID,
  towardSoft,
  withEquity,
} from '../support/engine-world.ts'
import { type Checks, checksOf } from '../support/forgery-checks.ts'

const RICH = holding({ 1: 1n << 33n })
let hasher: Hasher
let checks: Checks

beforeAll(async () => {
  hasher = await poseidonHasher()
  checks = checksOf(await engineCircuit('transfer', SMALL))
})

function transfer(one: TransferCase, more: Partial<ForgedTransfer> = {}): CircuitInputs {
  return transferInputs(hasher, one, more)
}

function termsOf({ forged }: TransferCase): TransferTerms {
  const mode = (['slice', 'soft', 'deleverage'] as const).find(
    (name) => BigInt(TRANSFER_MODE_CODES[name]) === forged.mode,
  )!
  const { percent, costBps = 0n, discountBps = 0n, feeBps = 0n } = forged
  const { escrowLots = 0n, cutoffBps = 0n, floorBps = 0n } = forged
  return { mode, percent, costBps, discountBps, feeBps, escrowLots, cutoffBps, floorBps }
}

describe('honest transfers', () => {
  for (const [name, one] of Object.entries({ SLICE, SOFT, DELEVERAGE, ROUND_CASE })) {
    it(`of ${name} are accepted as transferWitness makes them, which the forgeries start from`, async () => {
      const world = engineWorld(hasher, [one.from, one.to, BYSTANDER])
      const openings = { from: world.opening(0), to: world.opening(1) }
      const statement = { terms: termsOf(one), moved: one.forged.moved, salt: SALT, context: CONTEXT }
      const { inputs } = transferWitness(hasher, SMALL, openings, world.round, statement)
      expect(transfer(one)).toEqual(inputs)
      await checks.accepts(inputs)
    })
  }

  it('may hand the account what it did not hold, and leave both with other entries', async () => {
    const from = towardSoft(holding({ 2: -1_000n }), 40n)
    await checks.accepts(transfer({ ...SOFT, from }, { moved: holding({ 3: -30n }) }))
  })

  it('of an insolvent account are accepted, and leave its debt', async () => {
    const from = atHealth(ENTRIES, -40n)
    const forged = { ...SLICE.forged, percent: 100n, moved: percentOf(from, 100n) }
    await checks.accepts(transfer({ ...SLICE, from, forged }, { escrowLots: 90_000_000n }))
  })

  it('are between any two places, in either order', async () => {
    const portfolios = [BYSTANDER, SLICE.to, ...Array.from({ length: 8 }, () => BYSTANDER), SLICE.from]
    const world = engineWorld(hasher, portfolios)
    await checks.accepts(forgeTransfer(world, { ...SLICE.forged, places: [10, 1] }))
    const reversed = engineWorld(hasher, portfolios.toReversed())
    await checks.accepts(forgeTransfer(reversed, { ...SLICE.forged, places: [0, 9] }))
  })
})

describe('rules 1 to 5 hold for the liquidated account', () => {
  it('of the threshold, in mode deleverage as in slice', async () => {
    const entries = holding({ 2: -1_003n, 4: 199n })
    const { mm } = marginIn(ENGINE_RISK, entries).requirementNano
    const below = { ...DELEVERAGE, from: withEquity(entries, mm - 1n) }
    const at = { ...DELEVERAGE, from: withEquity(entries, mm) }
    await checks.accepts(transfer(below))
    await checks.refuses(transfer(at))
    await checks.refuses(
      transfer({ ...SLICE, from: towardSoft(ENTRIES, 40n) }, { percent: 1n, moved: percentOf(ENTRIES, 1n) }),
    )
    await checks.refuses(
      transfer(
        { ...SOFT, from: towardSoft(holding({ 2: -1_000n, 4: 30n }), 100n) },
        { moved: holding({ 2: -1n }) },
      ),
    )
  })

  it('of the percent', async () => {
    const honest = SLICE.forged.moved
    for (const off of [1n, -1n]) {
      await checks.refuses(transfer(SLICE, { moved: addPositions(honest, holding({ 2: off })) }))
    }
    await checks.refusesAnyhow(transfer(SOFT, { percent: 99n }))
    await checks.refusesAnyhow(transfer(DELEVERAGE, { percent: 1n }))
    await checks.refusesAnyhow(transfer(SLICE, { percent: 0n, moved: [] }))
    await checks.refusesAnyhow(transfer(SOFT, { mode: 3n }))
  })

  it('of the risk that falls', async () => {
    await checks.refuses(transfer(SOFT, { moved: [] }))
    await checks.refuses(transfer(SOFT, { moved: holding({ 2: 30n }) }))
    await checks.refuses(transfer(SOFT, { moved: holding({ 2: -30n, 5: 1n }) }))
  })

  it('of the overshoot, in every mode', async () => {
    await checks.refuses(transfer(SLICE, { percent: LEAST + 1n, moved: percentOf(SLICED, LEAST + 1n) }))
    await checks.refuses(transfer(SOFT, { moved: holding({ 2: -900n }) }))
    const to = atHealth(holding({ 2: 1_000n, 4: -200n }), 150n)
    const most = { moved: holding({ 2: -900n, 4: 180n }), floorBps: 0n }
    await checks.refuses(transfer({ ...DELEVERAGE, to }, most))
  })

  it('of the overshoot net of costs, in every mode: needed only because of them, or not because of a gain', async () => {
    const entries = holding({ 2: -1_003n, 4: 199n })
    const before = marginIn(ENGINE_RISK, entries)
    const large = atHealth(holding({ 2: 1_000n, 4: -200n }), 150n)
    const modes = [
      [SLICE, percentOf(entries, 30n), percentOf(entries, 29n), 30n],
      [SOFT, holding({ 2: -100n }), holding({ 2: -99n }), 100n],
      [{ ...DELEVERAGE, to: large }, holding({ 2: -300n, 4: 60n }), holding({ 2: -297n, 4: 59n }), 100n],
    ] as const
    for (const [one, moved, lessMoved, percent] of modes) {
      const less = marginIn(ENGINE_RISK, addPositions(entries, negated(lessMoved)))
      for (const costBps of [250n, -250n]) {
        const costs = costBps * (before.mmBpsNano - less.mmBpsNano)
        const restored = divideUp(less.softBps2Nano + costs, 10n ** 8n)
        const settled = (equityNano: bigint, more: bigint) => {
          const from = withEquity(entries, equityNano)
          const sold = one === SLICE ? percentOf(from, percent) : moved
          return transfer(
            { ...one, from, to: one === SOFT ? RICH : one.to },
            { moved: sold, percent, costBps: more, discountBps: costBps, feeBps: 0n, floorBps: 0n },
          )
        }
        await checks.accepts(settled(restored - 1n, costBps), `mode ${one.forged.mode} at ${costBps}`)
        await checks.refuses(settled(restored, costBps), `mode ${one.forged.mode} at ${costBps}`)
        await checks.refuses(
          settled(restored - 1n, costBps - 1n),
          `mode ${one.forged.mode} less than ${costBps}`,
        )
      }
    }
  })

  it('of the slice', async () => {
    for (const one of [SLICE, SOFT, DELEVERAGE]) {
      const inputs = transfer(one)
      await checks.refuses({ ...inputs, slice: (inputs.slice as bigint) + 1n })
      await checks.refuses({ ...inputs, salt: SALT + 1n })
    }
  })
})

describe('rule 6, the price', () => {
  function honestPrice(one: TransferCase): { priceLots: bigint; feeLots: bigint } {
    const world = engineWorld(hasher, [one.from, one.to, BYSTANDER])
    const openings = { from: world.opening(0), to: world.opening(1) }
    const statement = { terms: termsOf(one), moved: one.forged.moved, salt: SALT, context: CONTEXT }
    return transferWitness(hasher, SMALL, openings, world.round, statement).outcome
  }

  it('is rounded up, to the lot, in every mode and of either sign', async () => {
    const signs = new Set<boolean>()
    for (const one of [SLICE, SOFT, DELEVERAGE, ROUND_CASE]) {
      const { priceLots } = honestPrice(one)
      signs.add(priceLots < 0n)
      for (const off of [-1n, 1n]) await checks.refuses(transfer(one, { priceLots: priceLots + off }))
    }
    expect(signs.size).toBe(2)
  })

  it('where it divides exactly is that many lots', async () => {
    expect(honestPrice(ROUND_CASE).priceLots).toBe(6_000n)
    // A nano-USD more of value is a lot more of price.
    const entries = holding({ 4: 1_000n, [NANO_ID]: 1n })
    const from = addCash(entries, 89n - 6_000n)
    const one = { ...ROUND_CASE, from, forged: { ...ROUND_CASE.forged, moved: entries } }
    expect(honestPrice(one).priceLots).toBe(6_001n)
    await checks.accepts(transfer(one))
    await checks.refuses(transfer(one, { priceLots: 6_000n }))
  })

  it('is the same for both: what one gets the other pays', async () => {
    const { priceLots } = honestPrice(SLICE)
    await checks.refuses(transfer(SLICE, { paidLots: priceLots - 1n }))
    await checks.refuses(transfer(SLICE, { paidLots: priceLots + 1n }))
  })

  it('depends on the discount of the terms, a haircut when negative', async () => {
    const plain = honestPrice({ ...SOFT, forged: { ...SOFT.forged, discountBps: 0n } }).priceLots
    const cheap = honestPrice(SOFT).priceLots
    const dear = honestPrice({ ...SOFT, forged: { ...SOFT.forged, discountBps: -10n } }).priceLots
    expect(cheap < plain && plain < dear).toBe(true)
    await checks.accepts(transfer(SOFT, { discountBps: -10n }))
    await checks.refuses(transfer(SOFT, { discountBps: -10n, priceLots: plain }))
    await checks.refuses(transfer(SOFT, { discountBps: 10n, priceLots: dear }))
    const from = atHealth(holding({ 2: -1_000n, 4: 30n }), 90n)
    await checks.accepts(transfer({ ...SOFT, from }, { discountBps: DISCOUNT_BIAS_BPS - 1n }), 'largest')
    await checks.accepts(transfer({ ...SOFT, from }, { discountBps: -DISCOUNT_BIAS_BPS }), 'smallest')
  })

  it('has a fee of exactly its share of the relief, rounded down', async () => {
    const { feeLots } = honestPrice(SLICE)
    expect(feeLots).toBeGreaterThan(0n)
    for (const off of [-1n, 1n]) await checks.refuses(transfer(SLICE, { feeLots: feeLots + off }))
    await checks.refuses(transfer(SLICE, { feeLots: 0n }))
    await checks.accepts(transfer(SLICE, { feeBps: 0n, feeLots: 0n }))
    await checks.refuses(transfer(SLICE, { feeBps: 0n, feeLots: 1n }))
  })

  it('credits the escrow of the terms, no more', async () => {
    const { priceLots } = honestPrice(SLICE)
    const { escrowLots = 0n } = SLICE.forged
    // The cash of one escrow, the terms of another.
    await checks.refuses(transfer(SLICE, { escrowLots: escrowLots - 1n, paidLots: priceLots - 1n }))
    await checks.accepts(transfer(SLICE, { escrowLots: escrowLots - 1n }))
  })
})

describe('rule 7, conservation', () => {
  it('of every instrument, to the last lot', async () => {
    const from = atHealth(holding({ 2: -1_003n, 4: 199n }), 60n)
    const moved = percentOf(from, 20n)
    const one: TransferCase = { ...SLICE, from, forged: { ...SLICE.forged, percent: 20n, moved } }
    await checks.accepts(transfer(one))
    for (const [name, change] of Object.entries({
      minted: { 2: 1n },
      burnt: { 2: -1n },
      'of another instrument': { 2: 1n, 4: -1n },
      'out of nothing': { 6: 5n },
      'and its negative': { 3: 1n },
    })) {
      await checks.refuses(transfer(one, { received: addPositions(moved, holding(change)) }), name)
    }
    const other = moved.map(({ id, quantityLots }) => ({ id: id === 2 ? 3 : id, quantityLots }))
    await checks.refuses(transfer(one, { received: other }), 'another instrument')
    await checks.refuses(transfer(DELEVERAGE, { received: holding({ 2: -100n, 4: 11n }) }), 'deleverage')
  })
})

describe('rule 8, solvency', () => {
  it('a solvent account stays solvent: zero is solvent, one lot less is not', async () => {
    // A discount of one basis point of this relief costs 88.8 lots, so 88.
    const costs = { discountBps: 1n }
    const most = withEquity(ROUND_ENTRIES, 88n * CASH_LOT_NANO)
    await checks.accepts(transfer({ ...ROUND_CASE, from: most }, costs), 'to zero')
    const from = withEquity(ROUND_ENTRIES, 87n * CASH_LOT_NANO)
    await checks.refuses(transfer({ ...ROUND_CASE, from }, costs), 'below zero')
    const insolvent = withEquity(ROUND_ENTRIES, -CASH_LOT_NANO)
    await checks.accepts(transfer({ ...ROUND_CASE, from: insolvent }, costs), 'was insolvent')
    const zero = withEquity(ROUND_ENTRIES, 0n)
    await checks.refuses(transfer({ ...ROUND_CASE, from: zero }, costs), 'from zero')
  })
})
