pragma circom 2.1.9;

/*
 * Select(n): out = values[index], with index given by its n bits, least significant first.
 * Inputs: values[2^n], any; bits[n]. Output: out. 2^n - 1 constraints.
 * Does not enforce: that the bits are boolean. The caller passes the outputs of a range check.
 */
template Select(n) {
    signal input values[1 << n];
    signal input bits[n];
    signal output out;
    // gates[k] are the survivors after the k lowest bits have chosen; a heap laid flat.
    signal gates[(1 << n) - 1];
    var base = 0;
    for (var level = 0; level < n; level++) {
        var width = 1 << (n - 1 - level);
        for (var i = 0; i < width; i++) {
            if (level == 0) {
                gates[base + i] <== values[2 * i] + bits[0] * (values[2 * i + 1] - values[2 * i]);
            } else {
                var below = base - 2 * width;
                gates[base + i] <== gates[below + 2 * i] + bits[level] * (gates[below + 2 * i + 1] - gates[below + 2 * i]);
            }
        }
        base += width;
    }
    out <== gates[(1 << n) - 2];
}
