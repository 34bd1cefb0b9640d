pragma circom 2.1.9;

/*
 * IsNonZero(): out = 1 when in is not zero, 0 when it is; exact both ways, for any field element.
 */
template IsNonZero() {
    signal input in;
    signal output out;
    signal inverse;
    // A hint. Zero has no inverse, so out = 0 there; for anything else the last constraint leaves only out = 1.
    inverse <-- in != 0 ? 1 / in : 0;
    out <== in * inverse;
    in * (1 - out) === 0;
}

/*
 * AreEqual(): out = 1 when the two inputs are equal, 0 when not; exact both ways.
 */
template AreEqual() {
    signal input in[2];
    signal output out;
    component differ = IsNonZero();
    differ.in <== in[0] - in[1];
    out <== 1 - differ.out;
}
