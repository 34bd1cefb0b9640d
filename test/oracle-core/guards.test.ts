import { describe, expect, it } from 'vitest'
import {
  breakerLevel,
  type GuardState,
  guardRound,
  insolvencyPrices,
  isInsolventAtAll,
  type RoundPrice,
  timeWeightedNano,
} from '../../src/oracle/guards.ts'
import { type GuardedPrice, guardMove } from '../../src/oracle/move-guard.ts'
import { DEFAULT_ORACLE_PARAMETERS } from '../../src/oracle/oracle-parameters.ts'

const { guards, quorum } = DEFAULT_ORACLE_PARAMETERS
const START = 1_772_443_800
const usd = (price: number) => BigInt(price) * 1_000_000_000n
const round = (sequence: number, price: number, change: Partial<RoundPrice> = {}): RoundPrice => ({
  sequence,
  asOfSeconds: START + 60 * sequence,
  priceNano: usd(price),
  lowestNano: usd(price),
  highestNano: usd(price),
  ...change,
})
const take = (state: GuardState | undefined, next: RoundPrice, nowSeconds = next.asOfSeconds + 1) =>
  guardRound(state, next, nowSeconds, quorum.maximumSkewSeconds, guards)

/** The state after rounds 1, 2, ... at these prices. */
function after(prices: readonly number[]): GuardState {
  return prices.reduce<GuardState | undefined>(
    (state, price, index) => take(state, round(index + 1, price)).state,
    undefined,
  )!
}
const calm = Array.from({ length: 20 }, () => 60_000)
const standing = (prices: readonly number[]) => after(prices).price.acceptedNano

describe('the largest move of a round', () => {
  it('a flash print changes nothing that stands, and is forgotten', () => {
    expect(standing([...calm, 40_000])).toBe(usd(60_000))
    expect(after([...calm, 40_000, 60_000]).price).toEqual({ acceptedNano: usd(60_000), heldNano: [] })
    expect(standing([...calm, 40_000, 60_000, 40_000, 60_000, 40_000])).toBe(usd(60_000))
    // Prints to either side do not add up.
    expect(standing([...calm, 40_000, 80_000, 40_000, 80_000])).toBe(usd(60_000))
  })

  it('a move within the guard stands at once, at the edge too', () => {
    expect(standing([...calm, 57_000])).toBe(usd(57_000))
    expect(standing([...calm, 56_999])).toBe(usd(60_000))
    expect(standing([...calm, 63_000])).toBe(usd(63_000))
  })

  it('a move that three rounds repeat stands: at the least of what they say', () => {
    expect(standing([...calm, 40_000, 42_000, 41_000])).toBe(usd(42_000))
    expect(standing([...calm, 80_000, 82_000, 81_000])).toBe(usd(80_000))
  })

  it('never stops liquidation: a crash that falls by a tenth every round is followed two rounds behind', () => {
    const fall = [...calm]
    const prices = Array.from({ length: 12 }, (_, index) => Math.round(60_000 * 0.9 ** (index + 1)))
    prices.forEach((price, index) => {
      fall.push(price)
      if (index >= 2) expect(standing(fall)).toBe(usd(prices[index - 2]!))
    })
    // And stands at the true price as soon as it rests.
    const bottom = prices.at(-1)!
    expect(standing([...fall, bottom, bottom])).toBe(usd(bottom))
  })

  it('holds a round back only for its own side of the standing price', () => {
    const state: GuardedPrice = { acceptedNano: usd(60_000), heldNano: [usd(80_000), usd(80_000)] }
    expect(guardMove(state, usd(40_000), guards)).toEqual({
      acceptedNano: usd(60_000),
      heldNano: [usd(40_000)],
    })
  })
})

describe('a round that changes nothing', () => {
  const state = after(calm)
  const refused = (next: RoundPrice, nowSeconds?: number) => {
    const outcome = take(state, next, nowSeconds)
    expect(outcome.state).toBe(state)
    return outcome.refused
  }

  it('one that was taken before, or comes late: replay and reordering', () => {
    expect(refused(round(20, 60_000))).toBe('replayed')
    expect(refused(round(3, 40_000))).toBe('replayed')
    expect(refused(round(21, 60_000, { asOfSeconds: state.asOfSeconds }))).toBe('not-newer')
  })

  it('one ahead of the clock, or too old when it comes: a stuck feeder', () => {
    const next = round(21, 60_000)
    expect(refused(next, next.asOfSeconds - 16)).toBe('ahead-of-clock')
    expect(take(state, next, next.asOfSeconds - 15).refused).toBeUndefined()
    expect(refused(next, next.asOfSeconds + 121)).toBe('stale')
    expect(take(state, next, next.asOfSeconds + 120).refused).toBeUndefined()
  })

  it('one whose feeders lie too far apart', () => {
    const wide = { lowestNano: usd(59_700), highestNano: usd(60_301) }
    expect(refused(round(21, 60_000, wide))).toBe('not-confident')
    expect(take(state, round(21, 60_000, { ...wide, highestNano: usd(60_300) })).refused).toBeUndefined()
  })
})

