import { beforeAll, describe, expect, it } from 'vitest'
import { SEAL_CIRCUIT } from '../../src/bundle/circuits.ts'
import type { BundleReport } from '../../src/bundle/verify/report.ts'
import { type VerifyOptions, verifyBundle } from '../../src/bundle/verify/verify.ts'
import { StepsTree } from '../../src/prover/book-pass/steps-digest.ts'
import { SEAL_NAME } from '../../src/prover/generate-seal.ts'
import { ceremonySetup } from './ceremony-setup.ts'
import { changed, type Loose, lineOf, resealed } from './change.ts'
import { type BundleWorld, bundleWorld, bytesOf } from './fixture.ts'

let world: BundleWorld
let otherRound: BundleWorld
beforeAll(async () => {
  world = await bundleWorld()
  otherRound = await bundleWorld({ seed: 2 })
}, 600_000)

async function verify(lines: readonly string[], more: Partial<VerifyOptions> = {}): Promise<BundleReport> {
  return (await verifyBundle(bytesOf(lines), { ...world.options, ...more })).report
}

function failures(report: BundleReport): string[] {
  return report.checks.filter(({ verdict }) => verdict === 'fail').map(({ id }) => id)
}

function evidence(report: BundleReport, id: string): string {
  return report.checks.find((check) => check.id === id)!.evidence
}

/** Steps at two indices of the book, exchanged but for their indices. */
function swappedSteps(lines: readonly string[], a: number, b: number): string[] {
  const [at, to] = [lineOf(lines, 'step', a), lineOf(lines, 'step', b)]
  const [first, second] = [JSON.parse(lines[at]!), JSON.parse(lines[to]!)]
  const next = [...lines]
  next[at] = JSON.stringify({ ...second, index: a })
  next[to] = JSON.stringify({ ...first, index: b })
  return resealed(next)
}

describe('a bundle of eight accounts', () => {
  it('passes every check, and says that its keys are for development', async () => {
    const report = await verify(world.lines)
    expect(report.checks.filter(({ verdict }) => verdict !== 'pass')).toEqual([])
    expect(report.verdict).toBe('valid-development-keys')
    expect(report.words.join(' ')).toContain('anyone could have forged these proofs')
    expect(report.words.join(' ')).toContain('The book of 8 accounts')
    expect(evidence(report, 'risk')).toContain('57 instruments priced')
    expect(report.statement).toMatchObject({ accounts: 8, policy: 'aggregates' })
    expect(report.statement!.belowMm).toBeGreaterThan(0n)
    expect(SEAL_CIRCUIT).toBe(SEAL_NAME)
  })

  it('has the root of the steps that the contract keeps', async () => {
    const links = world.lines
      .map((line) => JSON.parse(line))
      .filter(({ record }) => record === 'step')
      .map(({ index, chainIn, chainOut }) => ({
        index,
        chainIn: BigInt(chainIn),
        chainOut: BigInt(chainOut),
      }))
    expect((await verify(world.lines)).stepsRoot).toBe(new StepsTree(links).root)
  })

  it('is the same with the keys of every object in another order', async () => {
    const reversed = (value: Loose): Loose => {
      if (value === null || typeof value !== 'object') return value
      if (Array.isArray(value)) return value.map(reversed)
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([key, member]) => [key, reversed(member)]),
      )
    }
    const lines = world.lines.map((line) => JSON.stringify(reversed(JSON.parse(line))))
    expect(lines).not.toEqual(world.lines)
    const report = await verify(lines)
    expect(failures(report)).toEqual([])
    expect(report.verdict).toBe('valid-development-keys')
  })

  it('is the same in chunks of any size, with blanks, and without the last line break', async () => {
    const whole = new TextEncoder().encode(world.lines.join('\r\n').replaceAll('":', '" : '))
    function* chunks() {
      for (let at = 0; at < whole.length; at += 1_009) yield whole.subarray(at, at + 1_009)
    }
    const { report } = await verifyBundle(chunks(), world.options)
    expect(failures(report)).toEqual([])
  })

  it('discloses nothing but predicates under that policy', async () => {
    const shy = await bundleWorld({ policy: 'predicates' })
    const report = await verify(shy.lines)
    expect(failures(report)).toEqual([])
    expect(report.statement!.aggregates).toBeUndefined()
    expect(evidence(report, 'policy')).toContain('no sums and no tiers')
  })
})

