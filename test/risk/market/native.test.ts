import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DEFAULT_CONFIGURATION } from '../../../src/risk/default-configuration.ts'
import { nativeAdapter, readNativeMarket, writeNativeMarket } from '../../../src/risk/market/native.ts'
import { readMarket } from '../../../src/risk/market/read.ts'
import { sampleMarket, shiftMarket } from '../../../src/risk/market/sample.ts'
import { pricerOf } from '../../../src/risk/matrix.ts'
import { scaleConfiguration } from '../../../src/risk/scaled-configuration.ts'
import { deribitFile, expectRefusal, type Json, onlyInputErrors, optionRow } from './fixtures.ts'

const EXPIRY = Date.UTC(2026, 2, 27, 8) / 1000
const AS_OF = Date.UTC(2026, 2, 2, 9) / 1000

interface Document {
  format: unknown
  version: unknown
  asOf: unknown
  underlyings: Json[]
  expiries: (Json & { smile: Json[] })[]
  instruments: Json[]
}

function document(): Document {
  const dated = { underlying: 'BTC', expiry: EXPIRY }
  return {
    format: 'tacit.market',
    version: 1,
    asOf: AS_OF,
    underlyings: [
      { symbol: 'BTC', spot: '64000.25' },
      { symbol: 'ETH', spot: '1900' },
    ],
    expiries: [
      {
        ...dated,
        forward: '64100.5',
        smile: [
          { strike: '60000', vol: '0.62' },
          { strike: '70000', vol: '0.58' },
        ],
      },
    ],
    instruments: [
      { kind: 'cash', symbol: 'USD', lot: '0.01' },
      { kind: 'spot', symbol: 'BTC', lot: '0.00001', underlying: 'BTC' },
      {
        kind: 'perpetual',
        symbol: 'BTC-P',
        lot: '0.00001',
        underlying: 'BTC',
        mark: '64010',
        cumulativeFunding: '-12.5',
      },
      { kind: 'future', symbol: 'BTC-F', lot: '0.00001', ...dated, mark: '64100.5' },
      { kind: 'option', symbol: 'BTC-60-P', lot: '0.00001', ...dated, strike: '60000', right: 'put' },
      { kind: 'option', symbol: 'BTC-70-C', lot: '0.00001', ...dated, strike: '70000', right: 'call' },
    ],
  }
}
const file = (content: unknown, name = 'market.json') => ({ name, text: JSON.stringify(content) })
const read = (content: unknown) => readMarket([file(content)])

