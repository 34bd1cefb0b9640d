import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Book } from '../../src/book/book.ts'
import { type AdjustChange, coverChange, OWNERSHIP_CHANGE } from '../../src/book/liquidation/adjust.ts'
import { adjustSignalsFromArray, adjustSignalsToArray } from '../../src/protocol/engine-signals.ts'
import { ADJUST_CHANGE } from '../../src/protocol/liquidation.ts'
import { unpackWord } from '../../src/protocol/packed-word.ts'
import { poseidonHasher } from '../../src/protocol/poseidon.ts'
import { adjustWitness } from '../../src/prover/adjust-inputs.ts'
import { type EngineCheck, engineCheck } from '../support/engine-check.ts'
import { type LiquidationWorld, liquidationWorld, PLACES } from '../support/liquidation-world.ts'

let world: LiquidationWorld
let check: EngineCheck<'adjust'>

beforeAll(async () => {
  world = liquidationWorld(await poseidonHasher())
  check = await engineCheck('adjust')
})
afterAll(() => check?.close())

/** The witness of a change, whose next root is that of the book made anew. */
function witnessOf(place: number, change: AdjustChange) {
  const { hasher, instance, book, round } = world
  const witness = adjustWitness(hasher, instance, book.opening(place), round, { change, context: 7n })
  const next = Book.from(book.accounts, hasher, instance)
  next.update(place, witness.outcome.account)
  expect(witness.signals).toMatchObject({ nextRoot: next.root, leaf: next.leaves[place] })
  return witness
}

describe('an adjustment', () => {
  it('deposits what is held, and what is not, whatever the account is worth', async () => {
    const witness = witnessOf(PLACES.solvent, { kind: 'deposit', instrumentId: 1, lots: 500n })
    expect(witness.signals.owner).toBe(0n)
    expect(unpackWord(ADJUST_CHANGE, witness.signals.change)).toEqual({
      kind: 0n,
      instrumentId: 1n,
      lots: 500n,
    })
    expect(adjustSignalsFromArray(adjustSignalsToArray(witness.signals))).toEqual(witness.signals)
    await check.provesExactly(witness)
    const other = witnessOf(PLACES.insolvent, { kind: 'deposit', instrumentId: 3, lots: 5n })
    expect(await check.violations(other)).toBe(0)
  })

  it('withdraws and names the owner', async () => {
    const witness = witnessOf(PLACES.covered, { kind: 'withdrawal', instrumentId: 1, lots: 5n })
    expect(witness.signals.owner).toBe(world.book.account(PLACES.covered).owner)
    await check.provesExactly(witness)
    const position = witnessOf(PLACES.covered, { kind: 'withdrawal', instrumentId: 4, lots: 2n })
    expect(await check.violations(position)).toBe(0)
  })

  it('of nothing shows who owns a tag, and changes the nonce alone', async () => {
    const witness = witnessOf(PLACES.empty, OWNERSHIP_CHANGE)
    const account = world.book.account(PLACES.empty)
    expect(witness.outcome.account).toEqual({ ...account, nonce: account.nonce + 1n })
    expect(witness.signals.owner).toBe(account.owner)
    await check.provesExactly(witness)
    expect(await check.violations(witnessOf(PLACES.covered, OWNERSHIP_CHANGE))).toBe(0)
  })

  it('covers a debt exactly', async () => {
    const witness = witnessOf(PLACES.debtor, coverChange(world.book.account(PLACES.debtor)))
    expect(witness.signals.owner).toBe(0n)
    await check.provesExactly(witness)
  })

  it('is refused before proving by the rule it breaks', () => {
    const { hasher, instance, book, round } = world
    const refused: [number, AdjustChange, RegExp][] = [
      [PLACES.solvent, { kind: 'withdrawal', instrumentId: 1, lots: 1n }, /equity of at least IM/],
      [PLACES.covered, { kind: 'withdrawal', instrumentId: 4, lots: 6n }, /than is held/],
      [PLACES.covered, { kind: 'withdrawal', instrumentId: 4, lots: 0n }, /at least one lot/],
      [PLACES.debtor, { kind: 'cover', instrumentId: 1, lots: 78n }, /nothing at all/],
      [PLACES.full, { kind: 'deposit', instrumentId: 1, lots: 1n }, /more slots/],
      [PLACES.covered, { kind: 'deposit', instrumentId: 40, lots: 1n }, /40/],
    ]
    for (const [place, change, words] of refused) {
      const run = () => adjustWitness(hasher, instance, book.opening(place), round, { change, context: 7n })
      expect(run).toThrow(words)
    }
  })
})