describe('keys', () => {
  it('that nobody named leave the verdict to the reader', async () => {
    const report = await verify(world.lines, { pins: [] })
    expect(report.checks.find(({ id }) => id === 'pins')!.verdict).toBe('skipped')
    const production = world.lines.map((line) => {
      const record = JSON.parse(line)
      if (record.record !== 'key') return line
      return JSON.stringify({ ...record, setup: ceremonySetup() })
    })
    expect((await verify(resealed(production), { pins: [] })).verdict).toBe('valid-unpinned-keys')
    expect((await verify(resealed(production))).verdict).toBe('valid')
  })

  it('other than the named ones are refused', async () => {
    const pins = [{ hash: `0x${'ab'.repeat(32)}`, source: 'elsewhere' }]
    expect(failures(await verify(world.lines, { pins }))).toEqual(['pins'])
  })

  it('of steps and seal cannot stand for each other', async () => {
    const [step, seal] = [lineOf(world.lines, 'key'), lineOf(world.lines, 'key', 1)]
    const lines = [...world.lines]
    lines[step] = world.lines[seal]!
    lines[seal] = world.lines[step]!
    expect(failures(await verify(resealed(lines)))).toEqual(expect.arrayContaining(['keys', 'steps', 'seal']))
    const relabelled = [...world.lines]
    relabelled[step] = JSON.stringify({
      ...JSON.parse(world.lines[seal]!),
      role: 'step',
      circuit: 'margin-4',
    })
    expect(evidence(await verify(resealed(relabelled)), 'keys')).toContain('takes 16 public signals')
  })

  it('with delta equal to gamma are unsafe', async () => {
    const forged = changed(world.lines, lineOf(world.lines, 'key'), (record) => ({
      ...record,
      points: { ...record.points, delta: record.points.gamma },
    }))
    expect(evidence(await verify(forged), 'keys')).toContain('its delta equals its gamma')
  })

  it('of a ceremony come with the transcript that their provenance names', async () => {
    const setup = ceremonySetup()
    const withSetup = (next: Loose) =>
      changed(world.lines, lineOf(world.lines, 'key'), (r) => ({ ...r, setup: next }))
    expect(failures(await verify(withSetup(setup)))).toEqual([])
    const renamed = {
      ...setup,
      contributions: setup.contributions.map((c: Loose) => ({ ...c, name: 'somebody' })),
    }
    expect(evidence(await verify(withSetup(renamed)), 'setup')).toContain('transcript has the sha256')
    const unfinished = { ...setup, contributions: setup.contributions.slice(0, 1) }
    expect(evidence(await verify(withSetup(unfinished)), 'setup')).toContain(
      'does not end with its one beacon',
    )
  })
})

