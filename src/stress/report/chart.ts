import { html, type Markup, NOTHING } from '../../page/report/html.ts'

export const WIDTH = 680
export const HEIGHT = 240
export const PLOT = { left: 70, right: 16, top: 14, bottom: 34 }
export const PLOT_WIDTH = WIDTH - PLOT.left - PLOT.right
export const PLOT_HEIGHT = HEIGHT - PLOT.top - PLOT.bottom

/** By engine in their order; each with a stroke of its own, for black and white. */
export const STROKES = [
  { colour: '#6b7280', dash: '2 3' },
  { colour: '#b3541e', dash: '7 4' },
  { colour: '#a8201a', dash: '3 2' },
  { colour: '#8a6d00', dash: '9 3 2 3' },
  { colour: '#1f5fb4', dash: 'none' },
  { colour: '#43752c', dash: '5 2' },
]

export interface Line {
  readonly name: string
  readonly values: readonly number[]
}

export interface ChartText {
  readonly title: string
  readonly note?: string
  readonly unit: (value: number) => string
  /** Of the horizontal axis: label of a share 0 to 1 of it. */
  readonly along: (share: number) => string
}

/** Lines over one common axis. Thinned to what the width shows: the extremes of each bucket are kept. */
export function linesChart(text: ChartText, lines: readonly Line[], fromZero: boolean): Markup {
  const all = lines.flatMap(({ values }) => values)
  if (all.length === 0) return NOTHING
  const low = fromZero ? 0 : all.reduce((a, b) => Math.min(a, b))
  const high = all.reduce((a, b) => Math.max(a, b), low + 1e-9)
  const y = (value: number) => PLOT.top + PLOT_HEIGHT * (1 - (value - low) / (high - low))
  const paths = lines.map(({ name, values }, index) => {
    const { colour, dash } = STROKES[index % STROKES.length]!
    const points = thinned(values).map(([at, value]) => {
      const x = PLOT.left + (PLOT_WIDTH * at) / Math.max(1, values.length - 1)
      return `${x.toFixed(1)},${y(value).toFixed(1)}`
    })
    return html`<polyline data-line="${name}" points="${points.join(' ')}" fill="none" stroke="${colour}" stroke-width="1.8" stroke-dasharray="${dash}"><title>${name}</title></polyline>`
  })
  return figure(
    text,
    lines,
    html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${text.title}">${axes(text, low, high)}${paths}</svg>`,
  )
}

export function figure(
  { title, note }: Pick<ChartText, 'title' | 'note'>,
  lines: readonly { readonly name: string }[],
  body: Markup,
): Markup {
  return html`<figure><figcaption>${title}</figcaption>
<p class="legend">${lines.map(({ name }, index) => {
    const { colour, dash } = STROKES[index % STROKES.length]!
    return html`<span><svg width="26" height="10" aria-hidden="true"><line x1="0" y1="5" x2="26" y2="5" stroke="${colour}" stroke-width="2.4" stroke-dasharray="${dash}"/></svg> ${name}</span> `
  })}</p>
${body}${note === undefined ? NOTHING : html`<p class="sub">${note}</p>`}</figure>`
}

/** Five lines across with their values, five labels along. */
export function axes({ unit, along }: Pick<ChartText, 'unit' | 'along'>, low: number, high: number): Markup {
  const shares = [0, 0.25, 0.5, 0.75, 1]
  return html`${shares.map((share) => {
    const y = (PLOT.top + PLOT_HEIGHT * (1 - share)).toFixed(1)
    return html`<line x1="${PLOT.left}" x2="${WIDTH - PLOT.right}" y1="${y}" y2="${y}" stroke="#d5dae1"/><text x="${PLOT.left - 8}" y="${y}" dy="4" text-anchor="end">${unit(low + (high - low) * share)}</text>`
  })}${shares.map(
    (share) =>
      html`<text x="${(PLOT.left + PLOT_WIDTH * share).toFixed(1)}" y="${HEIGHT - 12}" text-anchor="middle">${along(share)}</text>`,
  )}`
}

const MOST_POINTS = 340

function thinned(values: readonly number[]): (readonly [at: number, value: number])[] {
  if (values.length <= 2 * MOST_POINTS) return values.map((value, at) => [at, value] as const)
  const size = values.length / MOST_POINTS
  return Array.from({ length: MOST_POINTS }, (_, bucket) => {
    const start = Math.floor(bucket * size)
    const end = Math.floor((bucket + 1) * size)
    let lowest = start
    let highest = start
    for (let at = start; at < end; at++) {
      if (values[at]! < values[lowest]!) lowest = at
      if (values[at]! > values[highest]!) highest = at
    }
    return [Math.min(lowest, highest), Math.max(lowest, highest)].map((at) => [at, values[at]!] as const)
  }).flat()
}
