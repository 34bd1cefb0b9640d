pragma circom 2.1.9;

include "seal-protocol.circom";
include "../lib/range.circom";

/*
 * Gauge(): gauge = floor(10,000 * gamma / liquidity), exactly, in basis points.
 * Inputs: gamma, an integer below 2^105; liquidity, an integer below 2^84 (the caller unpacks both from ranged words).
 * Output: gauge, below 2^84.
 * Enforces gauge * liquidity + remainder = 10,000 * gamma with 0 <= remainder < liquidity. The left side is below 2^169,
 * the right one below 2^119, so the equation holds over the integers and has one solution. Liquidity of zero has none.
 * Does not enforce: liquidity of at least 2^34, which only sees to it that a gauge fits its field.
 */
template Gauge() {
    var widths[GAUGE_WORD_FIELDS()] = GAUGE_WORD_WIDTHS();
    var bits = widths[0];
    signal input gamma;
    signal input liquidity;
    signal output gauge;
    signal remainder;
    // A hint, pinned by the equation and the three ranges.
    gauge <-- liquidity != 0 ? (BASIS_POINTS() * gamma) \ liquidity : 0;
    remainder <== BASIS_POINTS() * gamma - gauge * liquidity;
    component whole = RangeCheck(bits);
    whole.in <== gauge;
    component low = RangeCheck(bits);
    low.in <== remainder;
    component high = RangeCheck(bits);
    high.in <== liquidity - 1 - remainder;
}
