import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readMarket } from '../../../src/risk/market/read.ts'
import type { MarketSnapshot } from '../../../src/risk/market/snapshot.ts'
import {
  AS_OF_MS,
  deribitFile,
  expectRefusal,
  futureRow,
  type Json,
  onlyInputErrors,
  optionRow,
} from './fixtures.ts'

const CALL = 'BTC-27FEB26-70000-C'
const PUT = 'BTC-27FEB26-70000-P'
const OTHER = 'BTC-27MAR26-60000-P'
const read = (rows: readonly unknown[]) => readMarket([deribitFile(rows)])
const symbols = (market: MarketSnapshot) => market.instruments.map(({ symbol }) => symbol)

describe('a Deribit option file', () => {
  const market = read([optionRow(OTHER), optionRow(CALL), optionRow(PUT)])

  it('becomes a canonical market with cash, spot and perpetual added', () => {
    expect(market.asOfSeconds).toBe(AS_OF_MS / 1000)
    expect(market.underlyings).toEqual([{ symbol: 'BTC', spotNano: 63_900_250_000_000n }])
    expect(symbols(market)).toEqual(['USD', 'BTC', 'BTC-PERPETUAL', CALL, PUT, OTHER])
    expect(market.instruments.map(({ lotNano }) => lotNano)).toEqual([10_000_000n, ...Array(5).fill(10_000n)])
    expect(market.instruments[2]).toMatchObject({ markNano: 63_900_250_000_000n, cumulativeFundingNano: 0n })
    expect(market.instruments[3]).toMatchObject({
      kind: 'option',
      underlying: 0,
      expirySeconds: Date.UTC(2026, 1, 27, 8) / 1000,
      strikeNano: 70_000_000_000_000n,
      right: 'call',
    })
  })

  it('has a forward and a smile at every expiry', () => {
    expect(market.expiries).toEqual([
      {
        underlying: 0,
        expirySeconds: Date.UTC(2026, 1, 27, 8) / 1000,
        forwardNano: 64_000_500_000_000n,
        smile: [{ strikeNano: 70_000_000_000_000n, volNano: 802_500_000n }],
      },
      {
        underlying: 0,
        expirySeconds: Date.UTC(2026, 2, 27, 8) / 1000,
        forwardNano: 64_000_500_000_000n,
        smile: [{ strikeNano: 60_000_000_000_000n, volNano: 802_500_000n }],
      },
    ])
  })

  it('takes the median forward, and the out-of-the-money volatility where call and put differ', () => {
    const rows = [
      optionRow(CALL, { underlying_price: 64_000, mark_iv: 81 }),
      optionRow(PUT, { underlying_price: 64_002, mark_iv: 82 }),
      optionRow('BTC-27FEB26-60000-C', { underlying_price: 64_001, mark_iv: 83 }),
      optionRow('BTC-27FEB26-60000-P', { underlying_price: 90_000, mark_iv: 84 }),
    ]
    const [expiry] = read(rows).expiries
    expect(expiry?.forwardNano).toBe(64_001_000_000_000n)
    expect(expiry?.smile.map(({ volNano }) => volNano)).toEqual([840_000_000n, 810_000_000n])
    expect(read([...rows].reverse())).toEqual(read(rows))
  })

  it('takes null quotes and a mark of zero', () => {
    const row = optionRow(CALL, { bid_price: null, ask_price: null, mid_price: null, mark_price: 0 })
    expect(symbols(read([row]))).toContain(CALL)
  })

  it('leaves the perpetual out when told to', () => {
    expect(symbols(readMarket([deribitFile([optionRow(CALL)])], { addPerpetuals: false }))).not.toContain(
      'BTC-PERPETUAL',
    )
  })

  it('joins files of several kinds and currencies, in any order', () => {
    const files = [
      deribitFile([optionRow(CALL)]),
      deribitFile(
        [futureRow('BTC-PERPETUAL', { estimated_delivery_price: 63_950 }), futureRow('BTC-26JUN26')],
        'futures.json',
      ),
      deribitFile(
        [optionRow('ETH-27FEB26-2000-C', { underlying_price: 1_900, estimated_delivery_price: 1_890 })],
        'eth.json',
      ),
    ]
    const market = readMarket(files)
    expect(readMarket([...files].reverse())).toEqual(market)
    expect(market.underlyings).toEqual([
      { symbol: 'BTC', spotNano: 63_950_000_000_000n },
      { symbol: 'ETH', spotNano: 1_890_000_000_000n },
    ])
    expect(symbols(market)).toEqual([
      'USD',
      'BTC',
      'ETH',
      'BTC-PERPETUAL',
      'ETH-PERPETUAL',
      'BTC-26JUN26',
      CALL,
      'ETH-27FEB26-2000-C',
    ])
    expect(market.instruments[3]).toMatchObject({ kind: 'perpetual', markNano: 64_100_500_000_000n })
    expect(market.expiries[1]).toMatchObject({ forwardNano: 64_100_500_000_000n, smile: [] })
  })
})

