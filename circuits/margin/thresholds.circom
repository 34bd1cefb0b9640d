pragma circom 2.1.9;

include "protocol.circom";
include "../lib/range.circom";

/*
 * Thresholds(): on which side of each threshold equity stands. Exact at equality: at a threshold is covered.
 * Inputs: equity, |equity| < 2^82; equitySign; mmBps, imBps < 2^99; softShareBps, 14 bits.
 * Outputs: atLeast[4] for zero, MM, SOFT, IM in the order of the threshold codes.
 * SOFT = MM + softShare * (IM - MM), compared as 10^8 E against 10^4 MM + softShare (IM - MM), all integers.
 * Every comparison holds its own range, so that neither side of a threshold is ever unprovable or both provable.
 */
template Thresholds() {
    signal input equity;
    signal input equitySign;
    signal input mmBps;
    signal input imBps;
    signal input softShareBps;
    signal output atLeast[4];

    component mm = IsNonNegative(REQUIREMENT_BITS());
    mm.in <== BASIS_POINTS() * equity - mmBps;
    component im = IsNonNegative(REQUIREMENT_BITS());
    im.in <== BASIS_POINTS() * equity - imBps;
    signal softBuffer;
    softBuffer <== softShareBps * (imBps - mmBps);
    component soft = IsNonNegative(SOFT_REQUIREMENT_BITS());
    soft.in <== BASIS_POINTS() * (BASIS_POINTS() * equity - mmBps) - softBuffer;

    atLeast[0] <== equitySign;
    atLeast[1] <== mm.out;
    atLeast[2] <== soft.out;
    atLeast[3] <== im.out;
}
