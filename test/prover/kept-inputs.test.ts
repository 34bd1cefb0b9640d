import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keptSignalsFromArray, keptSignalsToArray } from '../../src/protocol/engine-signals.ts'
import { KEPT_PLACES } from '../../src/protocol/liquidation.ts'
import { unpackWord } from '../../src/protocol/packed-word.ts'
import { poseidonHasher } from '../../src/protocol/poseidon.ts'
import { keptWitness } from '../../src/prover/kept-inputs.ts'
import { holding } from '../book/liquidation-support.ts'
import { type EngineCheck, engineCheck } from '../support/engine-check.ts'
import { type LiquidationWorld, liquidationWorld, worldOf } from '../support/liquidation-world.ts'

let world: LiquidationWorld
let check: EngineCheck<'kept'>

beforeAll(async () => {
  world = liquidationWorld(await poseidonHasher())
  check = await engineCheck('kept')
})
afterAll(() => check?.close())

const witnessOf = (...places: readonly number[]) =>
  keptWitness(
    world.hasher,
    world.instance,
    places.map((place) => world.book.opening(place)),
  )

describe('kept leaves', () => {
  it('are proven four at a time', async () => {
    const witness = witnessOf(9, 0, 8, 3)
    expect(unpackWord(KEPT_PLACES, witness.signals.places)).toEqual({
      place0: 9n,
      place1: 0n,
      place2: 8n,
      place3: 3n,
    })
    expect(witness.signals.leaf2).toBe(world.book.leaves[8])
    expect(keptSignalsFromArray(keptSignalsToArray(witness.signals))).toEqual(witness.signals)
    await check.provesExactly(witness)
  })

  it('fewer than four repeat the last', async () => {
    const witness = witnessOf(5, 7)
    expect(unpackWord(KEPT_PLACES, witness.signals.places)).toEqual({
      place0: 5n,
      place1: 7n,
      place2: 7n,
      place3: 7n,
    })
    expect(witness.signals.leaf3).toBe(world.book.leaves[7])
    await check.provesExactly(witness)
  })

  it('are refused before proving for none, five, two books, and a leaf that is not there', () => {
    const { hasher, instance, book } = world
    expect(() => witnessOf()).toThrow(/1 to 4 leaves, not 0/)
    expect(() => witnessOf(0, 1, 2, 3, 4)).toThrow(/not 5/)
    const foreign = worldOf(hasher, [holding({ 1: 1n })]).book.opening(0)
    expect(() => keptWitness(hasher, instance, [book.opening(0), foreign])).toThrow(/different books/)
    const opening = book.opening(3)
    expect(() => keptWitness(hasher, instance, [{ ...opening, leaf: 5n }])).toThrow(/book path/)
    expect(() => keptWitness(hasher, instance, [{ ...opening, index: 10 }])).toThrow(/not below/)
  })
})
