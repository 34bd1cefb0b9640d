/**
 * Widths of the comparisons of the liquidation circuits, once. Every one of them is a range check of a difference of
 * integers; docs/circuits.md has the bounds, test/circuits/engine-ranges recomputes them.
 */

/** Whole percents. */
export const PERCENT_BITS = 7
/** |640,000 E - health * mmBps| and what is left to the next part: < 2^107. */
export const HEALTH_BITS = 107
/** Coarse bounds: 5 * amount - 4 * lots, amounts below 2^100: < 2^103. */
export const COARSE_BITS = 103
/** |64 greek - biased figure * unit| + unit < 2^89. */
export const GREEK_FIGURE_BITS = 89
/** mmBps - leverage * E with a leverage of 24 bits: magnitude below 2^107. */
export const LEVERAGE_BITS = 107
/** SOFT after one step less and its costs: |10^8 E - cost * relief - 10^8 SOFT| < 2^116. */
export const NET_SOFT_BITS = 116
/** Lots that a receiver pays, as 2^40 - value. */
export const PRICE_BITS = 41
/** Divisor of a price: 10^8 of the two scales, 10^7 of a cash lot. Remainders are below 2^50. */
export const PRICE_REMAINDER_BITS = 50
/** Slots for which cash beside the entries leaves every total below 2^82. */
export const MAX_ENGINE_SLOTS = 32
