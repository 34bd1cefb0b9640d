import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { BookEntry } from '../../src/book/entry.ts'
import { readBook } from '../../src/book/read.ts'
import { writeCsvBook, writeJsonBook } from '../../src/book/write.ts'
import { MARGIN_INSTANCES } from '../../src/protocol/instances.ts'
import { expectRefusal, type Json, onlyInputErrors } from '../risk/market/fixtures.ts'
import { account, INSTRUMENTS, LISTED_IDS, OWNER, SECRET } from './fixtures.ts'

const HEX_OWNER = '0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed'
const hex = (value: bigint) => `0x${value.toString(16)}`
const CALL = 'BTC-27MAR26-80000-C'

function csv(...rows: string[]) {
  return { name: 'book.csv', text: ['accountId,owner,secret,nonce,instrument,quantity', ...rows].join('\n') }
}
const line = (id: number, instrument: string, quantity: string, owner = HEX_OWNER) =>
  `${id},${owner},${hex(SECRET + BigInt(id))},0,${instrument},${quantity}`

interface JsonAccount extends Json {
  positions: Json[]
}
function jsonAccount(accountId: number): JsonAccount {
  return {
    accountId,
    owner: HEX_OWNER,
    secret: hex(SECRET + BigInt(accountId)),
    nonce: 0,
    positions: [
      { instrument: 'USD', quantity: '1000.5' },
      { instrument: CALL, quantity: -1.5 },
    ],
  }
}
function json(accounts: unknown) {
  return { name: 'book.json', text: JSON.stringify({ format: 'tacit.book', version: 1, accounts }) }
}
const POSITIONS = [
  { id: 1, quantityLots: 100_050n },
  { id: 8_200, quantityLots: -150_000n },
]

describe('book files', () => {
  it('are read from JSON', () => {
    const named = { ...jsonAccount(8), name: 'covered call', nonce: '7' }
    const entries = readBook(json([jsonAccount(7), named]), INSTRUMENTS)
    expect(entries).toEqual([
      { name: undefined, account: account(7, POSITIONS) },
      { name: 'covered call', account: account(8, POSITIONS, 7n) },
    ])
  })

  it('are read from CSV, columns in any order', () => {
    const rows = [line(7, 'USD', '1000.5'), line(7, CALL, '-1.5'), line(8, '', '')]
    expect(readBook(csv(...rows), INSTRUMENTS)).toEqual([
      { name: undefined, account: account(7, POSITIONS) },
      { name: undefined, account: account(8) },
    ])
    const text = `quantity,instrument,name,nonce,secret,owner,accountId\r\n5,BTC,"a, ""b""",3,${hex(SECRET)},${HEX_OWNER},0\r\n`
    expect(readBook({ name: 'book.csv', text }, INSTRUMENTS)).toEqual([
      { name: 'a, "b"', account: account(0, [{ id: 2, quantityLots: 500_000n }], 3n) },
    ])
  })

  it('take an owner in any case, and mixed case with its checksum', () => {
    const owners = [
      '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
      HEX_OWNER,
      `0x${HEX_OWNER.slice(2).toUpperCase()}`,
    ]
    for (const owner of owners) {
      expect(readBook(csv(line(7, 'USD', '1', owner)), INSTRUMENTS)[0]?.account.owner).toBe(OWNER)
    }
  })

  it('round-trip exactly in both formats', () => {
    const positions = fc.uniqueArray(fc.constantFrom(...LISTED_IDS)).chain((ids) =>
      fc
        .array(
          fc.bigInt({ min: -(1n << 38n), max: (1n << 38n) - 1n }).filter((lots) => lots !== 0n),
          { minLength: ids.length, maxLength: ids.length },
        )
        .map((lots) => ids.sort((a, b) => a - b).map((id, index) => ({ id, quantityLots: lots[index]! }))),
    )
    const entries = fc.uniqueArray(
      fc.record({
        name: fc.option(
          fc.string({ maxLength: 64 }).filter((name) => /^(?! )[^\p{C}]{1,64}(?<! )$/u.test(name)),
          {
            nil: undefined,
          },
        ),
        account: fc.record({
          accountId: fc.nat(2 ** 32 - 1),
          owner: fc.bigInt({ min: 1n, max: (1n << 160n) - 1n }),
          secret: fc.bigInt({ min: 1n << 128n, max: (1n << 248n) - 1n }),
          nonce: fc.bigInt({ min: 0n, max: (1n << 40n) - 1n }),
          positions,
        }),
      }),
      {
        minLength: 1,
        maxLength: 5,
        // A book has each id once, and each secret once.
        comparator: ({ account: a }, { account: b }) => a.accountId === b.accountId || a.secret === b.secret,
      },
    )
    fc.assert(
      fc.property(entries, (book: BookEntry[]) => {
        for (const write of [writeJsonBook, writeCsvBook]) {
          const text = write(book, INSTRUMENTS)
          expect(readBook({ name: 'again', text }, INSTRUMENTS)).toEqual(book)
        }
      }),
    )
  })

  it('cannot be written with an instrument that is not listed', () => {
    const entry = { account: account(1, [{ id: 77, quantityLots: 1n }]) }
    expectRefusal(() => writeCsvBook([entry], INSTRUMENTS), { field: 'instrument' }, /no live instrument/)
  })
})

