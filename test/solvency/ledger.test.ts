import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type LedgerEntry,
  ledgerEntries,
  ledgerOfBook,
  ledgerWords,
  netLots,
  nettingFaults,
} from '../../src/book/ledger.ts'
import { CHAIN_TOTAL_WORDS } from '../../src/protocol/chain-totals.ts'
import { INSTRUMENT_ID_BITS } from '../../src/protocol/ranges.ts'
import { LEDGER_ENTRIES, LEDGER_LOTS_BITS, SEAL_COUNTS, SEAL_TOTALS } from '../../src/protocol/solvency.ts'

const lots = fc.bigInt({ min: 0n, max: (1n << BigInt(LEDGER_LOTS_BITS)) - 1n })
const entries = fc
  .uniqueArray(fc.integer({ min: 1, max: 2 ** INSTRUMENT_ID_BITS - 1 }), { maxLength: LEDGER_ENTRIES })
  .chain((ids) =>
    fc.tuple(
      fc.constant(ids.sort((a, b) => a - b)),
      fc.array(lots, { minLength: ids.length, maxLength: ids.length }),
    ),
  )
  .map(([ids, amounts]) => ids.map((instrumentId, i): LedgerEntry => ({ instrumentId, lots: amounts[i]! })))

describe('ledger words', () => {
  it('are read back as they were written', () => {
    fc.assert(
      fc.property(entries, (written) => {
        const words = ledgerWords(written)
        expect(words).toHaveLength(3)
        expect(words.every((word) => word >> 240n === 0n)).toBe(true)
        expect(ledgerEntries(words)).toEqual(written)
      }),
    )
  })

  it('have lots below the id, three entries to a word', () => {
    const three = [1, 2, 3].map((instrumentId) => ({ instrumentId, lots: BigInt(10 * instrumentId) }))
    const word = three.reduceRight(
      (sum, entry) => (sum << 80n) + (BigInt(entry.instrumentId) << 48n) + entry.lots,
      0n,
    )
    expect(ledgerWords(three)).toEqual([word, 0n, 0n])
    expect(ledgerWords([])).toEqual([0n, 0n, 0n])
  })

  it('refuse entries out of order, twice, too many, too large, and words that they would not make', () => {
    const entry = (instrumentId: number, amount = 1n) => ({ instrumentId, lots: amount })
    expect(() => ledgerWords([entry(2), entry(1)])).toThrow(/must be an id above 2/)
    expect(() => ledgerWords([entry(2), entry(2)])).toThrow(/must be an id above 2/)
    expect(() => ledgerWords([entry(0)])).toThrow(/must be an id above 0/)
    expect(() => ledgerWords([entry(1, 1n << 48n)])).toThrow(/lots/)
    expect(() => ledgerWords([entry(1, -1n)])).toThrow(/lots/)
    expect(() => ledgerWords(Array.from({ length: 10 }, (_, i) => entry(i + 1)))).toThrow(/at most 9/)
    expect(() => ledgerEntries([1n << 240n, 0n, 0n])).toThrow(/beyond its last entry/)
    // Lots of no instrument; an entry after a gap.
    expect(() => ledgerEntries([5n, 0n, 0n])).toThrow(/must be an id above 0/)
    expect(() => ledgerEntries([0n, ledgerWords([entry(4)])[0]!, 0n])).toThrow(/must be an id above 0/)
    expect(() => ledgerEntries([0n])).toThrow(/must be 3/)
  })
})

describe('the ledger of a book', () => {
  const accounts = [
    {
      positions: [
        { id: 1, quantityLots: 50n },
        { id: 7, quantityLots: 3n },
      ],
    },
    {
      positions: [
        { id: 1, quantityLots: -20n },
        { id: 7, quantityLots: -3n },
        { id: 9, quantityLots: 2n },
      ],
    },
  ]

  it('is what the accounts hold of collateral; the rest must net to zero', () => {
    const net = netLots(accounts)
    expect([...net]).toEqual([
      [1, 30n],
      [9, 2n],
    ])
    const ledger = ledgerOfBook(net, [9, 1, 4])
    expect(ledger).toEqual([
      { instrumentId: 1, lots: 30n },
      { instrumentId: 9, lots: 2n },
    ])
    expect(nettingFaults(net, ledger)).toEqual([])
    expect(nettingFaults(net, ledger.slice(0, 1))).toEqual([
      { instrumentId: 9, bookLots: 2n, ledgerLots: undefined },
    ])
    expect(nettingFaults(net, [...ledger, { instrumentId: 12, lots: 0n }])).toEqual([])
  })

  it('refuses what no vault holds', () => {
    expect(() => ledgerOfBook(new Map([[1, -4n]]), [1])).toThrow(/owes 4 lots in all/)
    expect(() => ledgerOfBook(new Map([[1, 1n << 48n]]), [1])).toThrow(/more than a ledger counts/)
    const ten = Array.from({ length: 10 }, (_, i) => i + 1)
    expect(() => ledgerOfBook(new Map(ten.map((id) => [id, 1n])), ten)).toThrow(/10 collaterals/)
  })
})

// The seal takes the chain's first two words as the disclosed ones.
describe('the disclosed words', () => {
  it('have the very fields of the chain totals, equity with a bit for its sign', () => {
    expect(SEAL_COUNTS).toEqual(CHAIN_TOTAL_WORDS[0])
    const [requirement, equity] = CHAIN_TOTAL_WORDS[1]
    expect(SEAL_TOTALS).toEqual([requirement, ['equityBiasedNano', equity[1] + 1]])
  })
})
