import { beforeAll, describe, expect, it } from 'vitest'
import { ledgerEntries, ledgerWords } from '../../src/book/ledger.ts'
import type { BundleReport } from '../../src/bundle/verify/report.ts'
import { verifyBundle } from '../../src/bundle/verify/verify.ts'
import { changed, type Loose, lineOf, resealed } from '../bundle/change.ts'
import { type BundleWorld, bundleWorld, bytesOf } from '../bundle/fixture.ts'

/**
 * What a cheating venue can put into a bundle, caught by whoever checks the file alone: the attacks of docs/solvency.md
 * that test/bundle/verify.test.ts does not have.
 */
let world: BundleWorld
beforeAll(async () => {
  world = await bundleWorld()
}, 600_000)

async function verify(lines: readonly string[]): Promise<BundleReport> {
  return (await verifyBundle(bytesOf(lines), world.options)).report
}
const failures = ({ checks }: BundleReport) =>
  checks.filter(({ verdict }) => verdict === 'fail').map(({ id }) => id)
const evidence = ({ checks }: BundleReport, id: string) => checks.find((check) => check.id === id)!.evidence

/** The bundle with another statement, and a digest that fits. */
const stating = (change: (statement: Loose) => Loose) =>
  changed(world.lines, 0, (header) => ({
    ...header,
    statement: { ...header.statement, ...change(header.statement) },
  }))
const words = (entries: Parameters<typeof ledgerWords>[0]) => {
  const [ledger0, ledger1, ledger2] = ledgerWords(entries)
  return { ledger0: `${ledger0}`, ledger1: `${ledger1}`, ledger2: `${ledger2}` }
}
const ledger = () => {
  const { ledger0, ledger1, ledger2 } = world.content.signals
  return ledgerEntries([ledger0, ledger1, ledger2])
}

describe('a cheating venue is caught offline', () => {
  it('when it closes a gap with states of its own', async () => {
    const header = (r: Loose) => ({ ...r, count: 7 })
    const [at, after] = [lineOf(world.lines, 'step', 3), lineOf(world.lines, 'step', 4)]
    const { chainOut } = JSON.parse(world.lines[after]!)
    const leaf = lineOf(world.lines, 'leaf', 4)
    const moved = world.lines.flatMap((line, index) => {
      const record = JSON.parse(line)
      if (index === after || index === leaf) return []
      if (record.record === 'header') return [JSON.stringify(header(record))]
      if (index === at) return [JSON.stringify({ ...record, chainOut })]
      const isLater = (record.record === 'step' || record.record === 'leaf') && record.index > 4
      return [isLater ? JSON.stringify({ ...record, index: record.index - 1 }) : line]
    })
    const report = await verify(resealed(moved))
    expect(failures(report)).toEqual(expect.arrayContaining(['book', 'steps']))
    expect(failures(report)).not.toContain('chain')
    expect(evidence(report, 'steps')).toContain('step 3')
  })

  it('when it has leaves beyond the count', async () => {
    const at = lineOf(world.lines, 'leaf', 7)
    const ninth = JSON.stringify({ ...JSON.parse(world.lines[at]!), index: 8 })
    const nine = [...world.lines.slice(0, at + 1), ninth, ...world.lines.slice(at + 1)]
    const refused = await verify(resealed(nine))
    expect(refused.verdict).toBe('refused')
    expect(evidence(refused, 'format')).toMatch(/"leaf" .*(stands where|one too many)/)
    // Called nine, with a ninth step: neither the root nor the chain's end is that of nine.
    const last = lineOf(nine, 'step', 7)
    const step = JSON.stringify({ ...JSON.parse(nine[last]!), index: 8 })
    const longer = [...nine.slice(0, last + 1), step, ...nine.slice(last + 1)]
    const report = await verify(changed(longer, 0, (r) => ({ ...r, count: 9 })))
    expect(failures(report)).toEqual(expect.arrayContaining(['book', 'chain']))
  })

  it('when a step or all of them are of another parameter set', async () => {
    const report = await verify(stating(({ parameters }) => ({ parameters: `${BigInt(parameters) + 1n}` })))
    expect(failures(report)).toEqual(expect.arrayContaining(['configuration', 'steps', 'seal']))
  })

  it('when the equity of dummies is to pay a debt: no seal holds for less than the shortfall', async () => {
    expect(world.content.signals.reserves > 0n).toBe(true)
    expect(failures(await verify(stating(() => ({ reserves: '0' }))))).toContain('seal')
  })

  it('when a derivative that does not net to zero is called collateral', async () => {
    const derivative = world.snapshot.instruments.find(({ kind }) => kind !== 'cash' && kind !== 'spot')!
    const { id } = world.matrix.listing.bySymbol(derivative.symbol)!
    const entries = [...ledger(), { instrumentId: id, lots: 5n }].sort(
      (a, b) => a.instrumentId - b.instrumentId,
    )
    const report = await verify(stating(() => words(entries)))
    expect(failures(report)).toEqual(expect.arrayContaining(['ledger', 'seal']))
    expect(evidence(report, 'ledger')).toContain(`${derivative.symbol}, which is a derivative`)
  })

  it('when its collateral is short of the ledger, or over it', async () => {
    for (const change of [-1n, 1n]) {
      const entries = ledger().map((entry, place) =>
        place === 0 ? { ...entry, lots: entry.lots + change } : entry,
      )
      expect(failures(await verify(stating(() => words(entries))))).toContain('seal')
    }
  })

  it('when it does not count a friend below maintenance margin', async () => {
    const report = await verify(stating(({ belowMm }) => ({ belowMm: `${BigInt(belowMm) - 1n}` })))
    expect(failures(report)).toEqual(expect.arrayContaining(['seal', 'policy']))
  })
})
