import { beforeAll, describe, expect, it } from 'vitest'
import { Book } from '../../src/book/book.ts'
import { checkReceipt, type ReceiptReport } from '../../src/bundle/check-receipt.ts'
import { parseReceipt, type Receipt, receiptOf, writeReceipt } from '../../src/bundle/receipt.ts'
import { MARGIN_INSTANCES } from '../../src/protocol/instances.ts'
import { marginOf } from '../../src/risk/margin.ts'
import { changed, lineOf } from './change.ts'
import { type BundleWorld, bundleWorld, bytesOf } from './fixture.ts'

const INSTANCE = MARGIN_INSTANCES['margin-4']
let world: BundleWorld
beforeAll(async () => {
  world = await bundleWorld()
}, 600_000)

const receipt = (index: number): Receipt => receiptOf(INSTANCE, world.book.opening(index))
const check = (of: Receipt, lines = world.lines): Promise<ReceiptReport> =>
  checkReceipt(of, bytesOf(lines), world.options)
const failures = (report: ReceiptReport) =>
  report.checks.filter(({ verdict }) => verdict === 'fail').map(({ id }) => id)

describe("an owner's receipt", () => {
  it('shows that the book counts exactly these positions, once, with marks and margin', async () => {
    for (const index of [0, 5, 7]) {
      const report = await check(receipt(index))
      expect(failures(report)).toEqual([])
      expect(report.verdict).toBe('counted')
      const { positions } = world.book.account(index)
      expect(report.positions.map(({ id, quantityLots }) => ({ id, quantityLots }))).toEqual(positions)
      const margin = marginOf(positions, world.matrix.vectors, world.matrix.parameters)
      expect(report.margin).toEqual({
        equityNano: margin.equityNano,
        requirementNano: margin.requirementNano,
        tier: margin.tier,
      })
      expect(report.positions.reduce((sum, { valueNano }) => sum + valueNano, 0n)).toBe(margin.equityNano)
      expect(report.words.join(' ')).toContain('DEVELOPMENT'.toLowerCase())
    }
    const cash = (await check(receipt(0))).positions[0]!
    expect(cash).toMatchObject({ symbol: 'USD', units: '500000', markNano: 1_000_000_000n })
  })

  it('is read back as it was written', () => {
    const text = writeReceipt(receipt(3))
    expect(parseReceipt({ name: 'r', text })).toEqual(receipt(3))
  })

  it('of changed positions, of another secret, owner or nonce opens nothing', async () => {
    const honest = receipt(1)
    const { account } = honest
    const [first, ...rest] = account.positions
    const changes = [
      { positions: [{ ...first!, quantityLots: first!.quantityLots + 1n }, ...rest] },
      { positions: rest },
      { secret: account.secret + 1n },
      { owner: account.owner + 1n },
      { nonce: account.nonce + 1n },
      { accountId: account.accountId + 1 },
      { positions: [...rest, first!] },
    ]
    for (const change of changes) {
      const report = await check({ ...honest, account: { ...account, ...change } })
      expect(report.verdict).toBe('not-counted')
      expect(failures(report)).toEqual(expect.arrayContaining(['opening', 'counted-once']))
      expect(report.margin).toBeUndefined()
    }
  })

  it('of another account, index or path is not that of this leaf', async () => {
    const [mine, theirs] = [receipt(1), receipt(2)]
    expect(failures(await check({ ...mine, account: theirs.account }))).toContain('opening')
    expect(failures(await check({ ...mine, index: 2 }))).toEqual(
      expect.arrayContaining(['opening', 'counted-once']),
    )
    expect(failures(await check({ ...mine, path: [mine.path[1]!, mine.path[0]!] }))).toContain('opening')
  })

  it('of another state of the book is not of this bundle', async () => {
    const next = world.book.accounts.map((account) => ({ ...account, nonce: account.nonce + 1n }))
    const foreign = receiptOf(INSTANCE, Book.from(next, world.hasher, INSTANCE).opening(1))
    expect(failures(await check(foreign))).toEqual(['same-book', 'counted-once'])
  })

  it('is not counted by a bundle that counts its leaf twice, leaves it out, or is not valid', async () => {
    const mine = receipt(4)
    const at = lineOf(world.lines, 'leaf', 3)
    const leaf = JSON.parse(world.lines[at + 1]!).leaf
    const twice = await check(
      mine,
      changed(world.lines, at, (record) => ({ ...record, leaf })),
    )
    expect(failures(twice)).toEqual(expect.arrayContaining(['bundle', 'counted-once']))
    expect(twice.checks.find(({ id }) => id === 'counted-once')!.evidence).toContain('counted 2 times')
    const gone = await check(
      mine,
      changed(world.lines, at + 1, (record) => ({ ...record, leaf: '5' })),
    )
    expect(failures(gone)).toEqual(expect.arrayContaining(['bundle', 'counted-once']))
    const truncated = await check(mine, world.lines.slice(0, -1))
    expect(truncated.bundleVerdict).toBe('refused')
    expect(truncated.verdict).toBe('not-counted')
  })

  it.each([
    ['{', /receipt.json: has a key that is no text/],
    ['{}', /field "format"/],
    [' '.repeat(64_001), /more than 64000 characters/],
    ['{"format":"tacit.receipt","format":"tacit.receipt"}', /twice/],
  ])('that is none is refused: %.20s', (text, rule) => {
    expect(() => parseReceipt({ name: 'receipt.json', text })).toThrow(rule)
  })

  it('with a field out of range is refused', () => {
    const value = JSON.parse(writeReceipt(receipt(1)))
    const broken = [
      { ...value, index: -1 },
      { ...value, path: value.path.slice(1) },
      { ...value, account: { ...value.account, secret: `${1n << 248n}` } },
      { ...value, account: { ...value.account, positions: [{ id: 1, quantityLots: '0' }] } },
      { ...value, account: { ...value.account, positions: [{ id: 1, quantityLots: `${1n << 38n}` }] } },
      { ...value, more: 1 },
    ]
    for (const text of broken)
      expect(() => parseReceipt({ name: 'r', text: JSON.stringify(text) })).toThrow(/r/)
  })
})
