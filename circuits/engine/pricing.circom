pragma circom 2.1.9;

include "protocol.circom";
include "../lib/divide.circom";

/*
 * Price(): what the receiver pays for the moved portfolio, and the fee, in whole lots of cash.
 * Inputs: value, of the moved portfolio at mark in nano-USD, |value| < 2^84; relief, MM before - MM after in bps *
 * nano-USD, below 2^99; discountBiasedBps, 15 bits, the discount + 2^14; feeBps, 14 bits; feeLots, 38 bits, public.
 * Output: paidLots = ceil((10^8 value - discountBps * relief) / (10^8 * CASH_LOT_NANO)) in (-2^40, 2^40].
 * Enforces feeLots = floor(feeBps * relief / (10^8 * CASH_LOT_NANO)).
 * Both are rounded for the account: what it loses is at most (discountBps + feeBps) * relief / 10^8, to the nano-USD. So
 * rules 4 and 8 hold of the terms and not of their rounding. Numerators are below 2^116: nothing wraps (docs/circuits.md).
 */
template Price() {
    signal input value;
    signal input relief;
    signal input discountBiasedBps;
    signal input feeBps;
    signal input feeLots;
    signal output paidLots;

    var scale = BASIS_POINTS() * BASIS_POINTS();
    var divisor = scale * CASH_LOT_NANO();
    signal discount;
    discount <== (discountBiasedBps - DISCOUNT_BIAS_BPS()) * relief;
    // ceil(x) = -floor(-x), shifted into the naturals: 2^40 lots more on both sides of the division.
    var shift = 1 << (PRICE_BITS() - 1);
    component price = FlooredDivision(divisor, PRICE_BITS(), PRICE_REMAINDER_BITS());
    price.in <== shift * divisor - scale * value + discount;
    paidLots <== shift - price.quotient;

    signal charged;
    charged <== feeBps * relief;
    component fee = FlooredDivision(divisor, QUANTITY_BITS(), PRICE_REMAINDER_BITS());
    fee.in <== charged;
    fee.quotient === feeLots;
}
