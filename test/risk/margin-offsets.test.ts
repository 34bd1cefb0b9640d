import { describe, expect, it } from 'vitest'
import { marginParametersOf } from '../../src/risk/configuration.ts'
import { DEFAULT_CONFIGURATION } from '../../src/risk/default-configuration.ts'
import { linearMarginOf } from '../../src/risk/linear-margin.ts'
import { marginOf } from '../../src/risk/margin.ts'
import { sampleMarket } from '../../src/risk/market/sample.ts'
import { pricerOf } from '../../src/risk/matrix.ts'

describe('margin offsets on a real surface', () => {
  const snapshot = sampleMarket({ seed: 1, size: 'full' })
  const price = pricerOf({ snapshot, configuration: DEFAULT_CONFIGURATION })
  const parameters = marginParametersOf(DEFAULT_CONFIGURATION)
  const instruments = new Map(snapshot.instruments.map((instrument, index) => [index + 1, instrument]))
  const vectors = new Map([...instruments].map(([id, instrument]) => [id, price(instrument, id)]))
  const idOf = (symbol: string) => {
    const found = [...instruments].find(([, instrument]) => instrument.symbol === symbol)
    if (found === undefined) throw new Error(`the sample market has no ${symbol}`)
    return found[0]
  }
  const LOTS = 10_000n

  it.each<[string, [string, bigint][]]>([
    [
      'a short call with a long put',
      [
        ['BTC-27MAR26-68000-C', -1n],
        ['BTC-27MAR26-68000-P', 1n],
      ],
    ],
    [
      'a call spread',
      [
        ['BTC-27MAR26-68000-C', -1n],
        ['BTC-27MAR26-70000-C', 1n],
      ],
    ],
    [
      'a butterfly',
      [
        ['BTC-27MAR26-66000-C', -1n],
        ['BTC-27MAR26-68000-C', 2n],
        ['BTC-27MAR26-70000-C', -1n],
      ],
    ],
    [
      'a covered call',
      [
        ['BTC', 1n],
        ['BTC-27MAR26-68000-C', -1n],
      ],
    ],
    [
      'a collar',
      [
        ['BTC', 1n],
        ['BTC-27MAR26-70000-C', -1n],
        ['BTC-27MAR26-66000-P', 1n],
      ],
    ],
    [
      'spot hedged with a perpetual',
      [
        ['BTC', 1n],
        ['BTC-PERPETUAL', -1n],
      ],
    ],
    [
      'opposite expiries',
      [
        ['BTC-27MAR26', 1n],
        ['BTC-26JUN26', -1n],
      ],
    ],
  ])('%s costs less than its parts, and less than in the linear model', (_, legs) => {
    const holdings = legs.map(([symbol, sign]) => ({ id: idOf(symbol), quantityLots: sign * LOTS }))
    const whole = marginOf(holdings, vectors, parameters).requirementNano
    const parts = holdings.map((holding) => marginOf([holding], vectors, parameters).requirementNano)
    expect(whole.im).toBeLessThan(parts.reduce((sum, { im }) => sum + im, 0n))
    expect(whole.mm).toBeLessThan(parts.reduce((sum, { mm }) => sum + mm, 0n))
    const linear = linearMarginOf(holdings, {
      vectors,
      instruments,
      underlyings: snapshot.underlyings,
      deltaShockBps: DEFAULT_CONFIGURATION.greekShocks.spotBps,
    })
    expect(whole.im).toBeLessThan(linear.initialNano)
  })

  it('does not spare a naked short call, which the linear model does', () => {
    const holdings = [{ id: idOf('BTC-27MAR26-76000-C'), quantityLots: -LOTS }]
    const linear = linearMarginOf(holdings, {
      vectors,
      instruments,
      underlyings: snapshot.underlyings,
      deltaShockBps: DEFAULT_CONFIGURATION.greekShocks.spotBps,
    })
    expect(marginOf(holdings, vectors, parameters).requirementNano.im).toBeGreaterThan(linear.initialNano)
  })
})
