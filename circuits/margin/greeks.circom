pragma circom 2.1.9;

include "protocol.circom";
include "../lib/range.circom";

/*
 * GreeksTerm(): G = sum over underlyings of max(0, |delta| - max(0, gamma)) + |vega|,
 * plus ceil(gammaMultiplierBps * sum of max(0, -gamma) / 10,000).
 * Inputs: total[9], the signed totals of delta, gamma and vega per underlying, |total| < 2^82;
 * sign[9], boolean, 1 when the total is >= 0 (bit 82 of the total's digit); gammaMultiplierBps, 16 bits.
 * Outputs: greeks; shortGamma[3] = max(0, -gamma).
 * Does not enforce: a range on the quotient of the one division. The caller checks greeks to lie within 2^84 of zero,
 * and then quotient * 10,000 - remainder = product holds between integers far below the modulus, with exactly one
 * remainder in [0, 10,000).
 */
template GreeksTerm() {
    signal input total[GREEK_DIMS()];
    signal input sign[GREEK_DIMS()];
    signal input gammaMultiplierBps;
    signal output greeks;
    signal output shortGamma[UNDERLYINGS()];

    signal absDelta[UNDERLYINGS()];
    signal longGamma[UNDERLYINGS()];
    signal absVega[UNDERLYINGS()];
    signal unhedged[UNDERLYINGS()];
    component isUnhedged[UNDERLYINGS()];
    var sum = 0;
    var shortGammaSum = 0;
    for (var u = 0; u < UNDERLYINGS(); u++) {
        absDelta[u] <== (2 * sign[3 * u] - 1) * total[3 * u];
        longGamma[u] <== sign[3 * u + 1] * total[3 * u + 1];
        shortGamma[u] <== longGamma[u] - total[3 * u + 1];
        absVega[u] <== (2 * sign[3 * u + 2] - 1) * total[3 * u + 2];
        isUnhedged[u] = IsNonNegative(TOTAL_BITS());
        isUnhedged[u].in <== absDelta[u] - longGamma[u];
        unhedged[u] <== isUnhedged[u].out * (absDelta[u] - longGamma[u]);
        sum += unhedged[u] + absVega[u];
        shortGammaSum += shortGamma[u];
    }

    signal product;
    signal quotient;
    signal remainder;
    product <== gammaMultiplierBps * shortGammaSum;
    // A hint: the quotient rounded up. Pinned by the equation and the remainder's range [0, 10,000).
    quotient <-- (product + BASIS_POINTS() - 1) \ BASIS_POINTS();
    remainder <== quotient * BASIS_POINTS() - product;
    component low = RangeCheck(SHARE_BPS_BITS());
    low.in <== remainder;
    component high = RangeCheck(SHARE_BPS_BITS());
    high.in <== BASIS_POINTS() - 1 - remainder;
    greeks <== sum + quotient;
}