describe('a damaged JSON book is refused', () => {
  const first = (changes: Json) => (accounts: JsonAccount[]) =>
    Object.assign(accounts[1]!.positions[0]!, changes)
  const head = (changes: Json) => (accounts: JsonAccount[]) => Object.assign(accounts[1]!, changes)
  it.each<[string, (accounts: JsonAccount[]) => unknown, string, RegExp]>([
    [
      'unknown instrument',
      first({ instrument: 'DOGE' }),
      'positions[1].instrument',
      /unknown instrument "DOGE"/,
    ],
    ['text for a quantity', first({ quantity: 'NaN' }), 'positions[1].quantity', /plain decimal/],
    ['null for a quantity', first({ quantity: null }), 'positions[1].quantity', /finite number/],
    ['zero', first({ quantity: -0 }), 'positions[1].quantity', /must not be zero/],
    ['half a lot', first({ quantity: '0.005' }), 'positions[1].quantity', /whole number of lots/],
    ['out of range', first({ quantity: 2 ** 38 / 100 }), 'positions[1].quantity', /out of range/],
    ['far out of range', first({ quantity: '9'.repeat(60) }), 'positions[1].quantity', /out of range/],
    ['inexact number', first({ quantity: 2 ** 53 }), 'positions[1].quantity', /too large to be exact/],
    ['a field too many', first({ price: 1 }), 'positions[1].price', /not a field/],
    ['a field missing', first({ quantity: undefined }), 'positions[1].quantity', /finite number/],
    ['unsorted', (accounts) => accounts[1]!.positions.reverse(), 'positions[2].instrument', /unsorted/],
    [
      'duplicate instrument',
      (accounts) => Object.assign(accounts[1]!.positions[1]!, { instrument: 'USD' }),
      'positions[2].instrument',
      /duplicate instrument USD/,
    ],
    ['same account', head({ accountId: 7 }), 'accountId', /stands twice/],
    ['same secret', head({ secret: hex(SECRET + 7n) }), 'secret', /another account/],
    ['account id', head({ accountId: 2 ** 32 }), 'accountId', /32 bits/],
    ['fractional account id', head({ accountId: 1.5 }), 'accountId', /whole number/],
    ['negative nonce', head({ nonce: -1 }), 'nonce', /40 bits/],
    ['large nonce', head({ nonce: String(1n << 40n) }), 'nonce', /40 bits/],
    ['short owner', head({ owner: '0x1234' }), 'owner', /40 hex digits/],
    ['zero owner', head({ owner: `0x${'0'.repeat(40)}` }), 'owner', /zero address/],
    ['mistyped owner', head({ owner: '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD' }), 'owner', /checksum/],
    ['large secret', head({ secret: hex(1n << 248n) }), 'secret', /below 2\^248/],
    ['guessable secret', head({ secret: '0x1234' }), 'secret', /too small to be random/],
    ['no secret', head({ secret: undefined }), 'secret', /text/],
    ['bad name', head({ name: 'two\nlines' }), 'name', /printable/],
  ])('%s', (_, damage, field, rule) => {
    const accounts = [jsonAccount(7), jsonAccount(8)]
    damage(accounts)
    expectRefusal(() => readBook(json(accounts), INSTRUMENTS), { file: 'book.json', row: 2, field }, rule)
  })

  it('NaN, a torn file, another format and an empty one', () => {
    const { text } = json([jsonAccount(7), jsonAccount(8)])
    const at = text.lastIndexOf('-1.5')
    const read = (changed: string) => () => readBook({ name: 'book.json', text: changed }, INSTRUMENTS)
    expectRefusal(
      read(`${text.slice(0, at)}NaN${text.slice(at + 4)}`),
      { file: 'book.json', row: 2, field: 'positions[2].quantity' },
      /NaN and Infinity/,
    )
    expectRefusal(
      read(text.slice(0, at)),
      { file: 'book.json', row: 2, field: 'positions[2].quantity' },
      /not valid JSON/,
    )
    expectRefusal(
      read(text.replace('tacit.book', 'x')),
      { file: 'book.json', field: 'format' },
      /must be "tacit.book"/,
    )
    expectRefusal(read(json([]).text), { file: 'book.json' }, /holds no account/)
  })

  it('never tells a secret', () => {
    const secret = `${hex(SECRET)}zz`
    const accounts = [{ ...jsonAccount(7), secret }]
    expect(() => readBook(json(accounts), INSTRUMENTS)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining(hex(SECRET)) }),
    )
  })
})

