import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Book } from '../../src/book/book.ts'
import { chooseSlice } from '../../src/book/liquidation/lot.ts'
import type { TransferTerms } from '../../src/book/liquidation/terms.ts'
import { transferSignalsFromArray, transferSignalsToArray } from '../../src/protocol/engine-signals.ts'
import { TRANSFER_PLACES, TRANSFER_TERMS } from '../../src/protocol/liquidation.ts'
import { unpackWord } from '../../src/protocol/packed-word.ts'
import { poseidonHasher } from '../../src/protocol/poseidon.ts'
import { lotWitness } from '../../src/prover/lot-inputs.ts'
import { type TransferWitness, transferWitness } from '../../src/prover/transfer-inputs.ts'
import { roundRisk } from '../../src/prover/wide-inputs.ts'
import { atHealth, holding } from '../book/liquidation-support.ts'
import { type EngineCheck, engineCheck } from '../support/engine-check.ts'
import {
  DELEVERAGE_MOVED,
  DELEVERAGE_TERMS,
  type LiquidationWorld,
  liquidationWorld,
  PLACES,
  SOFT_MOVED,
  SOFT_TERMS,
  TERMS,
  worldOf,
} from '../support/liquidation-world.ts'

let world: LiquidationWorld
let check: EngineCheck<'transfer'>

beforeAll(async () => {
  world = liquidationWorld(await poseidonHasher())
  check = await engineCheck('transfer')
})
afterAll(() => check?.close())

function sliceAt(place: number, from = world) {
  const { slots } = from.instance
  return chooseSlice(
    from.book.account(place).positions,
    roundRisk(from.instance, from.round),
    slots,
    TERMS.costBps,
  )
}

function witnessOf(
  places: readonly [number, number],
  terms: TransferTerms,
  moved: ReturnType<typeof holding>,
  { hasher, instance, book, round } = world,
) {
  const openings = { from: book.opening(places[0]), to: book.opening(places[1]) }
  return transferWitness(hasher, instance, openings, round, { terms, moved, salt: 99n, context: 7n })
}

/** A transfer of the chosen slice. */
function sold(place: number, to: number, more: Partial<TransferTerms> = {}) {
  const lot = sliceAt(place)
  return witnessOf([place, to], { ...TERMS, percent: lot.terms.percent, ...more }, [...lot.moved])
}

/** The book after, made anew, has the root and the leaves that the signals name. */
function expectBook({ signals, outcome }: TransferWitness, from: number, to: number): void {
  const book = Book.from(world.book.accounts, world.hasher, world.instance)
  book.updateAll([
    { index: from, account: outcome.from },
    { index: to, account: outcome.to },
  ])
  expect(signals).toMatchObject({
    bookRoot: world.book.root,
    nextRoot: book.root,
    leafFrom: book.leaves[from],
    leafTo: book.leaves[to],
  })
}

