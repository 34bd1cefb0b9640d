pragma circom 2.1.9;

include "bitify.circom";

/*
 * RangeCheck(n): in is an integer in [0, 2^n).
 * Parameters: n <= 252, so that the decomposition is unique below the field modulus.
 * Inputs: in, any field element. No outputs.
 */
template RangeCheck(n) {
    assert(n <= 252);
    signal input in;
    component bits = Num2Bits(n);
    bits.in <== in;
}

/*
 * IsNonNegative(n): out = 1 when in >= 0, 0 when in < 0; exact both ways.
 * Parameters: n <= 251.
 * Inputs: in, read as a signed integer; any value outside [-2^n, 2^n) makes the circuit unsatisfiable, so the
 * range needs no check by the caller for soundness. For completeness the caller argues that honest values fit.
 */
template IsNonNegative(n) {
    assert(n <= 251);
    signal input in;
    signal output out;
    component bits = Num2Bits(n + 1);
    bits.in <== in + (1 << n);
    out <== bits.out[n];
}
