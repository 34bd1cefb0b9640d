import { useState } from 'preact/hooks'
import { Plot } from '../charts/plot.tsx'
import { Badge, Card, Empty } from '../parts/common.tsx'
import { Rows } from '../parts/table.tsx'
import type { Scenario, Shock } from './market.ts'

const signed = (value: number) =>
  `${value > 0 ? '+' : ''}${value.toLocaleString('en', { maximumFractionDigits: 2 })}%`

/** The shocks that every instrument is revalued under. */
export function Scenarios({ scenarios }: { readonly scenarios: readonly Scenario[] }) {
  const symbols = [...new Set(scenarios.flatMap(({ shocks }) => shocks.map(({ underlying }) => underlying)))]
  const [chosen, setChosen] = useState(symbols[0])
  const symbol = chosen !== undefined && symbols.includes(chosen) ? chosen : symbols[0]
  if (symbol === undefined) {
    return (
      <Card title="Scenario shocks">
        <Empty title="The configuration names no scenarios" />
      </Card>
    )
  }
  return (
    <Card
      title="Scenario shocks"
      note="Every account is revalued in full under each of them. Volatility shocks are those at 30 days; nearer expiries move more."
    >
      <fieldset class="choices">
        <legend class="hidden-text">Underlying</legend>
        {symbols.map((each) => (
          <label key={each}>
            <input type="radio" name="shocked" checked={each === symbol} onChange={() => setChosen(each)} />
            {each}
          </label>
        ))}
      </fieldset>
      <ShockChart symbol={symbol} scenarios={scenarios} />
      <ShockTable symbol={symbol} scenarios={scenarios} />
    </Card>
  )
}

/** Tails of several hundred percent would leave no room for the rest. */
const FAR_PERCENT = 40

interface ShocksProps {
  readonly symbol: string
  readonly scenarios: readonly Scenario[]
}

const shockOf = (scenario: Scenario, symbol: string): Shock =>
  scenario.shocks.find(({ underlying }) => underlying === symbol) ?? {
    underlying: symbol,
    spot: 0,
    vol: 0,
    skew: 0,
  }

function ShockChart({ symbol, scenarios }: ShocksProps) {
  const all = scenarios
    .map((scenario) => ({ scenario, ...shockOf(scenario, symbol) }))
    .sort((a, b) => a.spot - b.spot || a.vol - b.vol)
  const near = all.filter(({ spot }) => Math.abs(spot) <= FAR_PERCENT)
  const far = all.filter(({ spot }) => Math.abs(spot) > FAR_PERCENT)
  const only = (wanted: boolean) =>
    near.map(({ scenario, vol }) => (scenario.isRegular === wanted ? vol : null))
  const kinds = [
    { name: 'Regular: for maintenance and initial margin', values: only(true) },
    { name: 'Tail, damped: for initial margin alone', values: only(false) },
  ]
  return (
    <>
      <Plot
        caption={`${symbol}: moves of spot and of volatility`}
        xName="Move of spot"
        xs={near.map(({ spot }) => spot)}
        formatX={signed}
        series={kinds
          .filter(({ values }) => values.some((value) => value !== null))
          .map((kind) => ({ ...kind, format: signed, isScatter: true }))}
        height={260}
        look={{ yName: 'Move of volatility' }}
      />
      {far.length > 0 && (
        <p class="small soft">
          Beyond the chart, damped, for initial margin alone: spot{' '}
          {far.map(({ spot }) => signed(spot)).join(', ')}.
        </p>
      )}
    </>
  )
}

function ShockTable({ symbol, scenarios }: ShocksProps) {
  return (
    <details>
      <summary>All {scenarios.length} scenarios</summary>
      <Rows
        caption={`Scenarios of ${symbol}`}
        rows={scenarios}
        keyOf={({ name }) => name}
        columns={[
          {
            name: 'Scenario',
            cell: ({ name, isGauge }) => (
              <span class="row">
                {name} {isGauge && <Badge tone="warning">gauge</Badge>}
              </span>
            ),
          },
          { name: 'Spot', isNumber: true, cell: (scenario) => signed(shockOf(scenario, symbol).spot) },
          { name: 'Volatility', isNumber: true, cell: (scenario) => signed(shockOf(scenario, symbol).vol) },
          { name: 'Skew', isNumber: true, cell: (scenario) => signed(shockOf(scenario, symbol).skew) },
          { name: 'Weight', isNumber: true, cell: ({ weight }) => `${weight}%` },
          {
            name: 'Counts for',
            cell: ({ isRegular }) => (isRegular ? 'maintenance and initial margin' : 'initial margin'),
          },
        ]}
      />
    </details>
  )
}
