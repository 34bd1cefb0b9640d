import { NANO } from '../fixed-point/q64.ts'
import { InputError } from '../protocol/errors.ts'
import type { FutureQuote, InstrumentQuote, OptionQuote } from './market/snapshot.ts'
import { callValues, type RoundContext, shockedPriceNano, type UnderlyingContext } from './round-context.ts'

/** What one unit of an instrument is worth now and under every shock of its underlying, nano-USD. */
export interface Valuation {
  readonly valueNano: bigint
  /** Undefined: nothing moves it (cash, and what has expired). */
  readonly shocks: ShockedValues | undefined
}

export interface ShockedValues {
  readonly underlying: UnderlyingContext
  /** By shock of the underlying. */
  readonly valuesNano: readonly bigint[]
  /** Worth a fixed multiple of a price: no gamma and no vega, exactly. */
  readonly linear: boolean
}

/**
 *   cash       1 USD
 *   spot       the spot price
 *   perpetual  mark - cumulative funding; its mark moves as spot does, in proportion
 *   future     mark; it gains what the forward of its expiry gains (its own mark, where no such forward is quoted)
 *   option     Black-76 on the forward of its expiry and the smile; a put by parity
 * A future that has expired is worth spot, an option its intrinsic value at spot; nothing moves them.
 * @throws InputError for an underlying or an expiry that the round does not have.
 */
export function valueInstrument(context: RoundContext, instrument: InstrumentQuote): Valuation {
  if (instrument.kind === 'cash') return { valueNano: NANO, shocks: undefined }
  const underlying = context.underlyings[instrument.underlying]
  if (underlying === undefined) {
    throw new InputError(
      `${instrument.symbol}: the round has no underlying number ${instrument.underlying}`,
      {
        field: 'underlying',
      },
    )
  }
  const { spotNano } = underlying
  switch (instrument.kind) {
    case 'spot':
      return linearValuation(underlying, spotNano, spotNano, 0n)
    case 'perpetual': {
      const { markNano, cumulativeFundingNano } = instrument
      return linearValuation(underlying, markNano - cumulativeFundingNano, markNano, cumulativeFundingNano)
    }
    case 'future':
      return valueFuture(context, underlying, instrument)
    case 'option':
      return valueOption(context, underlying, instrument)
  }
}

/** Whether an instrument is past its expiry at the time of the round. */
export function isExpired(context: RoundContext, instrument: InstrumentQuote): boolean {
  return 'expirySeconds' in instrument && instrument.expirySeconds <= context.asOfSeconds
}

/** Shocked value = shocked price - offset. */
function linearValuation(
  underlying: UnderlyingContext,
  valueNano: bigint,
  priceNano: bigint,
  offsetNano: bigint,
): Valuation {
  const valuesNano = underlying.shocks.map(({ spotBps }) => shockedPriceNano(priceNano, spotBps) - offsetNano)
  return { valueNano, shocks: { underlying, valuesNano, linear: true } }
}

function valueFuture(context: RoundContext, underlying: UnderlyingContext, future: FutureQuote): Valuation {
  if (isExpired(context, future)) return { valueNano: underlying.spotNano, shocks: undefined }
  const forwardNano = underlying.expiries.get(future.expirySeconds)?.forwardNano ?? future.markNano
  return linearValuation(underlying, future.markNano, forwardNano, forwardNano - future.markNano)
}

function valueOption(context: RoundContext, underlying: UnderlyingContext, option: OptionQuote): Valuation {
  const { strikeNano, symbol } = option
  const isCall = option.right === 'call'
  if (strikeNano <= 0n) throw new InputError(`${symbol}: its strike must be above zero`, { field: 'strike' })
  if (isExpired(context, option)) {
    const gain = isCall ? underlying.spotNano - strikeNano : strikeNano - underlying.spotNano
    return { valueNano: gain > 0n ? gain : 0n, shocks: undefined }
  }
  const expiry = underlying.expiries.get(option.expirySeconds)
  if (expiry === undefined) {
    throw new InputError(`${symbol}: the round has no expiry at ${option.expirySeconds}`, { field: 'expiry' })
  }
  const { callNano, shockedNano } = callValues(context, expiry, strikeNano, symbol)
  const valuesNano = isCall
    ? shockedNano
    : shockedNano.map((call, shock) => call - expiry.shocked[shock]!.forwardNano + strikeNano)
  return {
    valueNano: isCall ? callNano : callNano - expiry.forwardNano + strikeNano,
    shocks: { underlying, valuesNano, linear: false },
  }
}
