import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BENCH_OPTIONS, benchMarket, countOptions, denseMarket } from '../../scripts/bench/market.ts'
import { median } from '../../scripts/bench/measure.ts'
import { atMost, type BenchPart, DEFAULT_OPTIONS, showCount } from '../../scripts/bench/part.ts'
import { progress } from '../../scripts/bench/progress.ts'
import { END_MARKER, replaceBlock, rewriteReadme, START_MARKER } from '../../scripts/bench/readme.ts'
import { PARTS, selectParts } from '../../scripts/bench/registry.ts'
import { type BenchResult, rowsOf, runParts, toJson } from '../../scripts/bench/run.ts'
import { markdownText, tableText } from '../../scripts/bench/show.ts'
import { REPOSITORY_ROOT } from '../../src/prover/cache.ts'
import { writeNativeMarket } from '../../src/risk/market/native.ts'
import { sampleMarket } from '../../src/risk/market/sample.ts'

const run = promisify(execFile)
const TSX = createRequire(import.meta.url).resolve('tsx/cli')
const MAIN = join(REPOSITORY_ROOT, 'scripts', 'bench', 'main.ts')
const SMALL = { ...DEFAULT_OPTIONS, accounts: 300, proofs: 1, rounds: 1 }

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tacit-bench-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

function bench(...args: string[]) {
  return run(process.execPath, [TSX, MAIN, ...args], { timeout: 60_000 })
}

/** Runs the part here, as its process would. */
const inThisProcess = (part: BenchPart, options: typeof SMALL) => part.run(options, () => {})

const failing: BenchPart = {
  name: 'failing',
  summary: 'fails',
  run: async () => {
    throw new Error('out of luck')
  },
}

const passing: BenchPart = {
  name: 'passing',
  summary: 'misses one of its targets',
  run: async () => ({
    figures: { gas: 5 },
    rows: [
      atMost('gas of this | that', 5_000, 4_000, showCount),
      atMost('gas of less', 3_000, 4_000, showCount),
      { measure: 'for information', figure: '1' },
    ],
  }),
}

describe('the market', () => {
  it('has 1,840 options and is the same every time', () => {
    const market = denseMarket()
    expect(countOptions(market)).toBe(BENCH_OPTIONS)
    expect(writeNativeMarket(market)).toBe(writeNativeMarket(denseMarket()))
    expect(() => denseMarket(1_841)).toThrow(RangeError)
  })

  it('or is read from files, and a missing one is named', () => {
    const sample = sampleMarket({ seed: 3, size: 'small' })
    const path = file('market.json', writeNativeMarket(sample))
    expect(benchMarket([path]).instruments).toHaveLength(sample.instruments.length)
    const missing = join(folder, 'none.json')
    expect(() => benchMarket([missing])).toThrow(expect.objectContaining({ location: { file: missing } }))
  })
})

describe('the registry', () => {
  it('has the parts that the JSON is to have, each once', () => {
    expect(PARTS.map(({ name }) => name)).toEqual([
      'matrix',
      'feeder',
      'sweep',
      'stress',
      'prove',
      'proveLarge',
      'proveEngine',
      'browser',
      'solvency',
      'solvencyLarge',
      'load',
      'workers',
      'setup',
      'constraints',
      'gas',
    ])
  })

  it('selects in its own order, all by default, and refuses what it does not have', () => {
    expect(selectParts([])).toBe(PARTS)
    expect(selectParts(['sweep', 'matrix']).map(({ name }) => name)).toEqual(['matrix', 'sweep'])
    expect(() => selectParts(['sweep', 'swep'])).toThrow('"swep"')
  })
})

describe('the cheap parts', () => {
  let result: BenchResult
  beforeAll(async () => {
    const market = file('small.json', writeNativeMarket(sampleMarket({ seed: 3, size: 'small' })))
    const options = { ...SMALL, marketFiles: [market] }
    result = await runParts(selectParts(['matrix', 'sweep']), options, inThisProcess)
  })

  it('give the keys that were promised', () => {
    const seconds = expect.any(Number)
    expect(toJson(result)).toMatchObject({
      machine: { cores: expect.any(Number), node: process.version },
      matrix: {
        instruments: 57,
        seconds,
        coldSeconds: seconds,
        root: expect.stringMatching(/^0x[0-9a-f]{64}$/),
      },
      sweep: { accounts: 300, seconds, layoutSeconds: seconds, exact: expect.any(Number) },
    })
    expect(toJson(result)).not.toHaveProperty('failed')
  })

  it('sweep a book with accounts in every tier', () => {
    const { tiers } = toJson(result).sweep as unknown as { tiers: Record<string, number> }
    expect(Object.values(tiers).reduce((sum, count) => sum + count)).toBe(300)
    expect(Object.values(tiers).every((count) => count > 0)).toBe(true)
  })

  it('claim no target for a smaller book than the target is for', () => {
    const row = rowsOf(result).find(({ measure }) => measure.startsWith('sweep'))
    expect(row).not.toHaveProperty('target')
  })
})

