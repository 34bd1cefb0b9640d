pragma circom 2.1.9;

include "protocol.circom";
include "requirement.circom";
include "vectors.circom";

/*
 * MarginOf(slots): the one evaluation of margin; every circuit that needs the margin of a state uses this one.
 * Inputs: quantity[slots] in [-2^38, 2^38); longQuantity[slots] = max(0, quantity); vector[slots], their listed risk
 * vectors; addedValue, nano-USD that equity has besides them (settlement cash of the liquidation engine, else 0);
 * the unpacked parameters; the two worst losses.
 * Outputs: as Requirement.
 * Does not enforce: ranges of quantities, that longQuantity belongs to quantity, that the vectors are listed, nor that
 * all totals stay below 2^82: the caller's slots and addedValue must see to that (docs/circuits.md).
 */
template MarginOf(slots) {
    signal input quantity[slots];
    signal input longQuantity[slots];
    signal input vector[slots][VECTOR_ELEMENTS()];
    signal input addedValue;
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

    component weighted = WeightedVectors(slots);
    weighted.quantity <== quantity;
    weighted.longQuantity <== longQuantity;
    weighted.vector <== vector;

    component requirement = Requirement();
    for (var e = 0; e < RATE_ELEMENTS(); e++) {
        // The value is limb 0 of element 0.
        requirement.rates[e] <== weighted.rates[e] + (e == 0 ? addedValue : 0);
    }
    requirement.charges <== weighted.charges;
    requirement.mmFactorBps <== mmFactorBps;
    requirement.imFactorBps <== imFactorBps;
    requirement.gammaMultiplierBps <== gammaMultiplierBps;
    requirement.regular <== regular;
    requirement.worstMm <== worstMm;
    requirement.worstExcess <== worstExcess;
    equity <== requirement.equity;
    equitySign <== requirement.equitySign;
    mmBps <== requirement.mmBps;
    imBps <== requirement.imBps;
    shortGamma <== requirement.shortGamma;
    greek <== requirement.greek;
    pnl <== requirement.pnl;
}
