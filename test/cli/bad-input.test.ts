import { mkdirSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Desk, jsonBook, lastJson, OWNER, SECRET, SMALL_MARKET, tacit } from './support.ts'

/** Everything malformed ends with exit code 2, says where and why, and leaves nothing behind. */
let desk: Desk
beforeEach(() => {
  desk = new Desk()
})
afterEach(() => desk.clear())

interface Refusal {
  readonly argv: readonly string[]
  readonly says: readonly (string | RegExp)[]
}

/** Asks for an output file too: it must not appear, nor any draft of it. */
async function refused({ argv, says }: Refusal): Promise<void> {
  const before = desk.names()
  const ran = await tacit(...argv, '--instance', 'margin-4', '--json')
  expect(ran.code).toBe(2)
  // Progress may come before, on a busy machine.
  const told = ran.stderr.slice(ran.stderr.search(/^tacit: /m))
  expect(told).toMatch(/^tacit: (INPUT_INVALID|OUT_OF_RANGE): /)
  // One sentence and one piece of advice; a stack is for whoever sets TACIT_DEBUG.
  expect(told.trimEnd().split('\n')).toHaveLength(2)
  expect(ran.stderr).not.toMatch(/\n\s+at /)
  for (const part of says) expect(ran.stderr).toMatch(part)
  expect(lastJson(ran)).toMatchObject({ error: { code: expect.any(String) }, exitCode: 2 })
  expect(desk.names()).toEqual(before)
}

const matrixOf = (market: string) => ['matrix', '--market', market, '--out', desk.path('out.json')]
const proofOf = (book: string) => ['attest', '--account', '2', '--book', book, '--out', desk.path('out.json')]