describe('a damaged CSV book is refused', () => {
  it.each<[string, string[], { row: number; field?: string }, RegExp]>([
    [
      'unknown instrument',
      [line(7, 'DOGE', '1')],
      { row: 2, field: 'instrument' },
      /unknown instrument "DOGE"/,
    ],
    ['NaN', [line(7, 'USD', '1'), line(7, 'BTC', 'NaN')], { row: 3, field: 'quantity' }, /plain decimal/],
    ['an exponent', [line(7, 'USD', '1e3')], { row: 2, field: 'quantity' }, /plain decimal/],
    ['zero', [line(7, 'USD', '0.00')], { row: 2, field: 'quantity' }, /must not be zero/],
    ['half a lot', [line(7, 'BTC', '0.000001')], { row: 2, field: 'quantity' }, /whole number of lots/],
    ['out of range', [line(7, 'BTC', '2748779.06944')], { row: 2, field: 'quantity' }, /out of range/],
    ['unsorted', [line(7, 'BTC', '1'), line(7, 'USD', '1')], { row: 3, field: 'instrument' }, /unsorted/],
    [
      'a duplicate',
      [line(7, 'USD', '1'), line(7, 'USD', '1')],
      { row: 3, field: 'instrument' },
      /duplicate instrument/,
    ],
    [
      'two owners',
      [line(7, 'USD', '1'), line(7, 'BTC', '1', '0x0000000000000000000000000000000000000001')],
      { row: 3, field: 'owner' },
      /account 7 has two owners/,
    ],
    [
      'rows apart',
      [line(7, 'USD', '1'), line(8, 'USD', '1'), line(7, 'BTC', '1')],
      { row: 4, field: 'accountId' },
      /do not stand together/,
    ],
    [
      'an empty position',
      [line(7, 'USD', '1'), line(7, '', '')],
      { row: 3, field: 'instrument' },
      /is empty/,
    ],
    ['no quantity', [line(7, 'USD', '')], { row: 2, field: 'quantity' }, /plain decimal/],
    ['a cell too many', [`${line(7, 'USD', '1')},9`], { row: 2 }, /7 cells, and the header 6/],
    ['a cell missing', [line(7, 'USD', '1'), '7,0x'], { row: 3 }, /2 cells/],
    ['an account id', ['x,0x,0x,0,USD,1'], { row: 2, field: 'accountId' }, /32 bits/],
    [
      'the same account in two spellings',
      [line(7, 'USD', '1'), `0${line(7, 'USD', '1')}`],
      { row: 3, field: 'accountId' },
      /twice/,
    ],
    ['a torn quote', [`"${line(7, 'USD', '1')}`], { row: 2 }, /not valid CSV/],
  ])('%s', (_, rows, place, rule) => {
    expectRefusal(() => readBook(csv(...rows), INSTRUMENTS), { file: 'book.csv', ...place }, rule)
  })

  it('more positions than slots', () => {
    const rows = ['USD', 'BTC', 'BTC-PERPETUAL', 'ETH', CALL].map((symbol) => line(7, symbol, '1'))
    expect(readBook(csv(...rows), INSTRUMENTS)).toHaveLength(1)
    expectRefusal(
      () => readBook(csv(...rows), INSTRUMENTS, MARGIN_INSTANCES['margin-4']),
      { file: 'book.csv', row: 2, field: 'positions' },
      /5 positions do not fit into the 4 slots/,
    )
  })

  it('a header that is none', () => {
    const read = (text: string) => () => readBook({ name: 'book.csv', text }, INSTRUMENTS)
    expectRefusal(read(''), { file: 'book.csv' }, /is empty/)
    expectRefusal(read('accountId,colour\n'), { file: 'book.csv', row: 1 }, /unknown column "colour"/)
    expectRefusal(
      read('accountId,owner\n'),
      { file: 'book.csv', row: 1, field: 'secret' },
      /must have the column secret/,
    )
    expectRefusal(
      read('accountId,accountId,owner,secret,nonce,instrument,quantity\n'),
      { file: 'book.csv', row: 1, field: 'accountId' },
      /once/,
    )
    expectRefusal(read(csv().text), { file: 'book.csv' }, /holds no account/)
  })
})

describe('whatever is done to a valid book', () => {
  const texts = [
    json([jsonAccount(7), jsonAccount(8)]).text,
    csv(line(7, 'USD', '1'), line(7, CALL, '2'), line(8, '', '')).text,
  ]
  it.each(texts)('it parses or raises InputError (%#)', (text) => {
    const edit = fc.record({
      at: fc.nat(text.length),
      drop: fc.nat(10),
      insert: fc.oneof(
        fc.constantFrom('NaN', '-', '"', ',', '\n', '0x', '1e99', ''),
        fc.string({ maxLength: 6, unit: 'binary' }),
      ),
    })
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
        const changed = edits.reduce(
          (now, { at, drop, insert }) => now.slice(0, at) + insert + now.slice(at + drop),
          text,
        )
        onlyInputErrors(() => readBook({ name: 'fuzz', text: changed }, INSTRUMENTS))
      }),
      { numRuns: 500 },
    )
  })
})
