import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Desk, jsonBook, lastJson, type Ran, tacit } from './support.ts'

/** A book of two accounts with cash alone, proven in full through the command line. Keys come from the shared cache. */
const desk = new Desk()
const small = ['--instance', 'margin-4', '--seed', '1']
const LIQUIDITY = ['--liquidity', '1000000,500000', '--reserves', '1000']
const SEALS = '0x9fE46736679d2D9a65F0992F2272dE9f3c7fa6e0'
const epoch = (chainId: string) => ['--chain-id', chainId, '--seals', SEALS, '--epoch', '7']

let book: string
let proven: Ran
const solvency = (...options: string[]) => tacit('solvency', ...small, ...LIQUIDITY, ...options)

beforeAll(async () => {
  book = desk.write('book.json', jsonBook([{ instrument: 'USD', quantity: '-250.5' }]))
  proven = await solvency('--book', book, '--out', desk.path('run'), ...epoch('31337'), '--json')
})
afterAll(() => desk.clear())

describe('tacit solvency', () => {
  it('proves a book into a folder and says what its seal shows', () => {
    expect(proven.code).toBe(0)
    expect(lastJson(proven)).toMatchObject({
      format: 'tacit.epoch',
      instance: 'margin-4',
      book: { count: 2 },
      context: { chainId: '31337', seals: SEALS, epoch: '7' },
      policy: 'predicates',
      belowMm: '1',
      gaugeBps: { BTC: '0', ETH: '0' },
      stepsProven: 2,
      stepsFound: 0,
      seal: { signals: { belowMm: '1', policy: '0', counts: '0', totals: '0' } },
    })
    expect(proven.stderr).toContain("THE BOOK'S OWN LEDGER")
    expect(proven.stderr).toContain('DEVELOPMENT KEYS')
    expect(proven.stderr).not.toContain('OFFLINE CONTEXT')
    const text = desk.read('run/epoch.json')
    expect(JSON.parse(text)).toMatchObject({ format: 'tacit.epoch', version: 1 })
    for (const secret of ['secret', 'owner', 'accountId', 'blind']) expect(text).not.toContain(secret)
  })

  it('goes on where it was, and shows sums only under aggregates', async () => {
    const again = await solvency(
      ...['--book', book, '--out', desk.path('run'), ...epoch('31337')],
      ...['--policy', 'aggregates', '--ledger', 'USD=74950'],
    )
    expect(again.stderr).not.toContain("THE BOOK'S OWN LEDGER")
    expect(again.code).toBe(0)
    expect(again.stdout).toContain('0 made now, 2 found finished')
    expect(again.stdout).toContain('0 reduce, 0 soft, 0 full, 1 insolvent')
    expect(again.stdout).toMatch(/shortfall sum +250\.50 USD/)
    expect(again.stdout).toMatch(/equity +749\.50 USD/)
  })

  it('refuses a book that breaks a rule, before anything is proven', async () => {
    const out = ['--out', desk.path('refused')]
    const short = await solvency('--book', book, '--ledger', 'USD=74949', ...out)
    expect(short.code).toBe(1)
    expect(short.stderr).toMatch(/collateral 1 is short by 1 lots/)
    const insolvent = await solvency('--book', book, '--reserves', '250.49', ...out)
    expect(insolvent.code).toBe(2)
    expect(insolvent.stderr).toMatch(/another epoch \(ledger\)/)
    const poor = await solvency('--book', book, '--reserves', '250.49', '--out', desk.path('poor'))
    expect(poor.code).toBe(1)
    expect(poor.stderr).toMatch(/above the reserves/)
    const lone = desk.write(
      'lone.json',
      jsonBook([
        { instrument: 'USD', quantity: '1000' },
        { instrument: 'BTC-PERPETUAL', quantity: '1' },
      ]),
    )
    const unbalanced = await solvency('--book', lone, '--out', desk.path('lone'), '--json')
    expect(unbalanced.code).toBe(1)
    expect(lastJson(unbalanced).error.message).toMatch(/does not net to zero.*rule 5/)
  })

  it('refuses bad options, another epoch in its folder, and development keys on a real chain', async () => {
    const out = ['--book', book, '--out', desk.path('other')]
    const cases: readonly (readonly [string[], number, RegExp])[] = [
      [['--liquidity', '5', ...out], 2, /one amount for each of BTC, ETH/],
      [['--liquidity', '5,x', ...out], 2, /no amount of dollars/],
      [['--liquidity', '5,100', ...out], 2, /BTC: must be at least/],
      [['--liquidity', '100,100', '--ledger', 'XYZ=1', ...out], 2, /unknown instrument/],
      [['--liquidity', '100,100', '--ledger', 'USD=-1', ...out], 2, /no number of lots/],
      [['--liquidity', '100,100', '--reserves', '-1', ...out], 2, /must not be negative/],
      [['--liquidity', '100,100', '--epoch', '1', ...out], 2, /belong together/],
      [['--liquidity', '100,100', '--workers', '0', ...out], 2, /from 1 to 256/],
      [['--liquidity', '100,100', '--book', book], 2, /--out/],
      [['--liquidity', '100,100', ...out, ...epoch('1')], 4, /local/],
      [['--liquidity', '100,100', '--book', book, '--out', desk.path('run')], 2, /another epoch \(context\)/],
    ]
    for (const [options, code, reason] of cases) {
      const ran = await tacit('solvency', ...small, '--reserves', '1000', ...options)
      expect(ran.stderr, options.join(' ')).toMatch(reason)
      expect(ran.code, options.join(' ')).toBe(code)
    }
    expect(desk.has('other')).toBe(false)
  })
})
