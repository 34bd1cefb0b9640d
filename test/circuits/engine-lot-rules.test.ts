import { beforeAll, describe, expect, it } from 'vitest'
import type { Position } from '../../src/book/account.ts'
import { sliceCommitment } from '../../src/book/liquidation/commitments.ts'
import { chooseSlice } from '../../src/book/liquidation/lot.ts'
import { addPositions, negated } from '../../src/book/liquidation/positions.ts'
import { divideUp } from '../../src/book/liquidation/price.ts'
import { marginIn } from '../../src/book/liquidation/requirement.ts'
import { RuleError } from '../../src/book/liquidation/rules.ts'
import { FIELD_MODULUS } from '../../src/protocol/field.ts'
import { CASH_ID } from '../../src/protocol/liquidation.ts'
import { type Hasher, poseidonHasher } from '../../src/protocol/poseidon.ts'
import { lotWitness } from '../../src/prover/lot-inputs.ts'
import type { CircuitInputs } from '../../src/prover/margin-inputs.ts'
import {
  ENTRIES,
  HEDGE,
  HEDGED,
  LEAST,
  lotInputs,
  SLICED,
  SMALL,
  sliceOf,
  softOf,
} from '../support/engine-cases.ts'
import { engineCircuit, withInput } from '../support/engine-circuit.ts'
import { CONTEXT, type ForgedLot, forgeLot, MODES, percentOf, SALT } from '../support/engine-forge.ts'
import {
  atHealth,
  ENGINE_RISK,
  engineWorld,
  holding,
  NANO_ID,
  SETTLEMENT_CASH,
  towardSoft,
  withEquity,
} from '../support/engine-world.ts'
import { type Checks, checksOf } from '../support/forgery-checks.ts'
import { syntheticVectors, TEST_PARAMETERS, TestRandom } from '../support/synthetic.ts'

let hasher: Hasher
let checks: Checks

beforeAll(async () => {
  hasher = await poseidonHasher()
  checks = checksOf(await engineCircuit('lot', SMALL))
})

function lot(positions: readonly Position[], forged: ForgedLot): CircuitInputs {
  return lotInputs(hasher, positions, forged)
}

describe('honest lots', () => {
  it('are accepted as lotWitness makes them, which the forgeries start from', async () => {
    for (const [positions, forged, mode] of [
      [SLICED, sliceOf(SLICED, LEAST), 'slice'],
      [HEDGED, { ...softOf({}), moved: HEDGE }, 'soft'],
    ] as const) {
      const world = engineWorld(hasher, [positions])
      const { percent, moved } = forged
      const statement = { terms: { mode, percent, costBps: 0n }, moved, salt: SALT, context: CONTEXT }
      const { inputs } = lotWitness(hasher, SMALL, world.opening(0), world.round, statement)
      expect(forgeLot(world, 0, forged)).toEqual(inputs)
      await checks.accepts(inputs, mode)
    }
  })

  it('of random portfolios in random markets are accepted', async () => {
    let accepted = 0
    for (let seed = 1; accepted < 4 && seed < 30; seed++) {
      const random = new TestRandom(seed)
      const vectors = [SETTLEMENT_CASH, ...syntheticVectors(13, seed).slice(1)]
      const risk = { vectors: new Map(vectors.map((v) => [v.id, v])), parameters: TEST_PARAMETERS }
      const lots = [1, 2, 3].map(() => ({ id: 2 + random.below(12), quantityLots: random.signed(14) }))
      const positions = atHealth(addPositions(lots), BigInt(random.below(99)), risk)
      try {
        const costBps = 300n * BigInt(accepted)
        const { terms, moved } = chooseSlice(positions, risk, SMALL.slots, costBps)
        const world = engineWorld(hasher, [positions], { vectors })
        const statement = { terms, moved, salt: SALT, context: CONTEXT }
        await checks.accepts(lotWitness(hasher, SMALL, world.opening(0), world.round, statement).inputs)
        accepted++
      } catch (error) {
        // Some random portfolio has no slice that every rule allows.
        if (!(error instanceof RuleError)) throw error
      }
    }
    expect(accepted).toBe(4)
  })
})

