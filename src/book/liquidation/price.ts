import { CASH_LOT_NANO } from '../../protocol/liquidation.ts'
import { BASIS_POINTS } from '../../protocol/ranges.ts'

/** A relief is in bps of nano-USD, and a rate on it in bps: together 10^8 to the nano-USD. */
const RELIEF_SCALE = BASIS_POINTS * BASIS_POINTS

/** Integer division toward minus infinity; the denominator is positive. */
export function divideDown(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator
  return numerator % denominator < 0n ? quotient - 1n : quotient
}

/** Integer division toward plus infinity; the denominator is positive. */
export function divideUp(numerator: bigint, denominator: bigint): bigint {
  return -divideDown(-numerator, denominator)
}

/**
 * What the receiver pays, in lots of cash, rounded up: the value at mark less a discount on the relief. Negative: it is
 * paid. valueNano in nano-USD, reliefBpsNano in bps of nano-USD. Rounded for the account, so that it never loses more
 * than the terms say.
 */
export function priceLots(valueNano: bigint, discountBps: bigint, reliefBpsNano: bigint): bigint {
  return divideUp(RELIEF_SCALE * valueNano - discountBps * reliefBpsNano, RELIEF_SCALE * CASH_LOT_NANO)
}

/** What leaves the account for the fund, in lots of cash, rounded down. */
export function feeLots(feeBps: bigint, reliefBpsNano: bigint): bigint {
  return divideDown(feeBps * reliefBpsNano, RELIEF_SCALE * CASH_LOT_NANO)
}