describe('a transfer', () => {
  it('of a slice of a solvent account is proven, signal for signal, to the root of the book after it', async () => {
    const witness = sold(PLACES.solvent, PLACES.distant)
    expectBook(witness, PLACES.solvent, PLACES.distant)
    const { signals, outcome } = witness
    expect(unpackWord(TRANSFER_PLACES, signals.places)).toEqual({
      from: 0n,
      to: 8n,
      ownerTo: world.book.account(PLACES.distant).owner,
    })
    expect(unpackWord(TRANSFER_TERMS, signals.terms)).toMatchObject({
      costBiasedBps: 16_384n + 170n,
      discountBiasedBps: 16_384n + 120n,
      feeBps: 50n,
      feeLots: outcome.feeLots,
      escrowLots: 5_000n,
    })
    expect(outcome.feeLots).toBeGreaterThan(0n)
    expect(transferSignalsFromArray(transferSignalsToArray(signals))).toEqual(signals)
    // What is settled is what the lot committed to.
    const { hasher, instance, book, round } = world
    const statement = { ...sliceAt(PLACES.solvent), salt: 99n, context: 7n }
    const lot = lotWitness(hasher, instance, book.opening(PLACES.solvent), round, statement)
    expect(signals.slice).toBe(lot.signals.slice)
    await check.provesExactly(witness)
  })

  it('between neighbours takes the second path after the first write', async () => {
    const witness = sold(PLACES.solvent, PLACES.receiver)
    expectBook(witness, PLACES.solvent, PLACES.receiver)
    expect(witness.inputs.toChildren).not.toEqual(world.book.opening(PLACES.receiver).path)
    expect(await check.violations(witness)).toBe(0)
    const stale = { ...witness.inputs, toChildren: world.book.opening(PLACES.receiver).path }
    await expect(check.violations({ ...witness, inputs: stale })).rejects.toThrow()
  })

  it('of an insolvent account is proven', async () => {
    await check.provesExactly(sold(PLACES.insolvent, PLACES.receiver))
  })

  it('in mode soft is proven', async () => {
    const witness = witnessOf([PLACES.soft, PLACES.distant], SOFT_TERMS, SOFT_MOVED)
    expectBook(witness, PLACES.soft, PLACES.distant)
    await check.provesExactly(witness)
  })

  it('in mode deleverage is proven, and with a haircut of the counterparty satisfies the circuit', async () => {
    const places = [PLACES.solvent, PLACES.counterparty] as const
    const witness = witnessOf(places, DELEVERAGE_TERMS, DELEVERAGE_MOVED)
    expectBook(witness, ...places)
    // The counterparty stays unnamed.
    expect(unpackWord(TRANSFER_PLACES, witness.signals.places).ownerTo).toBe(0n)
    await check.provesExactly(witness)
    const cut = { ...DELEVERAGE_TERMS, discountBps: -100n, costBps: -100n }
    const haircut = witnessOf(places, cut, DELEVERAGE_MOVED)
    expect(haircut.outcome.priceLots).toBeGreaterThan(witness.outcome.priceLots)
    expect(await check.violations(haircut)).toBe(0)
  })

  it('that keeps the rules satisfies the circuit, whatever the accounts', async () => {
    let settled = 0
    const lots = fc.bigInt({ min: -400n, max: 400n })
    const rates = fc.record({
      discountBps: fc.bigInt({ min: 0n, max: 900n }),
      feeBps: fc.bigInt({ min: 0n, max: 300n }),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(lots, lots, lots),
        fc.bigInt({ min: -80n, max: 95n }),
        rates,
        async ([a, b, c], health, terms) => {
          const positions = atHealth(holding({ 2: a, 4: b, 5: c }), health)
          if (positions.length < 2) return
          const other = worldOf(world.hasher, [[], positions])
          let witness: TransferWitness
          try {
            const { moved, terms: lot, summary } = sliceAt(1, other)
            const full = { ...TERMS, ...terms, percent: lot.percent, escrowLots: summary.carryLots }
            witness = witnessOf([1, 0], full, [...moved], other)
          } catch {
            return
          }
          expect(await check.violations(witness)).toBe(0)
          settled++
        },
      ),
      { numRuns: 12, seed: 4 },
    )
    expect(settled).toBeGreaterThan(3)
  })
})

describe('a transfer is refused before proving', () => {
  it('by every rule, named', () => {
    expect(() => sold(PLACES.solvent, PLACES.empty, { escrowLots: 0n })).toThrow(/receiver must have equity/)
    expect(() => sold(PLACES.solvent, PLACES.covered)).toThrow(/nothing but cash/)
    expect(() => sold(PLACES.solvent, PLACES.solvent)).toThrow(/two different places/)
    expect(() => witnessOf([PLACES.covered, PLACES.receiver], SOFT_TERMS, SOFT_MOVED)).toThrow(/below SOFT/)
  })

  it('for openings of two books', () => {
    const { hasher, instance, book, round } = world
    const elsewhere = worldOf(hasher, [holding({ 1: 1n << 30n }), holding({ 1: 1n << 30n })])
    const { moved, terms } = sliceAt(PLACES.solvent)
    const statement = { terms: { ...TERMS, percent: terms.percent }, moved, salt: 1n, context: 0n }
    const openings = { from: book.opening(PLACES.solvent), to: elsewhere.book.opening(1) }
    expect(() => transferWitness(hasher, instance, openings, round, statement)).toThrow(/different books/)
  })
})
