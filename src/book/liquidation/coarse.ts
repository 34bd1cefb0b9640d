/**
 * The public grid of coarse amounts: 0 to 7, and 4 to 7 times every power of two. Neighbours are at most a quarter
 * apart, so a rounded amount lies within a quarter of the true one and tells no more than its step of the grid.
 */
const LEADING_BITS = 3

/** The smallest grid amount that is at least `lots` (>= 0): at most 5/4 of it. */
export function coarseUp(lots: bigint): bigint {
  const step = stepOf(lots)
  return ((lots + step - 1n) / step) * step
}

/** The largest grid amount that is at most `lots` (>= 0): at least 4/5 of it. */
export function coarseDown(lots: bigint): bigint {
  const step = stepOf(lots)
  return (lots / step) * step
}

/** Distance of the grid's amounts around `lots`: what leaves three leading bits. */
function stepOf(lots: bigint): bigint {
  return 1n << BigInt(Math.max(0, lots.toString(2).length - LEADING_BITS))
}
