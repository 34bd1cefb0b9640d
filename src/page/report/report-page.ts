import type { BundleReport, Check } from '../../bundle/index.ts'
import { aggregateRows, type Row, referenceRows, statementRows } from '../view/figures.ts'
import { grouped, instant, shortenNumbers } from '../view/text.ts'
import { answerOf, areProduction, DEVELOPMENT_WARNING, tally, VERDICTS } from '../view/verdict.ts'
import { type ChartPoint, gaugeChart, tiersChart } from './charts.ts'
import { html, Markup, NOTHING } from './html.ts'
import { seriesFaults } from './series.ts'
import { REPORT_STYLE } from './style.ts'

export interface ReportedBundle {
  readonly file: string
  readonly report: BundleReport
}

/**
 * One page of HTML without scripts or anything outside itself, to be filed or printed: the newest bundle in full, all of
 * them by epoch.
 * @param bundles at least one, from the oldest round to the newest
 * @param writtenAtSeconds when the checks were made, unix seconds
 */
export function reportPage(bundles: readonly ReportedBundle[], writtenAtSeconds: number): string {
  const newest = bundles.at(-1)!
  const { report, file } = newest
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Solvency report: ${file}</title>
${new Markup(`<style>${REPORT_STYLE}</style>`)}
</head>
<body>
<h1>Solvency report</h1>
<p class="sub">${file}, checked by Tacit on ${instant(writtenAtSeconds)}</p>
${verdictBox(report)}
${figuresOf(report)}
${epochsOf(bundles)}
<h2>Checks</h2>
<p>${tally(report.checks, report.keys)}</p>
<table class="checks"><tbody>${report.checks.map((check) => checkRow(check, report))}</tbody></table>
<h2>Hashes, keys and their setup</h2>
<div class="mono">${rowTable(referenceRows(report))}</div>
<footer>Anybody can make these checks again with the bundle alone: <code>tacit verify</code>, or the page that checks a
bundle in a browser. This report is as good as whoever hands it to you; the bundle proves itself.</footer>
</body>
</html>
`
  return page.text
}

function verdictBox({ verdict, words, keys }: BundleReport): Markup {
  const { title, tone } = VERDICTS[verdict]
  const alarm =
    verdict === 'refused' || areProduction(keys) ? NOTHING : html`<p class="alarm">${DEVELOPMENT_WARNING}</p>`
  return html`<div class="verdict ${tone}" data-verdict="${verdict}"><strong>Verdict: ${title}</strong>
${alarm}${words.map((text) => html`<p>${shortenNumbers(text)}</p>`)}</div>`
}

/** What a bundle states that does not hold is no figure. */
function holds({ verdict }: BundleReport): boolean {
  return verdict !== 'invalid' && verdict !== 'refused'
}

function figuresOf(report: BundleReport): Markup {
  const { statement } = report
  if (statement === undefined || !holds(report)) return NOTHING
  const sums = aggregateRows(statement)
  return html`<h2>Statement</h2>
${rowTable(statementRows(statement))}
${sums.length === 0 ? html`<p>The policy of this book discloses no sums and no tiers.</p>` : html`<h2>Figures</h2>${rowTable(sums)}`}`
}

/** Charts of those that hold, and a table of all. */
function epochsOf(bundles: readonly ReportedBundle[]): Markup {
  const points = bundles.flatMap(({ report }): ChartPoint[] =>
    report.statement === undefined || !holds(report)
      ? []
      : [{ label: epochLabel(report), figures: report.statement }],
  )
  const table =
    bundles.length === 1
      ? NOTHING
      : html`<table><thead><tr><th>Epoch</th><th>File</th><th>Accounts</th><th>Below MM</th><th>Verdict</th></tr></thead>
<tbody>${bundles.map(epochRow)}</tbody></table>`
  if (points.length === 0 && bundles.length === 1) return NOTHING
  return html`<h2>${bundles.length === 1 ? 'Tiers and gauge' : 'Tiers and gauge over epochs'}</h2>
${seriesFaults(bundles.map(({ report }) => report)).map((fault) => html`<p class="gap"><strong>${fault}</strong></p>`)}
${tiersChart(points)}${gaugeChart(points)}${table}`
}

function epochRow({ file, report }: ReportedBundle): Markup {
  const shown = holds(report) ? report.statement : undefined
  const { title, tone } = VERDICTS[report.verdict]
  return html`<tr><td>${epochLabel(report)}</td><td>${file}</td><td>${shown === undefined ? '-' : grouped(shown.accounts)}</td>
<td>${shown === undefined ? '-' : grouped(shown.belowMm)}</td><td class="${tone}">${title}</td></tr>`
}

/** Its number on the chain, or its hour. */
function epochLabel({ chain, statement }: BundleReport): string {
  if (chain !== null) return `epoch ${chain.epoch}`
  return statement === undefined ? 'unknown' : instant(statement.asOfSeconds).slice(5, 16)
}

function checkRow(check: Check, { keys }: BundleReport): Markup {
  const { word, tone } = answerOf(check, keys)
  return html`<tr data-check="${check.id}"><td class="answer ${tone}">${word}</td><td>${check.title}
<div class="evidence">${check.evidence}</div></td></tr>`
}

function rowTable(rows: readonly Row[]): Markup {
  return html`<table><tbody>${rows.map(({ label, value }) => html`<tr><th scope="row">${label}</th><td>${value}</td></tr>`)}</tbody></table>`
}
