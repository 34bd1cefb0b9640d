pragma circom 2.1.9;

include "range.circom";

/*
 * FlooredDivision(divisor, quotientBits, remainderBits): quotient = floor(in / divisor), exactly.
 * Parameters: divisor <= 2^remainderBits; divisor * 2^quotientBits < 2^200, far below the modulus.
 * Inputs: in, an integer of magnitude below 2^200 (the caller's argument). Output: quotient in [0, 2^quotientBits).
 * Enforces in = quotient * divisor + remainder with 0 <= remainder < divisor. Both sides are integers far below the
 * modulus, so the equation holds over the integers and has one solution. A negative or too large in has none: the
 * circuit is then unsatisfiable.
 */
template FlooredDivision(divisor, quotientBits, remainderBits) {
    assert(divisor <= (1 << remainderBits));
    assert(quotientBits + remainderBits <= 200);
    signal input in;
    signal output quotient;
    signal remainder;
    // A hint, pinned by the equation and the three ranges.
    quotient <-- in \ divisor;
    remainder <== in - quotient * divisor;
    component whole = RangeCheck(quotientBits);
    whole.in <== quotient;
    component low = RangeCheck(remainderBits);
    low.in <== remainder;
    component high = RangeCheck(remainderBits);
    high.in <== divisor - 1 - remainder;
}
