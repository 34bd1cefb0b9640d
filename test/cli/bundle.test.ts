import { mkdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeJsonBook } from '../../src/book/write.ts'
import { writeBundleFile } from '../../src/bundle/write-file.ts'
import { writeNativeMarket } from '../../src/risk/market/native.ts'
import { changed, lineOf, resealed } from '../bundle/change.ts'
import { type BundleWorld, bundleWorld } from '../bundle/fixture.ts'
import { Desk, lastJson, SMALL_MARKET, tacit } from './support.ts'

/** `tacit verify` of a bundle, and owners' receipts, from one end to the other. */
const desk = new Desk()
let world: BundleWorld
let bundle: string
let asOf: string[]
let pins: string[]

beforeAll(async () => {
  world = await bundleWorld()
  bundle = desk.path('epoch.tacit.jsonl')
  await writeBundleFile(bundle, world.content)
  asOf = ['--as-of', String(world.snapshot.asOfSeconds + 30)]
  pins = world.pins.flatMap(({ hash }) => ['--key-hash', hash])
}, 600_000)
afterAll(() => desk.clear())

const write = (name: string, lines: readonly string[]) => desk.write(name, `${lines.join('\n')}\n`)

describe('tacit verify of a bundle', () => {
  it('says what is proven, check by check, and warns of development keys with an exit code of its own', async () => {
    const ran = await tacit('verify', bundle, ...asOf, ...pins, '--max-age', '60')
    expect(ran.code).toBe(5)
    expect(ran.stdout).toMatch(/^VALID, DEVELOPMENT KEYS\n/)
    expect(ran.stdout).toMatch(
      /yes {2}The risk matrix follows from market data and configuration\n +57 instruments priced/,
    )
    expect(ran.stdout.replaceAll(/\s+/g, ' ')).toContain('counts every account once and only once')
    expect(ran.stdout).not.toMatch(/^ {2}(NO|- )/m)
  })

  it('answers machines in one line', async () => {
    const ran = await tacit('verify', bundle, ...asOf, '--json')
    expect(ran.code).toBe(5)
    const report = lastJson(ran)
    expect(report).toMatchObject({ format: 'tacit.bundle-report', verdict: 'valid-development-keys' })
    expect(report.checks.map(({ id }: { id: string }) => id)).toContain('chain')
    expect(report.statement.belowMm).toMatch(/^\d+$/)
  })

  it('says no, with exit code 1 and the reason, to one that does not hold', async () => {
    const at = lineOf(world.lines, 'step', 3)
    const { proof } = JSON.parse(world.lines[at + 1]!)
    const path = write(
      'forged.tacit.jsonl',
      changed(world.lines, at, (record) => ({ ...record, proof })),
    )
    const ran = await tacit('verify', path, ...asOf)
    expect(ran.code).toBe(1)
    expect(ran.stdout).toMatch(/^NOT VALID\n/)
    expect(ran.stdout).toMatch(/NO {3}Every account is proven\n.*step 3/)
  })

  it('refuses, with exit code 2, what is no whole bundle', async () => {
    const half = await tacit('verify', write('half.tacit.jsonl', world.lines.slice(0, 40)))
    expect(half.code).toBe(2)
    expect(half.stdout).toMatch(/^REFUSED\n/)
    expect(half.stdout).toContain('truncated')
    const odd = await tacit('verify', write('odd.tacit.jsonl', ['{"a":1,"a":2}']), '--json')
    expect(odd.code).toBe(2)
    expect(lastJson(odd)).toMatchObject({ verdict: 'refused' })
    expect((await tacit('verify', desk.path('none.tacit.jsonl'))).code).toBe(2)
  })

  it('holds the keys against those that the user trusts, and the round against the time', async () => {
    const foreign = await tacit('verify', bundle, ...asOf, '--key-hash', `0x${'00'.repeat(32)}`)
    expect(foreign.code).toBe(1)
    expect(foreign.stdout.replaceAll(/\s+/g, ' ')).toContain('none of those that you named')
    const old = await tacit('verify', bundle, '--as-of', '2027-01-01T00:00:00Z', '--max-age', '3600')
    expect(old.code).toBe(1)
    expect(old.stdout).toContain('older than 3600 s')
    expect((await tacit('verify', bundle, '--max-age', 'x')).code).toBe(2)
    expect((await tacit('verify', bundle, '--key-hash', '0x12')).code).toBe(2)
    expect((await tacit('verify', bundle, '--as-of', 'soon')).code).toBe(2)
  })

  it('says so when nobody answers for the chain', async () => {
    const ran = await tacit('verify', bundle, ...asOf, '--rpc', 'http://127.0.0.1:9')
    expect(ran.code).toBe(3)
    expect(ran.stderr).toContain('CHAIN_UNAVAILABLE')
  })
})

