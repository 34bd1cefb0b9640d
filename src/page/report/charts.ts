import { percent, type StatementFigures } from '../../bundle/index.ts'
import { tierCounts } from '../view/figures.ts'
import { html, type Markup, NOTHING } from './html.ts'

/** One epoch on the horizontal axis. */
export interface ChartPoint {
  readonly label: string
  readonly figures: StatementFigures
}

const WIDTH = 680
const HEIGHT = 230
const PLOT = { left: 64, right: 16, top: 14, bottom: 34 }
const PLOT_WIDTH = WIDTH - PLOT.left - PLOT.right
const PLOT_HEIGHT = HEIGHT - PLOT.top - PLOT.bottom
const TICKS = 4

/** From sound to insolvent: light to dark, so that they differ in black and white too. */
const TIER_COLOURS = ['#d5dfec', '#f2c45a', '#e08a2e', '#bf4a2a', '#6d1620']
/** Each with a stroke of its own, for black and white. */
const LINES = [
  { colour: '#1f5fb4', dash: 'none' },
  { colour: '#b3541e', dash: '7 4' },
  { colour: '#43752c', dash: '2 3' },
]

/** Accounts per tier by epoch; below MM alone for epochs whose policy discloses no tiers. */
export function tiersChart(points: readonly ChartPoint[]): Markup {
  if (points.length === 0) return NOTHING
  const disclosed = points.every(({ figures }) => figures.aggregates !== undefined)
  const columns = points.map(({ label, figures }) => ({
    label,
    parts: disclosed
      ? tierCounts(figures.accounts, figures.aggregates!)
      : [
          { name: 'Others', count: figures.accounts - Number(figures.belowMm) },
          { name: 'Below maintenance margin', count: Number(figures.belowMm) },
        ],
  }))
  const colours = disclosed ? TIER_COLOURS : [TIER_COLOURS[0]!, TIER_COLOURS[3]!]
  const top = roundUp(Math.max(...points.map(({ figures }) => figures.accounts)))
  const width = Math.min(56, (PLOT_WIDTH / points.length) * 0.6)
  const names = columns[0]!.parts.map(({ name }) => name)
  const bars = columns.flatMap(({ label, parts }, index) => {
    let below = 0
    return parts.map(({ name, count }, part) => {
      const [from, to] = [heightOf(below, top), heightOf((below += count), top)]
      const x = xOf(index, points.length) - width / 2
      return html`<rect x="${fixed(x)}" y="${fixed(to)}" width="${fixed(width)}" height="${fixed(from - to)}" fill="${colours[part]!}" data-tier="${name}" data-count="${count}"><title>${label}: ${name}: ${count}</title></rect>`
    })
  })
  return html`<figure><figcaption>Accounts per tier</figcaption>
<p class="legend">${names.map((name, part) => html`<span><svg width="12" height="12" aria-hidden="true"><rect width="12" height="12" fill="${colours[part]!}"/></svg> ${name}</span> `)}</p>
${chart('Accounts per tier by epoch', points, top, (value) => String(value), bars)}</figure>`
}

/** The stress gauge of every underlying by epoch, in percent of the stated hedge liquidity. */
export function gaugeChart(points: readonly ChartPoint[]): Markup {
  const underlyings = [
    ...new Set(points.flatMap(({ figures }) => figures.gauges.map(({ underlying }) => underlying))),
  ]
  if (underlyings.length === 0) return NOTHING
  const largest = Math.max(
    ...points.flatMap(({ figures }) => figures.gauges.map((gauge) => Number(gauge.gaugeBps))),
  )
  const top = roundUp(largest / 100)
  const lines = underlyings.map((underlying, index) => {
    const { colour, dash } = LINES[index % LINES.length]!
    const places = points.flatMap(({ figures }, at) => {
      const gauge = figures.gauges.find((candidate) => candidate.underlying === underlying)
      if (gauge === undefined) return []
      const y = heightOf(Number(gauge.gaugeBps) / 100, top)
      return [{ x: xOf(at, points.length), y, gaugeBps: gauge.gaugeBps }]
    })
    const path = places.map(({ x, y }) => `${fixed(x)},${fixed(y)}`).join(' ')
    return html`<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2" stroke-dasharray="${dash}"/>
${places.map(({ x, y, gaugeBps }) => html`<circle cx="${fixed(x)}" cy="${fixed(y)}" r="3.5" fill="${colour}" data-underlying="${underlying}" data-bps="${String(gaugeBps)}"><title>${underlying}: ${percent(gaugeBps)}</title></circle>`)}`
  })
  return html`<figure><figcaption>Stress gauge, percent of the stated hedge liquidity</figcaption>
<p class="legend">${underlyings.map((name, index) => {
    const { colour, dash } = LINES[index % LINES.length]!
    return html`<span><svg width="26" height="10" aria-hidden="true"><line x1="0" y1="5" x2="26" y2="5" stroke="${colour}" stroke-width="2" stroke-dasharray="${dash}"/></svg> ${name}</span> `
  })}</p>
${chart('Stress gauge by epoch', points, top, (value) => `${value}%`, lines)}</figure>`
}

/** Axes with the marks in between. */
function chart(
  title: string,
  points: readonly ChartPoint[],
  top: number,
  tick: (value: number) => string,
  marks: readonly Markup[],
): Markup {
  const ticks = Array.from({ length: TICKS + 1 }, (_, index) => (top * index) / TICKS)
  const every = Math.ceil(points.length / 8)
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">
${ticks.map((value) => {
  const y = fixed(heightOf(value, top))
  return html`<line x1="${PLOT.left}" x2="${WIDTH - PLOT.right}" y1="${y}" y2="${y}" stroke="#d5dae1"/><text x="${PLOT.left - 8}" y="${y}" dy="4" text-anchor="end">${tick(value)}</text>`
})}
${marks}
${points.map(({ label }, index) =>
  index % every === 0
    ? html`<text x="${fixed(xOf(index, points.length))}" y="${HEIGHT - 12}" text-anchor="middle">${label}</text>`
    : NOTHING,
)}</svg>`
}

function xOf(index: number, count: number): number {
  return PLOT.left + (PLOT_WIDTH * (index + 0.5)) / count
}

function heightOf(value: number, top: number): number {
  return PLOT.top + PLOT_HEIGHT * (1 - value / top)
}

function fixed(value: number): string {
  return value.toFixed(1)
}

/** 4, 8 or 20 times a power of ten: four ticks of it are whole numbers. */
function roundUp(value: number): number {
  let power = 1
  for (;;) {
    const found = [4, 8, 20].map((step) => step * power).find((step) => step >= value)
    if (found !== undefined) return found
    power *= 10
  }
}
