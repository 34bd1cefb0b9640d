import { html, type Markup, NOTHING } from '../../page/report/html.ts'
import type { EngineSummary, PhaseMap, StressResult } from '../result.ts'
import { axes, figure, HEIGHT, linesChart, PLOT, PLOT_HEIGHT, PLOT_WIDTH, WIDTH } from './chart.ts'

/** Prices of every underlying with each engine, on the first path. */
export function priceCharts({ source, trace }: StressResult): Markup[] {
  return source.underlyings.map(({ symbol }, underlying) =>
    linesChart(
      {
        title: `Price of ${symbol}, USD, with each engine on the first path`,
        unit: (value) => value.toFixed(value < 100 ? 2 : 0),
        along: hours(source),
      },
      trace.engines.map(({ engine, priceUsd }) => ({ name: engine, values: priceUsd[underlying]! })),
      false,
    ),
  )
}

export function gaugeCharts({ source, trace }: StressResult): Markup[] {
  return source.underlyings.flatMap(({ symbol }, underlying) => {
    const lines = trace.engines.map(({ engine, gaugeBps }) => ({
      name: engine,
      values: gaugeBps[underlying]!.map((bps) => bps / 100),
    }))
    if (lines.every(({ values }) => values.every((value) => value === 0))) return []
    const text = {
      title: `Stress gauge of ${symbol}: liquidity demanded to zero out gamma, percent of depth`,
      note: 'Short gamma of accounts below or near MM, as the hedge of a move of one percent, over what moves the price by one percent. At 100% a hedge moves the price as much as what it answers.',
      unit: (value: number) => `${value.toFixed(1)}%`,
      along: hours(source),
    }
    return [linesChart(text, lines, true)]
  })
}

function hours({ steps, stepSeconds }: StressResult['source']): (share: number) => string {
  return (share) => `${((share * steps * stepSeconds) / 3_600).toFixed(1)} h`
}

const LOSSES = [
  ['insuranceCents', 'insurance', '#d5dfec'],
  ['gammaReserveCents', 'Gamma Reserve', '#9db8dc'],
  ['houseCents', 'clearing house', '#f2c45a'],
  ['haircutCents', 'haircuts', '#e08a2e'],
  ['socialisedCents', 'socialised', '#bf4a2a'],
  ['uncoveredCents', 'uncovered', '#6d1620'],
  ['openShortfallCents', 'still open', '#3b0d12'],
  ['buyerShortfallCents', 'buyers beyond their capital', '#111827'],
] as const

/** Who bore the losses, on average over runs: bars in the order in which losses fall. */
export function waterfallChart(engines: readonly EngineSummary[]): Markup {
  const totals = engines.map(({ figures }) => LOSSES.reduce((sum, [figure]) => sum + figures[figure].mean, 0))
  const top = Math.max(1, ...totals)
  const width = Math.min(70, (PLOT_WIDTH / engines.length) * 0.6)
  const bars = engines.map(({ engine, figures }, index) => {
    const x = PLOT.left + (PLOT_WIDTH * (index + 0.5)) / engines.length - width / 2
    let below = 0
    const parts = LOSSES.map(([name, words, colour]) => {
      const height = (PLOT_HEIGHT * figures[name].mean) / top
      below += height
      const y = PLOT.top + PLOT_HEIGHT - below
      return html`<rect x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${width.toFixed(1)}" height="${height.toFixed(1)}" fill="${colour}"><title>${engine}: ${words} ${dollars(figures[name].mean)}</title></rect>`
    })
    return html`${parts}<text x="${(x + width / 2).toFixed(1)}" y="${HEIGHT - 12}" text-anchor="middle">${engine}</text>`
  })
  const legend = LOSSES.map(
    ([, words, colour]) =>
      html`<span><svg width="12" height="12" aria-hidden="true"><rect width="12" height="12" fill="${colour}"/></svg> ${words}</span> `,
  )
  return html`<figure><figcaption>Losses by who bears them, mean over runs</figcaption><p class="legend">${legend}</p>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Losses by who bears them">${axes({ unit: (cents) => dollars(cents), along: () => '' }, 0, top)}${bars}</svg></figure>`
}

/** Every run's overshoot, sorted, by engine: the height at a share is that quantile. */
export function distributionChart(engines: readonly EngineSummary[]): Markup {
  const lines = engines
    .filter(({ engine }) => engine !== 'none')
    .map(({ engine, outcomes }) => ({
      name: engine,
      values: outcomes.map(({ overshootBps }) => overshootBps / 100).sort((a, b) => a - b),
    }))
  if (lines.every(({ values }) => values.length < 2)) return NOTHING
  return linesChart(
    {
      title: 'Overshoot below the path without liquidations, percent, over all runs',
      unit: (value) => `${value.toFixed(1)}%`,
      along: (share) => `${Math.round(share * 100)}% of runs`,
    },
    lines,
    true,
  )
}

/** A grid of shares of self-sustaining runs. */
export function phaseChart(map: PhaseMap): Markup {
  const { gammaFactors, depthFactors, cells, engine, runsPerCell } = map
  const width = PLOT_WIDTH / depthFactors.length
  const height = PLOT_HEIGHT / gammaFactors.length
  const squares = cells.flatMap((row, gamma) =>
    row.map(({ selfSustaining, feedbackBps, overshootBps }, depth) => {
      const x = PLOT.left + depth * width
      const y = PLOT.top + (gammaFactors.length - 1 - gamma) * height
      const share = selfSustaining.bps / 1e4
      const ink = share > 0.5 ? '#fff' : '#16191d'
      const label = `${Math.round(share * 100)}% (${Math.round(selfSustaining.lowBps / 100)}-${Math.round(selfSustaining.highBps / 100)})`
      return html`<rect x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${width.toFixed(1)}" height="${height.toFixed(1)}" fill="${shade(share)}" stroke="#fff"><title>feedback ${(feedbackBps / 1e4).toFixed(2)}, overshoot ${(overshootBps.mean / 100).toFixed(1)}%</title></rect><text x="${(x + width / 2).toFixed(1)}" y="${(y + height / 2).toFixed(1)}" dy="4" text-anchor="middle" style="fill:${ink}">${label}</text>`
    }),
  )
  const rows = gammaFactors.map((factor, gamma) => {
    const y = PLOT.top + (gammaFactors.length - 0.5 - gamma) * height
    return html`<text x="${PLOT.left - 8}" y="${y.toFixed(1)}" dy="4" text-anchor="end">gamma x${factor}</text>`
  })
  const columns = depthFactors.map(
    (factor, depth) =>
      html`<text x="${(PLOT.left + (depth + 0.5) * width).toFixed(1)}" y="${HEIGHT - 12}" text-anchor="middle">depth x${factor}</text>`,
  )
  const body = html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Phase map of ${engine}">${squares}${rows}${columns}</svg>`
  const note = `Share of ${runsPerCell} runs with an overshoot of more than half of the path's own move, with its 95% interval.`
  return figure({ title: `Where cascades sustain themselves: ${engine}`, note }, [], body)
}

function shade(share: number): string {
  const mix = (from: number, to: number) => Math.round(from + (to - from) * share)
  return `rgb(${mix(226, 109)},${mix(234, 22)},${mix(244, 32)})`
}

export function dollars(cents: number): string {
  const usd = cents / 100
  if (Math.abs(usd) >= 1e6) return `${(usd / 1e6).toFixed(2)}M`
  return Math.abs(usd) >= 1e3 ? `${(usd / 1e3).toFixed(1)}k` : usd.toFixed(0)
}
