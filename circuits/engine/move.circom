pragma circom 2.1.9;

include "protocol.circom";
include "wide.circom";
include "../lib/divide.circom";
include "../lib/range.circom";
include "../lib/zero.circom";

/*
 * ModeFlags(): the mode of a lot or a transfer as one-hot flags.
 * Inputs: bits[2], boolean, the mode's code; percent, an integer of 7 bits.
 * Outputs: isSlice, isSoft, isDeleverage: exactly one is 1. Code 3 is unsatisfiable.
 * Enforces 1 <= percent <= 100, and percent = 100 in every mode but slice.
 */
template ModeFlags() {
    signal input bits[2];
    signal input percent;
    signal output isSlice;
    signal output isSoft;
    signal output isDeleverage;
    bits[0] * bits[1] === 0;
    isSoft <== bits[0];
    isDeleverage <== bits[1];
    isSlice <== 1 - bits[0] - bits[1];
    component atLeastOne = RangeCheck(PERCENT_BITS());
    atLeastOne.in <== percent - 1;
    component atMostWhole = RangeCheck(PERCENT_BITS());
    atMostWhole.in <== WHOLE_PERCENT() - percent;
    (1 - isSlice) * (WHOLE_PERCENT() - percent) === 0;
}

/*
 * TruncatedShare(): share = trunc(quantity * percent / 100), toward zero.
 * Inputs: quantity in [-2^38, 2^38); notNegative, 1 when quantity >= 0; percent in [0, 100].
 * Output: share. Exact: |quantity| * percent < 2^45 is divided with quotient and remainder ranged, and the sign put back.
 */
template TruncatedShare() {
    signal input quantity;
    signal input notNegative;
    signal input percent;
    signal output share;
    signal magnitude;
    signal product;
    magnitude <== (2 * notNegative - 1) * quantity;
    product <== magnitude * percent;
    component whole = FlooredDivision(WHOLE_PERCENT(), QUANTITY_BITS() + 1, PERCENT_BITS());
    whole.in <== product;
    share <== (2 * notNegative - 1) * whole.quotient;
}

/*
 * Move(slots): what leaves the liquidated account, and the account less one step of it.
 * Inputs: isSlice, percent from ModeFlags; before, after, signed lots of the wide list with beforeNotNegative,
 * beforeNonZero and afterNonZero from WidePortfolio.
 * Outputs: move[slots] = before - after, with moveLong, moveNonZero; less[slots], the state after one percent less,
 * with lessLong; exempt, 1 when there can be no smaller step.
 * Enforces: move in [-2^38, 2^38); in mode slice move = trunc(before * percent / 100). One percent less is
 * trunc(before * (percent - 1) / 100) in mode slice and trunc(move * 99 / 100) in the others, where percent is 100: so
 * both are trunc(base * (percent - 1) / 100), and move = trunc(base * percent / 100) is no condition where base = move.
 * exempt: the account holds n entries and no cash, so that proceeds have no place unless an entry is closed; and
 * it is sold whole (mode slice, percent = 100), or exactly one entry is, whole (the other modes).
 * That there is no cash follows: with cash the n entries would not fit, which AccountState of the state before refuses.
 */
template Move(slots) {
    signal input isSlice;
    signal input percent;
    signal input before[slots];
    signal input beforeNotNegative[slots];
    signal input beforeNonZero[slots];
    signal input after[slots];
    signal input afterNonZero[slots];
    signal output move[slots];
    signal output moveLong[slots];
    signal output moveNonZero[slots];
    signal output less[slots];
    signal output lessLong[slots];
    signal output exempt;

    component moved[slots];
    component remaining[slots];
    component share[slots];
    component shareLess[slots];
    signal base[slots];
    signal baseNotNegative[slots];
    var held = 0;
    var heldAfter = 0;
    var movedEntries = 0;
    for (var i = 0; i < slots; i++) {
        move[i] <== before[i] - after[i];
        moved[i] = SignedLots();
        moved[i].quantity <== move[i];
        moveLong[i] <== moved[i].long;
        moveNonZero[i] <== moved[i].nonZero;
        base[i] <== move[i] + isSlice * (before[i] - move[i]);
        baseNotNegative[i] <== moved[i].notNegative + isSlice * (beforeNotNegative[i] - moved[i].notNegative);
        share[i] = TruncatedShare();
        share[i].quantity <== base[i];
        share[i].notNegative <== baseNotNegative[i];
        share[i].percent <== percent;
        share[i].share === move[i];
        shareLess[i] = TruncatedShare();
        shareLess[i].quantity <== base[i];
        shareLess[i].notNegative <== baseNotNegative[i];
        shareLess[i].percent <== percent - 1;
        less[i] <== before[i] - shareLess[i].share;
        remaining[i] = SignedLots();
        remaining[i].quantity <== less[i];
        lessLong[i] <== remaining[i].long;
        held += beforeNonZero[i];
        heldAfter += afterNonZero[i];
        movedEntries += moved[i].nonZero;
    }
    component full = AreEqual();
    full.in[0] <== held;
    full.in[1] <== slots;
    component whole = AreEqual();
    whole.in[0] <== percent;
    whole.in[1] <== WHOLE_PERCENT();
    component oneMoved = AreEqual();
    oneMoved.in[0] <== movedEntries;
    oneMoved.in[1] <== 1;
    component oneClosed = AreEqual();
    oneClosed.in[0] <== heldAfter;
    oneClosed.in[1] <== slots - 1;
    signal oneSold;
    oneSold <== oneMoved.out * oneClosed.out;
    signal smallest;
    smallest <== oneSold + isSlice * (whole.out - oneSold);
    exempt <== full.out * smallest;
}
