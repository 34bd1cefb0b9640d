import { describe, expect, it } from 'vitest'
import { greekDim } from '../../src/protocol/risk-layout.ts'
import { linearMarginOf } from '../../src/risk/linear-margin.ts'
import type { InstrumentQuote } from '../../src/risk/market/snapshot.ts'
import { vectorOf } from './margin-support.ts'

const USD = 1_000_000_000n
const base = { lotNano: 1_000_000_000n, underlying: 0 }
const option = (right: 'call' | 'put', strike: bigint): InstrumentQuote => ({
  ...base,
  kind: 'option',
  symbol: `${right}${strike}`,
  expirySeconds: 1,
  strikeNano: strike * USD,
  right,
})
const instruments = new Map<number, InstrumentQuote>([
  [1, { kind: 'cash', symbol: 'USD', lotNano: 1n }],
  [2, { ...base, kind: 'spot', symbol: 'X' }],
  [3, { ...base, kind: 'perpetual', symbol: 'X-P', markNano: 100n * USD, cumulativeFundingNano: 0n }],
  [4, option('call', 105n)],
  [5, option('put', 90n)],
])
// One whole unit per lot, spot 100; the delta dimension is the P&L of a 1% move: exactly 1 for the linear ones.
const delta = greekDim(0, 'delta')
const vectors = new Map(
  [
    vectorOf(1, { 0: USD }),
    vectorOf(2, { 0: 100n * USD, [delta]: USD }),
    vectorOf(3, { 0: 100n * USD, [delta]: USD }),
    vectorOf(4, { 0: 3n * USD, [delta]: USD / 2n }),
    vectorOf(5, { 0: 2n * USD, [delta]: -USD / 4n }),
  ].map((vector) => [vector.id, vector]),
)
const round = {
  vectors,
  instruments,
  underlyings: [{ symbol: 'X', spotNano: 100n * USD }],
  deltaShockBps: 100n,
}
const usd = (...holdings: [id: number, quantity: bigint][]) => {
  const result = linearMarginOf(
    holdings.map(([id, quantityLots]) => ({ id, quantityLots })),
    round,
  )
  return [result.equityNano, result.initialNano, result.maintenanceNano].map((nano) => Number(nano) / 1e9)
}

describe('linear margin', () => {
  it.each<[string, [number, bigint][], number[]]>([
    ['cash costs nothing', [[1, 500n]], [500, 0, 0]],
    ['long spot is cut by 5%', [[2, 2n]], [200, 10, 10]],
    ['short spot pays as a linear position', [[2, -1n]], [-100, 10, 5]],
    ['a perpetual pays 10% and 5%', [[3, -3n]], [-300, 30, 15]],
    ['a long option is paid for in full', [[4, 2n]], [6, 6, 6]],
    ['a short call near the money pays 15% less 5 away', [[4, -1n]], [-3, 10, 7.5]],
    ['a short put is held at the floor of 10%', [[5, -1n]], [-2, 10, 7.5]],
    ['padding costs nothing', [[0, 0n]], [0, 0, 0]],
  ])('%s', (_, holdings, expected) => expect(usd(...holdings)).toEqual(expected))

  it('offsets nothing across instruments', () => {
    const [, hedged] = usd([2, 1n], [3, -1n])
    expect(hedged).toBe(15)
  })

  it('rounds a requirement up', () => {
    const odd = new Map([[3, vectorOf(3, { 0: 1n, [delta]: 1n })]])
    const result = linearMarginOf([{ id: 3, quantityLots: 1n }], {
      ...round,
      vectors: odd,
      deltaShockBps: 300n,
    })
    expect(result.positions).toEqual([{ initialNano: 4n, maintenanceNano: 2n }])
  })

  it('names slot and id of an unknown instrument', () => {
    expect(() => usd([1, 1n], [9, 1n])).toThrow(/slot 1.*id 9/)
  })
})
