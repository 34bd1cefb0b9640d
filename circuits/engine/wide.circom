pragma circom 2.1.9;

include "protocol.circom";
include "bitify.circom";
include "../lib/range.circom";
include "../lib/zero.circom";
include "../margin/vectors.circom";

/*
 * SignedLots(): one signed quantity, in range.
 * Inputs: quantity, as a field element. Enforces quantity in [-2^38, 2^38), with one encoding of zero.
 * Outputs: notNegative, 1 when quantity >= 0; long = max(0, quantity); nonZero.
 */
template SignedLots() {
    signal input quantity;
    signal output notNegative;
    signal output long;
    signal output nonZero;
    component bits = Num2Bits(QUANTITY_BITS() + 1);
    bits.in <== quantity + (1 << QUANTITY_BITS());
    notNegative <== bits.out[QUANTITY_BITS()];
    long <== notNegative * quantity;
    component holds = IsNonZero();
    holds.in <== quantity;
    nonZero <== holds.out;
}

/*
 * WideIds(slots, riskLevels): the instruments of a wide list: padding (id 0) first, then strictly increasing ids of at
 * least 2. Instrument 1, cash, stands beside the list.
 * Inputs: id[slots]. Outputs: used[slots], 0 in padding; placeBits[slots][3 * riskLevels], boolean.
 * Enforces: id in [0, 2^32) and its place inside the tree; the order.
 */
template WideIds(slots, riskLevels) {
    signal input id[slots];
    signal output used[slots];
    signal output placeBits[slots][3 * riskLevels];

    component idBits[slots];
    component isUsed[slots];
    component gap[slots];
    // Padding counts as cash: what follows it must have a higher id than 1, and after an instrument it is too low.
    var before = CASH_ID();
    for (var i = 0; i < slots; i++) {
        idBits[i] = Num2Bits(INSTRUMENT_ID_BITS());
        idBits[i].in <== id[i];
        for (var b = 0; b < 3 * riskLevels; b++) {
            placeBits[i][b] <== idBits[i].out[b];
        }
        for (var b = 3 * riskLevels; b < PLACE_BITS(); b++) {
            idBits[i].out[b] === 0;
        }
        isUsed[i] = IsNonZero();
        isUsed[i].in <== id[i];
        used[i] <== isUsed[i].out;
        var present = id[i] + (1 - used[i]) * CASH_ID();
        gap[i] = RangeCheck(INSTRUMENT_ID_BITS());
        gap[i].in <== present - before - used[i];
        before = present;
    }
}

/*
 * WidePortfolio(slots, riskLevels): one account's instruments but cash, before and after a change, in one list.
 * Inputs: id[slots], see WideIds; before[slots] and after[slots], signed, either or both zero; vector[slots] with
 * their paths below top.
 * Outputs: for before and after, each [slots]: notNegative, long, nonZero, see SignedLots.
 * Enforces: the list's encoding, ranges, zero quantities in padding, and that each vector is the listed one.
 * Does not enforce: that either state fits an account's slots (AccountState does), that top is a posted round's.
 */
template WidePortfolio(slots, riskLevels) {
    signal input id[slots];
    signal input before[slots];
    signal input after[slots];
    signal input vector[slots][VECTOR_ELEMENTS()];
    signal input children[slots][riskLevels - 2][8];
    signal input top[64];
    signal output beforeNotNegative[slots];
    signal output beforeLong[slots];
    signal output beforeNonZero[slots];
    signal output afterNotNegative[slots];
    signal output afterLong[slots];
    signal output afterNonZero[slots];

    component ids = WideIds(slots, riskLevels);
    ids.id <== id;
    component listed = ListedVectors(slots, riskLevels);
    listed.id <== id;
    listed.placeBits <== ids.placeBits;
    listed.vector <== vector;
    listed.children <== children;
    listed.top <== top;

    component lotsBefore[slots];
    component lotsAfter[slots];
    for (var i = 0; i < slots; i++) {
        lotsBefore[i] = SignedLots();
        lotsBefore[i].quantity <== before[i];
        beforeNotNegative[i] <== lotsBefore[i].notNegative;
        beforeLong[i] <== lotsBefore[i].long;
        beforeNonZero[i] <== lotsBefore[i].nonZero;
        lotsAfter[i] = SignedLots();
        lotsAfter[i].quantity <== after[i];
        afterNotNegative[i] <== lotsAfter[i].notNegative;
        afterLong[i] <== lotsAfter[i].long;
        afterNonZero[i] <== lotsAfter[i].nonZero;
        (1 - ids.used[i]) * (beforeNonZero[i] + afterNonZero[i]) === 0;
    }
}

/*
 * ListedCash(riskLevels): the risk vector that the round lists for instrument 1 is cash: CASH_LOT_NANO a lot, no shock
 * and no charge. With it a lot of cash adds exactly CASH_LOT_NANO to equity and nothing to any requirement.
 * Inputs: children[riskLevels - 2][8], the path of place 1; top[64].
 */
template ListedCash(riskLevels) {
    signal input children[riskLevels - 2][8];
    signal input top[64];
    component listed = ListedVector(riskLevels);
    listed.id <== CASH_ID();
    for (var b = 0; b < 3 * riskLevels; b++) {
        listed.placeBits[b] <== (CASH_ID() >> b) & 1;
    }
    listed.vector[0] <== CASH_LOT_NANO();
    for (var e = 1; e < VECTOR_ELEMENTS(); e++) {
        listed.vector[e] <== 0;
    }
    listed.children <== children;
    listed.top <== top;
}
