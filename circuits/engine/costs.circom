pragma circom 2.1.9;

include "protocol.circom";
include "../lib/range.circom";

/*
 * RestoredAfterCosts(): whether equity would be at or above SOFT once a step is taken and its costs are paid.
 * Inputs: equity before, |E| < 2^82; mmBps[2], below 2^99, before and after the step; imBps after it, below 2^99;
 * softShareBps, 14 bits; costBps in [-2^14, 2^16), discount and fee as a share of the step's relief.
 * Output: out = 1 when 10^8 E - costBps * (mmBps before - mmBps after) >= 10^8 SOFT after; exact at equality.
 * The relief of the step may be negative: the price of such a step would be above mark by as much (docs/liquidation.md).
 */
template RestoredAfterCosts() {
    signal input equity;
    signal input mmBps[2];
    signal input imBps;
    signal input softShareBps;
    signal input costBps;
    signal output out;

    signal costs;
    costs <== costBps * (mmBps[0] - mmBps[1]);
    signal softBuffer;
    softBuffer <== softShareBps * (imBps - mmBps[1]);
    component restored = IsNonNegative(NET_SOFT_BITS());
    restored.in <== BASIS_POINTS() * (BASIS_POINTS() * equity - mmBps[1]) - softBuffer - costs;
    out <== restored.out;
}