describe('the time-weighted price', () => {
  it('weighs each price by the time it stood within the window', () => {
    const history = [
      { asOfSeconds: 0, priceNano: 100n },
      { asOfSeconds: 600, priceNano: 200n },
      { asOfSeconds: 900, priceNano: 400n },
    ]
    const window = { averageWindowSeconds: 900 }
    expect(timeWeightedNano(history, 900, window)).toBe((100n * 600n + 200n * 300n) / 900n)
    expect(timeWeightedNano(history, 1_200, window)).toBe((100n * 300n + 200n * 300n + 400n * 300n) / 900n)
    expect(timeWeightedNano(history.slice(2), 900, window)).toBe(400n)
  })

  it('keeps what the windows need and no more', () => {
    const long = after(Array.from({ length: 400 }, () => 60_000))
    expect(long.history.length).toBeLessThanOrEqual(62)
    expect(long.asOfSeconds - long.history[0]!.asOfSeconds).toBeGreaterThanOrEqual(
      guards.breakerWindowSeconds,
    )
  })
})

describe('the circuit breaker', () => {
  const level = (price: number, ago = 60) =>
    breakerLevel([{ asOfSeconds: START - ago, priceNano: usd(60_000) }], usd(price), START, guards)

  it('has levels, up and down, and its window passes', () => {
    expect([60_000, 54_001, 54_000, 48_000, 42_000, 10_000].map((price) => level(price))).toEqual([
      0, 0, 1, 2, 3, 3,
    ])
    expect([66_000, 72_000, 78_000].map((price) => level(price))).toEqual([1, 2, 3])
    expect(level(42_000, 3_601)).toBe(0)
  })

  it('acts on the print that the move guard still holds back', () => {
    const state = after([...calm, 40_000])
    expect(state.price.acceptedNano).toBe(usd(60_000))
    expect(breakerLevel(state.history, usd(40_000), state.asOfSeconds, guards)).toBe(3)
  })
})

describe('insolvency at several prices', () => {
  const insolventBelow = (price: number) => (at: bigint) => at < usd(price)
  const decided = (prices: readonly number[], below: number) => {
    const state = after(prices)
    return isInsolventAtAll(
      insolvencyPrices(state, usd(prices.at(-1)!), state.asOfSeconds, guards),
      insolventBelow(below),
    )
  }

  it('a flash print liquidates nobody, however deep and however often it comes alone', () => {
    expect(decided([...calm, 20_000], 58_000)).toBe(false)
    expect(decided([...calm, 20_000, 60_000, 20_000], 58_000)).toBe(false)
    expect(decided([...calm, 20_000, 20_000, 20_000], 58_000)).toBe(false)
  })

  it('a move within the guard needs to last: the average and the round before hold out', () => {
    expect(decided([...calm, 57_500], 58_000)).toBe(false)
    const settled = [...calm, ...Array.from({ length: 15 }, () => 57_500)]
    expect(decided(settled, 58_000)).toBe(true)
    // The newest print has recovered: not insolvent at spot.
    expect(decided([...settled, 59_000], 58_000)).toBe(false)
  })

  it('each price by itself can spare', () => {
    const prices = { spotNano: 1n, timeWeightedNano: 1n, previousNano: 1n, currentNano: 1n }
    expect(isInsolventAtAll(prices, (price) => price < 2n)).toBe(true)
    for (const spared of ['spotNano', 'timeWeightedNano', 'previousNano', 'currentNano'] as const) {
      expect(isInsolventAtAll({ ...prices, [spared]: 2n }, (price) => price < 2n)).toBe(false)
    }
  })

  it('a crash liquidates in the end, within the window of the average', () => {
    const crash = Array.from({ length: 15 }, () => 40_000)
    const when = crash.findIndex((_, index) => decided([...calm, ...crash.slice(0, index + 1)], 50_000))
    expect(when).toBeGreaterThan(2)
    expect(when * 60).toBeLessThan(guards.averageWindowSeconds)
  })

  it('nobody on the first round', () => {
    expect(decided([10], 58_000)).toBe(false)
  })
})
