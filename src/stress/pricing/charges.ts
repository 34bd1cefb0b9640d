import type { UnderlyingContext } from '../../risk/round-context.ts'
import type { StressInstrument } from './instruments.ts'
import { LONG_CHARGE, SHORT_CHARGE } from './row.ts'

/** The two charges of one lot, before the long one is capped: src/risk/charges.ts in doubles. Prices in nano-USD. */
export function chargesInto(
  rows: Float64Array,
  start: number,
  { quote }: StressInstrument,
  { charges }: UnderlyingContext,
  value: number,
  spot: number,
  asOfSeconds: number,
): void {
  const perLot = (price: number, bps: number) =>
    Math.ceil((price * bps * (Number(quote.lotNano) / 1e9)) / 1e4)
  if (quote.kind === 'spot') {
    rows[start + LONG_CHARGE] = perLot(spot, Number(charges.spotLongBps))
    rows[start + SHORT_CHARGE] = perLot(spot, Number(charges.spotShortBps))
    return
  }
  if (quote.kind !== 'option') {
    // The mark: of a perpetual its value and what funding took.
    const mark = quote.kind === 'perpetual' ? value + Number(quote.cumulativeFundingNano) : value
    const linear = perLot(mark, Number(charges.linearBps))
    rows[start + LONG_CHARGE] = linear
    rows[start + SHORT_CHARGE] = linear
    return
  }
  const isPinned =
    quote.expirySeconds - asOfSeconds <= charges.pinWindowSeconds &&
    Math.abs(Number(quote.strikeNano) - spot) * 1e4 <= Number(charges.pinWidthBps) * spot
  const liquidity = perLot(value, Number(charges.optionLiquidityBps))
  const shortBps = Number(charges.shortOptionBps) + (isPinned ? Number(charges.pinBps) : 0)
  rows[start + LONG_CHARGE] = liquidity
  rows[start + SHORT_CHARGE] = liquidity + perLot(spot, shortBps)
}
