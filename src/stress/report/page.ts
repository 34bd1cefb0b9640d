import { html, Markup, NOTHING } from '../../page/report/html.ts'
import { REPORT_STYLE } from '../../page/report/style.ts'
import type { EngineSummary, ReserveSizing, ScenarioComparison, StressResult } from '../result.ts'
import { distributionChart, dollars, gaugeCharts, phaseChart, priceCharts, waterfallChart } from './charts.ts'
import { ENGINE_COLUMNS, engineCells } from './rows.ts'

const WIDE =
  'body{max-width:72rem} table.engines{font-size:8.5pt} table.engines th{font-weight:600}' +
  ' @media screen{div.wide{overflow-x:auto} div.wide table.engines{width:auto;min-width:100%;table-layout:auto}' +
  ' div.wide th,div.wide td{white-space:nowrap;overflow-wrap:normal;word-break:normal;padding-right:.6rem}}'

/** One page of HTML without scripts or anything outside itself: the answer to one request, with its charts. */
export function stressPage(result: StressResult): string {
  const { source, engines, phaseMaps, scenarios, reserves } = result
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Stress report</title>
${new Markup(`<style>${REPORT_STYLE}${WIDE}</style>`)}
</head>
<body>
<h1>Stress report</h1>
<p class="sub">${source.book} on ${source.market}; ${source.path}; ${source.runs} runs of ${source.steps} steps of ${source.stepSeconds} s, seed ${source.seed}, ${source.accounts} accounts</p>
<table><tbody>${source.underlyings.map(({ symbol, spotUsd, depthCents, shortGammaCents }) => html`<tr><th scope="row">${symbol} at ${spotUsd.toFixed(2)} USD</th><td>${dollars(depthCents)} USD move it by one percent; accounts short gamma hedge a percent with ${dollars(shortGammaCents)} USD</td></tr>`)}</tbody></table>
<h2>Engines side by side</h2>
${enginesTable(engines)}
${priceCharts(result)}
${gaugeCharts(result)}
${waterfallChart(engines)}
${distributionChart(engines)}
${phaseMaps.length === 0 ? NOTHING : html`<h2>Phase map</h2>${phaseMaps.map(phaseChart)}`}
${scenarios.length === 0 ? NOTHING : html`<h2>Scenarios</h2>${scenarios.map(scenarioOf)}`}
${reserves.length === 0 ? NOTHING : reservesTable(reserves)}
<h2>Parameters</h2>
<table><tbody>${Object.entries(result.parameters).map(([name, value]) => html`<tr><th scope="row">${name}</th><td>${String(value)}</td></tr>`)}</tbody></table>
<footer>A simulation: what it leaves out is in docs/stress.md. The same request gives the same figures on every machine with
the same Node version.</footer>
</body>
</html>
`
  return page.text
}

function enginesTable(engines: readonly EngineSummary[]): Markup {
  return html`<div class="wide"><table class="engines"><thead><tr>${ENGINE_COLUMNS.map(({ head }) => html`<th>${head}</th>`)}</tr></thead>
<tbody>${engines.map((engine) => html`<tr data-engine="${engine.engine}">${engineCells(engine).map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody></table></div>
<p class="sub">Means over runs, after "to" the 95th percentile. Induced: breaches that the path alone does not have. Buyers: what liquidators and clearing house gained with what they took over, at the price of the end; dealers: what those gained who take options sold at market, without a limit of capital.</p>`
}

function scenarioOf({ name, description, control, stressed }: ScenarioComparison): Markup {
  return html`<h3>${name}</h3><p>${description}</p><p class="sub">Control</p>${enginesTable(control)}<p class="sub">Scenario</p>${enginesTable(stressed)}`
}

function reservesTable(reserves: readonly ReserveSizing[]): Markup {
  return html`<h2>Reserves</h2><table class="engines"><thead><tr><th>engine</th><th>insurance</th><th>Gamma Reserve</th><th>both, with 95% interval</th><th>runs beyond it; their chance with 95% confidence</th><th>fee share</th></tr></thead>
<tbody>${reserves.map(({ engine, insuranceCents, gammaReserveCents, totalCents, feeShareBps, runs, runsBeyond, beyondHighBps, confidenceBps }) => html`<tr><td>${engine}</td><td>${dollars(insuranceCents.cents)}</td><td>${dollars(gammaReserveCents)}</td><td>${dollars(totalCents.cents)} (${dollars(totalCents.lowCents)} to ${totalCents.highCents === undefined ? 'unknown: too few runs' : dollars(totalCents.highCents)}) at ${confidenceBps / 100}% of ${runs} runs</td><td>${runsBeyond} of ${runs}; at most ${(beyondHighBps / 100).toFixed(1)}%</td><td>${(feeShareBps / 100).toFixed(2)}%</td></tr>`)}</tbody></table>`
}
