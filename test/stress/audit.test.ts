import { describe, expect, it } from 'vitest'
import { DEFAULT_GENERATED, generateBook } from '../../src/stress/book/generate.ts'
import { tiltBook } from '../../src/stress/book/tilt.ts'
import { STREET } from '../../src/stress/market/agents.ts'
import { Venue } from '../../src/stress/market/venue.ts'
import { DEFAULT_SHOCK, drawPath } from '../../src/stress/path/models.ts'
import { emptyPath } from '../../src/stress/path/path.ts'
import { Random } from '../../src/stress/random.ts'
import { runOnce } from '../../src/stress/run.ts'
import { CRASH, configuration, engine, listing, smallWorld, snapshot } from './support.ts'

describe('orders of one step', () => {
  it('pay for what the orders before them moved: in parts as much as in one', () => {
    const world = smallWorld({ depthUsd: 1e7, halfSpreadBps: 0 })
    const row = world.hedgeRows[0]!
    const spent = (parts: number) => {
      const venue = new Venue(world, emptyPath(2, 1, 60))
      const lots = Math.trunc(venue.hedgeLots(0, 5e6) / 10) * 10
      const before = venue.ledger.cashOf(STREET)
      for (let part = 0; part < parts; part++) venue.tradeHedge(0, row, lots / parts)
      return venue.ledger.cashOf(STREET) - before
    }
    // Without the impact of earlier orders ten parts cost a tenth of the slippage: 1.1% of five million USD less.
    expect(Math.abs(spent(10) - spent(1))).toBeLessThan(5_000 * 100 * 0.01)
  })
})

describe('what buyers end with', () => {
  it('is counted, and nobody else gains it: with nobody to sell to it is zero', () => {
    const source = { kind: 'model', model: CRASH, steps: 60, stepSeconds: 60, correlation: 0.8 } as const
    const engines = [engine('none'), engine('portfolio-market'), engine('tacit')]
    const { outcomes } = runOnce({ world: smallWorld({ depthUsd: 1e7 }), source, engines, seed: 3 }, 1)
    const [none, market, tacit] = outcomes.map(({ buyers }) => buyers)
    expect(none).toEqual({ liquidatorsCents: 0, houseCents: 0, dealersCents: 0 })
    expect(market).toMatchObject({ liquidatorsCents: 0, houseCents: 0 })
    expect(market!.dealersCents).not.toBe(0)
    expect(tacit!.liquidatorsCents + tacit!.houseCents).not.toBe(0)
  })
})

describe('a named move of volatility', () => {
  it('is the whole of it: what volatility does with the price anyway counts toward it', () => {
    const world = smallWorld({ hedgerShareBps: 0 })
    const volFollows = world.parameters.volBeta
    const model = { ...DEFAULT_SHOCK, spotMove: -0.2, volMove: 0.5, noiseVolatility: 0, volFollows }
    const path = drawPath(
      model,
      { steps: 61, stepSeconds: 60, betas: [1, 1.25], correlation: 0.8 },
      new Random(1, 1),
    )
    const venue = new Venue(world, path)
    for (let step = 0; step < 61; step++) venue.advance()
    expect(venue.state.spot[0]).toBeCloseTo(0.8, 12)
    expect(venue.state.vol[0]).toBeCloseTo(1.5, 12)
    expect(venue.state.vol[1]).toBeCloseTo(1.5, 12)
  })
})

describe("a venue's own book, tilted", () => {
  const book = generateBook(snapshot, configuration, listing, { ...DEFAULT_GENERATED, accounts: 60 })
  const tilted = (tilt: object) => tiltBook(book, snapshot, configuration, listing, tilt)
  const net = ({ ids, lots, counts, stride, accounts }: typeof book) => {
    const sums = new Map<number, number>()
    for (let slot = 0; slot < accounts * stride; slot++) {
      if (slot % stride >= counts[Math.floor(slot / stride)]!) continue
      sums.set(ids[slot]!, (sums.get(ids[slot]!) ?? 0) + lots[slot]!)
    }
    return sums
  }
  const optionOf = (id: number) =>
    snapshot.instruments.find(({ symbol, kind }) => kind === 'option' && listing.bySymbol(symbol)!.id === id)

  it('has its options in one expiry, still nets to zero, and is another book than the control', () => {
    const expiries = (of: typeof book) =>
      new Set(
        [...net(of).keys()].flatMap((id) => {
          const quote = optionOf(id)
          return quote !== undefined && 'expirySeconds' in quote ? [quote.expirySeconds] : []
        }),
      )
    expect(expiries(book).size).toBeGreaterThan(1)
    const changed = tilted({ oneExpiry: true })
    expect(expiries(changed).size).toBe(1)
    for (const [id, sum] of net(changed)) if (optionOf(id) !== undefined) expect(sum).toBe(0)
  })

  it('has its cash in the coin that falls, and the rest as it was', () => {
    const changed = tilted({ spotCollateral: 1 })
    const cash = (of: typeof book) => of.cash.reduce((sum, cents) => sum + Math.max(0, cents), 0)
    expect(cash(changed)).toBeLessThan(0.05 * cash(book))
    const spot = snapshot.instruments.find((quote) => quote.kind === 'spot' && quote.underlying === 0)!
    const { id } = listing.bySymbol(spot.symbol)!
    expect(net(changed).get(id)!).toBeGreaterThan(net(book).get(id) ?? 0)
    expect([...tilted({}).cash]).toEqual([...book.cash])
  })
})
