pragma circom 2.1.9;

include "bitify.circom";

function wordBits(fields, widths) {
    var total = 0;
    for (var f = 0; f < fields; f++) {
        total += widths[f];
    }
    return total;
}

/*
 * UnpackWord(fields, widths): the fields of a public word, from its least significant bit (src/protocol/packed-word.ts).
 * Parameters: widths[fields], at most 252 bits in all, so that the decomposition is unique.
 * Inputs: word. Outputs: field[fields], each of its width; bits, boolean, of the whole word.
 * A word with a bit beyond the last field is unsatisfiable.
 */
template UnpackWord(fields, widths) {
    var total = wordBits(fields, widths);
    assert(total <= 252);
    signal input word;
    signal output field[fields];
    signal output bits[total];
    component split = Num2Bits(total);
    split.in <== word;
    bits <== split.out;
    var offset = 0;
    for (var f = 0; f < fields; f++) {
        var value = 0;
        for (var b = 0; b < widths[f]; b++) {
            value += split.out[offset + b] * (1 << b);
        }
        field[f] <== value;
        offset += widths[f];
    }
}
