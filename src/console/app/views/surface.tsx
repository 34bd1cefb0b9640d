import { useState } from 'preact/hooks'
import { Heat } from '../charts/heat.tsx'
import { Plot } from '../charts/plot.tsx'
import { Card, Empty } from '../parts/common.tsx'
import { listedVolAt, type MarketData, type Smile, strikeGrid, volAt } from './market.ts'

const DAY_SECONDS = 86_400
/** More lines than this, and nobody tells them apart; the table of the surface has every expiry. */
const MOST_LINES = 6
const VOLATILITY = 'Implied volatility, annual'

const percent = (value: number) => `${(100 * value).toFixed(1)}%`
/** The day of an expiry in UTC. */
const dayOf = (seconds: number) => new Date(seconds * 1_000).toISOString().slice(0, 10)

/** Implied volatility by expiry and strike: the smiles, the whole surface, and along time. */
export function Surface({ market }: { readonly market: MarketData }) {
  const symbols = market.underlyings
    .map(({ symbol }) => symbol)
    .filter((symbol) => market.smiles.some(({ underlying }) => underlying === symbol))
  const [chosen, setChosen] = useState(symbols[0])
  const symbol = chosen !== undefined && symbols.includes(chosen) ? chosen : symbols[0]
  const smiles = market.smiles.filter(({ underlying }) => underlying === symbol)
  const grid = strikeGrid(smiles, COARSE_STEPS)
  if (symbol === undefined) {
    return (
      <Card title="Volatility surface">
        <Empty title="No options are listed" />
      </Card>
    )
  }
  return (
    <Card
      title="Volatility surface"
      note="Annual implied volatility as the round has it, read off at strikes over the forward. Expiries are days in UTC."
    >
      <fieldset class="choices">
        <legend class="hidden-text">Underlying</legend>
        {symbols.map((each) => (
          <label key={each}>
            <input
              type="radio"
              name="underlying"
              checked={each === symbol}
              onChange={() => setChosen(each)}
            />
            {each}
          </label>
        ))}
      </fieldset>
      <div class="charts">
        <SmileChart symbol={symbol} smiles={smiles} />
        <TermChart symbol={symbol} smiles={smiles} asOfSeconds={market.asOfSeconds} />
      </div>
      <Heat
        caption={`${symbol}: implied volatility by expiry and strike over forward`}
        columns={grid.map((ratio) => `${Math.round(100 * ratio)}%`)}
        rows={smiles.map(({ expirySeconds, forward, points }) => ({
          name: dayOf(expirySeconds),
          values: grid.map((ratio) => listedVolAt(points, ratio * forward)),
        }))}
        format={percent}
      />
    </Card>
  )
}

const COARSE_STEPS = 10
const FINE_STEPS = 60

interface SmilesProps {
  readonly symbol: string
  readonly smiles: readonly Smile[]
}

function SmileChart({ symbol, smiles }: SmilesProps) {
  const step = Math.max(1, Math.ceil(smiles.length / MOST_LINES))
  const grid = strikeGrid(smiles, FINE_STEPS)
  const shown = smiles.filter((_, index) => index % step === 0).slice(0, MOST_LINES)
  return (
    <Plot
      caption={`${symbol}: smiles${shown.length < smiles.length ? ` of ${shown.length} of ${smiles.length} expiries` : ''}`}
      xName="Strike over forward"
      xs={grid}
      formatX={(ratio) => `${Math.round(100 * ratio)}%`}
      series={shown.map(({ expirySeconds, forward, points }) => ({
        name: dayOf(expirySeconds),
        values: grid.map((ratio) => listedVolAt(points, ratio * forward)),
        format: percent,
      }))}
      look={{ formatY: (value) => `${Math.round(100 * value)}%`, hasNoPoints: true, yName: VOLATILITY }}
      height={260}
    />
  )
}

function TermChart({ symbol, smiles, asOfSeconds }: SmilesProps & { readonly asOfSeconds: number }) {
  const days = smiles.map(({ expirySeconds }) => (expirySeconds - asOfSeconds) / DAY_SECONDS)
  const along = (ratio: number) => smiles.map(({ points, forward }) => volAt(points, ratio * forward))
  return (
    <Plot
      caption={`${symbol}: along time to expiry; flat beyond the listed strikes, as the matrix reads it`}
      xName="Days to expiry"
      xs={days}
      formatX={(value) => value.toFixed(value < 10 ? 1 : 0)}
      series={[
        { name: 'At the forward', values: along(1), format: percent },
        { name: '90% strike', values: along(0.9), format: percent },
        { name: '110% strike', values: along(1.1), format: percent },
      ]}
      look={{ formatY: (value) => `${Math.round(100 * value)}%`, yName: VOLATILITY }}
      height={260}
    />
  )
}