describe('rule 1, the threshold', () => {
  const entries = holding({ 2: -1_003n, 4: 199n })
  const { requirementNano } = marginIn(ENGINE_RISK, entries)

  it('of a slice is MM, to the nano-USD: at it there is none', async () => {
    const at = withEquity(entries, requirementNano.mm)
    const below = withEquity(entries, requirementNano.mm - 1n)
    await checks.accepts(lot(below, sliceOf(below, 1n)))
    await checks.refuses(lot(at, sliceOf(at, 1n)))
  })

  it('of a hedge is SOFT, to the nano-USD: at it there is none', async () => {
    const at = withEquity(entries, requirementNano.soft)
    const below = withEquity(entries, requirementNano.soft - 1n)
    await checks.accepts(lot(below, softOf({ 2: -1n })))
    // One lot less is none: at SOFT that is an overshoot as well.
    await checks.refuses(lot(at, softOf({ 2: -1n })))
    await checks.accepts(lot(withEquity(entries, requirementNano.mm - 1n), softOf({ 2: -1n })))
  })
})

describe('rule 2, what leaves', () => {
  it('is the percent of every entry, rounded toward zero', async () => {
    const honest = sliceOf(SLICED, LEAST)
    for (const id of [2, 4, 5]) {
      for (const off of [1n, -1n]) {
        const moved = addPositions(honest.moved, holding({ [id]: off }))
        await checks.refuses(lot(SLICED, { ...honest, moved }), `${id} ${off}`)
      }
    }
    // Nothing that is not held, and nothing left out.
    const two = atHealth(holding({ 2: -1_003n, 4: 199n }), 60n)
    await checks.accepts(lot(two, sliceOf(two, 10n)))
    const more = addPositions(percentOf(two, 10n), holding({ 6: 1n }))
    await checks.refuses(lot(two, { ...sliceOf(two, 10n), moved: more }))
    const without = honest.moved.filter(({ id }) => id !== 4)
    await checks.refusesAnyhow(lot(SLICED, { ...honest, moved: without }))
  })

  it('is 1 to 100 percent, and 100 of a hedge', async () => {
    const poor = atHealth(ENTRIES, 1n)
    const insolvent = atHealth(ENTRIES, -40n)
    await checks.accepts(lot(poor, sliceOf(poor, 1n)))
    await checks.accepts(lot(insolvent, sliceOf(insolvent, 100n)))
    await checks.refusesAnyhow(lot(poor, sliceOf(poor, 0n)))
    await checks.refusesAnyhow(lot(insolvent, sliceOf(insolvent, 101n)))
    await checks.refusesAnyhow(lot(insolvent, sliceOf(insolvent, 127n)))
    await checks.refusesAnyhow(lot(HEDGED, { ...softOf({ 2: -30n }), percent: 99n }))
    await checks.refusesAnyhow(lot(HEDGED, { ...softOf({ 2: -30n }), percent: 101n }))
  })

  it('has no other mode: nothing is auctioned in mode deleverage, and code 3 is none', async () => {
    await checks.accepts(lot(SLICED, softOf({ 2: -1n })))
    await checks.refuses(lot(SLICED, { ...softOf({ 2: -1n }), mode: MODES.deleverage }))
    await checks.refusesAnyhow(lot(SLICED, { ...softOf({ 2: -1n }), mode: 3n }))
  })

  it('does not depend on the field: a quantity of the other sign, or beyond the range of lots', async () => {
    const { moved } = sliceOf(SLICED, LEAST)
    const flipped = moved.map(({ id, quantityLots }) => ({ id, quantityLots: -quantityLots }))
    await checks.refusesAnyhow(lot(SLICED, { ...sliceOf(SLICED, LEAST), moved: flipped }))
    const inputs = lot(SLICED, sliceOf(SLICED, LEAST))
    for (const after of [1n << 38n, FIELD_MODULUS - (1n << 38n) - 1n, FIELD_MODULUS >> 1n]) {
      await checks.refusesAnyhow(withInput(inputs, ['after', 3], () => after))
    }
  })
})

