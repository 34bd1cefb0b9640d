pragma circom 2.1.9;

include "protocol.circom";
include "../lib/word.circom";
include "../margin/account.circom";

/*
 * Kept(accountLevels): four leaves stand at four places of one book, each below its count.
 * Public signals, in the order of src/protocol/liquidation.ts: bookRoot, places, leaf0 to leaf3.
 * Private: count; bookChildren[4][accountLevels][8].
 * Fewer leaves are shown by repeating one. Does not enforce: that the places differ.
 */
template Kept(accountLevels) {
    signal input bookRoot;
    signal input places;
    signal input leaf0;
    signal input leaf1;
    signal input leaf2;
    signal input leaf3;
    signal input count;
    signal input bookChildren[KEPT_LEAVES()][accountLevels][8];

    component place = UnpackWord(KEPT_PLACES_FIELDS(), KEPT_PLACES_WIDTHS());
    place.word <== places;
    var leaf[KEPT_LEAVES()] = [leaf0, leaf1, leaf2, leaf3];
    component inclusion[KEPT_LEAVES()];
    for (var k = 0; k < KEPT_LEAVES(); k++) {
        inclusion[k] = BookInclusion(accountLevels);
        inclusion[k].leaf <== leaf[k];
        inclusion[k].index <== place.field[k];
        inclusion[k].count <== count;
        inclusion[k].children <== bookChildren[k];
        inclusion[k].bookRoot === bookRoot;
    }
}
