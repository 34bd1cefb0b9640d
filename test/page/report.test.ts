import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { BundleReport } from '../../src/bundle/index.ts'
import { verifyBundle } from '../../src/bundle/index.ts'
import { gaugeChart, tiersChart } from '../../src/page/report/charts.ts'
import { html } from '../../src/page/report/html.ts'
import { reportPage } from '../../src/page/report/report-page.ts'
import { changed, lineOf } from '../bundle/change.ts'
import { type BundleWorld, bundleWorld, bytesOf } from '../bundle/fixture.ts'
import { Desk, lastJson, tacit } from '../cli/support.ts'
import { findBrowserOrSay, launchBrowser } from '../support/browser.ts'
import { shotPath, writeLines } from './support.ts'

const executablePath = findBrowserOrSay('the report in a browser')
const desk = new Desk()
let world: BundleWorld
let bundle: string
let report: BundleReport

beforeAll(async () => {
  world = await bundleWorld()
  bundle = writeLines(desk.path('epoch-3.tacit.jsonl'), world.lines)
  report = (await verifyBundle(bytesOf(world.lines), world.options)).report
}, 600_000)
afterAll(() => desk.clear())

/** The same report as of another epoch, with other counts. */
function ofEpoch(epoch: number, factor: bigint): BundleReport {
  const statement = report.statement!
  return {
    ...report,
    chain: { ...report.chain!, epoch: String(epoch) },
    statement: {
      ...statement,
      gauges: statement.gauges.map((gauge, index) => ({
        ...gauge,
        gaugeBps: 2_500n * factor * BigInt(index + 1),
      })),
      aggregates: { ...statement.aggregates!, reduceOnly: factor - 1n },
    },
  }
}

describe('tacit report', () => {
  it('writes the verdict, the figures, every check with its evidence, and the hashes', async () => {
    const out = desk.path('report.html')
    const argv = ['report', bundle, '--as-of', String(world.snapshot.asOfSeconds + 30), '--out', out]
    const ran = await tacit(...argv, '--json')
    expect(ran.code).toBe(5)
    const answer = lastJson(ran)
    expect(answer).toMatchObject({
      verdict: 'valid-development-keys',
      bundles: [{ file: 'epoch-3.tacit.jsonl' }],
    })
    const page = desk.read('report.html')
    expect(page).toContain('data-verdict="valid-development-keys"')
    expect(page).toContain('anyone could have forged these proofs')
    for (const { evidence } of answer.bundles[0].report.checks) expect(page).toContain(html`${evidence}`.text)
    for (const { hash, setup } of answer.bundles[0].report.keys) {
      expect(page).toContain(hash)
      expect(page).toContain(setup.seed)
    }
    expect(page).toContain(answer.bundles[0].report.digest)
    expect(page).toMatch(/Accounts below maintenance margin<\/th>\s*<td>\d/)
    expect(page).toMatch(/Shortfall of insolvent accounts<\/th>\s*<td>[\d,]+\.\d\d USD/)
    expect(page).not.toMatch(/<script|(src|href)=/)
  })

  it('shows no figure of a bundle that does not hold, and ends with its exit code', async () => {
    const at = lineOf(world.lines, 'step', 3)
    const { proof } = JSON.parse(world.lines[at + 1]!)
    const forged = writeLines(
      desk.path('forged.tacit.jsonl'),
      changed(world.lines, at, (record) => ({ ...record, proof })),
    )
    const cut = writeLines(desk.path('cut.tacit.jsonl'), world.lines.slice(0, 40))
    const no = await tacit('report', forged, '--out', desk.path('no.html'))
    expect(no.code).toBe(1)
    expect(desk.read('no.html')).toContain('data-verdict="invalid"')
    expect(desk.read('no.html')).not.toMatch(/<h2>(Statement|Figures)|<figure|data-count/)
    const mixed = await tacit('report', cut, bundle, '--out', desk.path('mixed.html'))
    expect(mixed.code).toBe(2)
    const page = desk.read('mixed.html')
    expect(page).toContain('data-verdict="valid-development-keys"')
    expect(page).toMatch(/cut\.tacit\.jsonl<\/td><td>-<\/td>\s*<td>-<\/td><td class="bad">Refused/)
  })

  it('holds only the newest round against the greatest age', async () => {
    const asOf = String(world.snapshot.asOfSeconds + 4_000)
    const old = await tacit(
      'report',
      bundle,
      '--as-of',
      asOf,
      '--max-age',
      '3600',
      '--out',
      desk.path('old.html'),
    )
    expect(old.code).toBe(1)
    expect(desk.read('old.html')).toContain('older than 3600 s')
  })
})

