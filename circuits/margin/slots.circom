pragma circom 2.1.9;

include "protocol.circom";
include "bitify.circom";
include "../lib/range.circom";

/*
 * CanonicalSlots(slots, riskLevels): a portfolio in its one encoding: zero padding first, then strictly increasing
 * instrument ids with non-zero quantities.
 * Inputs: id[slots]; quantity[slots], signed, as a field element.
 * Outputs: placeBits[slots][3 * riskLevels], the boolean low bits of each id; longQuantity[slots] = max(0, quantity);
 * packed[ceil(slots / 3)], three slot words of quantity + 2^38 + id * 2^39 to an element, as the account leaf takes them.
 * Enforces: id in [0, 2^32) and its place inside the tree; quantity in [-2^38, 2^38), with one encoding of zero;
 * order; quantity = 0 exactly in padding, and padding only before the first position.
 */
template CanonicalSlots(slots, riskLevels) {
    var elements = (slots + SLOTS_PER_ELEMENT() - 1) \ SLOTS_PER_ELEMENT();
    signal input id[slots];
    signal input quantity[slots];
    signal output placeBits[slots][3 * riskLevels];
    signal output longQuantity[slots];
    signal output packed[elements];

    component idBits[slots];
    component quantityBits[slots];
    component gap[slots];
    signal used[slots];
    signal inverse[slots];
    var words[elements];
    for (var i = 0; i < slots; i++) {
        idBits[i] = Num2Bits(INSTRUMENT_ID_BITS());
        idBits[i].in <== id[i];
        for (var b = 0; b < 3 * riskLevels; b++) {
            placeBits[i][b] <== idBits[i].out[b];
        }
        for (var b = 3 * riskLevels; b < PLACE_BITS(); b++) {
            idBits[i].out[b] === 0;
        }

        quantityBits[i] = Num2Bits(QUANTITY_BITS() + 1);
        quantityBits[i].in <== quantity[i] + (1 << QUANTITY_BITS());
        longQuantity[i] <== quantityBits[i].out[QUANTITY_BITS()] * quantity[i];

        // used = 1 in positions, 0 in padding. A hint, pinned by the next three constraints: unless it is 1, id and
        // quantity are 0, and then the third says that it is 0; so it is boolean. If it is 1 the quantity has an inverse,
        // and that a used id is not 0 follows from the order below.
        used[i] <-- id[i] != 0 ? 1 : 0;
        (1 - used[i]) * id[i] === 0;
        (1 - used[i]) * quantity[i] === 0;
        // A hint: any inverse proves that the quantity is not zero.
        inverse[i] <-- quantity[i] != 0 ? 1 / quantity[i] : 0;
        quantity[i] * inverse[i] === used[i];

        // id[i] - id[i-1] - used[i] >= 0: positions strictly increase from 0, and after a position comes no padding.
        gap[i] = RangeCheck(INSTRUMENT_ID_BITS());
        gap[i].in <== id[i] - (i == 0 ? 0 : id[i - 1]) - used[i];

        var shift = SLOT_BITS() * (i % SLOTS_PER_ELEMENT());
        words[i \ SLOTS_PER_ELEMENT()] +=
            (quantity[i] + (1 << QUANTITY_BITS()) + id[i] * (1 << (QUANTITY_BITS() + 1))) * (1 << shift);
    }
    for (var e = 0; e < elements; e++) {
        packed[e] <== words[e];
    }
}
