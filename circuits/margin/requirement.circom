pragma circom 2.1.9;

include "protocol.circom";
include "limbs.circom";
include "greeks.circom";
include "../lib/range.circom";

/*
 * Requirement(): from a portfolio's packed totals to equity and the two requirements, exactly.
 * Inputs: rates[14], charges, packed as PortfolioVector gives them, of integer totals below 2^82;
 * the unpacked parameters; worstMm and worstExcess, private: max(G, regular losses) and how far the worst of all
 * losses exceeds it.
 * Outputs: equity; equitySign, 1 when equity >= 0; mmBps and imBps, requirements in bps * nano-USD;
 * shortGamma[3]; greek[9], the signed totals of delta, gamma and vega per underlying; pnl[32], the scenario totals.
 * Enforces that worstMm is the exact maximum, not an upper bound (an inflated one would trigger a covered account):
 *   every candidate is at most worstMm (slacks checked non-negative), and the product of the slacks is 0,
 *   with G >= 0 as one candidate, so zero needs none of its own;
 *   worstExcess >= 0, and it is 0 unless an extreme scenario attains worstMm + worstExcess.
 * The digits that separate the limbs are those same slacks. Does not enforce: ranges of the rates (the oracle's duty).
 */
template Requirement() {
    signal input rates[RATE_ELEMENTS()];
    signal input charges;
    signal input mmFactorBps;
    signal input imFactorBps;
    signal input gammaMultiplierBps;
    signal input regular[SCENARIOS()];
    signal input worstMm;
    signal input worstExcess;
    signal output equity;
    signal output equitySign;
    signal output mmBps;
    signal output imBps;
    signal output shortGamma[UNDERLYINGS()];
    signal output greek[GREEK_DIMS()];
    signal output pnl[SCENARIOS()];

    component worstMmRange = RangeCheck(TOTAL_BITS());
    worstMmRange.in <== worstMm;
    component worstExcessRange = RangeCheck(TOTAL_BITS());
    worstExcessRange.in <== worstExcess;

    // What is added to each total before its digit is checked: 2^82 makes a signed total non-negative, the worst loss
    // that the scenario counts for makes a scenario total its slack.
    signal offset[DIMS()];
    for (var d = 0; d < FIRST_SCENARIO_DIM(); d++) {
        offset[d] <== 1 << TOTAL_BITS();
    }
    for (var s = 0; s < SCENARIOS(); s++) {
        offset[FIRST_SCENARIO_DIM() + s] <== worstMm + worstExcess - regular[s] * worstExcess;
    }
    component limbs[RATE_ELEMENTS()];
    signal digit[DIMS()];
    for (var e = 0; e < RATE_ELEMENTS(); e++) {
        limbs[e] = SeparateLimbs();
        var packed = rates[e];
        for (var limb = 0; limb < 3; limb++) {
            packed += offset[3 * e + limb] * (1 << (LIMB_RADIX_BITS() * limb));
        }
        limbs[e].packed <== packed;
        for (var limb = 0; limb < 3; limb++) {
            digit[3 * e + limb] <== limbs[e].digit[limb];
        }
    }

    equity <== digit[0] - offset[0];
    equitySign <== limbs[0].top[0];

    component greeks = GreeksTerm();
    for (var g = 0; g < GREEK_DIMS(); g++) {
        var dim = FIRST_GREEK_DIM() + g;
        greek[g] <== digit[dim] - offset[dim];
        greeks.total[g] <== greek[g];
        greeks.sign[g] <== limbs[dim \ 3].top[dim % 3];
    }
    greeks.gammaMultiplierBps <== gammaMultiplierBps;
    shortGamma <== greeks.shortGamma;

    // The slack of G. Its range also bounds the quotient inside GreeksTerm.
    component greeksSlack = RangeCheck(DIGIT_BITS());
    greeksSlack.in <== worstMm - greeks.greeks;

    // Products of slacks: a regular row's slack in the first, an extreme row's in the second, 1 in the other one.
    signal regularFactor[SCENARIOS()];
    signal regularProduct[SCENARIOS() + 1];
    signal extremeProduct[SCENARIOS() + 1];
    regularProduct[0] <== worstMm - greeks.greeks;
    extremeProduct[0] <== worstExcess;
    for (var s = 0; s < SCENARIOS(); s++) {
        var slack = digit[FIRST_SCENARIO_DIM() + s];
        pnl[s] <== slack - offset[FIRST_SCENARIO_DIM() + s];
        regularFactor[s] <== 1 + regular[s] * (slack - 1);
        regularProduct[s + 1] <== regularProduct[s] * regularFactor[s];
        extremeProduct[s + 1] <== extremeProduct[s] * (slack + 1 - regularFactor[s]);
    }
    regularProduct[SCENARIOS()] === 0;
    extremeProduct[SCENARIOS()] === 0;

    component chargeLimbs = SeparateLimbs();
    chargeLimbs.packed <== charges;
    var charged = BASIS_POINTS() * (chargeLimbs.digit[0] + chargeLimbs.digit[2]);
    mmBps <== mmFactorBps * worstMm + charged;
    imBps <== imFactorBps * (worstMm + worstExcess) + charged;
}
