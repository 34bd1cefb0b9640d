import { afterAll, describe, expect, it } from 'vitest'
import { Desk, jsonBook, lastJson, SMALL_MARKET, tacit } from './support.ts'

const desk = new Desk()
afterAll(() => desk.clear())

const SMALL = [
  '--instance',
  'margin-4',
  '--accounts',
  '40',
  '--hours',
  '0.7',
  '--ramp',
  '20',
  '--depth',
  '8000000',
]

describe('tacit stress', () => {
  it('answers an operator in one line, in a table', async () => {
    const ran = await tacit(
      'stress',
      '--spot',
      '-20',
      '--vol',
      '50',
      '--runs',
      '2',
      '--threads',
      '1',
      ...SMALL,
    )
    expect(ran.code).toBe(0)
    for (const engine of ['none', 'linear-market', 'portfolio-market', 'portfolio-soft', 'tacit']) {
      expect(ran.stdout).toMatch(new RegExp(`^${engine} `, 'm'))
    }
  })

  it('gives the same bytes on one thread and on two', async () => {
    const once = async (threads: string) => {
      const { code, stdout } = await tacit('stress', '--runs', '3', '--threads', threads, '--json', ...SMALL)
      expect(code).toBe(0)
      return stdout
    }
    const [one, two] = [await once('1'), await once('2')]
    expect(two).toBe(one)
    const result = JSON.parse(one)
    expect(result.format).toBe('tacit.stress')
    expect(result.engines.every(({ conserved }: { conserved: boolean }) => conserved)).toBe(true)
  })

  it('writes a page with its charts and nothing from outside, and the result as JSON', async () => {
    const report = desk.path('stress.html')
    const json = desk.path('stress.json')
    const extra = ['--reserves', '80', '--scenario', 'oracle-delay', '--without', 'clearingHouse']
    const ran = await tacit(
      'stress',
      '--runs',
      '2',
      '--engine',
      'tacit',
      ...extra,
      '--report',
      report,
      '--out',
      json,
      ...SMALL,
    )
    expect(ran.stderr).not.toMatch(/tacit: /)
    expect(ran.code).toBe(0)
    const page = desk.read('stress.html')
    expect(page).toContain("default-src 'none'")
    expect(page).not.toMatch(/<script|https?:|src=/)
    for (const title of [
      'Price of BTC',
      'Stress gauge of BTC',
      'Losses by who bears them',
      'Overshoot below',
      'oracle-delay',
      'Reserves',
    ]) {
      expect(page).toContain(title)
    }
    const result = JSON.parse(desk.read('stress.json'))
    expect(result.engines.map(({ engine }: { engine: string }) => engine)).toEqual([
      'none',
      'tacit',
      'tacit without clearing house',
    ])
    expect(result.scenarios[0].stressed).toHaveLength(3)
    expect(result.reserves).toHaveLength(2)
  })

  it("reads a venue's own market, book and bars", async () => {
    const market = desk.write('market.json', SMALL_MARKET())
    const book = desk.write(
      'book.json',
      jsonBook([
        { instrument: 'USD', quantity: '-27000' },
        { instrument: 'BTC-PERPETUAL', quantity: '0.5' },
      ]),
    )
    const rows = Array.from(
      { length: 20 },
      (_, minute) => `${1_621_296_000_000 + minute * 60_000},${40_000 - 900 * minute}`,
    )
    const bars = desk.write('bars.csv', ['open_time_ms,close', ...rows].join('\n'))
    const ran = await tacit(
      'stress',
      '--market',
      market,
      '--book',
      book,
      '--bars',
      bars,
      '--instance',
      'margin-4',
      '--json',
    )
    expect(ran.code).toBe(0)
    const { source, engines } = lastJson(ran)
    expect(source).toMatchObject({ runs: 1, steps: 19, accounts: 2, book })
    expect(engines[1].figures.breached.mean).toBe(1)
  })

  it.each([
    [['--book', 'missing.csv'], /missing\.csv/],
    [['--spot', '-120'], /spotMove/],
    [['--set', 'depht=3'], /--set.*is not name=value/],
    [['--set', 'permanentBps=20000'], /permanentBps/],
    [['--scenario', 'doom'], /there is no scenario "doom"/],
    [['--engine', 'warp'], /there is no engine "warp"/],
    [['--without', 'brakes'], /there is no part "brakes"/],
    [['--runs', '0'], /--runs/],
    [['--reserves', '100'], /confidence/],
    [['--from', 'yesterday', '--bars', 'BARS'], /--from.*must be a time/],
    [['--bars', 'CUT'], /row 3: has 1 of 2 fields: the file is cut short/],
  ])('refuses %j with the reason, before it runs anything', async (argv, reason) => {
    const bars = desk.write(
      'b.csv',
      'open_time_ms,close\n1621296000000,4\n1621296060000,4\n1621296120000,4\n',
    )
    const cut = desk.write('c.csv', 'open_time_ms,close\n1621296000000,4\n16212960\n')
    const given = argv.map((word) => ({ BARS: bars, CUT: cut })[word] ?? word)
    const ran = await tacit('stress', ...SMALL, ...given)
    expect(ran.code).toBe(2)
    expect(ran.stderr).toMatch(reason)
  })
})
