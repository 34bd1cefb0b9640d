import { absolute, mulDivUp, NANO } from '../fixed-point/q64.ts'
import { BASIS_POINTS } from '../protocol/ranges.ts'
import type { InstrumentQuote, OptionQuote } from './market/snapshot.ts'
import type { RoundContext, UnderlyingContext } from './round-context.ts'
import type { Valuation } from './valuation.ts'

/** Charges of one lot, nano-USD, rounded up: always against the holder, whichever side. */
export interface Charges {
  readonly longNano: bigint
  readonly shortNano: bigint
}

const NO_CHARGES: Charges = { longNano: 0n, shortNano: 0n }

/**
 * The charges of an instrument before the long one is capped (rates.ts):
 *   spot               haircut on either side, of the spot price
 *   perpetual, future  linear charge on either side, of the mark
 *   option             liquidity charge on either side, of the mark; short besides: the short-option minimum, of spot,
 *                      and near expiry and strike the pin charge, of spot
 *   cash, expired      none
 */
export function chargesOf(context: RoundContext, instrument: InstrumentQuote, valuation: Valuation): Charges {
  if (valuation.shocks === undefined) return NO_CHARGES
  const { underlying } = valuation.shocks
  const rules = underlying.charges
  const perLot = (priceNano: bigint, bps: bigint): bigint =>
    mulDivUp(priceNano * bps, instrument.lotNano, NANO * BASIS_POINTS)
  switch (instrument.kind) {
    case 'cash':
      return NO_CHARGES
    case 'spot':
      return {
        longNano: perLot(underlying.spotNano, rules.spotLongBps),
        shortNano: perLot(underlying.spotNano, rules.spotShortBps),
      }
    case 'perpetual':
    case 'future': {
      const linear = perLot(instrument.markNano, rules.linearBps)
      return { longNano: linear, shortNano: linear }
    }
    case 'option': {
      const liquidity = perLot(valuation.valueNano, rules.optionLiquidityBps)
      const pinBps = isPinned(context, underlying, instrument) ? rules.pinBps : 0n
      return {
        longNano: liquidity,
        shortNano: liquidity + perLot(underlying.spotNano, rules.shortOptionBps + pinBps),
      }
    }
  }
}

/** Pin risk: so near expiry and strike that a small move decides whether a short option is exercised. */
function isPinned(context: RoundContext, underlying: UnderlyingContext, option: OptionQuote): boolean {
  const { pinWidthBps, pinWindowSeconds } = underlying.charges
  const distance = absolute(option.strikeNano - underlying.spotNano)
  return (
    option.expirySeconds - context.asOfSeconds <= pinWindowSeconds &&
    distance * BASIS_POINTS <= pinWidthBps * underlying.spotNano
  )
}