describe('a cheating venue is caught', () => {
  it('when two steps are swapped', async () => {
    const report = await verify(swappedSteps(world.lines, 2, 5))
    expect(report.verdict).toBe('invalid')
    expect(evidence(report, 'chain')).toContain('step 2 does not begin with the state that step 1 ends with')
  })

  it('when a step is counted twice', async () => {
    const [third, fourth] = [lineOf(world.lines, 'step', 3), lineOf(world.lines, 'step', 4)]
    const lines = [...world.lines]
    lines[fourth] = JSON.stringify({ ...JSON.parse(lines[third]!), index: 4 })
    expect(failures(await verify(resealed(lines)))).toContain('chain')
  })

  it('when a step is left out, or the last one', async () => {
    for (const nth of [3, 7]) {
      const at = lineOf(world.lines, 'step', nth)
      const gap = world.lines.filter((_, index) => index !== at)
      expect((await verify(resealed(gap))).verdict).toBe('refused')
      // With everything after it moved up and the count corrected.
      const moved = gap.map((line) => {
        const record = JSON.parse(line)
        if (record.record === 'header') return JSON.stringify({ ...record, count: 7 })
        return record.record === 'step' && record.index > nth
          ? JSON.stringify({ ...record, index: record.index - 1 })
          : line
      })
      const leaf = lineOf(moved, 'leaf', 7)
      const report = await verify(resealed(moved.filter((_, index) => index !== leaf)))
      expect(failures(report)).toEqual(expect.arrayContaining(['book', 'chain']))
    }
  })

  it('when a leaf is put in twice, or none is one', async () => {
    const at = lineOf(world.lines, 'leaf', 4)
    const twice = changed(world.lines, at, (r) => ({ ...r, leaf: JSON.parse(world.lines[at - 1]!).leaf }))
    expect(evidence(await verify(twice), 'book')).toContain('leaf 4 stands in the book twice')
    const zero = changed(world.lines, at, (r) => ({ ...r, leaf: '0' }))
    expect(evidence(await verify(zero), 'book')).toContain('leaf 4 is no commitment')
  })

  it('when a proof is of another round', async () => {
    const [at, from] = [lineOf(world.lines, 'step', 6), lineOf(otherRound.lines, 'step', 6)]
    const { proof } = JSON.parse(otherRound.lines[from]!)
    const report = await verify(changed(world.lines, at, (record) => ({ ...record, proof })))
    expect(failures(report)).toEqual(['steps'])
    expect(evidence(report, 'steps')).toContain('step 6 ')
  })

  it('when the market is of another round', async () => {
    const isRound = (line: string) =>
      ['configuration', 'underlying', 'expiry', 'instrument', 'generations', 'listed'].includes(
        JSON.parse(line).record,
      )
    const foreign = otherRound.lines.filter(isRound)
    const from = world.lines.findIndex(isRound)
    const kept = world.lines.filter((line) => !isRound(line))
    const mixed = [...kept.slice(0, from), ...foreign, ...kept.slice(from)]
    expect(failures(await verify(resealed(mixed)))).toEqual(expect.arrayContaining(['market', 'risk']))
    // Also when the header's hash is made to fit.
    const { marketHash } = JSON.parse(otherRound.lines[0]!).round
    const fitted = changed(mixed, 0, (r) => ({ ...r, round: { ...r.round, marketHash } }))
    expect(failures(await verify(fitted))).toEqual(['risk'])
  })

  it('when the whole is a bundle of another epoch', async () => {
    const moved = changed(world.lines, 0, (r) => ({ ...r, chain: { ...r.chain, epoch: '4' } }))
    expect(failures(await verify(moved))).toEqual(['context'])
    const offline = changed(world.lines, 0, (r) => ({ ...r, chain: null }))
    expect(failures(await verify(offline))).toEqual(['context'])
  })

  it('when the statement says more than the seal', async () => {
    for (const name of ['reserves', 'belowMm', 'gauge', 'liquidity', 'counts', 'totals', 'ledger0']) {
      const better = changed(world.lines, 0, (r) => ({
        ...r,
        statement: { ...r.statement, [name]: `${BigInt(r.statement[name]) + 1n}` },
      }))
      const report = await verify(better)
      expect(failures(report), name).toContain('seal')
      expect(report.verdict).toBe('invalid')
    }
  })
})

describe('a bloated market', () => {
  it('is refused before it is held', async () => {
    const at = lineOf(world.lines, 'expiry')
    const record = JSON.parse(world.lines[at]!)
    const smile = Array.from({ length: 4_000 }, (_, index) => ({ strike: `${index + 1}`, vol: '0.5' }))
    const expiries = Array.from({ length: 5 }, (_, index) =>
      JSON.stringify({ ...record, quote: { ...record.quote, expiry: record.quote.expiry + index, smile } }),
    )
    const report = await verify(
      resealed([...world.lines.slice(0, at), ...expiries, ...world.lines.slice(at)]),
    )
    expect(report.verdict).toBe('refused')
    expect(evidence(report, 'format')).toContain('at most 16384 points')
  })
})

describe('freshness', () => {
  const at = (seconds: number) => world.snapshot.asOfSeconds + seconds
  it('is held against the time and the age that the reader gives', async () => {
    expect(failures(await verify(world.lines, { asOfSeconds: at(61) }))).toEqual(['freshness'])
    expect(failures(await verify(world.lines, { asOfSeconds: at(60) }))).toEqual([])
    expect(failures(await verify(world.lines, { asOfSeconds: at(-61) }))).toEqual(['freshness'])
    const open = await verify(world.lines, { maxAgeSeconds: undefined, asOfSeconds: at(1e6) })
    expect(open.checks.find(({ id }) => id === 'freshness')!.verdict).toBe('skipped')
    expect(open.verdict).toBe('valid-development-keys')
  })
})
