import type { CountedPosition, ReceiptReport } from '../bundle/index.ts'
import { element } from './element.ts'
import type { ReceiptOutcome } from './messages.ts'
import { checkList, sign } from './show-checks.ts'
import { rowList, section } from './show-report.ts'
import { ownRows } from './view/own.ts'
import { shortenNumbers, usd } from './view/text.ts'
import type { Tone } from './view/verdict.ts'

/** What the bundle shows of a receipt's account. */
export function receiptView(outcome: ReceiptOutcome): HTMLElement {
  if (outcome.kind === 'refused') return frame('refused', 'bad', 'Your receipt was refused', [outcome.reason])
  const { report } = outcome
  const counted = report.verdict === 'counted'
  // Counted by a bundle that anyone could have forged is no plain yes.
  const tone = !counted ? 'bad' : report.bundleVerdict === 'valid' ? 'good' : 'warning'
  const title = counted ? 'Your account is counted, once' : 'Your account is not counted'
  return frame(report.verdict, tone, title, report.words, [
    checkList(report.checks, []),
    ...(counted ? [positionsTable(report.positions), marginView(report)] : []),
  ])
}

function frame(
  verdict: string,
  tone: Tone,
  title: string,
  words: readonly string[],
  children: readonly (HTMLElement | undefined)[] = [],
): HTMLElement {
  return element(
    'section',
    { class: `verdict ${tone}`, 'data-receipt': verdict },
    element('h2', {}, sign(tone), title),
    ...words.map((text) => element('p', {}, shortenNumbers(text))),
    ...children,
  )
}

function positionsTable(positions: readonly CountedPosition[]): HTMLElement {
  const heads = ['Position', 'Quantity', 'Mark', 'Value']
  const rows = positions.map(({ symbol, units, markNano, valueNano }) => [
    symbol,
    units,
    `${usd(markNano)} USD`,
    `${usd(valueNano)} USD`,
  ])
  return element(
    'div',
    { class: 'wide', tabindex: '0', role: 'region', 'aria-label': 'Positions' },
    element(
      'table',
      {},
      element('thead', {}, row('th', heads)),
      element('tbody', {}, ...rows.map((cells) => row('td', cells))),
    ),
  )
}

function row(tag: 'th' | 'td', cells: readonly string[]): HTMLElement {
  return element('tr', {}, ...cells.map((cell) => element(tag, tag === 'th' ? { scope: 'col' } : {}, cell)))
}

function marginView({ margin }: ReceiptReport): HTMLElement | undefined {
  if (margin === undefined) return undefined
  return section('Margin', rowList(ownRows(margin)))
}
