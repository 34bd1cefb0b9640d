import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { packSlots, slotWord } from '../../src/book/leaf.ts'
import { checkSlots, EMPTY_SLOT, fromSlots, toSlots } from '../../src/book/slots.ts'
import { WitnessError } from '../../src/protocol/errors.ts'

const BOUND = 1n << 38n
const position = (id: number, quantityLots: bigint) => ({ id, quantityLots })
const quantities = fc.bigInt({ min: -BOUND, max: BOUND - 1n }).filter((lots) => lots !== 0n)
const portfolios = fc
  .uniqueArray(fc.integer({ min: 1, max: 2 ** 32 - 1 }), { maxLength: 16 })
  .chain((ids) =>
    fc
      .array(quantities, { minLength: ids.length, maxLength: ids.length })
      .map((lots) => ids.sort((a, b) => a - b).map((id, index) => position(id, lots[index]!))),
  )

function expectRefusal(act: () => unknown, slot: number, rule: RegExp): void {
  let caught: unknown
  try {
    act()
  } catch (error) {
    caught = error
  }
  expect(caught).toBeInstanceOf(WitnessError)
  expect((caught as WitnessError).slot).toBe(slot)
  expect((caught as WitnessError).message).toMatch(rule)
}

describe('canonical slots', () => {
  it('put padding first and give the positions back', () => {
    fc.assert(
      fc.property(portfolios, (positions) => {
        const slots = toSlots(positions, 16)
        expect(slots).toHaveLength(16)
        expect(slots.slice(0, 16 - positions.length).every((slot) => slot === EMPTY_SLOT)).toBe(true)
        expect(fromSlots(slots)).toEqual(positions)
      }),
    )
  })

  it('are the only order of slots that is accepted', () => {
    fc.assert(
      fc.property(portfolios, fc.nat(15), fc.nat(15), (positions, a, b) => {
        const slots = toSlots(positions, 16)
        fc.pre(slots[a]!.id !== slots[b]!.id)
        const swapped = [...slots]
        swapped[a] = slots[b]!
        swapped[b] = slots[a]!
        expect(() => checkSlots(swapped)).toThrow(WitnessError)
      }),
    )
  })

  it('pack to different elements for different portfolios', () => {
    fc.assert(
      fc.property(portfolios, portfolios, (one, other) => {
        fc.pre(JSON.stringify(one, stringify) !== JSON.stringify(other, stringify))
        expect(packSlots(toSlots(one, 16))).not.toEqual(packSlots(toSlots(other, 16)))
      }),
    )
  })

  it.each<[string, ReturnType<typeof position>[], number, RegExp]>([
    ['too many', [1, 2, 3, 4, 5].map((id) => position(id, 1n)), 4, /5 positions do not fit into 4 slots/],
    ['a duplicate', [position(7, 1n), position(7, 2n)], 3, /stands twice/],
    ['unsorted', [position(8, 1n), position(7, 2n)], 3, /unsorted/],
    ['zero quantity', [position(1, 1n), position(2, 0n), position(3, 1n)], 2, /is zero/],
    ['too large', [position(1, BOUND)], 3, /out of range/],
    ['too small', [position(1, -BOUND - 1n)], 3, /out of range/],
    ['id 0', [position(0, 5n), position(3, 1n)], 2, /id 0 is reserved/],
    ['id 0 posing as padding', [position(0, 0n), position(3, 1n)], 2, /id 0 is reserved/],
    ['id too large', [position(2 ** 32, 1n)], 3, /32 bits/],
    ['negative id', [position(-1, 1n)], 3, /32 bits/],
    ['fractional id', [position(1.5, 1n)], 3, /32 bits/],
  ])('refuse %s', (_, positions, slot, rule) => {
    expectRefusal(() => toSlots(positions, 4), slot, rule)
  })

  it('take both extremes of quantity and id', () => {
    const positions = [position(1, -BOUND), position(2 ** 32 - 1, BOUND - 1n)]
    expect(fromSlots(toSlots(positions, 2))).toEqual(positions)
  })

  it('refuse padding after a position, and padding that holds something', () => {
    expectRefusal(() => checkSlots([position(1, 1n), EMPTY_SLOT]), 1, /empty slots come first/)
    expectRefusal(() => checkSlots([position(0, 1n), EMPTY_SLOT]), 0, /reserved for empty slots/)
  })
})

describe('packing', () => {
  it('stands as the circuit has it: quantity + 2^38, id above bit 39, slots at shifts of 71', () => {
    expect(slotWord(position(3, -1n))).toBe((1n << 38n) - 1n + (3n << 39n))
    const slots = toSlots([position(5, 2n), position(6, -7n)], 4)
    expect(packSlots(slots)).toEqual([
      (1n << 38n) + ((1n << 38n) << 71n) + (((1n << 38n) + 2n + (5n << 39n)) << 142n),
      (1n << 38n) - 7n + (6n << 39n),
    ])
  })
})

function stringify(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}
