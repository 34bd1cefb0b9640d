import { beforeAll, describe, expect, it } from 'vitest'
import type { Position } from '../../src/book/account.ts'
import { greekUnits } from '../../src/book/liquidation/greek-units.ts'
import { addPositions, negated } from '../../src/book/liquidation/positions.ts'
import { divideUp } from '../../src/book/liquidation/price.ts'
import { marginIn } from '../../src/book/liquidation/requirement.ts'
import { CASH_LOT_BPS_NANO } from '../../src/book/liquidation/summary.ts'
import { FIELD_MODULUS, toField } from '../../src/protocol/field.ts'
import { CASH_LOT_NANO } from '../../src/protocol/liquidation.ts'
import { type Hasher, poseidonHasher } from '../../src/protocol/poseidon.ts'
import { scenarioDim } from '../../src/protocol/risk-layout.ts'
import { lotWitness } from '../../src/prover/lot-inputs.ts'
import type { CircuitInputs } from '../../src/prover/margin-inputs.ts'
import { packVector } from '../../src/risk/vector.ts'
import { HEDGE, HEDGED, LEAST, lotInputs, SLICED, SMALL, sliceOf, softOf } from '../support/engine-cases.ts'
import { engineCircuit, withInput } from '../support/engine-circuit.ts'
import { CONTEXT, type ForgedLot, forgeLot, SALT } from '../support/engine-forge.ts'
import {
  ENGINE_RISK,
  ENGINE_VECTORS,
  engineWorld,
  holding,
  SETTLEMENT_CASH,
  withEquity,
} from '../support/engine-world.ts'
import { type Checks, checksOf } from '../support/forgery-checks.ts'

let hasher: Hasher
let checks: Checks

beforeAll(async () => {
  hasher = await poseidonHasher()
  checks = checksOf(await engineCircuit('lot', SMALL))
})

function lot(positions: readonly Position[], forged: ForgedLot): CircuitInputs {
  return lotInputs(hasher, positions, forged)
}

describe('rule 6, the summary', () => {
  const honest = sliceOf(SLICED, LEAST)
  const before = marginIn(ENGINE_RISK, SLICED)
  const alone = marginIn(ENGINE_RISK, honest.moved)
  const relief =
    before.mmBpsNano - marginIn(ENGINE_RISK, addPositions(SLICED, negated(honest.moved))).mmBpsNano

  it('carryLots covers IM of the lot and what a price is rounded up by, within a quarter and a lot', async () => {
    const carried = alone.imBpsNano + CASH_LOT_BPS_NANO
    const least = divideUp(carried, CASH_LOT_BPS_NANO)
    const most = (5n * carried) / (4n * CASH_LOT_BPS_NANO) + 1n
    const carrying = (carryLots: bigint) =>
      lot(SLICED, { ...honest, summary: { carryLots }, greeks: greekUnits(alone, carryLots) })
    await checks.accepts(carrying(least))
    await checks.accepts(carrying(most))
    await checks.refuses(carrying(least - 1n))
    await checks.refuses(carrying(most + 1n))
  })

  it('reliefLots is covered by the relief, within a quarter and a lot', async () => {
    const most = relief / CASH_LOT_BPS_NANO
    const least = divideUp(4n * relief, 5n * CASH_LOT_BPS_NANO) - 1n
    const relieved = (reliefLots: bigint) => lot(SLICED, { ...honest, summary: { reliefLots } })
    await checks.accepts(relieved(most))
    await checks.accepts(relieved(least))
    await checks.refuses(relieved(most + 1n))
    await checks.refuses(relieved(least - 1n))
  })

  it('shortfallLots covers the debt of an insolvent account, and is 0 for a solvent one', async () => {
    await checks.refuses(lot(SLICED, { ...honest, summary: { shortfallLots: 1n } }))
    const debt = 987_654_321n * CASH_LOT_NANO
    for (const [positions, owed] of [
      [withEquity(holding({ 2: -1_003n, 4: 199n }), -debt), debt],
      [withEquity(holding({ 2: -1_003n, 4: 199n }), -debt - 1n), debt + 1n],
    ] as const) {
      const least = divideUp(owed, CASH_LOT_NANO)
      const most = (5n * owed) / (4n * CASH_LOT_NANO) + 1n
      const short = (shortfallLots: bigint) =>
        lot(positions, { ...sliceOf(positions, 100n), summary: { shortfallLots } })
      await checks.accepts(short(least))
      await checks.accepts(short(most))
      await checks.refuses(short(least - 1n))
      await checks.refuses(short(most + 1n))
    }
  })

  it('says which side of zero equity is on: zero is solvent', async () => {
    const entries = holding({ 2: -1_003n, 4: 199n })
    const zero = withEquity(entries, 0n)
    const below = withEquity(entries, -1n)
    await checks.accepts(lot(zero, sliceOf(zero, 100n)))
    await checks.accepts(lot(below, sliceOf(below, 100n)))
    await checks.refuses(lot(zero, { ...sliceOf(zero, 100n), summary: { insolvent: 1n } }))
    await checks.refuses(lot(below, { ...sliceOf(below, 100n), summary: { insolvent: 0n } }))
    await checks.refuses(lot(below, { ...sliceOf(below, 100n), summary: { shortfallLots: 0n } }))
  })

  it('health is the 64th of MM that equity reaches, rounded down', async () => {
    // A round requirement, of which equity is exactly half, or a nano-USD less.
    const entries = holding({ 4: 1_000n })
    const { mmBpsNano, requirementNano } = marginIn(ENGINE_RISK, entries)
    expect(mmBpsNano % 20_000n).toBe(0n)
    const half = withEquity(entries, mmBpsNano / 20_000n)
    const less = withEquity(entries, mmBpsNano / 20_000n - 1n)
    for (const [positions, health] of [
      [half, 32n],
      [less, 31n],
    ] as const) {
      await checks.accepts(lot(positions, { ...sliceOf(positions, 1n), summary: { health } }))
      for (const other of [health - 1n, health + 1n, 0n, 64n, 127n]) {
        const forged = lot(positions, { ...sliceOf(positions, 1n), summary: { health: other } })
        await checks.refuses(forged, `${other} for ${health}`)
      }
    }
    // At MM and above it is 64, which only a hedge can show.
    for (const equity of [requirementNano.mm, requirementNano.soft - 1n]) {
      const positions = withEquity(entries, equity)
      await checks.accepts(lot(positions, { ...softOf({ 4: 1n }), summary: { health: 64n } }))
      await checks.refuses(lot(positions, { ...softOf({ 4: 1n }), summary: { health: 63n } }))
      await checks.refuses(lot(positions, { ...softOf({ 4: 1n }), summary: { health: 65n } }))
    }
    const insolvent = withEquity(entries, -1n)
    await checks.refuses(lot(insolvent, { ...sliceOf(insolvent, 100n), summary: { health: 1n } }))
    await checks.refuses(lot(insolvent, { ...sliceOf(insolvent, 100n), summary: { health: 64n } }))
  })
})