describe('a damaged Deribit file is refused', () => {
  /** Row 2 of 3 is damaged. */
  const damaged =
    (changes: Json, name = PUT) =>
    () =>
      read([optionRow(CALL), optionRow(name, changes), optionRow(OTHER)])

  it.each<[string, Json, string, RegExp]>([
    ['missing volatility', { mark_iv: undefined }, 'mark_iv', /volatility is missing/],
    ['null volatility', { mark_iv: null }, 'mark_iv', /volatility is missing/],
    ['zero volatility', { mark_iv: 0 }, 'mark_iv', /between 1 and 1,000/],
    ['absurd volatility', { mark_iv: 1000.01 }, 'mark_iv', /between 1 and 1,000/],
    ['negative volatility', { mark_iv: -80 }, 'mark_iv', /between 1 and 1,000/],
    ['crossed volatility', { bid_iv: 81, ask_iv: 80 }, 'bid_iv', /crossed volatility/],
    ['crossed bid and ask', { bid_price: 0.052 }, 'bid_price', /crossed/],
    ['negative bid', { bid_price: -0.1 }, 'bid_price', /negative/],
    ['negative ask', { ask_price: -0.1 }, 'ask_price', /negative/],
    ['missing ask', { ask_price: undefined }, 'ask_price', /finite number/],
    ['text for a bid', { bid_price: 'NaN' }, 'bid_price', /finite number/],
    ['negative mark', { mark_price: -1 }, 'mark_price', /negative/],
    ['missing forward', { underlying_price: undefined }, 'underlying_price', /finite number/],
    ['zero forward', { underlying_price: 0 }, 'underlying_price', /above zero/],
    ['zero index', { estimated_delivery_price: 0 }, 'estimated_delivery_price', /above zero/],
    ['no time', { creation_timestamp: undefined }, 'creation_timestamp', /whole milliseconds/],
    ['time in seconds', { creation_timestamp: AS_OF_MS / 1000 }, 'creation_timestamp', /unix milliseconds/],
    ['stale row', { creation_timestamp: AS_OF_MS - 3_601_000 }, 'creation_timestamp', /stale/],
    ['wrong base currency', { base_currency: 'ETH' }, 'base_currency', /wrong currency/],
    ['wrong quote currency', { quote_currency: 'USDC' }, 'quote_currency', /wrong currency/],
  ])('%s', (_, changes, field, rule) => {
    expectRefusal(damaged(changes), { file: 'btc.json', row: 2, field }, rule)
  })

  it.each([
    'BTC-31FEB26-70000-P',
    'BTC-27FOO26-70000-P',
    'BTC-27FEB26-70000-X',
    'BTC-27FEB26-NaN-P',
    'BTC-27FEB26-0-P',
    'BTC-27FEB26--70000-P',
    'BTC_USDC-27FEB26-70000-P',
    'BTC',
    '',
  ])('unparsable name %j', (name) => {
    expectRefusal(
      damaged({}, name),
      { file: 'btc.json', row: 2, field: 'instrument_name' },
      /is not the name/,
    )
  })

  it.each<[string, string, RegExp]>([
    ['duplicate instrument', CALL, /duplicate instrument BTC-27FEB26-70000-C/],
    ['expired option', 'BTC-5FEB26-70000-P', /expired option/],
    ['another currency', 'ETH-27FEB26-2000-P', /wrong currency/],
  ])('%s', (_, name, rule) => {
    expectRefusal(damaged({}, name), { file: 'btc.json', row: 2, field: 'instrument_name' }, rule)
  })

  it('expired future, and a duplicate in another file', () => {
    expectRefusal(
      () => read([optionRow(CALL), futureRow('BTC-30JAN26')]),
      { file: 'btc.json', row: 2, field: 'instrument_name' },
      /expired future/,
    )
    expectRefusal(
      () => readMarket([deribitFile([optionRow(CALL)]), deribitFile([optionRow(CALL)], 'again.json')]),
      { file: 'again.json', row: 1, field: 'instrument_name' },
      /duplicate/,
    )
  })

  it('a forward far from spot', () => {
    expectRefusal(
      () => read([optionRow(CALL, { underlying_price: 130_000 })]),
      { file: 'btc.json', row: 1, field: 'underlying_price' },
      /half and twice/,
    )
  })

  it('a row that is no object, and an empty or missing list', () => {
    expectRefusal(() => read([optionRow(CALL), 7]), { file: 'btc.json', row: 2 }, /must be an object/)
    expectRefusal(() => read([]), { file: 'btc.json', field: 'result' }, /holds no instrument/)
    expectRefusal(
      () => readMarket([{ name: 'e.json', text: '{"jsonrpc":"2.0","error":{"code":1}}' }]),
      { file: 'e.json', field: 'result' },
      /must be a list/,
    )
  })

  it('NaN, named by row and field though it is no JSON', () => {
    const { name, text } = deribitFile([optionRow(CALL), optionRow(PUT), optionRow(OTHER)])
    const parts = text.split('"mark_iv":80.25')
    for (const token of ['NaN', 'Infinity', '-Infinity']) {
      const bad = `${parts[0]}"mark_iv":80.25${parts[1]}"mark_iv":${token}${parts[2]}"mark_iv":80.25${parts[3]}`
      expectRefusal(
        () => readMarket([{ name, text: bad }]),
        { file: 'btc.json', row: 2, field: 'mark_iv' },
        /NaN and Infinity are not JSON/,
      )
    }
    expectRefusal(
      () => readMarket([{ name, text: text.replace('"mark_iv":80.25', '"mark_iv":1e999') }]),
      { file: 'btc.json', row: 1, field: 'mark_iv' },
      /finite/,
    )
  })

  it('malformed JSON, with the place where it breaks off', () => {
    const { name, text } = deribitFile([optionRow(CALL), optionRow(PUT)])
    const cut = text.lastIndexOf('"mark_iv"') + 9
    expectRefusal(
      () => readMarket([{ name, text: text.slice(0, cut) }]),
      { file: 'btc.json', row: 2, field: 'mark_iv' },
      /not valid JSON \(line 1\)/,
    )
  })

  it('a text of no known format', () => {
    expectRefusal(() => readMarket([{ name: 'x.txt', text: 'hello' }]), { file: 'x.txt' }, /known format/)
    expectRefusal(() => readMarket([]), {}, /at least one file/)
  })
})