describe('rule 3, the risk that falls', () => {
  const perpetuals = towardSoft(holding({ 4: 100n }), 40n)

  it('MM is strictly lower', async () => {
    await checks.accepts(lot(perpetuals, softOf({ 4: 1n })))
    await checks.refuses(lot(perpetuals, softOf({})), 'nothing moved')
    // Worth something and without any risk: moves equity's place and no requirement.
    const positions = withEquity(
      holding({ 4: 100n }),
      marginIn(ENGINE_RISK, holding({ 4: 100n })).requirementNano.mm,
    )
    await checks.refuses(lot(positions, softOf({ [NANO_ID]: 1n })), 'no relief')
    await checks.refuses(lot(perpetuals, softOf({ 4: -1n })), 'more risk')
  })

  it('IM is not higher', async () => {
    // Up moves beyond 7 percent are extreme rows: a short perpetual needs little MM and much IM.
    const positions = atHealth(holding({ 4: 100n }), 10n)
    const before = marginIn(ENGINE_RISK, positions)
    const after = marginIn(ENGINE_RISK, atHealth(holding({ 4: -110n }), 10n))
    expect(after.mmBpsNano < before.mmBpsNano && after.imBpsNano > before.imBpsNano).toBe(true)
    await checks.refuses(lot(positions, softOf({ 4: 210n })))
  })

  it('short gamma is higher for no underlying', async () => {
    const positions = towardSoft(ENTRIES, 40n)
    await checks.accepts(lot(positions, softOf({ 2: -30n })))
    await checks.refuses(lot(positions, softOf({ 2: -30n, 5: 1n })))
  })

  it('short gamma is lower in a hedge, where there is some', async () => {
    const positions = towardSoft(holding({ 2: -1_000n, 4: 200n, 6: -200n }), 40n)
    await checks.refuses(lot(positions, softOf({ 4: 20n, 6: -20n })))
    await checks.accepts(lot(positions, softOf({ 2: -1n, 4: 20n, 6: -20n })))
  })
})

