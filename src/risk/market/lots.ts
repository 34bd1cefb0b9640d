import { CASH_LOT_NANO } from '../../protocol/liquidation.ts'

/** One lot of cash is a cent: its value in nano-USD is its size in 1e-9 of a USD. */
export const cashLotNano = CASH_LOT_NANO

/** Lots that are fixed for good: a lot never changes for a live id, so it must not follow the price. */
const FIXED_LOTS: ReadonlyMap<string, bigint> = new Map([
  ['BTC', 10_000n],
  ['ETH', 100_000n],
])
const NANO = 1_000_000_000n
const LARGEST_LOT_NANO = 10n ** 15n

/**
 * Lot of an underlying and of every instrument on it, in 1e-9 of a unit: 0.00001 BTC, 0.0001 ETH; for others the
 * largest power of ten worth at most 1 USD at the given spot price. A rate is below 2^38 nano-USD (274 USD) a lot, so
 * 1 USD leaves more than sixteenfold headroom over a scenario that multiplies the price by six.
 */
export function lotOfUnderlying(symbol: string, spotNano: bigint): bigint {
  const fixed = FIXED_LOTS.get(symbol)
  if (fixed !== undefined) return fixed
  let lotNano = 1n
  while (lotNano < LARGEST_LOT_NANO && lotNano * 10n * spotNano <= NANO * NANO) lotNano *= 10n
  return lotNano
}