describe('the page of a report', () => {
  it('takes nothing that a file holds for markup', () => {
    const nasty = '<img src=x onerror="alert(1)">&'
    const evil = {
      ...report,
      words: [nasty],
      checks: report.checks.map((check) => ({ ...check, evidence: nasty })),
    }
    const page = reportPage([{ file: `${nasty}.jsonl`, report: evil }], 1_800_000_000)
    expect(page).not.toContain('<img')
    expect(page).toContain('&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&amp;')
  })

  it('draws each count and each gauge where its value stands', () => {
    const points = [1, 2, 3].map((epoch) => ({
      label: `${epoch}`,
      figures: ofEpoch(epoch, BigInt(epoch)).statement!,
    }))
    const { text: tiers } = tiersChart(points)
    const bars = [...tiers.matchAll(/height="([\d.]+)" fill="#\w+" data-tier="([^"]+)" data-count="(\d+)"/g)]
    expect(bars).toHaveLength(15)
    // Eight accounts on an axis of eight fill the height of the plot.
    const height = 230 - 14 - 34
    for (const [, drawn, , count] of bars) expect(Number(drawn)).toBeCloseTo((height * Number(count)) / 8, 0)
    const { text: gauges } = gaugeChart(points)
    const dots = [
      ...gauges.matchAll(/cy="([\d.]+)" r="3.5" fill="#\w+" data-underlying="\w+" data-bps="(\d+)"/g),
    ]
    expect(dots).toHaveLength(3 * points[0]!.figures.gauges.length)
    const top = Number(/>(\d+)%<\/text>(?![\s\S]*%<\/text>)/.exec(gauges)![1])
    for (const [, y, bps] of dots) {
      expect(Number(y)).toBeCloseTo(14 + height * (1 - Number(bps) / 100 / top), 0)
    }
  })

  it('draws the count below MM alone where an epoch discloses no tiers', () => {
    const statement = { ...report.statement!, aggregates: undefined }
    const names = [...tiersChart([{ label: '1', figures: statement }]).text.matchAll(/data-tier="([^"]+)"/g)]
    expect(names.map(([, name]) => name)).toEqual(['Others', 'Below maintenance margin'])
  })

  it('says which epochs are missing, stand twice, or are of another venue', () => {
    const pageOf = (...reports: BundleReport[]) =>
      reportPage(
        reports.map((one, index) => ({ file: `${index}.jsonl`, report: one })),
        1_800_000_000,
      )
    expect(pageOf(ofEpoch(1, 1n), ofEpoch(2, 1n), ofEpoch(3, 1n))).not.toContain('class="gap"')
    const gaps = pageOf(ofEpoch(1, 1n), ofEpoch(3, 1n), ofEpoch(9, 1n), ofEpoch(9, 2n))
    for (const words of [
      'Epoch 2 is missing.',
      'Epochs 4 to 8 are missing.',
      'Epoch 9 stands here more than once.',
    ]) {
      expect(gaps).toContain(words)
    }
    const foreign = { ...ofEpoch(2, 1n), chain: { ...report.chain!, seals: `0x${'0a'.repeat(20)}` } }
    expect(pageOf(ofEpoch(1, 1n), foreign)).toContain('not of one venue')
    expect(pageOf(ofEpoch(1, 1n), { ...ofEpoch(2, 1n), chain: null })).toContain('not of one venue')
  })

  it.skipIf(executablePath === undefined)('renders without a complaint, and prints on A4', async () => {
    const bundles = [1, 2, 3].map((epoch) => ({
      file: `epoch-${epoch}.tacit.jsonl`,
      report: ofEpoch(epoch, BigInt(epoch)),
    }))
    const path = desk.write('charts.html', reportPage(bundles, 1_800_000_000))
    const browser = await launchBrowser(executablePath!)
    try {
      const page = await browser.newPage({ viewport: { width: 900, height: 1200 } })
      const complaints: string[] = []
      page.on('console', (message) => complaints.push(message.text()))
      page.on('pageerror', (error) => complaints.push(String(error)))
      await page.goto(`file://${path}`)
      expect(await page.locator('h1').textContent()).toBe('Solvency report')
      expect(await page.locator('rect[data-tier]').count()).toBe(15)
      await page.screenshot({ path: shotPath('report.png'), fullPage: true })
      const pdf = await page.pdf({ format: 'A4', preferCSSPageSize: true, path: shotPath('report.pdf') })
      expect(pdf.subarray(0, 5).toString()).toBe('%PDF-')
      expect(
        pdf
          .toString('latin1')
          .match(/\/MediaBox\s*\[\s*0 0 (\d+)[\d.]* (\d+)/)
          ?.slice(1),
      ).toEqual(['594', '841'])
      expect(complaints).toEqual([])
    } finally {
      await browser.close()
    }
  })
})