describe('rule 4, no overshoot', () => {
  it('one percent more than the least is too much', async () => {
    await checks.accepts(lot(SLICED, sliceOf(SLICED, LEAST)))
    await checks.accepts(lot(SLICED, sliceOf(SLICED, LEAST - 1n)))
    await checks.refuses(lot(SLICED, sliceOf(SLICED, LEAST + 1n)))
    await checks.refuses(lot(SLICED, sliceOf(SLICED, 100n)))
    await checks.refuses(lot(HEDGED, softOf({ 2: -500n })))
  })

  it('is decided to the nano-USD: exactly at SOFT of one step less is restored', async () => {
    const entries = holding({ 2: -1_003n, 4: 199n })
    const less = marginIn(ENGINE_RISK, addPositions(entries, negated(percentOf(entries, 29n))))
    const { soft } = less.requirementNano
    const at = withEquity(entries, soft)
    const below = withEquity(entries, soft - 1n)
    await checks.accepts(lot(below, sliceOf(below, 30n)))
    await checks.refuses(lot(at, sliceOf(at, 30n)))
    // A hedge of 100 lots of which 99 would do.
    const lessHedge = marginIn(ENGINE_RISK, addPositions(entries, holding({ 2: 99n })))
    const hedged = withEquity(entries, lessHedge.requirementNano.soft - 1n)
    const restored = withEquity(entries, lessHedge.requirementNano.soft)
    await checks.accepts(lot(hedged, softOf({ 2: -100n })))
    await checks.refuses(lot(restored, softOf({ 2: -100n })))
  })

  it('is net of costs, to the nano-USD: what is needed only because of them is none', async () => {
    const entries = holding({ 2: -1_003n, 4: 199n })
    const before = marginIn(ENGINE_RISK, entries)
    const costBps = 250n
    for (const [forgedOf, base] of [
      [(positions: readonly Position[]) => sliceOf(positions, 30n), percentOf(entries, 29n)],
      [() => softOf({ 2: -100n }), holding({ 2: -99n })],
    ] as const) {
      const less = marginIn(ENGINE_RISK, addPositions(entries, negated(base)))
      const costsBps2Nano = costBps * (before.mmBpsNano - less.mmBpsNano)
      expect(costsBps2Nano).toBeGreaterThan(0n)
      const restored = divideUp(less.softBps2Nano + costsBps2Nano, 10n ** 8n)
      const at = withEquity(entries, restored)
      const below = withEquity(entries, restored - 1n)
      const forged = forgedOf(below)
      await checks.accepts(lot(below, { ...forged, costBps }), 'one nano-USD too little')
      await checks.refuses(lot(at, { ...forgedOf(at), costBps }), 'just enough for the costs')
      // At mark it was restored long before.
      await checks.refuses(lot(below, forged), 'without costs')
      await checks.refuses(lot(below, { ...forged, costBps: costBps - 1n }), 'with lower costs')
      await checks.accepts(lot(at, { ...forgedOf(at), costBps: costBps + 1n }), 'with higher costs')
      await checks.refuses(lot(below, { ...forged, costBps: -costBps }), 'with a gain')
    }
  })

  it('takes the cost of a step that would raise the requirement for the gain that its price would be', async () => {
    // One percent less rounds to a lot of the option that is short alone.
    const entries = holding({ 2: 50n, 3: -100n })
    const { requirementNano, mmBpsNano } = marginIn(ENGINE_RISK, entries)
    const positions = withEquity(entries, requirementNano.mm - 1n)
    const less = marginIn(ENGINE_RISK, addPositions(entries, negated(percentOf(entries, 1n))))
    const raisedBps = less.mmBpsNano - mmBpsNano
    expect(raisedBps).toBeGreaterThan(0n)
    const missing = less.softBps2Nano - 10n ** 8n * (requirementNano.mm - 1n)
    const costBps = divideUp(missing, raisedBps)
    // Only beyond 100% can it matter: below MM one step that raises it is never enough.
    expect(costBps).toBeGreaterThan(10_000n)
    await checks.accepts(lot(positions, { ...sliceOf(positions, 2n), costBps: costBps - 1n }))
    await checks.refuses(lot(positions, { ...sliceOf(positions, 2n), costBps }))
  })

  it('does not hold for an account without a place for cash that is taken whole', async () => {
    const full = holding({ 3: 1n, 4: 1_000n, 6: 10n, [NANO_ID]: 200_000_000_000n })
    await checks.accepts(lot(full, sliceOf(full, 100n)), 'whole')
    await checks.refuses(lot(full, sliceOf(full, 99n)), 'not whole')
    const three = full.filter(({ id }) => id !== 3)
    await checks.refuses(lot(three, sliceOf(three, 100n)), 'a place is free')
    const withCash = addPositions(three, holding({ [CASH_ID]: 10n }))
    await checks.refuses(lot(withCash, sliceOf(withCash, 100n)), 'it has cash')
    await checks.accepts(lot(full, softOf({ 4: 1_000n })), 'one entry closed')
    await checks.refuses(lot(full, softOf({ 4: 999n })), 'one entry not closed')
    await checks.refuses(lot(full, softOf({ 4: 1_000n, 6: 10n })), 'two entries closed')
    await checks.refuses(lot(full, softOf({ 4: 1_000n, 6: 1n })), 'two entries, one closed')
  })
})

describe('rule 5, the commitment to the slice', () => {
  it('holds salt, relief and every lot', async () => {
    const inputs = lot(SLICED, sliceOf(SLICED, LEAST))
    const { moved } = sliceOf(SLICED, LEAST)
    const before = marginIn(ENGINE_RISK, SLICED)
    const after = marginIn(ENGINE_RISK, addPositions(SLICED, negated(moved)))
    const reliefBpsNano = before.mmBpsNano - after.mmBpsNano
    const commitment = (opening: Partial<Parameters<typeof sliceCommitment>[1]>) =>
      sliceCommitment(hasher, { salt: SALT, reliefBpsNano, moved, ...opening }, SMALL.slots)
    expect(commitment({})).toBe(inputs.slice)
    const others = [
      commitment({ salt: SALT + 1n }),
      commitment({ reliefBpsNano: reliefBpsNano + 1n }),
      commitment({ reliefBpsNano: reliefBpsNano - 1n }),
      commitment({ moved: percentOf(SLICED, LEAST - 1n) }),
      commitment({ moved: moved.slice(1) }),
      0n,
    ]
    for (const slice of others) await checks.refuses({ ...inputs, slice })
  })
})