describe('a market that is refused', () => {
  it('is missing, or a folder', async () => {
    await refused({ argv: matrixOf(desk.path('none.json')), says: [/none\.json: .*no such file/] })
    await refused({ argv: matrixOf(desk.folder), says: [/cannot be read: it is a folder/] })
  })

  it('is no JSON, or of no known format', async () => {
    const cut = desk.write('cut.json', SMALL_MARKET().slice(0, 2_000))
    await refused({ argv: matrixOf(cut), says: [/cut\.json.*is not valid JSON \(line \d+\)/] })
    const other = desk.write('other.json', '{"hello": 1}')
    await refused({ argv: matrixOf(other), says: [/other\.json: is not a market file of any known format/] })
  })

  it('has NaN for a volatility', async () => {
    const file = desk.write('nan.json', SMALL_MARKET().replace(/"vol":"[^"]+"/, '"vol":NaN'))
    await refused({
      argv: matrixOf(file),
      says: [/nan\.json, row 1, field "expiries\.smile\[1\]\.vol"/, /NaN/],
    })
  })

  it('has an expired option', async () => {
    const market = JSON.parse(SMALL_MARKET())
    const row = market.instruments.findIndex(({ kind }: { kind: string }) => kind === 'option')
    market.instruments[row].expiry = market.asOf - 60
    const file = desk.write('expired.json', JSON.stringify(market))
    await refused({
      argv: matrixOf(file),
      says: [new RegExp(`expired\\.json, row ${row + 1}, field "expiry"`), /expired|after/],
    })
  })

  it('comes with a configuration that does not fit, or is none', async () => {
    const argv = (text: string) => ['matrix', '--configuration', desk.write('c.json', text)]
    await refused({ argv: argv('{'), says: [/c\.json: is not JSON/] })
    await refused({ argv: argv('{"name": 1}'), says: [/c\.json, field "name"/] })
  })
})

describe('a book that is refused', () => {
  it('is missing: before the market is priced', async () => {
    await refused({ argv: proofOf(desk.path('none.csv')), says: [/none\.csv: cannot be read/] })
  })

  it.each([
    [
      'an unknown instrument',
      'BTC-1JAN20-1-C',
      '1',
      /positions\[1\]\.instrument": unknown instrument "BTC-1JAN20-1-C"/,
    ],
    ['a quantity out of range', 'USD', '99999999999', /positions\[1\]\.quantity": is out of range/],
    ['a quantity between two lots', 'USD', '0.001', /whole number of lots of USD/],
    ['a quantity of zero', 'USD', '0', /must not be zero/],
    ['a quantity that is no number', 'USD', 'many', /must be a plain decimal number, not "many"/],
  ])('names %s, with file and row', async (_, instrument, quantity, rule) => {
    const book = desk.write('book.json', jsonBook([{ instrument, quantity }]))
    await refused({ argv: proofOf(book), says: [/book\.json, row 2, field /, rule] })
  })

  it('is unsorted, or has more positions than slots', async () => {
    const unsorted = [
      { instrument: 'BTC-PERPETUAL', quantity: '1' },
      { instrument: 'USD', quantity: '1' },
    ]
    const book = desk.write('book.json', jsonBook(unsorted))
    await refused({ argv: proofOf(book), says: [/book\.json, row 2/, /unsorted/] })
    const market = JSON.parse(SMALL_MARKET())
    const many = market.instruments
      .slice(0, 5)
      .map(({ symbol }: { symbol: string }) => ({ instrument: symbol, quantity: '1' }))
    const full = desk.write('full.json', jsonBook(many))
    await refused({
      argv: proofOf(full),
      says: [/full\.json, row 2/, /5 positions do not fit into the 4 slots/],
    })
  })

  it('is CSV with a fault, named by its line', async () => {
    const header = 'accountId,name,owner,secret,nonce,instrument,quantity'
    const row = (id: number, instrument: string, quantity: string) =>
      `${id},a,${OWNER},${SECRET},0,${instrument},${quantity}`
    const book = desk.write('book.csv', `${header}\n${row(1, 'USD', '5')}\n${row(1, 'XRP', '5')}\n`)
    await refused({
      argv: proofOf(book),
      says: [/book\.csv, row 3, field "instrument": unknown instrument "XRP"/],
    })
    const empty = desk.write('empty.csv', `${header}\n`)
    await refused({ argv: proofOf(empty), says: [/empty\.csv: holds no account/] })
  })

  it('never shows a secret', async () => {
    const book = desk.write('book.json', jsonBook([]).replace(SECRET, '0x1234567'))
    const { stderr, code } = await tacit('margin', '--instance', 'margin-4', '--book', book)
    expect(code).toBe(2)
    expect(stderr).toContain('row 1, field "secret"')
    expect(stderr).not.toContain('1234567')
  })

  it('has nobody for the demo to trigger: said before anything is started', async () => {
    const book = desk.write('book.json', jsonBook([{ instrument: 'USD', quantity: '5' }]))
    await refused({
      argv: ['demo', '--book', book],
      says: [/below its maintenance margin, and this book has none/],
    })
  })
})

describe('other input that is refused', () => {
  it('a context that is incomplete or has no address', async () => {
    const base = ['attest', '--account', '1001', '--out', desk.path('out.json'), '--chain-id', '31337']
    await refused({ argv: base, says: [/give all three, or none/] })
    const wrong = [...base, '--attestor', '0x12', '--beneficiary', OWNER]
    await refused({ argv: wrong, says: [/field "--attestor": is no address: "0x12"/] })
  })

  it('a place that cannot be written', async () => {
    const missing = desk.path('missing/out.json')
    await refused({
      argv: ['matrix', '--out', missing],
      says: [/missing\/out\.json: cannot be written: there is no such/],
    })
    mkdirSync(desk.path('folder'))
    await refused({
      argv: ['matrix', '--out', desk.path('folder')],
      says: [/folder: cannot be written: it is a folder/],
    })
  })

  it('a key folder that is not there', async () => {
    await refused({ argv: ['setup', '--keys', desk.path('none')], says: [/none: cannot be read/] })
  })
})

describe('TACIT_DEBUG', () => {
  it('is the only way to a stack', async () => {
    const { run } = await import('../../src/cli/run.ts')
    let stderr = ''
    const code = await run(['matrix', '--market', desk.path('none')], {
      stdout: () => {},
      stderr: (text) => {
        stderr += text
      },
      live: false,
      colour: false,
      environment: { TACIT_DEBUG: '1' },
    })
    expect(code).toBe(2)
    expect(stderr).toMatch(/\n\s+at .*files\.ts/)
    expect(stderr).toContain('caused by')
  })
})
