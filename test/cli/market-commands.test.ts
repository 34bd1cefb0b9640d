import { afterAll, describe, expect, it } from 'vitest'
import { writeNativeMarket } from '../../src/risk/market/native.ts'
import { sampleMarket } from '../../src/risk/market/sample.ts'
import { Desk, jsonBook, lastJson, SMALL_MARKET, tacit } from './support.ts'

const desk = new Desk()
afterAll(() => desk.clear())
const small = ['--instance', 'margin-4']

describe('tacit matrix', () => {
  it('prints the root and is the same for the same market, sample or file', async () => {
    const sample = await tacit('matrix', ...small)
    expect(sample.code).toBe(0)
    expect(sample.stdout).toMatch(/instruments +57 on BTC, ETH/)
    expect(sample.stdout).toMatch(/configuration hash +0x[0-9a-f]{64}/)
    expect(sample.stdout).toMatch(/halted +none/)
    const root = /risk root +(0x[0-9a-f]{64})/.exec(sample.stdout)![1]!
    const file = desk.write('market.json', SMALL_MARKET())
    const fromFile = await tacit('matrix', ...small, '--market', file, '--json')
    expect(BigInt(lastJson(fromFile).riskRoot)).toBe(BigInt(root))
    const other = await tacit('matrix', ...small, '--seed', '2', '--json')
    expect(lastJson(other).riskRoot).not.toBe(BigInt(root).toString())
  })

  it('writes all vectors', async () => {
    const ran = await tacit('matrix', ...small, '--out', desk.path('matrix.json'), '--json')
    expect(ran.code).toBe(0)
    expect(ran.stderr).toContain('wrote ')
    const matrix = JSON.parse(desk.read('matrix.json'))
    expect(matrix).toMatchObject({ format: 'tacit.matrix', version: 1, instance: 'margin-4', halted: [] })
    expect(matrix.vectors).toHaveLength(57)
    expect(matrix.vectors[0]).toMatchObject({ symbol: 'USD', lotNano: '10000000', id: 1 })
    expect(matrix.vectors[0].ratesNano).toHaveLength(42)
    expect(matrix.riskRoot).toBe(lastJson(ran).riskRoot)
    expect(desk.names().filter((name) => name.endsWith('.tmp'))).toEqual([])
  })

  it('shows one vector in units of the instrument', async () => {
    const ran = await tacit('matrix', ...small, '--instrument', 'USD')
    expect(ran.code).toBe(0)
    expect(ran.stdout).toMatch(/value +1\.00 USD a unit/)
    expect(ran.stdout).toContain('tail+500% *')
    const unknown = await tacit('matrix', ...small, '--instrument', 'XRP')
    expect(unknown.code).toBe(2)
    expect(unknown.stderr).toContain('this market has no instrument XRP')
  })

  it('refuses a market that is larger than the instance', async () => {
    const full = writeNativeMarket(sampleMarket({ seed: 1, size: 'full' }))
    const { code, stderr } = await tacit('matrix', ...small, '--market', desk.write('full.json', full))
    expect(code).toBe(2)
    expect(stderr).toContain('195 instruments, but margin-4 has 63 places')
  })
})

describe('tacit margin', () => {
  it('shows every account within 120 columns', async () => {
    const { code, stdout } = await tacit('margin', ...small)
    expect(code).toBe(0)
    const lines = stdout.split('\n')
    const head = lines.find((line) => line.startsWith('id '))!
    for (const column of [
      'equity',
      'MM',
      'SOFT',
      'IM',
      'tier',
      'worst case',
      'greeks',
      'charges',
      'linear',
    ]) {
      expect(head).toContain(column)
    }
    expect(lines.filter((line) => /^\d{4} /.test(line))).toHaveLength(23)
    for (const tier of ['healthy', 'reduce', 'soft liq', 'full liq', 'insolvent'])
      expect(stdout).toContain(tier)
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(120)
  })

  it('gives exact integers to machines, and nothing else on stdout', async () => {
    const ran = await tacit('margin', ...small, '--json')
    expect(ran.stdout.trimEnd().split('\n')).toHaveLength(1)
    const { accounts, bookRoot } = lastJson(ran)
    expect(bookRoot).toMatch(/^\d+$/)
    expect(accounts).toHaveLength(23)
    for (const account of accounts) {
      expect(BigInt(account.mmNano)).toBeLessThanOrEqual(BigInt(account.softNano))
      expect(BigInt(account.softNano)).toBeLessThanOrEqual(BigInt(account.imNano))
      expect(account.tier === 'healthy').toBe(BigInt(account.equityNano) >= BigInt(account.imNano))
    }
  })

  it('shows one account by name or id, with its positions', async () => {
    const book = desk.write(
      'book.json',
      jsonBook([
        { instrument: 'USD', quantity: '50000' },
        { instrument: 'BTC-PERPETUAL', quantity: '-0.5' },
      ]),
    )
    const byId = await tacit('margin', ...small, '--book', book, '--account', '2')
    const byName = await tacit('margin', ...small, '--book', book, '--account', 'ACCOUNT 2')
    expect(byId.code).toBe(0)
    expect(byName.stdout).toBe(byId.stdout)
    expect(byId.stdout).toMatch(/BTC-PERPETUAL +-0\.5 /)
    expect(byId.stdout).toMatch(/worst for IM .*\(spot\+16%-vol-up\)/)
    const json = lastJson(await tacit('margin', '--json', ...small, '--book', book, '--account', '2'))
    expect(json.accounts).toHaveLength(1)
    expect(json.accounts[0].positions).toHaveLength(2)
    const unknown = await tacit('margin', ...small, '--book', book, '--account', '3')
    expect(unknown.code).toBe(2)
    expect(unknown.stderr).toContain('it has 1 (account 1), 2 (account 2)')
  })
})
