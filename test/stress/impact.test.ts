import { describe, expect, it } from 'vitest'
import { OrderBook } from '../../src/stress/market/order-book.ts'
import { emptyPath } from '../../src/stress/path/path.ts'
import { Simulation } from '../../src/stress/simulate.ts'
import { engine, smallWorld } from './support.ts'

const SHAPE = {
  depthUsd: 1e6,
  law: 'linear',
  permanentShare: 0,
  resilienceSeconds: 600,
  halfSpread: 0,
} as const

describe('the order book', () => {
  it('moves one percent at its depth and pays half of it on the way, linear', () => {
    const book = new OrderBook(SHAPE)
    expect(book.execute(1e6)).toBeCloseTo(0.005, 12)
    expect(book.impact).toBeCloseTo(0.01, 12)
  })

  it('has the square-root law: impact grows with the root of volume, and the mean price is two thirds of it', () => {
    // J.-P. Bouchaud et al., "How markets slowly digest changes in supply and demand"; Toth et al., PRX 1, 2011.
    for (const size of [1e5, 1e6, 4e6, 9e6]) {
      const book = new OrderBook({ ...SHAPE, law: 'squareRoot' })
      const paid = book.execute(-size)
      expect(book.impact).toBeCloseTo(-0.01 * Math.sqrt(size / 1e6), 12)
      expect(paid).toBeCloseTo((2 / 3) * book.impact, 12)
      // In ten parts: the same impact, as a metaorder's depends on its volume alone.
      const parts = new OrderBook({ ...SHAPE, law: 'squareRoot' })
      for (let part = 0; part < 10; part++) parts.execute(-size / 10)
      expect(parts.impact).toBeCloseTo(book.impact, 12)
    }
  })

  it('recovers by half in its half-life, and not what is permanent', () => {
    const book = new OrderBook({ ...SHAPE, permanentShare: 0.4 })
    book.execute(1e6)
    expect(book.impact).toBeCloseTo(0.01, 12)
    book.recover(600)
    expect(book.impact).toBeCloseTo(0.004 + 0.003, 12)
    book.recover(1e9)
    expect(book.impact).toBeCloseTo(0.004, 12)
  })

  it('earns nobody anything by a round trip', () => {
    for (const law of ['linear', 'squareRoot'] as const) {
      for (const sizes of [
        [1, -1],
        [3, -1, -2],
        [-2, 5, -3],
      ]) {
        const book = new OrderBook({ ...SHAPE, law, permanentShare: 0.3 })
        let cost = 0
        for (const size of sizes) {
          const before = book.impact
          cost += size * (before + book.execute(size * 1e6))
          book.recover(120)
        }
        expect(cost).toBeGreaterThan(0)
      }
    }
  })
})

describe('one delta hedger against linear impact', () => {
  // R. Frey, "Perfect option hedging for a large trader", Finance and Stochastics 2, 1998: a hedger's demand multiplies a
  // shock by 1 / (1 - feedback), feedback being the hedge of a move of one percent over the depth of one percent. Here the
  // hedger answers a step later, so the multiplier is the limit of the series 1 + f + f^2 + ...
  it.each([0.2, 0.5, 0.75])('multiplies a small shock by 1 / (1 - f), f = %s', (feedback) => {
    const calm = {
      permanentBps: 10_000,
      halfSpreadBps: 0,
      depthVolPower: 0,
      volBeta: 0,
      hedgerShareBps: 10_000,
      hedgeIntervalSeconds: 1,
      hedgeBandBps: 0,
    }
    const probe = smallWorld(calm, { shortGammaUsd: 4e7 })
    const shock = 1e-4
    // Gamma at a point, from the true deltas; the rate's is a mean over two percent.
    const gamma = gammaAtPoint(probe, shock)
    const world = smallWorld({ ...calm, depthUsd: gamma / feedback }, { shortGammaUsd: 4e7 })
    const path = emptyPath(2, 60, 1)
    path.spot[0]!.fill(Math.exp(-shock), 1)
    const { recorder } = new Simulation({ world, path, engine: engine('none') }).run()
    const multiplier = Math.log(recorder.price[0]!.at(-1)!) / -shock
    expect(multiplier / (1 / (1 - feedback))).toBeGreaterThan(0.98)
    expect(multiplier / (1 / (1 - feedback))).toBeLessThan(1.02)
  })

  it('diverges where the feedback is above one', () => {
    const calm = {
      permanentBps: 10_000,
      halfSpreadBps: 0,
      depthVolPower: 0,
      volBeta: 0,
      hedgerShareBps: 10_000,
      hedgeIntervalSeconds: 1,
      hedgeBandBps: 0,
    }
    const gamma = gammaAtPoint(smallWorld(calm, { shortGammaUsd: 4e7 }), 1e-4)
    const world = smallWorld({ ...calm, depthUsd: gamma / 1.3 }, { shortGammaUsd: 4e7 })
    const path = emptyPath(2, 40, 1)
    path.spot[0]!.fill(Math.exp(-1e-4), 1)
    const { recorder } = new Simulation({ world, path, engine: engine('none') }).run()
    expect(Math.log(recorder.price[0]!.at(-1)!) / -1e-4).toBeGreaterThan(50)
  })
})

/** USD of underlying that the hedgers trade for one percent, from the change of their deltas over a small move. */
function gammaAtPoint(world: ReturnType<typeof smallWorld>, shock: number): number {
  const deltas = [1, Math.exp(-shock)].map((factor) => {
    const path = emptyPath(2, 1, 1)
    path.spot[0]!.fill(factor, 1)
    const { venue } = new Simulation({ world, path, engine: engine('none') })
    venue.advance()
    let units = 0
    for (const [account, isHedger] of world.hedgers.entries()) {
      if (isHedger === 0) continue
      const start = account * venue.ledger.stride
      for (let slot = start; slot < start + venue.ledger.counts[account]!; slot++) {
        const row = venue.ledger.rows[slot]!
        if (venue.underlyingOf(row) === 0) units += venue.ledger.lots[slot]! * venue.marks.deltaUnits[row]!
      }
    }
    return units
  })
  const spot = Number(world.snapshot.underlyings[0]!.spotNano) / 1e9
  return ((deltas[1]! - deltas[0]!) * spot * 0.01) / shock
}
