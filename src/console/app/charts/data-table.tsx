import type { PlotProps } from './plot.tsx'

/** The same values as the chart shows, for whoever reads rather than looks. */
export function DataTable({ caption, xName, xs, formatX, series }: PlotProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keys
    <section class="data-scroll" tabIndex={0} aria-label={`Table: ${caption}`}>
      <table>
        <caption>{caption}</caption>
        <thead>
          <tr>
            <th scope="col">{xName}</th>
            {series.map(({ name }) => (
              <th key={name} scope="col" class="number">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {xs.map((x, index) => (
            <tr key={index}>
              <td>{formatX(x)}</td>
              {series.map(({ name, values, format }) => (
                <td key={name} class="number">
                  {values[index] === null || values[index] === undefined ? '–' : format(values[index]!)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
