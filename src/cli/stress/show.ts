import { dollars } from '../../stress/report/charts.ts'
import { ENGINE_COLUMNS, engineCells } from '../../stress/report/rows.ts'
import type { EngineSummary, PhaseMap, StressResult } from '../../stress/result.ts'
import { grouped } from '../format.ts'
import { tableText } from '../table.ts'

/** The whole answer for a terminal. */
export function stressText(result: StressResult): string {
  const { source, engines, phaseMaps, scenarios, reserves } = result
  const parts = [
    `${source.market}; ${source.book}: ${grouped(source.accounts)} accounts; ${source.path}`,
    `${grouped(source.runs)} runs of ${grouped(source.steps)} steps of ${source.stepSeconds} s`,
    ...source.underlyings.map(
      ({ symbol, depthCents, shortGammaCents }) =>
        `${symbol}: a percent takes ${dollars(depthCents)} USD; accounts short gamma hedge it with ${dollars(shortGammaCents)} USD`,
    ),
    '',
    enginesText(engines),
  ]
  for (const map of phaseMaps)
    parts.push(
      '',
      `Where cascades sustain themselves, ${map.engine} (${map.runsPerCell} runs a cell)`,
      phaseText(map),
    )
  for (const { name, description, control, stressed } of scenarios) {
    parts.push(
      '',
      `${name}: ${description}`,
      '  control',
      enginesText(control, 2),
      '  scenario',
      enginesText(stressed, 2),
      ...attackerLines(stressed),
    )
  }
  if (reserves.length > 0) parts.push('', reservesText(result))
  return parts.join('\n')
}

/** What an attacker ended with, on average, where there was one. */
function attackerLines(engines: readonly EngineSummary[]): string[] {
  const gains = engines.filter(({ figures }) => figures.attackerCents.mean !== 0)
  if (gains.length === 0) return []
  const parts = gains.map(({ engine, figures }) => `${engine} ${dollars(figures.attackerCents.mean)} USD`)
  return [`  the attacker ends with: ${parts.join(', ')}`]
}

function enginesText(engines: readonly EngineSummary[], indent = 0): string {
  const columns = ENGINE_COLUMNS.map(({ head }, index) => ({
    head,
    align: index === 0 ? ('left' as const) : ('right' as const),
  }))
  return tableText(columns, engines.map(engineCells), indent)
}

function phaseText({ gammaFactors, depthFactors, cells }: PhaseMap): string {
  const columns = [
    { head: 'gamma' },
    ...depthFactors.map((factor) => ({ head: `depth x${factor}`, align: 'right' as const })),
  ]
  const rows = gammaFactors.map((factor, row) => [
    `x${factor}`,
    ...cells[row]!.map(
      ({ selfSustaining: { bps, lowBps, highBps } }) =>
        `${Math.round(bps / 100)}% (${Math.round(lowBps / 100)}-${Math.round(highBps / 100)})`,
    ),
  ])
  return tableText(columns, [...rows].reverse(), 2)
}

function reservesText({ reserves }: StressResult): string {
  const right = { align: 'right' } as const
  return tableText(
    [
      { head: 'reserves' },
      { head: 'insurance', ...right },
      { head: 'Gamma Reserve', ...right },
      { head: 'both', ...right },
      { head: '95% interval', ...right },
      { head: 'runs beyond', ...right },
      { head: 'chance of one', ...right },
      { head: 'fee share', ...right },
    ],
    reserves.map(
      ({
        engine,
        runs,
        insuranceCents,
        gammaReserveCents,
        totalCents,
        runsBeyond,
        beyondHighBps,
        feeShareBps,
      }) => [
        engine,
        dollars(insuranceCents.cents),
        dollars(gammaReserveCents),
        dollars(totalCents.cents),
        `${dollars(totalCents.lowCents)} to ${totalCents.highCents === undefined ? 'unknown' : dollars(totalCents.highCents)}`,
        `${runsBeyond} of ${runs}`,
        `at most ${(beyondHighBps / 100).toFixed(1)}%`,
        `${(feeShareBps / 100).toFixed(2)}%`,
      ],
    ),
  )
}
