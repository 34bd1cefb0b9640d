import { formatDecimal } from '../fixed-point/decimal.ts'
import { VALUE_DIM } from '../protocol/risk-layout.ts'
import { type AccountMargin, instrumentsById, worstScenario } from './accounts.ts'
import { bold, tierText, usd, wholeUsd } from './format.ts'
import type { RoundSession } from './session.ts'
import { type Column, cut, pairsText, tableText } from './table.ts'

/** The book as a table, and one account in detail. Text only: nothing is computed but what is shown. */

const COLUMNS: readonly Column[] = [
  { head: 'id' },
  { head: 'account' },
  { head: 'equity', align: 'right' },
  { head: 'MM', align: 'right' },
  { head: 'SOFT', align: 'right' },
  { head: 'IM', align: 'right' },
  { head: 'tier' },
  { head: 'worst case' },
  { head: 'greeks', align: 'right' },
  { head: 'charges', align: 'right' },
  { head: 'linear', align: 'right' },
]
const TABLE_WIDTH = 120
const NAME_COLUMN = 1
const SCENARIO_COLUMN = 7

export function accountsTable(
  session: RoundSession,
  accounts: readonly AccountMargin[],
  options: { readonly colour: boolean; readonly indent?: number },
): string {
  const unit = unitFor(accounts)
  const indent = options.indent ?? 0
  const rows = accounts.map(({ entry, margin, linear }) => {
    const { mm, soft, im } = margin.requirementNano
    return [
      String(entry.account.accountId),
      entry.name ?? '',
      // Equity down and requirements up, so that the eye is never more generous than the proof.
      wholeUsd(margin.equityNano, 'down', unit.usd),
      wholeUsd(mm, 'up', unit.usd),
      wholeUsd(soft, 'up', unit.usd),
      wholeUsd(im, 'up', unit.usd),
      tierText(margin.tier, options.colour),
      worstScenario(session, margin),
      wholeUsd(margin.greeksNano, 'up', unit.usd),
      wholeUsd(margin.chargesNano, 'up', unit.usd),
      wholeUsd(linear.initialNano, 'up', unit.usd),
    ]
  })
  const table = tableText(COLUMNS, fitted(rows, TABLE_WIDTH - indent, options.colour), indent)
  const note = `${unit.name}; "linear" is the initial margin of the futures-style model, which offsets nothing`
  return `${table}\n${' '.repeat(indent)}${note}`
}

/** Names and scenarios give way until the table fits; the full ones stand in the detail and in the JSON. */
function fitted(rows: readonly (readonly string[])[], width: number, colour: boolean): string[][] {
  const result = rows.map((row) => [...row])
  const shrink = (column: number, least: number) => {
    const excess = lineWidth(result, colour) - width
    if (excess <= 0) return
    const present = Math.max(...result.map((row) => row[column]!.length))
    const room = Math.max(least, present - excess)
    for (const row of result) row[column] = cut(row[column]!, room)
  }
  shrink(NAME_COLUMN, 16)
  shrink(SCENARIO_COLUMN, 10)
  return result
}

function lineWidth(rows: readonly (readonly string[])[], colour: boolean): number {
  const lines = tableText(COLUMNS, rows).split('\n')
  // A colour's codes take no room on the screen; the rule under the head has none and is as wide as the rest.
  return colour ? lines[1]!.length : Math.max(...lines.map((line) => line.length))
}

/** Dollars as long as they fit. */
function unitFor(accounts: readonly AccountMargin[]): { usd: bigint; name: string } {
  let largest = 0n
  for (const { margin, linear } of accounts) {
    for (const size of [
      margin.equityNano,
      -margin.equityNano,
      margin.requirementNano.im,
      linear.initialNano,
    ]) {
      if (size > largest) largest = size
    }
  }
  const dollars = largest / 1_000_000_000n
  if (dollars < 100_000_000n) return { usd: 1n, name: 'USD' }
  return dollars < 100_000_000_000n
    ? { usd: 1_000n, name: 'thousands of USD' }
    : { usd: 1_000_000n, name: 'millions of USD' }
}

const WORST_ROWS = 6

export function accountDetail(session: RoundSession, account: AccountMargin, colour: boolean): string {
  const { entry, margin, linear } = account
  const { requirementNano } = margin
  const summary = pairsText(
    [
      ['equity', `${usd(margin.equityNano)} USD`],
      ['MM', `${usd(requirementNano.mm)} USD`],
      ['SOFT', `${usd(requirementNano.soft)} USD`],
      ['IM', `${usd(requirementNano.im)} USD`],
      ['tier', tierText(margin.tier, colour)],
      ['worst for MM', `${usd(margin.worstMmNano)} USD (${worstScenario(session, margin, 'mm')})`],
      ['worst for IM', `${usd(margin.worstImNano)} USD (${worstScenario(session, margin, 'im')})`],
      ['greeks term', `${usd(margin.greeksNano)} USD`],
      ['charges', `${usd(margin.chargesNano)} USD`],
      ['linear model', `IM ${usd(linear.initialNano)} USD, MM ${usd(linear.maintenanceNano)} USD`],
    ],
    2,
  )
  const name = entry.name === undefined ? '' : ` (${entry.name})`
  return [
    bold(`Account ${entry.account.accountId}${name}`, colour),
    summary,
    '',
    positionsTable(session, account),
    '',
    scenariosTable(session, account),
  ].join('\n')
}

function positionsTable(session: RoundSession, { entry, linear }: AccountMargin): string {
  const instruments = instrumentsById(session)
  const rows = entry.account.positions.map(({ id, quantityLots }, index) => {
    const instrument = instruments.get(id)!
    const vector = session.matrix.vectors.get(id)!
    const charge = quantityLots > 0n ? vector.longChargeNano : -vector.shortChargeNano
    return [
      instrument.symbol,
      formatDecimal(quantityLots * instrument.lotNano, 9),
      usd(quantityLots * vector.ratesNano[VALUE_DIM]!),
      usd(quantityLots * charge),
      usd(linear.positions[index]!.initialNano),
    ]
  })
  if (rows.length === 0) return '  no positions'
  const right = { align: 'right' } as const
  return tableText(
    [
      { head: 'position' },
      { head: 'quantity', ...right },
      { head: 'value USD', ...right },
      { head: 'charge USD', ...right },
      { head: 'linear IM USD', ...right },
    ],
    rows,
    2,
  )
}

function scenariosTable(session: RoundSession, { margin }: AccountMargin): string {
  const rows = session.configuration.scenarios
    .map((scenario, index) => ({ scenario, lossNano: margin.lossesNano[index]! }))
    .sort((a, b) => (a.lossNano > b.lossNano ? -1 : a.lossNano < b.lossNano ? 1 : 0))
    .slice(0, WORST_ROWS)
    .map(({ scenario, lossNano }) => [
      scenario.name,
      usd(-lossNano),
      scenario.regular ? 'MM and IM' : 'IM only',
    ])
  return tableText(
    [{ head: 'worst scenarios' }, { head: 'P&L USD', align: 'right' }, { head: 'counts for' }],
    rows,
    2,
  )
}
