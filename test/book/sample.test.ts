import { describe, expect, it } from 'vitest'
import { MAX_SAMPLE_ACCOUNTS, sampleBook } from '../../src/book/sample.ts'
import { toSlots } from '../../src/book/slots.ts'
import { MARGIN_INSTANCES, type MarginInstance } from '../../src/protocol/instances.ts'
import { marginParametersOf } from '../../src/risk/configuration.ts'
import { DEFAULT_CONFIGURATION } from '../../src/risk/default-configuration.ts'
import { Listing } from '../../src/risk/listing.ts'
import { type Holding, marginOf, TIERS } from '../../src/risk/margin.ts'
import { readMarket } from '../../src/risk/market/read.ts'
import { sampleMarket } from '../../src/risk/market/sample.ts'
import type { MarketSnapshot } from '../../src/risk/market/snapshot.ts'
import { pricerOf } from '../../src/risk/matrix.ts'
import { deribitFile, optionRow } from '../risk/market/fixtures.ts'

const parameters = marginParametersOf(DEFAULT_CONFIGURATION)

function round(snapshot: MarketSnapshot, instance: MarginInstance = MARGIN_INSTANCES['margin-16']) {
  const listing = Listing.empty.update(snapshot.instruments, instance)
  const price = pricerOf({ snapshot, configuration: DEFAULT_CONFIGURATION })
  const vectors = new Map(
    snapshot.instruments.map((instrument) => {
      const { id } = listing.bySymbol(instrument.symbol)!
      return [id, price(instrument, id)]
    }),
  )
  return { listing, tierOf: (holdings: readonly Holding[]) => marginOf(holdings, vectors, parameters).tier }
}

describe.each([
  ['full', 'margin-16'],
  ['small', 'margin-4'],
] as const)('the sample book of the %s market', (size, name) => {
  const instance = MARGIN_INSTANCES[name]
  const snapshot = sampleMarket({ seed: 1, size })
  const { listing, tierOf } = round(snapshot, instance)
  const make = (seed: number) => sampleBook({ seed, snapshot, instruments: listing, tierOf, instance })

  it('has 8 to 24 named accounts across every tier, each in the tier it says', () => {
    for (const seed of [0, 7, 4_000_000_000]) {
      const entries = make(seed)
      expect(entries.length).toBeGreaterThanOrEqual(8)
      expect(entries.length).toBeLessThanOrEqual(MAX_SAMPLE_ACCOUNTS)
      expect(new Set(entries.map(({ tier }) => tier))).toEqual(new Set(TIERS))
      expect(new Set(entries.map((entry) => entry.name)).size).toBe(entries.length)
      for (const { account, tier } of entries) {
        expect(tierOf(account.positions)).toBe(tier)
        toSlots(account.positions, instance.slots)
      }
    }
  })

  it('nets to zero in every derivative, with cash and spot positive in total', () => {
    const net = new Map<number, bigint>()
    for (const { id, quantityLots } of make(7).flatMap(({ account }) => account.positions)) {
      net.set(id, (net.get(id) ?? 0n) + quantityLots)
    }
    const traded = snapshot.instruments.filter(({ symbol }) => net.has(listing.bySymbol(symbol)!.id))
    expect(new Set(traded.map(({ kind }) => kind)).size).toBe(5)
    for (const { kind, symbol } of traded) {
      const total = net.get(listing.bySymbol(symbol)!.id)!
      if (kind === 'cash' || kind === 'spot') expect(total).toBeGreaterThan(0n)
      else expect(total).toBe(0n)
    }
  })

  it('is the same for the same seed, another for another', () => {
    expect(make(7)).toEqual(make(7))
    expect(make(8)).not.toEqual(make(7))
  })
})

it('fits a market of options alone in one underlying', () => {
  const strikes = [50_000, 56_000, 64_000, 70_000, 80_000]
  const rows = ['20FEB26', '27FEB26', '26JUN26'].flatMap((day) =>
    strikes.flatMap((strike) => [optionRow(`BTC-${day}-${strike}-C`), optionRow(`BTC-${day}-${strike}-P`)]),
  )
  const snapshot = readMarket([deribitFile(rows)])
  const { listing, tierOf } = round(snapshot)
  const entries = sampleBook({ seed: 1, snapshot, instruments: listing, tierOf })
  expect(new Set(entries.map(({ tier }) => tier))).toEqual(new Set(TIERS))
  expect(entries.every(({ account }) => account.positions.length > 0)).toBe(true)
})