describe('the native market format', () => {
  it('carries cash, spot, perpetuals with funding, futures and options', () => {
    const market = readNativeMarket(file(document()))
    expect(market.instruments).toEqual([
      { kind: 'cash', symbol: 'USD', lotNano: 10_000_000n },
      { kind: 'spot', symbol: 'BTC', lotNano: 10_000n, underlying: 0 },
      {
        kind: 'perpetual',
        symbol: 'BTC-P',
        lotNano: 10_000n,
        underlying: 0,
        markNano: 64_010_000_000_000n,
        cumulativeFundingNano: -12_500_000_000n,
      },
      {
        kind: 'future',
        symbol: 'BTC-F',
        lotNano: 10_000n,
        underlying: 0,
        expirySeconds: EXPIRY,
        markNano: 64_100_500_000_000n,
      },
      {
        kind: 'option',
        symbol: 'BTC-60-P',
        lotNano: 10_000n,
        underlying: 0,
        expirySeconds: EXPIRY,
        strikeNano: 60_000_000_000_000n,
        right: 'put',
      },
      {
        kind: 'option',
        symbol: 'BTC-70-C',
        lotNano: 10_000n,
        underlying: 0,
        expirySeconds: EXPIRY,
        strikeNano: 70_000_000_000_000n,
        right: 'call',
      },
    ])
    expect(read(document()).instruments.map(({ symbol }) => symbol)).toEqual([
      'USD',
      'BTC',
      'ETH',
      'BTC-P',
      'ETH-PERPETUAL',
      'BTC-F',
      'BTC-60-P',
      'BTC-70-C',
    ])
  })

  it('round-trips exactly, whatever the market', () => {
    const options = fc.record({
      seed: fc.nat(2 ** 31),
      size: fc.constantFrom('full' as const, 'small' as const),
    })
    const shift = fc.record({
      spotBps: fc.bigInt({ min: -8_000n, max: 30_000n }),
      volBps: fc.bigInt({ min: -9_000n, max: 90_000n }),
      secondsLater: fc.nat(200_000),
    })
    fc.assert(
      fc.property(options, shift, (sample, move) => {
        const market = shiftMarket(sampleMarket(sample), move)
        const text = writeNativeMarket(market)
        expect(nativeAdapter.detect(text)).toBe(true)
        const again = readNativeMarket({ name: 'again.json', text })
        expect(again).toEqual(market)
        expect(writeNativeMarket(again)).toBe(text)
      }),
      { numRuns: 15 },
    )
  })

  it('carries a scale where it is not 1, and prices by it', () => {
    const plain = document()
    const scaled = document()
    scaled.underlyings[0] = { ...scaled.underlyings[0], scale: '1.85' }
    const market = readNativeMarket(file(scaled))
    expect(market.underlyings[0]).toEqual({
      ...{ symbol: 'BTC', spotNano: 64_000_250_000_000n, scaleBps: 18_500n },
    })
    expect(readNativeMarket({ name: 'again', text: writeNativeMarket(market) })).toEqual(market)
    // 1 is nothing: the canonical text of an old file stays what it was.
    const one = document()
    one.underlyings[0] = { ...one.underlyings[0], scale: '1' }
    expect(writeNativeMarket(readNativeMarket(file(one)))).toBe(
      writeNativeMarket(readNativeMarket(file(plain))),
    )
    const put = market.instruments.findIndex(({ symbol }) => symbol === 'BTC-60-P')
    const vector = (snapshot: typeof market) =>
      pricerOf({ snapshot, configuration: DEFAULT_CONFIGURATION })(snapshot.instruments[put]!, 1)
    const scaledBy = pricerOf({
      snapshot: readNativeMarket(file(plain)),
      configuration: scaleConfiguration(DEFAULT_CONFIGURATION, { BTC: 18_500n }),
    })
    expect(vector(market)).toEqual(scaledBy(market.instruments[put]!, 1))
    expect(vector(market)).not.toEqual(vector(readNativeMarket(file(plain))))
  })

  it.each([
    ['0.9999', 'scale', /must be 1 to 2.5/],
    ['2.5001', 'scale', /must be 1 to 2.5/],
    ['1.00001', 'underlyings.scale', /at most four places/],
    ['x', 'underlyings.scale', /decimal/],
  ])('refuses a scale of %s', (scale, field, rule) => {
    const changed = document()
    changed.underlyings[0] = { ...changed.underlyings[0], scale }
    expectRefusal(() => readNativeMarket(file(changed)), { file: 'market.json', row: 1, field }, rule)
  })

  it('does not depend on the order in a file', () => {
    const shuffled = document()
    shuffled.instruments.reverse()
    shuffled.underlyings.reverse()
    expect(read(shuffled)).toEqual(read(document()))
  })

  it('joins a venue that quotes the underlying', () => {
    const own = document()
    own.underlyings = []
    own.expiries = []
    own.instruments = own.instruments.slice(0, 3)
    own.asOf = 1_770_326_900
    const market = readMarket([file(own), deribitFile([optionRow('BTC-27FEB26-70000-C')])])
    expect(market.instruments.map(({ symbol }) => symbol)).toEqual([
      'USD',
      'BTC',
      'BTC-P',
      'BTC-27FEB26-70000-C',
    ])
    expectRefusal(
      () => read(own),
      { file: 'market.json', row: 2, field: 'underlying' },
      /no file has a spot price of BTC/,
    )
  })
})

