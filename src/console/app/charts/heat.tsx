export interface HeatProps {
  readonly caption: string
  readonly columns: readonly string[]
  readonly rows: readonly { readonly name: string; readonly values: readonly (number | null)[] }[]
  readonly format: (value: number) => string
}

/** A table whose cells are shaded by their values: chart and table in one. */
export function Heat({ caption, columns, rows, format }: HeatProps) {
  const all = rows.flatMap(({ values }) => values.filter((value) => value !== null))
  const [least, most] = [Math.min(...all), Math.max(...all)]
  const share = (value: number) => (most > least ? (value - least) / (most - least) : 0.5)
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keys
    <section class="heat" tabIndex={0} aria-label={caption}>
      <table>
        <caption>{caption}</caption>
        <thead>
          <tr>
            <th scope="col">Expiry</th>
            {columns.map((name) => (
              <th key={name} scope="col" class="number">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, values }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {values.map((value, index) => (
                <td
                  key={columns[index]}
                  class="number"
                  style={value === null ? {} : { '--share': `${Math.round(10 + 60 * share(value))}%` }}
                  data-heat={value === null ? undefined : ''}
                >
                  {value === null ? '' : format(value)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
