import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'

export interface Column<Row> {
  readonly name: string
  readonly cell: (row: Row) => ComponentChildren
  readonly isNumber?: boolean
}

interface RowsProps<Row> {
  /** Said to whoever cannot see it; shown unless hidden. */
  readonly caption: string
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  readonly keyOf: (row: Row, index: number) => string | number
  /** So many at first; the rest when asked for. All unless given. */
  readonly first?: number
}

/** A table whose rows are blocks loses its roles in some browsers: they are given again. */
const role = (name: 'table' | 'row' | 'columnheader' | 'cell') => ({ role: name })

/** A table that becomes a list on a narrow screen. */
export function Rows<Row>({ first, ...props }: RowsProps<Row>) {
  const [isAll, setAll] = useState(false)
  const { rows } = props
  if (first === undefined || isAll || rows.length <= first) return <Whole {...props} />
  return (
    <>
      <Whole {...props} rows={rows.slice(0, first)} />
      <div>
        <button type="button" class="button small" onClick={() => setAll(true)}>
          Show all {rows.length}
        </button>
      </div>
    </>
  )
}

function Whole<Row>({ caption, columns, rows, keyOf }: RowsProps<Row>) {
  return (
    <table class="rows" {...role('table')}>
      <caption class="hidden-text">{caption}</caption>
      <thead>
        <tr {...role('row')}>
          {columns.map(({ name, isNumber }) => (
            <th key={name} scope="col" {...role('columnheader')} class={isNumber ? 'number' : ''}>
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, index) => (
          <tr key={keyOf(row, index)} {...role('row')}>
            {columns.map(({ name, cell, isNumber }) => (
              <td key={name} {...role('cell')} data-label={name} class={isNumber ? 'number' : ''}>
                {cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}
