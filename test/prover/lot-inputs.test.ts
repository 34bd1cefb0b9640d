import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { accountTag } from '../../src/book/leaf.ts'
import { sliceCommitment } from '../../src/book/liquidation/commitments.ts'
import { chooseSlice, closeOnePosition, type Lot } from '../../src/book/liquidation/lot.ts'
import { lotSignalsFromArray, lotSignalsToArray } from '../../src/protocol/engine-signals.ts'
import { WitnessError } from '../../src/protocol/errors.ts'
import { FIELD_MODULUS } from '../../src/protocol/field.ts'
import { LOT_SUMMARY, LOT_TERMS } from '../../src/protocol/liquidation.ts'
import { unpackWord } from '../../src/protocol/packed-word.ts'
import { poseidonHasher } from '../../src/protocol/poseidon.ts'
import { type LotStatement, lotWitness } from '../../src/prover/lot-inputs.ts'
import { roundRisk } from '../../src/prover/wide-inputs.ts'
import { atHealth, holding } from '../book/liquidation-support.ts'
import { type EngineCheck, engineCheck } from '../support/engine-check.ts'
import {
  type LiquidationWorld,
  liquidationWorld,
  PLACES,
  SOFT_MOVED,
  worldOf,
} from '../support/liquidation-world.ts'

const COST_BPS = 170n
let world: LiquidationWorld
let check: EngineCheck<'lot'>

beforeAll(async () => {
  world = liquidationWorld(await poseidonHasher())
  check = await engineCheck('lot')
})
afterAll(() => check?.close())

function sliceAt(place: number, from = world): Lot {
  const { slots } = from.instance
  return chooseSlice(
    from.book.account(place).positions,
    roundRisk(from.instance, from.round),
    slots,
    COST_BPS,
  )
}

function witnessOf(place: number, statement: Pick<LotStatement, 'terms' | 'moved'>, from = world) {
  const { hasher, instance, book, round } = from
  return lotWitness(hasher, instance, book.opening(place), round, { ...statement, salt: 99n, context: 7n })
}

const soft = { terms: { mode: 'soft', percent: 100n, costBps: COST_BPS }, moved: SOFT_MOVED } as const

describe('a lot', () => {
  it('of a solvent account is proven, signal for signal', async () => {
    const lot = sliceAt(PLACES.solvent)
    expect(lot.terms.percent).toBeLessThan(100n)
    const witness = witnessOf(PLACES.solvent, lot)
    const { signals } = witness
    const opening = world.book.opening(PLACES.solvent)
    expect(signals).toMatchObject({ bookRoot: world.book.root, leaf: opening.leaf, place: 0n, context: 7n })
    expect(signals.tag).toBe(accountTag(world.hasher, opening.account.secret))
    expect(unpackWord(LOT_TERMS, signals.terms)).toEqual({
      mode: 0n,
      percent: lot.terms.percent,
      costBiasedBps: 16_384n + COST_BPS,
    })
    expect(unpackWord(LOT_SUMMARY, signals.summary)).toEqual({ ...lot.summary, insolvent: 0n })
    const shown = { salt: 99n, reliefBpsNano: lot.reduction.reliefBpsNano, moved: lot.moved }
    expect(signals.slice).toBe(sliceCommitment(world.hasher, shown, 4))
    expect(lotSignalsFromArray(lotSignalsToArray(signals))).toEqual(signals)
    await check.provesExactly(witness)
  })

  it('of an insolvent account names the shortfall', async () => {
    const witness = witnessOf(PLACES.insolvent, sliceAt(PLACES.insolvent))
    const summary = unpackWord(LOT_SUMMARY, witness.signals.summary)
    expect(summary).toMatchObject({ insolvent: 1n, health: 0n })
    expect(summary.shortfallLots).toBeGreaterThan(0n)
    await check.provesExactly(witness)
  })

  it('in mode soft is proven', async () => {
    await check.provesExactly(witnessOf(PLACES.soft, soft))
  })

  it('of an account without a slot for cash is one position of it, whole', async () => {
    expect(() => sliceAt(PLACES.full)).toThrow(/no receiver has a slot/)
    const { positions } = world.book.account(PLACES.full)
    const lot = closeOnePosition(positions, roundRisk(world.instance, world.round), 4, COST_BPS)!
    expect(lot.moved.length).toBe(1)
    expect(await check.violations(witnessOf(PLACES.full, lot))).toBe(0)
  })

  it('that keeps the rules satisfies the circuit, whatever the account', async () => {
    let proven = 0
    const lots = fc.bigInt({ min: -400n, max: 400n })
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(lots, lots, lots),
        fc.bigInt({ min: -80n, max: 99n }),
        async ([a, b, c], health) => {
          const positions = atHealth(holding({ 2: a, 4: b, 5: c }), health)
          if (positions.length < 2) return
          const other = worldOf(world.hasher, [positions])
          let lot: Lot
          try {
            lot = sliceAt(0, other)
          } catch {
            return
          }
          expect(await check.violations(witnessOf(0, lot, other))).toBe(0)
          proven++
        },
      ),
      { numRuns: 12, seed: 4 },
    )
    expect(proven).toBeGreaterThan(4)
  })
})

describe('a lot is refused before proving', () => {
  it('by every rule, named', () => {
    const lot = sliceAt(PLACES.solvent)
    const percent = lot.terms.percent + 1n
    expect(() => witnessOf(PLACES.solvent, { ...lot, terms: { ...lot.terms, percent } })).toThrow(
      /exactly its percent/,
    )
    expect(() => witnessOf(PLACES.covered, soft)).toThrow(/below SOFT/)
    expect(() => witnessOf(PLACES.soft, { ...soft, moved: holding({ 1: 5n }) })).toThrow(/cash is never/)
  })

  it('for an unlisted instrument, a round without cash, a foreign opening, a salt or context outside the field', () => {
    const { hasher, instance, book, round } = world
    const opening = book.opening(PLACES.soft)
    const statement = { ...soft, salt: 99n, context: 7n }
    const refusals: [() => unknown, RegExp][] = [
      [
        () => lotWitness(hasher, instance, opening, round, { ...statement, moved: holding({ 40: 1n }) }),
        /no instrument has the id 40|not listed/,
      ],
      [
        () => lotWitness(hasher, instance, opening, worldOf(hasher, [[]], 5n).round, statement),
        /not settlement cash/,
      ],
      [() => lotWitness(hasher, instance, { ...opening, index: 3 }, round, statement), /book path/],
      [() => lotWitness(hasher, instance, opening, round, { ...statement, salt: -1n }), /salt/],
      [
        () => lotWitness(hasher, instance, opening, round, { ...statement, context: FIELD_MODULUS }),
        /context/,
      ],
    ]
    for (const [run, words] of refusals) expect(run).toThrow(words)
    expect(refusals[1]![0]).toThrow(WitnessError)
  })
})
