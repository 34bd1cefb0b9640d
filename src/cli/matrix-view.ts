import { formatDecimal } from '../fixed-point/decimal.ts'
import { InputError } from '../protocol/errors.ts'
import { GREEKS, greekDim, scenarioDim, VALUE_DIM } from '../protocol/risk-layout.ts'
import type { RiskVector } from '../risk/vector.ts'
import { roundJson } from './accounts.ts'
import { bold, usd } from './format.ts'
import type { RoundSession } from './session.ts'
import { pairsText, tableText } from './table.ts'

export const MATRIX_FORMAT = 'tacit.matrix'
export const MATRIX_VERSION = 1

/** The whole matrix for a file: from it anyone recomputes the root. */
export function matrixJson(session: RoundSession) {
  const { matrix } = session
  return {
    format: MATRIX_FORMAT,
    version: MATRIX_VERSION,
    ...roundJson(session),
    scenarios: session.configuration.scenarios.map(({ name }) => name),
    underlyings: session.configuration.underlyings,
    halted: haltedJson(session),
    vectors: matrix.listing.instruments.flatMap(({ symbol, id, lotNano }) => {
      const vector = matrix.vectors.get(id)
      return vector === undefined ? [] : [{ symbol, lotNano, ...vector }]
    }),
  }
}

export function haltedJson({ matrix }: RoundSession) {
  return matrix.halted.map(({ symbol, id, reason, standing }) => ({
    symbol,
    id,
    reason,
    leftOut: standing === undefined,
  }))
}

export interface VectorView {
  readonly symbol: string
  readonly lotNano: bigint
  readonly vector: RiskVector
}

/** @throws InputError for a symbol that this round does not list, or whose instrument is halted without a vector */
export function vectorOf({ matrix }: RoundSession, symbol: string): VectorView {
  const listed = matrix.listing.bySymbol(symbol)
  if (listed === undefined) {
    throw new InputError(`this market has no instrument ${symbol}`, { field: '--instrument' })
  }
  const vector = matrix.vectors.get(listed.id)
  if (vector === undefined) {
    const halted = matrix.halted.find(({ id }) => id === listed.id)
    throw new InputError(`${symbol} is halted and has no vector: ${halted?.reason ?? ''}`, {
      field: '--instrument',
    })
  }
  return { symbol, lotNano: listed.lotNano, vector }
}

/** One vector for people: dollars per whole unit, scenarios in columns. */
export function vectorText(session: RoundSession, view: VectorView, colour: boolean): string {
  const { symbol, lotNano, vector } = view
  // Rates are per lot; a person thinks in units. Exact where a lot divides a unit, which it does.
  const perUnit = (rateNano: bigint) => usd((rateNano * 1_000_000_000n) / lotNano)
  const { configuration } = session
  const { spotBps, volBps } = configuration.greekShocks
  const head = pairsText(
    [
      ['id', String(vector.id)],
      ['lot', `${formatDecimal(lotNano, 9)} units`],
      ['value', `${perUnit(vector.ratesNano[VALUE_DIM]!)} USD a unit`],
      [
        'charge',
        `long ${perUnit(vector.longChargeNano)}, short ${perUnit(vector.shortChargeNano)} USD a unit`,
      ],
    ],
    2,
  )
  const greekRows = configuration.underlyings.map((underlying, index) => [
    underlying,
    ...GREEKS.map((greek) => perUnit(vector.ratesNano[greekDim(index, greek)]!)),
  ])
  const right = { align: 'right' } as const
  const greeks = tableText(
    [{ head: 'underlying' }, ...GREEKS.map((greek) => ({ head: greek, ...right }))],
    greekRows,
    2,
  )
  return [
    bold(symbol, colour),
    head,
    '',
    `  Greeks: P&L in USD a unit for spot ${percentOf(spotBps)} and volatility ${percentOf(volBps)}`,
    greeks,
    '',
    '  P&L in USD a unit under each scenario',
    scenarioColumns(session, vector, perUnit),
  ].join('\n')
}

function scenarioColumns(
  { configuration }: RoundSession,
  vector: RiskVector,
  perUnit: (rateNano: bigint) => string,
): string {
  const cells = configuration.scenarios.map(({ name, regular }, index) => [
    regular ? name : `${name} *`,
    perUnit(vector.ratesNano[scenarioDim(index)]!),
  ])
  const height = Math.ceil(cells.length / 2)
  const rows = Array.from({ length: height }, (_, row) => [
    ...cells[row]!,
    '',
    ...(cells[row + height] ?? []),
  ])
  const pair = [{ head: 'scenario' }, { head: 'P&L', align: 'right' }] as const
  const note = '  * counts for the initial margin only, damped by its weight'
  return `${tableText([...pair, { head: '' }, ...pair], rows, 2)}\n${note}`
}

function percentOf(bps: bigint): string {
  return `+${formatDecimal(bps, 2)}%`
}
