import type { BundleReport } from '../bundle/index.ts'
import { element } from './element.ts'
import { checkList, sign } from './show-checks.ts'
import { aggregateRows, type Row, referenceRows, statementRows } from './view/figures.ts'
import { jsonText, shortenNumbers } from './view/text.ts'
import { areProduction, DEVELOPMENT_WARNING, tally, VERDICTS } from './view/verdict.ts'

/** The report of a bundle: the verdict, then checks, figures, hashes. */
export function reportView(
  report: BundleReport,
  fileName: string,
): [verdict: HTMLElement, ...rest: HTMLElement[]] {
  const { checks, keys, statement } = report
  const views: (HTMLElement | undefined)[] = [
    section('Checks', element('p', { class: 'tally' }, tally(checks, keys)), checkList(checks, keys)),
    figuresView(report),
    section(statement === undefined ? 'References' : 'Hashes and keys', rowList(referenceRows(report))),
    downloadLink(report),
  ]
  return [verdictView(report, fileName), ...views.filter((view) => view !== undefined)]
}

function verdictView({ verdict, words, keys, milliseconds }: BundleReport, fileName: string): HTMLElement {
  const { title, tone } = VERDICTS[verdict]
  const warning =
    verdict === 'refused' || keys.length === 0 || areProduction(keys)
      ? undefined
      : element('p', { class: 'alarm' }, DEVELOPMENT_WARNING)
  return element(
    'section',
    { class: `verdict ${tone}`, 'data-verdict': verdict, 'aria-labelledby': 'verdict-title' },
    element('h2', { id: 'verdict-title', tabindex: '-1' }, sign(tone), title),
    element('p', { class: 'file' }, `${fileName}, checked in ${(milliseconds / 1_000).toFixed(1)} s`),
    warning,
    ...words.map((text) => element('p', {}, shortenNumbers(text))),
  )
}

/** Stated figures of a bundle that does not hold are nobody's. */
function figuresView({ verdict, statement }: BundleReport): HTMLElement | undefined {
  if (statement === undefined || verdict === 'invalid' || verdict === 'refused') return undefined
  return section('Figures', rowList([...statementRows(statement), ...aggregateRows(statement)]))
}

export function section(title: string, ...children: readonly (Node | undefined)[]): HTMLElement {
  return element('section', {}, element('h3', {}, title), ...children)
}

export function rowList(rows: readonly Row[]): HTMLElement {
  return element(
    'dl',
    {},
    ...rows.map(({ label, value }) => element('div', {}, element('dt', {}, label), element('dd', {}, value))),
  )
}

/** The machine-readable report, as `tacit verify --json` prints it. */
function downloadLink(report: BundleReport): HTMLElement {
  const blob = new Blob([`${jsonText(report)}\n`], { type: 'application/json' })
  const href = URL.createObjectURL(blob)
  return element(
    'p',
    {},
    element('a', { href, download: 'tacit-report.json', class: 'button' }, 'Save this report as JSON'),
  )
}
