import { describe, expect, it } from 'vitest'
import { agreedMedians } from '../../src/oracle/agreement.ts'
import { assessRound, type Collected } from '../../src/oracle/assess-round.ts'
import { contentJson, readContent } from '../../src/oracle/content-codec.ts'
import { feederContentHash } from '../../src/oracle/feeder-content.ts'
import { DEFAULT_ORACLE_PARAMETERS } from '../../src/oracle/oracle-parameters.ts'
import { farFromOwn } from '../../src/oracle/own-view.ts'
import { roundMedians } from '../../src/oracle/round-medians.ts'
import { seenAfter, withoutStuck } from '../../src/oracle/stuck-feeder.ts'
import { thirtyDayVolNano } from '../../src/oracle/thirty-day-vol.ts'
import { formatDeribitName, parseDeribitName } from '../../src/risk/market/deribit-name.ts'
import { AS_OF_SECONDS, FEEDERS, honestContent, signed } from './fixtures.ts'

const parameters = DEFAULT_ORACLE_PARAMETERS
const DAY = 86_400
const honest = FEEDERS.map((_, index) => signed(index, honestContent(BigInt(10 * index))))
/** A tenth more in every price and volatility. */
const tenthMore = honestContent(100_000n)

function assess(change: Partial<Collected> = {}) {
  return assessRound({
    signed: honest,
    collecting: {
      sequence: 7,
      previousSeconds: AS_OF_SECONDS - 60,
      nowSeconds: AS_OF_SECONDS + 2,
      feeders: FEEDERS,
    },
    seen: new Map(),
    guards: new Map(),
    parameters,
    ...change,
  })
}

describe('whether contents make a round', () => {
  it('five that agree do; so they do with two that collude, who are named', () => {
    expect(assess()).toMatchObject({ blocked: [], refusals: [], silent: [], notAgreed: [] })
    const two = honest.map((one, index) => (index < 2 ? signed(index, tenthMore) : one))
    const assessment = assess({ signed: two })
    expect(assessment.blocked).toEqual([])
    const spot = assessment.medians!.spots[0]!.spotNano
    expect(honest.slice(2).map(({ content }) => content.spots[0]!.spotNano)).toContain(spot)
    const named = new Set(assessment.outliers.map(({ feeder }) => feeder))
    expect([...named].sort()).toEqual(FEEDERS.slice(0, 2))
  })

  it('three of which one lies do not: a quorum has spoken, and does not agree', () => {
    const three = [signed(0, tenthMore), ...honest.slice(1, 3)]
    const { blocked, medians, silent } = assess({ signed: three })
    expect(medians).toBeUndefined()
    expect(blocked).toEqual([`fewer than 3 feeders agree on the spot BTC: outliers ${FEEDERS[0]}`])
    expect(silent).toEqual(FEEDERS.slice(3))
  })

  it('says who is missing and who was refused', () => {
    const late = signed(1, honestContent(0n, 7, AS_OF_SECONDS + 60))
    const { blocked } = assess({ signed: [honest[0]!, late] })
    expect(blocked).toEqual([
      `1 of the 3 feeders that a round needs; nothing from ${FEEDERS[2]}; nothing from ${FEEDERS[3]}; ` +
        `nothing from ${FEEDERS[4]}; ${FEEDERS[1]} is 58 s ahead`,
    ])
  })

  it('holds the guards of each underlying, and does not lose one that the round before had', () => {
    const before = {
      sequence: 6,
      asOfSeconds: AS_OF_SECONDS - 60,
      price: { acceptedNano: 50_000_000_000_000n, heldNano: [] },
      history: [{ asOfSeconds: AS_OF_SECONDS - 60, priceNano: 50_000_000_000_000n }],
    }
    const { standings } = assess({ guards: new Map([['BTC', before]]) })
    expect(standings).toMatchObject([{ standingNano: 50_000_000_000_000n, heldRounds: 1, breakerLevel: 3 }])
    expect(assess({ guards: new Map([['ETH', before]]) }).blocked[0]).toMatch(
      /no quorum gives a spot price of ETH/,
    )
    const collecting = { sequence: 7, previousSeconds: 1, nowSeconds: AS_OF_SECONDS + 121, feeders: FEEDERS }
    expect(assess({ collecting }).blocked).toEqual(['BTC: its market is stale'])
  })
})

describe('agreement', () => {
  const quorum = { ...parameters.quorum, quorum: 2 }
  const of = (contents: typeof honest) =>
    agreedMedians(contents, roundMedians(contents, quorum)!, { quorum, guards: parameters.guards })

  it('of two who differ leaves out every quantity but the spot, which it names', () => {
    const { medians, notAgreed } = of([honest[0]!, signed(1, honestContent(200_000n))])
    expect(medians).toMatchObject({ marks: [], expiries: [] })
    expect(notAgreed).toContain('spot BTC')
    expect(medians.spots).toHaveLength(1)
  })

  it('leaves out a single strike', () => {
    const wild = {
      ...honestContent(),
      expiries: honestContent().expiries.map((expiry, at) => ({
        ...expiry,
        smile: expiry.smile.map((point, k) =>
          at === 0 && k === 4 ? { ...point, volNano: 900_000_000n } : point,
        ),
      })),
    }
    const { medians, notAgreed } = of([honest[0]!, signed(1, wild)])
    expect(notAgreed).toEqual([`vol BTC ${AS_OF_SECONDS + 10 * DAY} 90000000000000`])
    expect(medians.expiries.map(({ smile }) => smile.length)).toEqual([4, 5])
  })
})

