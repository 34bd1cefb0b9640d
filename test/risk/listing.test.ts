import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InputError } from '../../src/protocol/errors.ts'
import { MARGIN_INSTANCES } from '../../src/protocol/instances.ts'
import { Listing } from '../../src/risk/listing.ts'
import type { InstrumentQuote } from '../../src/risk/market/snapshot.ts'

const instance = MARGIN_INSTANCES['margin-4']
const cash = (symbol: string, lotNano = 1n): InstrumentQuote => ({ kind: 'cash', symbol, lotNano })
const option = (symbol: string, strikeNano: bigint, right: 'call' | 'put'): InstrumentQuote => ({
  kind: 'option',
  symbol,
  lotNano: 10n,
  underlying: 0,
  expirySeconds: 100,
  strikeNano,
  right,
})
const ids = (listing: Listing) => listing.instruments.map(({ symbol, id }) => [symbol, id])

describe('Listing', () => {
  it('assigns places from 1 in canonical order, whatever order the instruments come in', () => {
    const canonical: InstrumentQuote[] = [
      cash('USD'),
      { kind: 'spot', symbol: 'A', lotNano: 1n, underlying: 0 },
      {
        kind: 'perpetual',
        symbol: 'A-PERP',
        lotNano: 1n,
        underlying: 0,
        markNano: 1n,
        cumulativeFundingNano: 0n,
      },
      { kind: 'future', symbol: 'A-F', lotNano: 1n, underlying: 0, expirySeconds: 9, markNano: 1n },
      option('Z', 5n, 'call'),
      option('B', 5n, 'put'),
      option('A-LAST', 6n, 'call'),
    ]
    fc.assert(
      fc.property(fc.shuffledSubarray(canonical, { minLength: canonical.length }), (shuffled) => {
        const listing = Listing.empty.update(shuffled, instance)
        expect(ids(listing)).toEqual(canonical.map(({ symbol }, index) => [symbol, index + 1]))
      }),
      { numRuns: 20 },
    )
  })

  it('keeps live ids across rounds, quoted or not, and gives new instruments the free places', () => {
    const first = Listing.empty.update([cash('B'), cash('D')], instance)
    const second = first.update([cash('A'), cash('D')], instance)
    expect(ids(first)).toEqual([
      ['B', 1],
      ['D', 2],
    ])
    expect(ids(second)).toEqual([
      ['B', 1],
      ['D', 2],
      ['A', 3],
    ])
    expect(second.byId(3)?.symbol).toBe('A')
    expect(second.bySymbol('D')?.id).toBe(2)
  })

  it('gives a reused place the next generation, also to the same symbol', () => {
    const first = Listing.empty.update([cash('A'), cash('B')], instance)
    const second = first.release(['A']).update([cash('C')], instance)
    expect(second.bySymbol('C')?.id).toBe(4096 + 1)
    expect(second.byId(1)).toBeUndefined()
    const third = second.release(['C']).update([cash('A')], instance)
    expect(third.bySymbol('A')?.id).toBe(2 * 4096 + 1)
    expect(third.generation(1)).toBe(2)
    expect(third.generation(3)).toBeUndefined()
    expect(() => third.release(['C'])).toThrow('C is not listed')
  })

  it('refuses a changed lot of a live symbol, and one symbol quoted twice', () => {
    const listing = Listing.empty.update([cash('A')], instance)
    expect(() => listing.update([cash('A', 2n)], instance)).toThrow('a live lot never changes')
    expect(() => listing.update([cash('A'), cash('A')], instance)).toThrow('quoted twice')
    expect(
      listing
        .release(['A'])
        .update([cash('A', 2n)], instance)
        .bySymbol('A')?.lotNano,
    ).toBe(2n)
  })

  it('refuses more instruments than places, naming the limit', () => {
    const many = (count: number) => Array.from({ length: count }, (_, index) => cash(`C${index}`))
    const full = Listing.empty.update(many(63), instance)
    expect(full.instruments.at(-1)?.id).toBe(63)
    expect(() => full.update([cash('MORE')], instance)).toThrow('margin-4 has 63 places')
    expect(() => Listing.empty.update(many(64), instance)).toThrow('64 instruments')
  })

  it('goes through JSON and back unchanged', () => {
    const listing = Listing.empty
      .update([cash('A', 10_000n), cash('B')], instance)
      .release(['A'])
      .update([cash('C')], instance)
    const text = JSON.stringify(listing)
    const back = Listing.parse(JSON.parse(text))
    expect(JSON.stringify(back)).toBe(text)
    expect(ids(back.release(['C']).update([cash('D')], instance))).toEqual([
      ['D', 8193],
      ['B', 2],
    ])
  })

  it.each<[string, (json: ReturnType<Listing['toJSON']>) => unknown]>([
    ['nothing', () => null],
    ['another format', (json) => ({ ...json, format: 'x' })],
    ['an extra field', (json) => ({ ...json, extra: 1 })],
    ['a lot of zero', (json) => with0(json, { lotNano: '0' })],
    ['a lot in hexadecimal', (json) => with0(json, { lotNano: '0x1' })],
    ['a negative id', (json) => with0(json, { id: -1 })],
    ['a fractional id', (json) => with0(json, { id: 1.5 })],
    ['an id at place 0', (json) => with0(json, { id: 4096 })],
    ['an id of an old generation', (json) => ({ ...json, generations: [1, 0] })],
    ['an id of a generation to come', (json) => with0(json, { id: 4097 })],
    ['a symbol twice', (json) => with0(json, { symbol: 'B' })],
    ['an id twice', (json) => with0(json, { id: 2 })],
    ['a generation of 21 bits', (json) => ({ ...json, generations: [0, 0, 2 ** 20] })],
    ['too many places', (json) => ({ ...json, generations: new Array(4096).fill(0) })],
  ])('refuses to parse %s', (_, change) => {
    const json = Listing.empty.update([cash('A'), cash('B')], instance).toJSON()
    expect(() => Listing.parse(change(json))).toThrow(InputError)
  })
})

function with0(json: ReturnType<Listing['toJSON']>, change: object): unknown {
  return { ...json, instruments: [{ ...json.instruments[0], ...change }, json.instruments[1]] }
}
