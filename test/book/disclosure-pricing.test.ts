import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { LotDisclosure } from '../../src/book/disclosure-format.ts'
import { type BidRequest, netOf, priceBid } from '../../src/book/disclosure-pricing.ts'
import { priceLots } from '../../src/book/liquidation/price.ts'
import { CASH_LOT_NANO } from '../../src/protocol/liquidation.ts'
import { marginOf } from '../../src/risk/margin.ts'
import { byId, CASH, coarseOption, coarsePerpetual, USD } from '../risk/hedge/support.ts'
import { TEST_PARAMETERS } from '../support/synthetic.ts'

const vectors = byId([CASH, coarseOption(2, 0), coarsePerpetual(3, 0)])
const round = { vectors, parameters: TEST_PARAMETERS }
const lot: LotDisclosure = {
  salt: 1n,
  // 1,000 USD of relief.
  reliefBpsNano: 1_000n * USD * 10_000n,
  moved: [
    { id: 2, quantityLots: -50n },
    { id: 3, quantityLots: 20n },
  ],
  terms: { mode: 'slice', percent: 50n },
  round: 1n,
}
const bid = (changes: Partial<BidRequest> = {}) =>
  priceBid({ lot, round, marginNano: 0n, carryLots: 0n, capBps: 5_000n, ...changes })

describe('the price of an opened lot', () => {
  it('breaks even at no discount where the bidder takes the mark', () => {
    // 50 short options at 20 USD: the bidder is paid 1,000 USD.
    expect(bid()).toMatchObject({
      markNano: -1_000n * USD,
      viewNano: -1_000n * USD,
      breakEvenBps: 0n,
      bidBps: 0n,
      priceLots: -100_000n,
    })
  })

  it('asks for its margin and for what it sees worse than the mark, in bps of relief, rounded up', () => {
    // 10 USD of 1,000 are 100 bps.
    expect(bid({ marginNano: 10n * USD }).bidBps).toBe(100n)
    expect(bid({ marginNano: 10n * USD + 1n }).bidBps).toBe(101n)
    // Each of 50 short options at 21 USD rather than 20: 50 USD.
    const view = (id: number) => (id === 2 ? 21n * USD : undefined)
    expect(bid({ view })).toMatchObject({ breakEvenBps: 500n, bidBps: 500n, viewNano: -1_050n * USD })
    const better = (id: number) => (id === 2 ? 19n * USD : undefined)
    // It would pay more than the mark; no case takes less than no discount.
    expect(bid({ view: better })).toMatchObject({ breakEvenBps: -500n, bidBps: 0n })
  })

  it('bids nothing beyond the cap', () => {
    expect(bid({ marginNano: 10n * USD, capBps: 99n })).toMatchObject({
      wantedNetBps: 100n,
      bidBps: undefined,
      netBps: undefined,
      priceLots: undefined,
    })
    expect(bid({ marginNano: 10n * USD, capBps: 100n }).bidBps).toBe(100n)
  })

  it('bids so much more that the slippage tax leaves what it wants', () => {
    const tax = { modelledImpactBps: 100n, slippageFreeBps: 10n, taxShareBps: 2_000n }
    // 110 are free, beyond that a fifth is taxed, rounded down: 209 pay 19 and leave 190; 208 pay 19 and leave 189.
    expect(bid({ marginNano: 19n * USD, tax })).toMatchObject({
      wantedNetBps: 190n,
      bidBps: 209n,
      netBps: 190n,
    })
    expect(bid({ marginNano: 11n * USD, tax }).bidBps).toBe(110n)
    const whole = { ...tax, taxShareBps: 10_000n }
    expect(bid({ marginNano: 12n * USD, tax: whole }).bidBps).toBeUndefined()
  })

  it('needs escrow for IM of the lot, and never less than the public bound', () => {
    const { imBpsNano } = marginOf(lot.moved, vectors, TEST_PARAMETERS)
    const { escrowLots } = bid()
    expect(escrowLots * CASH_LOT_NANO * 10_000n >= imBpsNano).toBe(true)
    expect((escrowLots - 1n) * CASH_LOT_NANO * 10_000n < imBpsNano).toBe(true)
    expect(bid({ carryLots: escrowLots + 5n }).escrowLots).toBe(escrowLots + 5n)
  })

  it('refuses bounds below zero', () => {
    expect(() => bid({ marginNano: -1n })).toThrow(/marginNano/)
    expect(() => bid({ capBps: -1n })).toThrow(/capBps/)
    const tax = { modelledImpactBps: 0n, slippageFreeBps: 0n, taxShareBps: 10_001n }
    expect(() => bid({ tax })).toThrow(/taxShareBps/)
  })
})

it('a bid earns its margin, one basis point less would not, and the receiver is covered', () => {
  const amount = fc.bigInt({ min: 0n, max: 100n * USD })
  const bps = (max: bigint) => fc.bigInt({ min: 0n, max })
  const taxes = fc.record({
    modelledImpactBps: bps(500n),
    slippageFreeBps: bps(100n),
    taxShareBps: bps(8_000n),
  })
  fc.assert(
    fc.property(amount, fc.bigInt({ min: -USD, max: USD }), taxes, (marginNano, off, tax) => {
      const view = (id: number) => (id === 2 ? 20n * USD + off : undefined)
      const { bidBps, netBps, viewNano, markNano, escrowLots } = bid({ marginNano, view, tax })
      if (bidBps === undefined) return
      const gain = (net: bigint) =>
        (viewNano - markNano - marginNano) * 10_000n * 10_000n + net * lot.reliefBpsNano
      expect(netBps).toBe(netOf(bidBps, tax))
      expect(gain(netBps!) >= 0n).toBe(true)
      if (bidBps > 0n) expect(gain(netOf(bidBps - 1n, tax)) < 0n).toBe(true)
      const cash = { id: 1, quantityLots: escrowLots - priceLots(markNano, netBps!, lot.reliefBpsNano) }
      const held = marginOf([cash, ...lot.moved], vectors, TEST_PARAMETERS)
      expect(held.equityNano * 10_000n >= held.imBpsNano).toBe(true)
    }),
    { numRuns: 200, seed: 3 },
  )
})
