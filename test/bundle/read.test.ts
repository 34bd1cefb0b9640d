import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { bundleJsonSchema } from '../../src/bundle/json-schema.ts'
import { MAX_DEPTH, MAX_LINE_BYTES, MAX_MEMBERS, MAX_TEXT } from '../../src/bundle/limits.ts'
import { linesOf } from '../../src/bundle/lines.ts'
import { readBundle } from '../../src/bundle/read.ts'
import { parseStrictJson } from '../../src/bundle/strict-json.ts'
import { REPOSITORY_ROOT } from '../../src/prover/cache.ts'
import { bytesOf } from './fixture.ts'

async function readAll(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<number> {
  let count = 0
  for await (const record of readBundle(chunks)) count += record === undefined ? 0 : 1
  return count
}

describe('strict JSON', () => {
  it.each([
    '{}',
    '[]',
    ' { "a" : [ 1 , -2, true, false, null, "x\\u0041\\n" ] } ',
    '"\u00e9"',
    '0',
    '-9007199254740991',
  ])('reads %s as JSON.parse does', (text) => {
    expect(parseStrictJson(text)).toEqual(JSON.parse(text))
  })

  it.each([
    ['{"a":1,"a":2}', /the key "a" twice/],
    ['{"a":1,"\\u0061":2}', /the key "a" twice/],
    ['{"__proto__":{"x":1}}', /the key "__proto__"/],
    ['{"constructor":1}', /the key "constructor"/],
    ['1.5', /no integer/],
    ['1e9', /no integer/],
    ['01', /no integer/],
    ['-0', /not exact/],
    ['9007199254740992', /not exact/],
    ['9'.repeat(100_000), /not exact/],
    ['NaN', /no JSON/],
    ['', /ends in the middle/],
    ['{"a":', /ends in the middle/],
    ['{"a"', /colon/],
    ['[1,', /ends in the middle/],
    ['[1 2]', /comma/],
    ['[1,]', /no JSON/],
    ['{a:1}', /key that is no text/],
    ['"a', /ends in the middle of a text/],
    ['"a\tb"', /control character/],
    ['"\\x"', /escape/],
    ['1 2', /after its value/],
    ['['.repeat(MAX_DEPTH + 1), /nested deeper/],
    ['['.repeat(1_000_000), /nested deeper/],
    [`"${'a'.repeat(MAX_TEXT + 1)}"`, /more than \d+ characters/],
    [`[${'1,'.repeat(MAX_MEMBERS)}1]`, /more than \d+ items/],
  ])('refuses %.30s', (text, rule) => {
    expect(() => parseStrictJson(text)).toThrow(rule)
  })

  it('makes nothing of a key that JavaScript knows', () => {
    expect(Object.getPrototypeOf(parseStrictJson('{"toString":1}'))).toBe(Object.prototype)
    expect(({} as Record<string, unknown>).x).toBeUndefined()
  })
})

describe('lines', () => {
  it('come one by one from chunks of any size', async () => {
    const bytes = new TextEncoder().encode('one\n\u20ac two\n\nlast')
    for (const size of [1, 2, 3, 100]) {
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.subarray(i * size, (i + 1) * size),
      )
      const texts: string[] = []
      for await (const { text } of linesOf(chunks)) texts.push(text)
      expect(texts).toEqual(['one', '\u20ac two', '', 'last'])
    }
  })

  it('that are too long are refused before they are held', async () => {
    let sent = 0
    function* endless() {
      for (;;) {
        sent += 65_536
        yield new Uint8Array(65_536).fill(0x20)
      }
    }
    await expect(readAll(endless())).rejects.toThrow(`longer than ${MAX_LINE_BYTES} bytes`)
    expect(sent).toBeLessThanOrEqual(MAX_LINE_BYTES + 2 * 65_536)
  })

  it('that are not UTF-8 are refused, and so is a byte-order mark', async () => {
    await expect(readAll([Uint8Array.from([0x7b, 0xff, 0x0a])])).rejects.toThrow(/row 1: is not UTF-8/)
    await expect(readAll([Uint8Array.from([0xef, 0xbb, 0xbf, 0x7b, 0x7d, 0x0a])])).rejects.toThrow(/no JSON/)
  })
})

describe('records', () => {
  const header = {
    record: 'header',
    format: 'tacit.bundle',
    version: 1,
    instance: 'margin-4',
    count: 2_097_152,
    treeRoot: '1',
    round: { asOfSeconds: 1, configurationHash: `0x${'0'.repeat(64)}`, marketHash: `0x${'0'.repeat(64)}` },
    statement: Object.fromEntries(
      'bookRoot riskRoot parameters chainFirst chainLast ledger0 ledger1 ledger2 reserves belowMm gauge liquidity policy counts totals context'
        .split(' ')
        .map((name) => [name, '1']),
    ),
    chain: null,
  }
  const refused = (...records: object[]) => readAll(bytesOf(records.map((record) => JSON.stringify(record))))

  it.each([
    [[{}], /row 1, field "record": is no record/],
    [[{ record: 'toString' }], /is no record/],
    [[[]], /is no record/],
    [[{ record: 'leaf', index: 0, leaf: '1' }], /a "leaf" stands where "header" must/],
    [[{ ...header, version: 2 }], /field "header.version": must be 1/],
    [[{ ...header, count: 2_097_153 }], /field "header.count"/],
    [[{ ...header, count: 0 }], /field "header.count"/],
    [[{ ...header, more: 1 }], /field "header.more": is not a field/],
    [[{ ...header, treeRoot: '01' }], /field "header.treeRoot"/],
    [[{ ...header, treeRoot: '9'.repeat(79) }], /field "header.treeRoot"/],
    [[header, header], /row 2.*a "header" stands where "configuration" must/],
    [
      [
        header,
        { record: 'configuration', configuration: {} },
        { record: 'end', digest: `0x${'0'.repeat(64)}` },
      ],
      /"underlying" must/,
    ],
    [[header], /truncated/],
    [[], /truncated/],
  ])('in the wrong place or shape are refused: %#', async (records, rule) => {
    await expect(refused(...(records as object[]))).rejects.toThrow(rule as RegExp)
  })

  it('are no more than a bundle may have', async () => {
    const many = Array.from({ length: 4 }, () => ({
      record: 'underlying',
      quote: { symbol: 'BTC', spot: '1' },
    }))
    await expect(refused(header, { record: 'configuration', configuration: {} }, ...many)).rejects.toThrow(
      /row 6/,
    )
  })
})

describe('the published schema', () => {
  it('is that of the reader', () => {
    const text = readFileSync(join(REPOSITORY_ROOT, 'docs/bundle.schema.json'), 'utf8')
    expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(bundleJsonSchema())))
  })
})
