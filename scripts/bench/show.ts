/** The result as a table for a terminal and as one for the README. */
import { machineText } from './machine.ts'
import type { Row } from './part.ts'
import { type BenchResult, rowsOf } from './run.ts'

const HEAD = ['measure', 'figure', 'target', 'reached']
const NOTE =
  'Times by the clock suffer from whatever else the machine does; ratios of one run and processor times hardly do.'

export function tableText(result: BenchResult): string {
  const cells = [HEAD, ...rowsOf(result).map(cellsOf)]
  const widths = HEAD.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)))
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (column === 1 ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join('  ')
      .trimEnd()
  const rule = widths.map((width) => '-'.repeat(width))
  const failures = Object.entries(result.failed).map(([name, why]) => `FAILED ${name}: ${why}`)
  const [head, ...body] = cells.map(line)
  return [machineText(result.machine), NOTE, '', head, line(rule), ...body, ...failures].join('\n')
}

export function markdownText(result: BenchResult): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [
    line(HEAD),
    '|---|---:|---|---|',
    ...rowsOf(result).map((row) => line(cellsOf(row))),
    '',
    `Measured by \`npm run bench\` on ${machineText(result.machine)}. ${NOTE}`,
  ].join('\n')
}

function cellsOf({ measure, figure, target = '', reached }: Row): string[] {
  return [measure, figure, target, reached === undefined ? '' : reached ? 'yes' : 'NO']
}
