import type { EngineSummary, SummaryFigure } from '../result.ts'
import { dollars } from './charts.ts'

/** One engine as a row for people: the same in the terminal and in the report. */
export const ENGINE_COLUMNS = [
  { head: 'engine' },
  { head: 'breached' },
  { head: 'induced' },
  { head: 'depth' },
  { head: 'sold USD' },
  { head: 'overshoot' },
  { head: 'feeds itself' },
  { head: 'bad debt' },
  { head: 'reserves' },
  { head: 'shared' },
  { head: 'deleveraged' },
  { head: 'settled in' },
  { head: 'gauge' },
  { head: 'buyers' },
  { head: 'dealers' },
] as const

export function engineCells(summary: EngineSummary): string[] {
  const { engine, figures, selfSustaining } = summary
  const mean = (figure: SummaryFigure) => figures[figure].mean
  const pair = (figure: SummaryFigure, show: (value: number) => string) => {
    const { mean: average, p95 } = figures[figure]
    return summary.runs === 1 ? show(average) : `${show(average)} to ${show(p95)}`
  }
  const percent = (bps: number) => `${(bps / 100).toFixed(1)}%`
  const reserves = mean('insuranceCents') + mean('gammaReserveCents') + mean('houseCents')
  const shared =
    mean('socialisedCents') +
    mean('uncoveredCents') +
    mean('haircutCents') +
    mean('openShortfallCents') +
    mean('buyerShortfallCents')
  const signed = (cents: number) => (cents > 0 ? `+${dollars(cents)}` : dollars(cents))
  return [
    engine,
    mean('breached').toFixed(0),
    pair('induced', (value) => value.toFixed(0)),
    pair('cascadeDepth', (value) => value.toFixed(0)),
    dollars(mean('liquidatedCents')),
    pair('overshootBps', percent),
    `${Math.round(selfSustaining.bps / 100)}%`,
    pair('badDebtCents', dollars),
    dollars(reserves),
    dollars(shared),
    `${mean('deleveragedAccounts').toFixed(1)}${mean('deleveragedAccounts') > 0 ? ` (fair ${Math.round(mean('fairnessBps') / 100)}%)` : ''}`,
    `${Math.round(mean('medianSettlementSeconds'))} s`,
    percent(mean('gaugePeakBps')),
    signed(mean('liquidatorsResultCents') + mean('houseResultCents')),
    signed(mean('dealersResultCents')),
  ]
}
