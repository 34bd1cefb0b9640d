import Table from 'cli-table3'

/** Columns by two blanks and a rule under the head: narrow, and easy to cut apart with other tools. */
export interface Column {
  readonly head: string
  readonly align?: 'left' | 'right'
}

const NO_FRAME = Object.fromEntries(
  ['top', 'bottom', 'left', 'right', 'mid'].flatMap((side) =>
    ['', '-mid', '-left', '-right'].map((corner) => [`${side}${corner}`, '']),
  ),
)

/** The lines of a table, each after `indent` blanks. Cells may hold colours. */
export function tableText(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  indent = 0,
): string {
  const table = new Table({
    chars: { ...NO_FRAME, middle: '  ' },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colAligns: columns.map(({ align }) => align ?? 'left'),
  })
  const widths = columns.map(({ head }, index) =>
    Math.max(visible(head), ...rows.map((row) => visible(row[index] ?? ''))),
  )
  table.push(
    columns.map(({ head }) => head),
    widths.map((width) => '-'.repeat(width)),
    ...rows.map((row) => [...row]),
  )
  const blanks = ' '.repeat(indent)
  return table
    .toString()
    .split('\n')
    .map((line) => `${blanks}${line.trimEnd()}`)
    .join('\n')
}

/** Name and value, one pair a line. */
export function pairsText(pairs: readonly (readonly [name: string, value: string])[], indent = 0): string {
  const width = Math.max(...pairs.map(([name]) => name.length))
  return pairs.map(([name, value]) => `${' '.repeat(indent)}${name.padEnd(width)}  ${value}`).join('\n')
}

/** A text cut to a width; the full one stands in the JSON. */
export function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 2)}..`
}

function visible(text: string): number {
  const colours = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g')
  return text.replace(colours, '').length
}