describe('rule 7, the greeks', () => {
  it('are each within one unit', async () => {
    const honest = lotGreeks()
    for (let figure = 0; figure < 9; figure++) {
      for (const off of [-2n, 2n]) {
        const greeks = honest.map((units, i) => (i === figure ? units + off : units))
        await checks.refuses(lot(SLICED, { ...sliceOf(SLICED, LEAST), greeks }), `${figure} ${off}`)
      }
    }
    // The third underlying has none: a figure of exactly one unit is within one unit of zero.
    expect(honest.slice(6)).toEqual([0n, 0n, 0n])
    const edge = honest.map((units, i) => (i === 6 ? 1n : i === 8 ? -1n : units))
    await checks.accepts(lot(SLICED, { ...sliceOf(SLICED, LEAST), greeks: edge }))
  })

  function lotGreeks(): bigint[] {
    const { moved } = sliceOf(SLICED, LEAST)
    const alone = marginIn(ENGINE_RISK, moved)
    const world = engineWorld(hasher, [SLICED])
    const statement = {
      terms: { mode: 'slice', percent: LEAST, costBps: 0n },
      moved,
      salt: SALT,
      context: CONTEXT,
    } as const
    const { carryLots } = lotWitness(hasher, SMALL, world.opening(0), world.round, statement).lot.summary
    return greekUnits(alone, carryLots)
  }
})

