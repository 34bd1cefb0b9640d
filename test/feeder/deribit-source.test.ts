import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { DeribitSource } from '../../src/feeder/deribit-source.ts'
import { DEFAULT_FETCH_RULES, fetchJson } from '../../src/feeder/fetch-json.ts'
import { fitMarket, makeContent } from '../../src/oracle/quoted-market.ts'
import { InputError, SourceError } from '../../src/protocol/errors.ts'
import { sampleMarket } from '../../src/risk/market/sample.ts'
import { DeribitStub } from './deribit-stub.ts'

/** A venue in this process, over the made-up market. */
const market = sampleMarket({ seed: 1, size: 'small' })
// No answer of a busy machine is to be taken for one that never comes.
const rules = { ...DEFAULT_FETCH_RULES, timeoutMs: 50_000, tries: 3, mostBytes: 1_000_000 }
let stub: DeribitStub
let waits: number[]
let source: DeribitSource
beforeAll(async () => {
  stub = await DeribitStub.start(() => market)
})
beforeEach(() => {
  stub.calm()
  waits = []
  const sleep = async (milliseconds: number) => void waits.push(milliseconds)
  const hands = { sleep, random: () => 0.5 }
  source = new DeribitSource({ url: stub.url, currencies: ['BTC', 'ETH'], rules, hands })
})
afterAll(() => stub?.close())

const SUMMARY = 'get_book_summary_by_currency'

async function refusal(): Promise<InputError> {
  const error = await source.take().catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(InputError)
  return error as InputError
}

describe('a venue by HTTP', () => {
  it('gives the market with bid and ask, spot of the index, and the last whole minute', async () => {
    const taken = await source.take()
    expect(taken.notes).toEqual([])
    expect(taken.snapshot.underlyings).toEqual(market.underlyings)
    expect(taken.snapshot.expiries.map(({ forwardNano }) => forwardNano)).toEqual(
      market.expiries.map(({ forwardNano }) => forwardNano),
    )
    expect(taken.snapshot.instruments.map(({ symbol }) => symbol)).toEqual(
      market.instruments.map(({ symbol }) => symbol),
    )
    for (const [index, { smile }] of taken.expiries.entries()) {
      for (const [at, point] of smile.entries()) {
        const truth = market.expiries[index]!.smile[at]!.volNano
        // A bid 2% below: to the resolution of the inversion, and of marks of 0.01%.
        expect(Number(point.bidVolNano!) / Number(truth)).toBeCloseTo(0.98, 3)
        expect(Number(point.askVolNano!) / Number(truth)).toBeCloseTo(1.02, 3)
      }
    }
    const spot = Number(market.underlyings[0]!.spotNano) / 1e9
    const [activity] = taken.activities
    expect(activity).toMatchObject({
      symbol: 'BTC',
      volumeNano: 12_500_000_000n,
      depthNano: 150_000_000_000_000n,
    })
    expect(activity!.endSeconds).toBe(Math.floor(market.asOfSeconds / 60) * 60)
    expect(Number(activity!.highNano) / 1e9).toBeCloseTo(spot * 1.002, 4)
  })

  it('makes a content whose fit lies inside bid and ask, with implied volatility of its own', async () => {
    const fitted = fitMarket(await source.take())
    expect(fitted.unfitted).toEqual([])
    for (const { error } of fitted.fits) expect(error.inside).toBe(error.quoted)
    const content = makeContent(1, fitted)
    for (const { impliedVolNano } of content.activities) {
      expect(impliedVolNano).toBeGreaterThan(400_000_000n)
      expect(impliedVolNano).toBeLessThan(1_000_000_000n)
    }
  })

  it('asks for instruments once in five minutes: the venue takes one such request a second', async () => {
    await source.take()
    const first = stub.asked.filter((method) => method === 'get_instruments').length
    await source.take()
    expect(first).toBe(4)
    expect(stub.asked.filter((method) => method === 'get_instruments')).toHaveLength(4)
  })

  it('leaves out what the venue does not list as active', async () => {
    const closed = 'BTC-13MAR26'
    const change = (rows: { instrument_name: string }[]) =>
      rows.map((row) => (row.instrument_name === closed ? { ...row, is_active: false } : row))
    // Of four requests, whichever comes first; of three it changes nothing.
    stub.trouble('get_instruments', ...new Array(4).fill({ kind: 'change', change }))
    const { snapshot } = await source.take()
    expect(snapshot.instruments.some(({ symbol }) => symbol === closed)).toBe(false)
    expect(snapshot.instruments).toHaveLength(market.instruments.length - 1)
  })
})

