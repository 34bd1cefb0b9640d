pragma circom 2.1.9;

include "protocol.circom";
include "../lib/range.circom";
include "../lib/word.circom";
include "../lib/zero.circom";

/*
 * CoarselyCovers(unit): lots of a unit cover an amount, and exceed it by no more than a quarter and one lot:
 * lots * unit >= amount and 4 * (lots - 1) * unit <= 5 * amount.
 * Inputs: lots in [0, 2^38); amount, 0 <= amount < 2^100, with unit <= 2^37.
 */
template CoarselyCovers(unit) {
    signal input lots;
    signal input amount;
    component covers = RangeCheck(COARSE_BITS());
    covers.in <== lots * unit - amount;
    component close = RangeCheck(COARSE_BITS());
    close.in <== (COARSE_SHARE() + 1) * amount - COARSE_SHARE() * (lots - 1) * unit;
}

/*
 * CoarselyCovered(unit): lots of a unit are covered by an amount, and fall short of it by no more than a fifth and a lot:
 * lots * unit <= amount and 5 * (lots + 1) * unit >= 4 * amount.
 * Inputs: as CoarselyCovers.
 */
template CoarselyCovered(unit) {
    signal input lots;
    signal input amount;
    component covered = RangeCheck(COARSE_BITS());
    covered.in <== amount - lots * unit;
    component close = RangeCheck(COARSE_BITS());
    close.in <== (COARSE_SHARE() + 1) * (lots + 1) * unit - COARSE_SHARE() * amount;
}

/*
 * Health(): health = min(64, floor(64 E / MM)) for E >= 0 and 0 below, exactly.
 * Inputs: health, an integer of 7 bits; equity, |E| < 2^82; solvent, 1 when E >= 0; mmBps = 10,000 MM, below 2^99.
 * Compared as h mmBps <= 640,000 E < (h + 1) mmBps; the second not for h = 64. With MM = 0 only 64 is left.
 */
template Health() {
    signal input health;
    signal input equity;
    signal input solvent;
    signal input mmBps;
    component atMost = RangeCheck(PERCENT_BITS());
    atMost.in <== HEALTH_PARTS() - health;
    component isTop = AreEqual();
    isTop.in[0] <== health;
    isTop.in[1] <== HEALTH_PARTS();
    (1 - solvent) * health === 0;

    signal needed;
    needed <== health * mmBps;
    signal reached;
    reached <== solvent * (HEALTH_PARTS() * BASIS_POINTS() * equity - needed);
    component isReached = RangeCheck(HEALTH_BITS());
    isReached.in <== reached;
    // reached < mmBps, unless health is 64 or equity is negative.
    signal open;
    open <== solvent * (1 - isTop.out);
    component isLast = RangeCheck(HEALTH_BITS());
    signal toNext;
    toNext <== open * (mmBps - 1 - reached);
    isLast.in <== toNext;
}

/*
 * LotSummary(): rule 6: the public word of coarse figures is true of the lot.
 * Inputs: summary, public; equity, solvent and mmBps of the account before; relief; imBps of the moved portfolio as one
 * of its own. Output: carryLots.
 */
template LotSummary() {
    signal input summary;
    signal input equity;
    signal input solvent;
    signal input mmBps;
    signal input relief;
    signal input imBps;
    signal output carryLots;

    component word = UnpackWord(LOT_SUMMARY_FIELDS(), LOT_SUMMARY_WIDTHS());
    word.word <== summary;
    carryLots <== word.field[LOT_SUMMARY_CARRY_LOTS()];
    word.field[LOT_SUMMARY_INSOLVENT()] === 1 - solvent;

    // A lot of cash beside IM: prices are rounded up to one.
    component carry = CoarselyCovers(BASIS_POINTS() * CASH_LOT_NANO());
    carry.lots <== carryLots;
    carry.amount <== imBps + BASIS_POINTS() * CASH_LOT_NANO();
    component relieved = CoarselyCovered(BASIS_POINTS() * CASH_LOT_NANO());
    relieved.lots <== word.field[LOT_SUMMARY_RELIEF_LOTS()];
    relieved.amount <== relief;

    signal debt;
    debt <== (solvent - 1) * equity;
    component shortfall = CoarselyCovers(CASH_LOT_NANO());
    shortfall.lots <== word.field[LOT_SUMMARY_SHORTFALL_LOTS()];
    shortfall.amount <== debt;
    solvent * word.field[LOT_SUMMARY_SHORTFALL_LOTS()] === 0;

    component health = Health();
    health.health <== word.field[LOT_SUMMARY_HEALTH()];
    health.equity <== equity;
    health.solvent <== solvent;
    health.mmBps <== mmBps;
}

/*
 * LotGreeks(): rule 7: nine figures in 64ths of max(1, carryLots) lots of cash, each within one unit of the truth.
 * Inputs: greeks, the public word, figures as value + 2^23; carryLots, an integer of 38 bits; greek[9], |g| <= 2^82.
 */
template LotGreeks() {
    signal input greeks;
    signal input carryLots;
    signal input greek[GREEK_DIMS()];

    var widths[GREEK_DIMS()];
    for (var g = 0; g < GREEK_DIMS(); g++) {
        widths[g] = GREEK_UNIT_BITS();
    }
    component word = UnpackWord(GREEK_DIMS(), widths);
    word.word <== greeks;
    component carries = IsNonZero();
    carries.in <== carryLots;
    var unit = (carryLots + 1 - carries.out) * CASH_LOT_NANO();
    signal stated[GREEK_DIMS()];
    component above[GREEK_DIMS()];
    component below[GREEK_DIMS()];
    for (var g = 0; g < GREEK_DIMS(); g++) {
        stated[g] <== (word.field[g] - (1 << (GREEK_UNIT_BITS() - 1))) * unit;
        above[g] = RangeCheck(GREEK_FIGURE_BITS());
        above[g].in <== unit + HEALTH_PARTS() * greek[g] - stated[g];
        below[g] = RangeCheck(GREEK_FIGURE_BITS());
        below[g].in <== unit - HEALTH_PARTS() * greek[g] + stated[g];
    }
}