describe('a run', () => {
  it('goes on past a part that fails, and says so', async () => {
    const result = await runParts([failing, passing], SMALL, inThisProcess)
    expect(toJson(result)).toMatchObject({ passing: { gas: 5 }, failed: { failing: 'out of luck' } })
    expect(tableText(result)).toContain('FAILED failing: out of luck')
  })

  it('shows figure, target and whether it is reached', async () => {
    const result = await runParts([passing], SMALL, inThisProcess)
    const lines = tableText(result).split('\n')
    expect(lines[0]).toMatch(/cores, .*Node v\d+.*load average/)
    expect(lines.find((line) => line.startsWith('gas of this'))).toMatch(/5,000 +<= 4,000 +NO$/)
    expect(lines.find((line) => line.startsWith('gas of less'))).toMatch(/3,000 +<= 4,000 +yes$/)
    expect(markdownText(result)).toContain('| gas of this \\| that | 5,000 | <= 4,000 | NO |')
  })

  it('lets repeated progress through now and then only', () => {
    const lines: string[] = []
    const say = progress('prove', (line) => lines.push(line))
    for (const message of ['keys 1%', 'keys 2%', 'proof', 'keys 3%']) say(message)
    expect(lines).toEqual(['bench prove: keys 1%', 'bench prove: proof', 'bench prove: keys 3%'])
  })

  it('takes medians', () => {
    expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 2.5])
    expect(() => median([])).toThrow(RangeError)
  })
})

describe('the block of the README', () => {
  const text = `# Tacit\n\n${START_MARKER}\nold\n${END_MARKER}\nafter\n`

  it('is replaced, and nothing else', () => {
    const path = file('README.md', text)
    rewriteReadme(path, '| a |\n| b |')
    expect(readFileSync(path, 'utf8')).toBe(text.replace('old', '| a |\n| b |'))
    rewriteReadme(path, 'old')
    expect(readFileSync(path, 'utf8')).toBe(text)
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })

  it('keeps the line endings and takes the block as it is', () => {
    const replaced = replaceBlock(text.replaceAll('\n', '\r\n'), 'costs $& and $1\nmore')
    expect(replaced).toContain(`${START_MARKER}\r\ncosts $& and $1\r\nmore\r\n${END_MARKER}\r\nafter`)
  })

  it.each([
    ['no start', text.replace(START_MARKER, '')],
    ['no end', text.replace(END_MARKER, '')],
    ['two starts', text + START_MARKER],
    ['the end first', `${END_MARKER}\n${START_MARKER}\n`],
  ])('is refused with %s, and the file stays as it was', (_, broken) => {
    const path = file('broken.md', broken)
    expect(() => rewriteReadme(path, 'new')).toThrow(expect.objectContaining({ code: 'INPUT_INVALID' }))
    expect(readFileSync(path, 'utf8')).toBe(broken)
  })
})

describe('npm run bench', () => {
  it('prints the table and, as its last line, the JSON; progress goes to standard error', async () => {
    const { stdout, stderr } = await bench('--only', 'sweep', '--accounts', '200', '--json')
    const lines = stdout.trimEnd().split('\n')
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({ sweep: { accounts: 200 } })
    expect(stdout).toMatch(/^sweep for tiers, 200 accounts/m)
    expect(stdout).not.toContain('bench sweep:')
    expect(stderr).toContain('bench sweep: sweeping')
  })

  it('ends with an error code when a part fails, after the JSON', async () => {
    const missing = join(folder, 'no-such-market.json')
    const failure = await bench('--only', 'matrix', '--market', missing, '--json').catch((error) => error)
    expect(failure.code).toBe(1)
    const json = JSON.parse(failure.stdout.trimEnd().split('\n').at(-1))
    expect(json.failed.matrix).toContain('cannot be read')
  })

  it.each([
    ['an unknown part', ['--only', 'swep']],
    ['a number that is none', ['--accounts', 'many']],
    ['a README from half a run', ['--write-readme', '--only', 'sweep']],
  ])('refuses %s before it measures anything', async (_, args) => {
    const failure = await bench(...args).catch((error) => error)
    expect(failure.code).toBe(1)
    expect(failure.stdout).toBe('')
    expect(failure.stderr).toContain('error:')
  })

  it('explains itself', async () => {
    const { stdout } = await bench('--help')
    for (const { name } of PARTS) expect(stdout).toMatch(new RegExp(`^ {2}${name} `, 'm'))
  })
})
