pragma circom 2.1.9;

include "protocol.circom";
include "../lib/hash.circom";
include "../lib/range.circom";
include "../lib/select.circom";

/*
 * Fingerprint(slots): sum of quantity / (beta + id): zero contributions from padding, equal to another portfolio sum's
 * fingerprint only when every instrument's quantity is equal (but for a chance of about 2^-220 over beta).
 * Inputs: beta, a hash of everything in the equation, fixed before it; id, quantity from CanonicalSlots.
 * Output: sum. Does not enforce: that beta is such a hash; the seal does.
 */
template Fingerprint(slots) {
    signal input beta;
    signal input id[slots];
    signal input quantity[slots];
    signal output sum;
    signal term[slots];
    var total = 0;
    for (var i = 0; i < slots; i++) {
        // A hint: the quotient. Unique for beta + id != 0, which a hash output meets but for a chance of 2^-220.
        term[i] <-- beta + id[i] != 0 ? quantity[i] / (beta + id[i]) : 0;
        term[i] * (beta + id[i]) === quantity[i];
        total += term[i];
    }
    sum <== total;
}

/*
 * ChainState(): a blinded commitment to book, round, parameters and running totals.
 * Inputs: bookRoot, riskRoot, parameters, beta; count of accounts so far; fingerprint; totals[5], packed (see
 * StepTotals); blind, uniform. Output: commitment.
 */
template ChainState() {
    signal input bookRoot;
    signal input riskRoot;
    signal input parameters;
    signal input beta;
    signal input count;
    signal input fingerprint;
    signal input totals[CHAIN_TOTALS()];
    signal input blind;
    signal output commitment;
    component hash = TaggedHash(7 + CHAIN_TOTALS(), TAG_CHAIN());
    hash.in[0] <== bookRoot;
    hash.in[1] <== riskRoot;
    hash.in[2] <== parameters;
    hash.in[3] <== beta;
    hash.in[4] <== count;
    hash.in[5] <== fingerprint;
    hash.in[6] <== blind;
    for (var t = 0; t < CHAIN_TOTALS(); t++) {
        hash.in[7 + t] <== totals[t];
    }
    commitment <== hash.out;
}

/*
 * StepTotals(): what one account adds to the running totals, packed.
 * Inputs: atLeast[4] from Thresholds; equity; mmBps; shortGamma[3]; pnl[32]; gaugeBits[5], boolean.
 * Outputs: added[5], with 22-bit counts and 104-bit sums:
 *   0: accounts reduce-only, soft, full, insolvent (22 bits each), shortfall
 *   1: requirement mmBps (124 bits), equity (signed, on top)
 *   2: short gamma of accounts below MM, underlyings 0 and 1
 *   3: the same, underlying 2; short gamma of accounts that only the gauge scenario would put below MM, underlying 0
 *   4: the latter, underlyings 1 and 2
 * Sums over 2^21 accounts cannot overflow their fields. Totals use fixed thresholds, never the claim's.
 */
template StepTotals() {
    signal input atLeast[4];
    signal input equity;
    signal input mmBps;
    signal input shortGamma[UNDERLYINGS()];
    signal input pnl[SCENARIOS()];
    signal input gaugeBits[5];
    signal output added[CHAIN_TOTALS()];

    component gauge = Select(5);
    gauge.values <== pnl;
    gauge.bits <== gaugeBits;
    component holds = IsNonNegative(REQUIREMENT_BITS() + 1);
    holds.in <== BASIS_POINTS() * (equity + gauge.out) - mmBps;
    signal near;
    near <== atLeast[1] * (1 - holds.out);
    signal belowGamma[UNDERLYINGS()];
    signal nearGamma[UNDERLYINGS()];
    for (var u = 0; u < UNDERLYINGS(); u++) {
        belowGamma[u] <== (1 - atLeast[1]) * shortGamma[u];
        nearGamma[u] <== near * shortGamma[u];
    }
    signal shortfall;
    shortfall <== (atLeast[0] - 1) * equity;

    var c = COUNT_BITS();
    var reduceOnly = atLeast[2] - atLeast[3];
    var soft = atLeast[1] - atLeast[2];
    var full = atLeast[0] - atLeast[1];
    var insolvent = 1 - atLeast[0];
    added[0] <== reduceOnly + soft * (1 << c) + full * (1 << (2 * c)) + insolvent * (1 << (3 * c)) + shortfall * (1 << (4 * c));
    added[1] <== mmBps + equity * (1 << BOOK_REQUIREMENT_BITS());
    added[2] <== belowGamma[0] + belowGamma[1] * (1 << BOOK_TOTAL_BITS());
    added[3] <== belowGamma[2] + nearGamma[0] * (1 << BOOK_TOTAL_BITS());
    added[4] <== nearGamma[1] + nearGamma[2] * (1 << BOOK_TOTAL_BITS());
}
