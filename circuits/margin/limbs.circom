pragma circom 2.1.9;

include "protocol.circom";
include "bitify.circom";

/*
 * SeparateLimbs(): the three digits of packed = digit[0] + digit[1] * 2^84 + digit[2] * 2^168.
 * Inputs: packed, a field element. Outputs: digit[3], each in [0, 2^83); top[3], bit 82 of each digit.
 * A digit's 84th bit is left out on purpose. The caller's true limbs x_j are integers with |x_j - d_j| < 2^84 for any
 * d_j in [0, 2^83), so from sum (x_j - d_j) 2^(84 j) = 0 (as integers, both sides being below the modulus) follows
 * x_j = d_j limb by limb: no limb can borrow from its neighbour. With 84-bit digits that argument fails and losses
 * 100, 50, 10 also read as slacks for a claimed worst loss of 51.
 */
template SeparateLimbs() {
    signal input packed;
    signal output digit[3];
    signal output top[3];

    var digitBits = DIGIT_BITS();
    signal bits[3][digitBits];
    var total = 0;
    for (var limb = 0; limb < 3; limb++) {
        var value = 0;
        for (var b = 0; b < digitBits; b++) {
            var position = LIMB_RADIX_BITS() * limb + b;
            // A hint, made sound by the two constraints below: each bit is boolean, and together they are packed.
            bits[limb][b] <-- (packed >> position) & 1;
            bits[limb][b] * (bits[limb][b] - 1) === 0;
            value += bits[limb][b] * (1 << b);
        }
        digit[limb] <== value;
        top[limb] <== bits[limb][digitBits - 1];
        total += value * (1 << (LIMB_RADIX_BITS() * limb));
    }
    total === packed;
}