describe('whatever is done to a valid file', () => {
  const { text } = deribitFile([optionRow(CALL), optionRow(PUT), optionRow(OTHER), futureRow('BTC-26JUN26')])

  it('it parses or raises InputError: characters changed', () => {
    const edit = fc.record({
      at: fc.nat(text.length),
      drop: fc.nat(12),
      insert: fc.oneof(
        fc.constantFrom('NaN', '-', '1e400', '"', '{', ']', ',', '\\', 'null', ''),
        fc.string(),
      ),
    })
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
        const changed = edits.reduce(
          (now, { at, drop, insert }) => now.slice(0, at) + insert + now.slice(at + drop),
          text,
        )
        onlyInputErrors(() => readMarket([{ name: 'fuzz.json', text: changed }]))
      }),
      { numRuns: 400 },
    )
  })

  it('it parses or raises InputError: values replaced', () => {
    const keys = Object.keys(optionRow(CALL))
    fc.assert(
      fc.property(fc.constantFrom(...keys), fc.oneof(fc.jsonValue(), fc.double()), (key, value) => {
        const file = deribitFile([optionRow(CALL), optionRow(PUT, { [key]: value })])
        const market = onlyInputErrors(() => readMarket([file]))
        if (market !== undefined) expect(symbols(market)).toContain(CALL)
      }),
      { numRuns: 400 },
    )
  })

  it('deep nesting does not exhaust the stack', () => {
    for (const deep of ['['.repeat(200_000), '{"a":'.repeat(200_000)]) {
      expect(() => readMarket([{ name: 'deep.json', text: `{"jsonrpc":"2.0","result":${deep}` }])).toThrow(
        /not valid JSON/,
      )
    }
  })
})
