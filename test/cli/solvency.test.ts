import { mkdirSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MARGIN_INSTANCES } from '../../src/protocol/instances.ts'
import { marginArtifacts } from '../../src/prover/margin-prover.ts'
import { sealArtifacts } from '../../src/prover/seal-prover.ts'
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

  it('takes the keys of both circuits from a folder, and refuses them when they are of others', async () => {
    const [step, seal] = await keyFolders()
    const keys = pairOf('keys', { 'margin-4': step, seal })
    const out = ['--book', book, '--out', desk.path('run'), ...epoch('31337'), '--policy', 'aggregates']
    const ran = await solvency(...out, '--ledger', 'USD=74950', '--keys', keys)
    expect(ran.code).toBe(0)
    expect(ran.stdout).toContain('0 made now, 2 found finished')
    const swapped = pairOf('swapped', { 'margin-4': seal, seal: step })
    const foreign = await solvency(...out, '--ledger', 'USD=74950', '--keys', swapped)
    expect(foreign.code).toBe(4)
    expect(foreign.stderr).toContain('made for another constraint system')
    const half = await solvency(...out, '--keys', pairOf('half', { 'margin-4': step }))
    expect(half.code).toBe(2)
    expect(half.stderr).toContain('has no folder "seal"')
    expect((await solvency(...out, '--keys', step)).code).toBe(2)
  }, 300_000)

  it('gives a bundle that verifies with the same keys, and with no others', async () => {
    const [step, seal] = await keyFolders()
    const verify = async (keys: string) => {
      const ran = await tacit('verify', desk.path('run/epoch.tacit.jsonl'), '--keys', keys, '--json')
      const { checks } = lastJson(ran) as { checks: { id: string; verdict: string; evidence: string }[] }
      return { ...ran, pins: checks.find(({ id }) => id === 'pins')! }
    }
    const same = await verify(desk.path('keys'))
    expect(same.pins).toMatchObject({ verdict: 'pass' })
    expect(same.pins.evidence).toMatch(/margin-4: .*seal: /)
    expect(same.code).toBe(5)
    for (const pair of [
      { 'margin-4': seal, seal: step },
      { 'margin-16': step, seal },
      { 'margin-4': step },
    ]) {
      const other = await verify(pairOf(`other ${Object.keys(pair)}`, pair))
      expect(other.pins).toMatchObject({ verdict: 'fail' })
      expect(other.code).toBe(1)
    }
    const none = await tacit('verify', desk.path('run/epoch.tacit.jsonl'), '--keys', desk.folder)
    expect(none.code).toBe(2)
    expect(none.stderr).toContain('holds no keys')
  }, 300_000)

  it('refuses bad options, another epoch in its folder, and development keys on a real chain', async () => {
    const out = ['--book', book, '--out', desk.path('other')]
    const cases: readonly (readonly [string[], number, RegExp])[] = [
      [[...out], 2, /--liquidity.*needed without --deployment/],
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

/** The development keys, as the folders that a ceremony would leave behind. */
async function keyFolders(): Promise<[step: string, seal: string]> {
  const artifacts = [await marginArtifacts(MARGIN_INSTANCES['margin-4']), await sealArtifacts()]
  return artifacts.map(({ zkeyPath }) => dirname(zkeyPath)) as [string, string]
}

/** A folder with folders of keys under names of circuits. */
function pairOf(name: string, folders: Readonly<Record<string, string>>): string {
  mkdirSync(desk.path(name))
  for (const [circuit, folder] of Object.entries(folders)) symlinkSync(folder, desk.path(join(name, circuit)))
  return desk.path(name)
}