describe('a venue in trouble', () => {
  it.each([
    ['closes the connection', { kind: 'close' }],
    ['answers with a page', { kind: 'garbage' }],
    ['fails', { kind: 'status', status: 502 }],
    ['limits the rate', { kind: 'status', status: 429 }],
    ['is busy in its own words', { kind: 'busy', code: 10_028 }],
  ] as const)('that %s once is asked again, after a pause', async (_, trouble) => {
    stub.trouble('get_index_price', trouble)
    const { snapshot } = await source.take()
    expect(snapshot.underlyings).toEqual(market.underlyings)
    expect(stub.asked.filter((method) => method === 'get_index_price')).toHaveLength(3)
    expect(waits).toEqual([250])
  })

  it('that hangs is left after the timeout, and asked again', async () => {
    stub.trouble('ticker', { kind: 'hang' })
    const url = `${stub.url}/public/ticker?instrument_name=BTC-PERPETUAL`
    const patient = { ...rules, timeoutMs: 1_000, tries: 20 }
    const sleep = async (milliseconds: number) => void waits.push(milliseconds)
    const { value } = await fetchJson({ url }, patient, { sleep, random: () => 0.5 })
    expect(value).toMatchObject({ result: { instrument_name: 'BTC-PERPETUAL' } })
    expect(waits[0]).toBe(250)
    stub.trouble('ticker', { kind: 'hang' })
    const once = { ...rules, timeoutMs: 1_000, tries: 1 }
    await expect(fetchJson({ url }, once)).rejects.toThrow(/no whole answer within 1000 ms/)
  })

  it('waits longer each time, and as long as it is asked to, up to a limit', async () => {
    stub.trouble('ticker', { kind: 'status', status: 503 }, { kind: 'status', status: 503 })
    await source.take()
    // Half of 500 and of 1,000: full jitter at 0.5. Both may meet one currency, or one each.
    expect([
      [250, 250],
      [250, 500],
    ]).toContainEqual(waits)
    waits.length = 0
    stub.trouble('ticker', { kind: 'status', status: 429, retryAfter: '3' })
    await source.take()
    expect(waits).toEqual([3_000])
    waits.length = 0
    stub.trouble('ticker', { kind: 'status', status: 429, retryAfter: '99999' })
    await source.take()
    expect(waits).toEqual([rules.longestDelayMs])
  })

  it('is given up after its tries, with what happened', async () => {
    stub.trouble(SUMMARY, ...new Array(20).fill({ kind: 'garbage' }))
    const error = await source.take().catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(SourceError)
    expect((error as Error).message).toMatch(
      /did not answer in 3 tries: status 200, and its answer is not JSON/,
    )
  })

  it('cannot fill the memory: an answer without end is cut', async () => {
    stub.trouble('get_index_price', ...new Array(6).fill({ kind: 'endless' }))
    await expect(source.take()).rejects.toThrow(/more than 1000000 bytes/)
  })

  it('that refuses for good is not asked again', async () => {
    stub.trouble('get_index_price', ...new Array(2).fill({ kind: 'busy', code: -32_602 }))
    await expect(source.take()).rejects.toThrow(/refused with -32602/)
    expect(waits).toEqual([])
  })

  it('names the field of an answer that cannot be meant', async () => {
    stub.trouble(
      'get_index_price',
      ...new Array(2).fill({ kind: 'change', change: () => ({ index_price: '67000' }) }),
    )
    expect(await refusal()).toMatchObject({
      location: { field: 'index_price' },
      rule: 'must be a finite number',
    })
    const negative = (rows: object[]) => rows.map((row) => ({ ...row, mark_iv: -3 }))
    stub.calm()
    stub.trouble(SUMMARY, ...new Array(4).fill({ kind: 'change', change: negative }))
    expect((await refusal()).message).toMatch(/row 1, field "mark_iv": volatility must be between/)
    stub.calm()
    const other = (rows: object[]) => rows.map((row) => ({ ...row, strike: 1 }))
    const fresh = new DeribitSource({ url: stub.url, currencies: ['BTC'], rules })
    stub.trouble('get_instruments', ...new Array(2).fill({ kind: 'change', change: other }))
    await expect(fresh.take()).rejects.toThrow(/field "strike": is not what the name BTC-.* says/)
  })

  it('whose index and ticker disagree by more than a percent is not believed: a flash print of one of them', async () => {
    const spike = (answer: { index_price: number }) => ({ ...answer, index_price: answer.index_price * 1.02 })
    stub.trouble('ticker', ...new Array(2).fill({ kind: 'change', change: spike }))
    expect((await refusal()).message).toMatch(/index_price.*the ticker of (BTC|ETH)-PERPETUAL says/)
  })

  it('without bars or depth still gives a market, with a note', async () => {
    stub.trouble('get_tradingview_chart_data', ...new Array(6).fill({ kind: 'status', status: 500 }))
    const { activities, notes } = await source.take()
    expect(activities).toEqual([])
    expect(notes).toHaveLength(2)
    expect(notes[0]).toMatch(/without trading and depth of BTC/)
  })
})