describe('a damaged native file is refused', () => {
  type Damage = (content: Document) => void
  it.each<[string, Damage, { row?: number; field?: string }, RegExp]>([
    ['another version', (d) => (d.version = 2), { field: 'version' }, /must be 1/],
    [
      'a field too many',
      (d) => (d.underlyings[1]!.note = 'x'),
      { row: 2, field: 'underlyings.note' },
      /not a field/,
    ],
    ['no time', (d) => (d.asOf = 1.5), { field: 'asOf' }, /whole unix seconds/],
    [
      'a number for a price',
      (d) => (d.underlyings[0]!.spot = 64_000),
      { row: 1, field: 'underlyings.spot' },
      /string/,
    ],
    [
      'NaN for a price',
      (d) => (d.underlyings[0]!.spot = 'NaN'),
      { row: 1, field: 'underlyings.spot' },
      /plain decimal/,
    ],
    [
      'too many places',
      (d) => (d.underlyings[0]!.spot = '0.0000000001'),
      { row: 1, field: 'underlyings.spot' },
      /digits/,
    ],
    ['a zero spot', (d) => (d.underlyings[1]!.spot = '0'), { row: 2, field: 'spot' }, /above zero/],
    ['a negative spot', (d) => (d.underlyings[1]!.spot = '-5'), { row: 2, field: 'spot' }, /above zero/],
    [
      'a spot beyond reason',
      (d) => (d.underlyings[1]!.spot = '1000000001'),
      { row: 2, field: 'spot' },
      /billion/,
    ],
    [
      'a repeated underlying',
      (d) => (d.underlyings[1]!.symbol = 'BTC'),
      { row: 2, field: 'underlying' },
      /duplicate/,
    ],
    ['a bad symbol', (d) => (d.underlyings[1]!.symbol = 'E TH'), { row: 2, field: 'symbol' }, /not a symbol/],
    [
      'four underlyings',
      (d) => d.underlyings.push({ symbol: 'SOL', spot: '80' }, { symbol: 'XRP', spot: '1' }),
      { row: 4, field: 'underlying' },
      /at most 3/,
    ],
    [
      'an unknown underlying',
      (d) => (d.expiries[0]!.underlying = 'SOL'),
      { row: 1, field: 'underlying' },
      /no file has/,
    ],
    ['a past expiry', (d) => (d.expiries[0]!.expiry = AS_OF), { row: 1, field: 'expiry' }, /expired/],
    ['an expiry twice', (d) => d.expiries.push(d.expiries[0]!), { row: 2, field: 'expiry' }, /duplicate/],
    [
      'a far forward',
      (d) => (d.expiries[0]!.forward = '31000'),
      { row: 1, field: 'forward' },
      /half and twice/,
    ],
    [
      'a volatility too low',
      (d) => (d.expiries[0]!.smile[1]!.vol = '0.0099'),
      { row: 1, field: 'smile[2].vol' },
      /1% and 1,000%/,
    ],
    [
      'a volatility too high',
      (d) => (d.expiries[0]!.smile[0]!.vol = '10.01'),
      { row: 1, field: 'smile[1].vol' },
      /1% and 1,000%/,
    ],
    [
      'strikes out of order',
      (d) => d.expiries[0]!.smile.reverse(),
      { row: 1, field: 'smile[2].strike' },
      /strictly increase/,
    ],
    [
      'a volatility that is missing',
      (d) => d.expiries[0]!.smile.pop(),
      { row: 6, field: 'strike' },
      /volatility is missing/,
    ],
    [
      'a volatility left out of a point',
      (d) => delete d.expiries[0]!.smile[0]!.vol,
      { row: 1, field: 'expiries.smile[1].vol' },
      /decimal number/,
    ],
    ['no forward', (d) => (d.expiries = []), { row: 4, field: 'expiry' }, /no forward/],
    [
      'an expired option',
      (d) => (d.instruments[4]!.expiry = AS_OF - 1),
      { row: 5, field: 'expiry' },
      /expired/,
    ],
    ['a lot of zero', (d) => (d.instruments[1]!.lot = '0'), { row: 2, field: 'lot' }, /above zero/],
    [
      'a perpetual far off',
      (d) => (d.instruments[2]!.mark = '200000'),
      { row: 3, field: 'mark' },
      /half and twice/,
    ],
    [
      'a repeated symbol',
      (d) => (d.instruments[5]!.symbol = 'BTC-60-P'),
      { row: 6, field: 'instrument' },
      /duplicate instrument BTC-60-P/,
    ],
    [
      'the same terms under two symbols',
      (d) => Object.assign(d.instruments[5]!, { strike: '60000', right: 'put' }),
      { row: 6, field: 'symbol' },
      /duplicate instrument: BTC-60-P/,
    ],
    [
      'two kinds of cash',
      (d) => d.instruments.push({ kind: 'cash', symbol: 'USDC', lot: '0.01' }),
      { row: 7, field: 'kind' },
      /one cash/,
    ],
    [
      'an unknown kind',
      (d) => (d.instruments[0]!.kind = 'bond'),
      { row: 1, field: 'instruments.kind' },
      /must be cash/,
    ],
    ['no right', (d) => (d.instruments[4]!.right = 'C'), { row: 5, field: 'instruments.right' }, /call/],
  ])('%s', (_, damage, place, rule) => {
    const content = document()
    damage(content)
    expectRefusal(() => read(content), { file: 'market.json', ...place }, rule)
  })

  it('files of different times', () => {
    const older = { ...document(), underlyings: [], expiries: [], instruments: [], asOf: AS_OF - 3601 }
    expectRefusal(
      () => readMarket([file(document()), file(older, 'older.json')]),
      { file: 'older.json', field: 'asOf' },
      /3601 s older/,
    )
  })

  it('parses or raises InputError, whatever is done to it', () => {
    const text = JSON.stringify(document())
    const edit = fc.record({
      at: fc.nat(text.length),
      drop: fc.nat(8),
      insert: fc.oneof(
        fc.constantFrom('NaN', '-', '0', '"', '}', '9999999999', ''),
        fc.string({ maxLength: 5 }),
      ),
    })
    fc.assert(
      fc.property(edit, ({ at, drop, insert }) => {
        const changed = text.slice(0, at) + insert + text.slice(at + drop)
        onlyInputErrors(() => readMarket([{ name: 'fuzz.json', text: changed }]))
      }),
      { numRuns: 600 },
    )
  })
})
