import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  accountTotals,
  addAccount,
  emptyChainState,
  fingerprint,
  packTotals,
  unpackTotals,
} from '../../src/book/chain.ts'
import { CHAIN_TOTAL_WORDS, type ChainTotal } from '../../src/protocol/chain-totals.ts'
import { FIELD_MODULUS, toField } from '../../src/protocol/field.ts'
import { MARGIN_INSTANCES } from '../../src/protocol/instances.ts'
import { poseidonHasher } from '../../src/protocol/poseidon.ts'
import { BOOK_TOTAL_BITS, MAX_QUANTITY_LOTS, MIN_QUANTITY_LOTS } from '../../src/protocol/ranges.ts'
import { marginOf } from '../../src/risk/margin.ts'
import { syntheticWorld, TEST_PARAMETERS } from '../support/synthetic.ts'

const quantity = fc.bigInt({ min: MIN_QUANTITY_LOTS, max: MAX_QUANTITY_LOTS })

describe('chain totals', () => {
  it('pack and unpack, with a negative equity on top of its word', () => {
    const fields = CHAIN_TOTAL_WORDS.flat().map(([name, bits]) => [name, bits] as const)
    const totals = fc.tuple(
      ...fields.map(([name, bits]) =>
        name === 'equityNano'
          ? fc.bigInt({
              min: -(1n << BigInt(BOOK_TOTAL_BITS)) + 1n,
              max: (1n << BigInt(BOOK_TOTAL_BITS)) - 1n,
            })
          : fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n }),
      ),
    )
    fc.assert(
      fc.property(totals, (values) => {
        const record = Object.fromEntries(fields.map(([name], i) => [name, values[i]!])) as Record<
          ChainTotal,
          bigint
        >
        const words = packTotals(record)
        expect(words.every((word) => word >= 0n && word < FIELD_MODULUS)).toBe(true)
        expect(unpackTotals(words)).toEqual(record)
      }),
    )
  })

  it('add up over a book', async () => {
    const hasher = await poseidonHasher()
    const portfolios = [
      [
        { id: 1, quantityLots: 900_000n },
        { id: 2, quantityLots: -5n },
      ],
      [{ id: 2, quantityLots: -1n }],
      [{ id: 5, quantityLots: 6n }],
    ]
    const world = syntheticWorld(hasher, MARGIN_INSTANCES['margin-4'], portfolios)
    const margins = portfolios.map((positions) =>
      marginOf(positions, world.round.tree.vectors, TEST_PARAMETERS),
    )
    const header = { bookRoot: 1n, riskRoot: 2n, parameters: 3n, beta: 4n }
    let state = emptyChainState(1n)
    for (const [i, positions] of portfolios.entries())
      state = addAccount(header, state, { positions, margin: margins[i]! }, 2n)
    const sums = unpackTotals(state.totals)
    expect(state.count).toBe(3)
    for (const [name] of CHAIN_TOTAL_WORDS.flat()) {
      expect(sums[name], name).toBe(margins.reduce((sum, margin) => sum + accountTotals(margin)[name], 0n))
    }
  })
})

describe('fingerprint', () => {
  const beta = 1n << 200n

  it('is zero exactly when every instrument nets to zero, here over two accounts', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 1 << 30 }), { minLength: 1, maxLength: 8 }),
        quantity,
        (ids, q) => {
          const positions = ids.map((id) => ({ id, quantityLots: q }))
          const opposite = positions.map(({ id, quantityLots }) => ({ id, quantityLots: -quantityLots }))
          expect(toField(fingerprint(beta, positions) + fingerprint(beta, opposite))).toBe(0n)
          const off = opposite.map((position, i) =>
            i === 0 ? { ...position, quantityLots: position.quantityLots + 1n } : position,
          )
          expect(toField(fingerprint(beta, positions) + fingerprint(beta, off))).not.toBe(0n)
        },
      ),
    )
  })

  it('refuses a beta that cancels an id', () => {
    expect(() => fingerprint(toField(-7n), [{ id: 7, quantityLots: 1n }])).toThrow(/no inverse/)
  })
})
