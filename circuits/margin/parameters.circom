pragma circom 2.1.9;

include "protocol.circom";
include "bitify.circom";

/*
 * UnpackParameters(): the fields of the public parameters word (src/protocol/parameters.ts).
 * Inputs: word, public. Outputs: the factors in basis points, the bits of the gauge scenario's row number and one
 * flag per scenario, 1 when it is regular. A word with a bit beyond the last field is unsatisfiable.
 * Does not enforce: imFactor >= mmFactor and softShare <= 10,000. The contract admits no other word.
 */
template UnpackParameters() {
    signal input word;
    signal output mmFactorBps;
    signal output imFactorBps;
    signal output softShareBps;
    signal output gammaMultiplierBps;
    signal output gaugeBits[5];
    signal output regular[SCENARIOS()];

    component bits = Num2Bits(PARAMETERS_BITS());
    bits.in <== word;
    var field[4];
    for (var f = 0; f < 4; f++) {
        var offset = PARAMETERS_OFFSET(f);
        for (var b = 0; b < PARAMETERS_WIDTH(f); b++) {
            field[f] += bits.out[offset + b] * (1 << b);
        }
    }
    mmFactorBps <== field[0];
    imFactorBps <== field[1];
    softShareBps <== field[2];
    gammaMultiplierBps <== field[3];
    for (var b = 0; b < 5; b++) {
        gaugeBits[b] <== bits.out[PARAMETERS_OFFSET(4) + b];
    }
    for (var s = 0; s < SCENARIOS(); s++) {
        regular[s] <== bits.out[PARAMETERS_OFFSET(5) + s];
    }
}