describe('tacit verify --rpc', () => {
  it('says in one sentence that a bundle of no chain cannot be compared with one', async () => {
    const nowhere = changed(world.lines, 0, (header) => ({
      ...header,
      chain: { ...header.chain, references: null },
    }))
    const path = write('nowhere.tacit.jsonl', nowhere)
    const ran = await tacit('verify', path, ...asOf, '--rpc', 'http://127.0.0.1:9', '--json')
    expect(ran.code).toBe(1)
    expect(lastJson(ran).words).toHaveLength(1)
    expect(lastJson(ran).words[0]).toContain('names no place on a chain')
  })
})

describe("an owner's receipt", () => {
  /** The fixture's book as a file. */
  function bookFile(): string {
    const entries = world.book.accounts.map((account) => ({ account }))
    return desk.write('book.json', writeJsonBook(entries, world.matrix.listing))
  }

  it('is written, and shows that exactly the positions are counted, once', async () => {
    const market = desk.write('market.json', SMALL_MARKET())
    const receipt = desk.path('receipt.json')
    const argv = ['receipt', '--instance', 'margin-4', '--market', market, '--book', bookFile()]
    const written = await tacit(...argv, '--account', '2002', '--out', receipt)
    expect(written.code).toBe(0)
    expect(written.stderr).toContain('PRIVATE')
    const ran = await tacit('check-receipt', receipt, bundle, ...asOf, ...pins)
    expect(ran.code).toBe(5)
    expect(ran.stdout).toMatch(/^COUNTED\n/)
    expect(ran.stdout).toMatch(/USD +900000 +1\.00 +900,000\.00/)
    expect(ran.stdout).toMatch(/tier +\w/)
    expect(ran.stdout.replaceAll(/\s+/g, ' ')).toContain('exactly these 2 positions, once, at index 1 of 8')

    const text = JSON.parse(desk.read('receipt.json'))
    text.account.positions[0].quantityLots = '1'
    const other = await tacit(
      'check-receipt',
      desk.write('other.json', JSON.stringify(text)),
      bundle,
      ...asOf,
      '--json',
    )
    expect(other.code).toBe(1)
    expect(lastJson(other)).toMatchObject({ verdict: 'not-counted', bundleVerdict: 'valid-development-keys' })

    const cut = write('cut.tacit.jsonl', world.lines.slice(0, -2))
    expect((await tacit('check-receipt', receipt, cut)).code).toBe(2)
    const swapped = await tacit('check-receipt', bundle, receipt)
    expect(swapped.stderr).toContain('is a bundle: the receipt comes first')
    expect(swapped.code).toBe(2)
    const twice = lineOf(world.lines, 'leaf', 1)
    const doubled = changed(world.lines, twice + 1, (r) => ({
      ...r,
      leaf: JSON.parse(world.lines[twice]!).leaf,
    }))
    const counted = await tacit(
      'check-receipt',
      receipt,
      write('twice.tacit.jsonl', resealed(doubled)),
      ...asOf,
    )
    expect(counted.code).toBe(1)
    expect(counted.stdout).toContain('it is counted 2 times')
  })

  it('is of the book as its rounds have listed it', async () => {
    const { snapshot, book } = world
    const round = (name: string, left: readonly string[]) => {
      const instruments = snapshot.instruments.filter(({ symbol }) => !left.includes(symbol))
      return desk.write(`rounds/${name}.json`, writeNativeMarket({ ...snapshot, instruments }))
    }
    mkdirSync(desk.path('rounds'))
    const files = ['--book', bookFile(), '--rounds', desk.path('rounds')]
    const argv = ['receipt', '--instance', 'margin-4', ...files, '--account', '2002', '--json']
    const rootOf = async (name: string) => {
      const ran = await tacit(...argv, '--out', desk.path(name))
      expect(ran.code).toBe(0)
      return lastJson(ran).bookRoot
    }
    round('2', [])
    expect(await rootOf('listed.json')).toBe(`${book.root}`)
    // An instrument that was listed a round later has another id, and so has the book another root.
    const { symbol } = snapshot.instruments.find(({ kind }) => kind === 'option')!
    round('1', [symbol])
    expect(await rootOf('later.json')).not.toBe(`${book.root}`)
    const both = await tacit(...argv, '--market', desk.path('rounds/2.json'), '--out', desk.path('x.json'))
    expect(both.stderr).toContain('goes without --market')
    expect(both.code).toBe(2)
  })

  it('of nobody is refused', async () => {
    const ran = await tacit(
      'receipt',
      '--instance',
      'margin-4',
      '--account',
      'nobody',
      '--out',
      desk.path('x.json'),
    )
    expect(ran.code).toBe(2)
    expect(desk.has('x.json')).toBe(false)
  })
})