describe("a feeder's own view", () => {
  const medians = roundMedians(honest, parameters.quorum)!
  it('finds nothing wrong with the medians of honest feeders, and much with those of liars', () => {
    expect(farFromOwn(honestContent(), medians, parameters.guards)).toEqual([])
    const far = farFromOwn(honestContent(150_000n), medians, parameters.guards)
    expect(far).toContain('spot BTC')
    expect(far).toContain('mark BTC-PERPETUAL')
    expect(far.filter((name) => name.startsWith('forward'))).toHaveLength(2)
    expect(far.filter((name) => name.startsWith('vol'))).toHaveLength(10)
  })

  it('does not judge what it does not see', () => {
    expect(farFromOwn({ ...honestContent(), marks: [], expiries: [] }, medians, parameters.guards)).toEqual(
      [],
    )
  })
})

describe('a stuck feeder', () => {
  it('does not count after stuckRounds rounds of the same quotes, and counts again with others', () => {
    let seen = seenAfter(new Map(), honest)
    for (let rounds = 1; rounds < 5; rounds++) {
      expect(withoutStuck(honest, seen, parameters.quorum).refusals).toEqual([])
      seen = seenAfter(seen, honest)
    }
    expect(withoutStuck(honest, seen, parameters.quorum).contents).toEqual([])
    const alive = signed(0, { ...honestContent(), quotesHash: `0x${'cd'.repeat(32)}` })
    expect(withoutStuck([alive], seen, parameters.quorum).contents).toEqual([alive])
    // Silence does not clear the count.
    expect(withoutStuck(honest, seenAfter(seen, []), parameters.quorum).contents).toEqual([])
  })
})

describe('contents as JSON', () => {
  it('come back the same', () => {
    const content = honestContent()
    const back = readContent(JSON.parse(JSON.stringify(contentJson(content))))
    expect(back).toEqual(content)
    expect(feederContentHash(back)).toBe(feederContentHash(content))
  })

  it('are refused with the field', () => {
    const json = contentJson(honestContent()) as Record<string, unknown>
    const refused = (change: object) => {
      try {
        readContent({ ...json, ...change })
      } catch (error) {
        return (error as Error).message
      }
      return undefined
    }
    expect(refused({ spots: [{ symbol: 'BTC', spotNano: 5 }] })).toMatch(/spots\.0\.spotNano.*text/)
    expect(refused({ spots: [{ symbol: 'BTC', spotNano: '-5' }] })).toMatch(/spots\.0\.spotNano/)
    expect(refused({ quotesHash: '0x12' })).toMatch(/quotesHash.*64 hex digits/)
    expect(refused({ sequence: 1.5 })).toMatch(/sequence/)
    expect(refused({ more: 1 })).toMatch(/content/)
    expect(refused({ marks: new Array(600).fill({}) })).toMatch(/marks.*more than 512/)
  })
})

describe('names of terms', () => {
  it('are read back, whatever the hour of the expiry', () => {
    const names = [
      'BTC-PERPETUAL',
      'BTC-27MAR26',
      'ETH-6FEB26-2400-C',
      'BTC-27MAR26-80000-P',
      'XRP-27MAR26-0d625-C',
    ]
    for (const name of names) expect(formatDeribitName(parseDeribitName(name)!)).toBe(name)
    const odd = { kind: 'future' as const, currency: 'BTC', expirySeconds: 1_774_598_401 }
    expect(formatDeribitName(odd)).toBe('BTC-1774598401')
  })
})

describe('volatility at thirty days', () => {
  const expiry = (days: number, vol: bigint) => ({
    expirySeconds: AS_OF_SECONDS + days * DAY,
    forwardNano: 100_000_000_000n,
    smile: [{ strikeNano: 100_000_000_000n, volNano: vol }],
  })

  it('is linear in total variance between expiries, and flat beyond them', () => {
    const [near, far] = [expiry(20, 600_000_000n), expiry(40, 400_000_000n)]
    // Variance by time: 0.36 * 20 and 0.16 * 40, in the middle 6.8, over 30 days.
    expect(Number(thirtyDayVolNano(AS_OF_SECONDS, [near, far])) / 1e9).toBeCloseTo(Math.sqrt(6.8 / 30), 8)
    expect(thirtyDayVolNano(AS_OF_SECONDS, [near])).toBe(600_000_000n)
    expect(thirtyDayVolNano(AS_OF_SECONDS, [far])).toBe(400_000_000n)
    expect(thirtyDayVolNano(AS_OF_SECONDS, [expiry(30, 500_000_000n), far])).toBe(500_000_000n)
    expect(thirtyDayVolNano(AS_OF_SECONDS, [{ ...near, smile: [] }])).toBe(0n)
  })
})