describe('the account is the whole account', () => {
  it('of the tag, the leaf and the place that are stated', async () => {
    const world = engineWorld(hasher, [SLICED, HEDGED])
    const inputs = forgeLot(world, 0, sliceOf(SLICED, LEAST))
    const other = forgeLot(world, 1, { ...softOf({}), moved: HEDGE })
    await checks.accepts(inputs)
    for (const name of ['tag', 'leaf', 'bookRoot', 'riskRoot', 'place'] as const) {
      const value = name === 'bookRoot' || name === 'riskRoot' ? 5n : other[name]!
      await checks.refusesAnyhow({ ...inputs, [name]: value }, name)
    }
    for (const place of [2n, 64n, FIELD_MODULUS - 1n]) await checks.refusesAnyhow({ ...inputs, place })
    for (const count of [0n, 1n, 3n]) await checks.refusesAnyhow({ ...inputs, count })
  })

  // Checklist 7 in its wide form.
  it('refuses a list out of order, twice, padded in the middle, or with cash in it', async () => {
    const inputs = lot(SLICED, sliceOf(SLICED, LEAST))
    const perEntry = ['id', 'before', 'after', 'vector', 'riskChildren'] as const
    const reordered = (order: readonly number[]): CircuitInputs => {
      const moved = perEntry.map((name) => [name, order.map((k) => (inputs[name] as readonly bigint[])[k]!)])
      return { ...inputs, ...Object.fromEntries(moved) }
    }
    await checks.accepts(reordered([0, 1, 2, 3]))
    for (const order of [
      [0, 2, 1, 3],
      [1, 0, 2, 3],
      [1, 2, 3, 0],
      [0, 1, 1, 3],
      [0, 0, 2, 3],
    ]) {
      await checks.refusesAnyhow(reordered(order), order.join())
    }
    await checks.refusesAnyhow(
      withInput(inputs, ['before', 0], () => 1n),
      'padding that holds something',
    )
    await checks.refusesAnyhow(
      withInput(inputs, ['after', 0], () => 1n),
      'padding that gets something',
    )
  })

  it('refuses cash as an entry beside cash, which the leaf would not tell', async () => {
    const inputs = lot(HEDGED, { ...softOf({}), moved: HEDGE })
    const cash = inputs.cashBefore as bigint
    const at = (name: string, value: bigint) => (from: CircuitInputs) =>
      withInput(from, [name, 1], () => value)
    const world = engineWorld(hasher, [HEDGED])
    const vector = packVector(SETTLEMENT_CASH)
    let forged = [at('id', 1n), at('before', cash), at('after', cash)].reduce(
      (all, step) => step(all),
      inputs,
    )
    const replace = (name: string, value: CircuitInputs[string]) => ({
      ...forged,
      [name]: (forged[name] as readonly CircuitInputs[string][]).map((old, i) => (i === 1 ? value : old)),
    })
    forged = replace('vector', vector)
    forged = replace('riskChildren', world.round.tree.path(1))
    await checks.refuses({ ...forged, cashBefore: 0n })
  })

  it('refuses cash that falls off the front of full slots', async () => {
    // Insolvent, four entries, no cash. A lot of cash that its leaf does not hold moves no coarse figure.
    const full = holding({ 2: -1_003n, 4: 199n, 5: -401n, 6: 10n })
    const inputs = lot(full, sliceOf(full, 100n))
    expect(inputs.cashBefore).toBe(0n)
    await checks.accepts(inputs)
    await checks.refuses({ ...inputs, cashBefore: 1n })
  })

  it('refuses an entry left out of the state before', async () => {
    const inputs = lot(SLICED, sliceOf(SLICED, LEAST))
    for (const entry of [1, 2, 3]) {
      const hidden = withInput(
        withInput(inputs, ['before', entry], () => 0n),
        ['after', entry],
        () => 0n,
      )
      await checks.refusesAnyhow(hidden)
    }
  })
})

describe('cash', () => {
  it('is listed exactly as settlement cash', async () => {
    // An account without cash: nothing else in its figures changes with the listing.
    const positions = holding({ 2: -1_003n, 4: 199n })
    const rates = SETTLEMENT_CASH.ratesNano
    const listings = [
      { ...SETTLEMENT_CASH, ratesNano: rates.with(0, CASH_LOT_NANO + 1n) },
      { ...SETTLEMENT_CASH, ratesNano: rates.with(0, CASH_LOT_NANO - 1n) },
      { ...SETTLEMENT_CASH, ratesNano: rates.with(scenarioDim(3), -1n) },
      { ...SETTLEMENT_CASH, longChargeNano: 1n },
      { ...SETTLEMENT_CASH, shortChargeNano: 1n },
    ]
    const under = (cash: typeof SETTLEMENT_CASH) => {
      const vectors = [cash, ...ENGINE_VECTORS.slice(1)]
      return forgeLot(engineWorld(hasher, [positions], { vectors }), 0, sliceOf(positions, 100n))
    }
    await checks.accepts(under(SETTLEMENT_CASH))
    for (const cash of listings) await checks.refuses(under(cash))
    const unlisted = engineWorld(hasher, [positions], { vectors: ENGINE_VECTORS.slice(1) })
    await checks.refuses(forgeLot(unlisted, 0, sliceOf(positions, 100n)))
  })
})

describe('every input is bound', () => {
  // The context is bound by being public. Summary and greeks are bounds, held above.
  it('in a slice', { timeout: 400_000 }, async () => {
    await checks.bindsEveryInput(lot(SLICED, sliceOf(SLICED, LEAST)), ['context', 'summary', 'greeks'])
  })

  it('refuses a word with a bit beyond its last field', async () => {
    const inputs = lot(SLICED, sliceOf(SLICED, LEAST))
    for (const [name, bits] of [
      ['terms', 25],
      ['summary', 122],
      ['greeks', 216],
      ['parameters', 99],
    ] as const) {
      const forged = toField((inputs[name] as bigint) + (1n << BigInt(bits)))
      await checks.refuses({ ...inputs, [name]: forged }, name)
    }
  })
})
