import { greekDim, VALUE_DIM } from '../../protocol/risk-layout.ts'
import type { LinearMarginParameters } from '../../risk/linear-margin.ts'
import type { StressInstrument } from './instruments.ts'
import { LINEAR_IM, LINEAR_MM } from './row.ts'

/**
 * What the futures-style model asks of one lot, long and short, nano-USD: src/risk/linear-margin.ts in doubles. That model
 * adds positions up, so a lot's share is all there is to it; it rounds once a position, and this not at all.
 */
export function linearInto(
  rows: Float64Array,
  start: number,
  { quote }: StressInstrument,
  greekIndex: number,
  spot: number,
  deltaShockBps: number,
  parameters: LinearMarginParameters,
): void {
  const mark = rows[start + VALUE_DIM]!
  const store = (long: number, longInitial: number, short: number, shortInitial: number) => {
    rows[start + LINEAR_MM] = long
    rows[start + LINEAR_MM + 1] = short
    rows[start + LINEAR_IM] = longInitial
    rows[start + LINEAR_IM + 1] = shortInitial
  }
  const notional = (Math.abs(rows[start + greekDim(greekIndex, 'delta')]!) * 1e4) / deltaShockBps
  const maintenance = (Number(parameters.linearMaintenanceBps) * notional) / 1e4
  const initial = (Number(parameters.linearInitialBps) * notional) / 1e4
  if (quote.kind === 'spot') {
    const haircut = (Number(parameters.spotHaircutBps) * Math.abs(mark)) / 1e4
    store(haircut, haircut, maintenance, initial)
    return
  }
  if (quote.kind !== 'option') {
    store(maintenance, initial, maintenance, initial)
    return
  }
  const units = Number(quote.lotNano) / 1e9
  const away = (quote.right === 'call' ? 1 : -1) * (Number(quote.strikeNano) - spot)
  const share = (bps: bigint) => (Number(bps) * units * spot) / 1e4
  const shortInitial = Math.max(
    initial,
    share(parameters.optionInitialBps) - units * Math.max(0, away),
    share(parameters.optionInitialFloorBps),
  )
  const shortMaintenance = Math.min(
    shortInitial,
    Math.max(maintenance, share(parameters.optionMaintenanceBps)),
  )
  store(Math.abs(mark), Math.abs(mark), shortMaintenance, shortInitial)
}
