import { beforeAll, describe, expect, it } from 'vitest'
import type { BundleReport } from '../../src/bundle/verify/report.ts'
import { type VerifyOptions, verifyBundle } from '../../src/bundle/verify/verify.ts'
import { buildRiskMatrix } from '../../src/risk/matrix.ts'
import { ceremonySetup } from './ceremony-setup.ts'
import { changed, lineOf } from './change.ts'
import { type BundleWorld, bundleWorld, bytesOf, linesOfContent } from './fixture.ts'

/** What a bundle has on its own word alone: it is told as that, and never stands against what the reader knows. */
let world: BundleWorld
beforeAll(async () => {
  world = await bundleWorld()
}, 600_000)

async function verify(lines: readonly string[], more: Partial<VerifyOptions> = {}): Promise<BundleReport> {
  return (await verifyBundle(bytesOf(lines), { ...world.options, ...more })).report
}
const checkOf = ({ checks }: BundleReport, id: string) => checks.find((check) => check.id === id)!

describe('how a key was made', () => {
  /** The bundle with both development keys called keys of one ceremony. */
  const praised = () => {
    const setup = ceremonySetup()
    const first = changed(world.lines, lineOf(world.lines, 'key'), (record) => ({ ...record, setup }))
    return changed(first, lineOf(first, 'key', 1), (record) => ({ ...record, setup }))
  }

  it('is believed of a key that the reader names by its hash, and not against the record beside their own', async () => {
    // A reader who pins a hash vouches for the key. One who names a folder brings the record of its making along.
    expect((await verify(praised())).verdict).toBe('valid')
    const { zkeyHash } = ceremonySetup()
    const made = (kind: 'development' | 'production', zkey: string) =>
      world.pins.map((pin) => ({ ...pin, made: { kind, zkeyHash: zkey } }))
    const lie = await verify(praised(), { pins: made('development', zkeyHash) })
    expect(lie.verdict).toBe('invalid')
    expect(checkOf(lie, 'pins').evidence).toContain(
      'calls it a production key, and yours is a development key',
    )
    const other = await verify(praised(), { pins: made('production', '33'.repeat(32)) })
    expect(checkOf(other, 'pins')).toMatchObject({ verdict: 'fail' })
    expect((await verify(praised(), { pins: made('production', zkeyHash) })).verdict).toBe('valid')
  })
})

describe('the vector of a halted instrument', () => {
  /** The round with one option that is listed and not quoted any more; its proofs are of another. */
  async function haltedRound(change: (ratesNano: readonly bigint[]) => readonly bigint[] = (same) => same) {
    const { hasher, snapshot, matrix, content } = world
    const { symbol } = snapshot.instruments.find(({ kind }) => kind === 'option')!
    const later = { ...snapshot, instruments: snapshot.instruments.filter((one) => one.symbol !== symbol) }
    const { configuration, instance } = content
    const round = { snapshot: later, configuration, instance, listing: matrix.listing }
    const next = buildRiskMatrix(hasher, { ...round, previous: matrix })
    const standing = next.halted.map((one) => ({
      ...one.standing!,
      ratesNano: change(one.standing!.ratesNano),
    }))
    const signals = { ...content.signals, riskRoot: next.root }
    return linesOfContent({ ...content, signals, snapshot: later, listing: matrix.listing, standing })
  }

  it('makes up the risk root with the rest, and is counted as one that nothing here recomputes', async () => {
    const check = checkOf(await verify(await haltedRound()), 'risk')
    expect(check.verdict).toBe('pass')
    expect(check.evidence).toContain('; 1 halted ones stand with vectors of an earlier round')
  })

  it('is no other than the one proven, and no instrument has one that is not halted', async () => {
    const moved = await haltedRound((rates) => rates.map((rate, dim) => (dim === 0 ? rate + 1n : rate)))
    expect(checkOf(await verify(moved), 'risk').verdict).toBe('fail')
    const lines = await haltedRound()
    const unnamed = lines.filter((line) => JSON.parse(line).record !== 'standing')
    const without = changed(unnamed, 0, (same) => same)
    expect(checkOf(await verify(without), 'risk').verdict).toBe('fail')
    const idle = changed(lines, lineOf(lines, 'standing'), (record) => ({ ...record, id: 1 }))
    expect(checkOf(await verify(idle), 'risk').evidence).toContain('instrument 1, which is not halted')
  })
})

describe('the verdict', () => {
  it('names what a venue may write into the file as it likes', async () => {
    const words = (await verify(world.lines)).words.join(' ')
    for (const limit of [
      'prices and their time',
      'margin rules',
      'vault and the fund',
      'stated liquidity',
      'newest',
    ]) {
      expect(words).toContain(limit)
    }
    expect(words).not.toContain('halted')
  })
})
