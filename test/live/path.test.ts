import { describe, expect, it } from 'vitest'
import { marginIn } from '../../src/book/liquidation/requirement.ts'
import { knownRound } from '../../src/keeper/rounds.ts'
import { type Cast, openingCast, type PricedMarket } from '../../src/live/cast.ts'
import { presentMarket } from '../../src/live/market.ts'
import { CALM, CRASH, MarketPath, type Move, type Phase, SLIDE } from '../../src/live/path.ts'
import { loop, Turns } from '../../src/live/turns.ts'
import { MARGIN_INSTANCES } from '../../src/protocol/instances.ts'
import { poseidonHasher } from '../../src/protocol/poseidon.ts'
import { DEFAULT_CONFIGURATION } from '../../src/risk/default-configuration.ts'
import { Listing } from '../../src/risk/listing.ts'
import { laterMarket } from '../../src/risk/market/later.ts'
import { buildRiskMatrix } from '../../src/risk/matrix.ts'

const TERMS = { calm: 2, slide: 2, crash: 2, recovery: 2, longestCrash: 5 }
/** A Thursday in 2031. */
const NOW = 1_930_000_000

describe('the path of the sample market', () => {
  const phases = (path: MarketPath, rounds: number, hasOpenCases: boolean): Phase[] =>
    Array.from({ length: rounds }, () => path.next(hasOpenCases).phase)

  it('goes round and round, and stays down while a case is open, but not for ever', () => {
    const path = new MarketPath(1, TERMS)
    expect(phases(path, 5, false)).toEqual(['calm', 'calm', 'slide', 'slide', 'crash'])
    expect(phases(path, 4, true)).toEqual(['crash', 'crash', 'crash', 'crash'])
    expect(phases(path, 4, true)).toEqual(['recovery', 'recovery', 'calm', 'calm'])
    expect(path.cycle).toBe(2)
  })

  it('crashes when it is told to, with the next round', () => {
    const path = new MarketPath(1, TERMS)
    path.next(false)
    path.crashNow()
    const { phase, isTurn, move } = path.next(false)
    expect([phase, isTurn]).toEqual(['crash', true])
    expect(move).toEqual(CRASH)
    path.crashNow()
    const later = path.next(false)
    expect(later.isTurn).toBe(false)
    // Nobody whom a sale has just restored falls again.
    expect(later.move.spotBps > CRASH.spotBps && later.move.volBps < CRASH.volBps).toBe(true)
  })

  it('is the same for the same seed, and refuses a phase of no rounds', () => {
    const moves = (seed: number) => Array.from({ length: 9 }, (_, i) => path(seed)[i]!.move)
    const path = (seed: number) => {
      const one = new MarketPath(seed, TERMS)
      return Array.from({ length: 9 }, () => one.next(false))
    }
    expect(moves(7)).toEqual(moves(7))
    expect(moves(7)).not.toEqual(moves(8))
    expect(() => new MarketPath(1, { ...TERMS, slide: 0 })).toThrow(/at least one round/)
  })
})

describe('the sample venue on any day', () => {
  it('lists expiries that lie ahead, on Fridays at 08:00, under their own dates', () => {
    const { asOfSeconds, expiries, instruments } = presentMarket(1, NOW, 'small')
    expect(asOfSeconds).toBe(NOW)
    for (const { expirySeconds } of expiries) {
      const date = new Date(expirySeconds * 1_000)
      expect([date.getUTCDay(), date.getUTCHours()]).toEqual([5, 8])
      expect(expirySeconds - NOW).toBeGreaterThan(3 * 86_400)
    }
    const option = instruments.find(({ kind }) => kind === 'option')!
    const [, label] = option.symbol.split('-')
    expect(label).toMatch(/^\d{1,2}[A-Z]{3}31$/)
    const until = 'expirySeconds' in option ? new Date(option.expirySeconds * 1_000) : new Date(0)
    expect(label!.startsWith(String(until.getUTCDate()))).toBe(true)
  })

  it('opens with everybody covered, and a crash takes three below their lines', async () => {
    const { cast, priced } = await sampleVenue()
    const tiers = (move: Move) => tiersOf(cast, priced(move))
    expect(new Set(tiers(CALM))).toEqual(new Set(['healthy']))
    expect(tiers(SLIDE).filter((tier) => tier !== 'healthy' && tier !== 'reduceOnly')).toEqual([])
    const below = tiers(CRASH).flatMap((tier, place) =>
      tier === 'healthy' ? [] : [[cast.names[place], tier]],
    )
    expect(below).toEqual([
      ['put seller near the edge', 'softLiquidation'],
      ['levered perpetual long', 'fullLiquidation'],
      ['put seller', 'fullLiquidation'],
    ])
  })

  it('has a book whose derivatives net to zero', async () => {
    const { cast } = await sampleVenue()
    const net = new Map<number, bigint>()
    for (const { id, quantityLots } of cast.accounts.flatMap(({ positions }) => positions)) {
      net.set(id, (net.get(id) ?? 0n) + quantityLots)
    }
    const { 1: cash, ...rest } = Object.fromEntries(net)
    expect(cash! > 0n).toBe(true)
    expect(Object.values(rest).every((lots) => lots === 0n)).toBe(true)
  })
})

async function sampleVenue(): Promise<{ cast: Cast; priced: (move: Move) => PricedMarket }> {
  const hasher = await poseidonHasher()
  const instance = MARGIN_INSTANCES['margin-4']
  const first = presentMarket(1, NOW, 'small')
  const priced = (move: Move): PricedMarket => {
    const snapshot = laterMarket(first, { ...move, secondsLater: 300 })
    const terms = { snapshot, configuration: DEFAULT_CONFIGURATION, instance, listing: Listing.empty }
    const matrix = buildRiskMatrix(hasher, terms)
    return { snapshot, matrix, risk: knownRound(matrix, snapshot).risk }
  }
  const owners = { visitor: 1n, venue: 2n, subAccounts: [3n, 4n] }
  return { cast: openingCast(priced(CRASH), instance.slots, 1, owners), priced }
}

function tiersOf({ accounts }: Cast, { risk }: PricedMarket) {
  return accounts.map(({ positions }) => marginIn(risk, positions).tier)
}

describe('a program of the venue', () => {
  it('goes on after failures, tells each of them once, and ends when it is stopped', async () => {
    const stop = new AbortController()
    const told: string[] = []
    let runs = 0
    await loop(
      {
        name: 'a program',
        everyMs: 1,
        signal: stop.signal,
        failed: (name, error) => told.push(`${name}: ${(error as Error).message}`),
      },
      async () => {
        runs++
        if (runs === 7) stop.abort()
        if (runs === 2 || runs === 3) throw new Error('no answer')
        if (runs === 5) throw new Error('another')
      },
    )
    expect(runs).toBe(7)
    expect(told).toEqual(['a program: no answer', 'a program: another'])
  })

  it('waits for its turn, also after one that failed', async () => {
    const turns = new Turns()
    const order: number[] = []
    const first = turns.take(async () => {
      await new Promise((resolve) => setTimeout(resolve, 10))
      order.push(1)
      throw new Error('failed')
    })
    const second = turns.take(async () => order.push(2))
    await expect(first).rejects.toThrow('failed')
    await second
    expect(order).toEqual([1, 2])
  })
})
