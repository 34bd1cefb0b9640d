pragma circom 2.1.9;

include "protocol.circom";
include "costs.circom";
include "move.circom";
include "state.circom";
include "../lib/hash.circom";
include "../lib/range.circom";
include "../lib/zero.circom";
include "../margin/thresholds.circom";

/*
 * RiskFalls(): rule 3: without what leaves it the account has MM lower, IM not higher, and short gamma higher for no
 * underlying; in mode soft total short gamma is lower unless it was zero.
 * Inputs: isSoft; mmBps[2], imBps[2] below 2^99 and shortGamma[2][3] in [0, 2^82], before and after.
 * Output: relief = MM before - MM after in bps * nano-USD, at least 1.
 * Every difference is below its range's half, so a range check of it says exactly that it is not negative.
 */
template RiskFalls() {
    signal input isSoft;
    signal input mmBps[2];
    signal input imBps[2];
    signal input shortGamma[2][UNDERLYINGS()];
    signal output relief;

    relief <== mmBps[0] - mmBps[1];
    component mmLower = RangeCheck(REQUIREMENT_BITS());
    mmLower.in <== relief - 1;
    component imNotHigher = RangeCheck(REQUIREMENT_BITS());
    imNotHigher.in <== imBps[0] - imBps[1];
    component gammaNotHigher[UNDERLYINGS()];
    var gammaBefore = 0;
    var gammaFallen = 0;
    for (var u = 0; u < UNDERLYINGS(); u++) {
        gammaNotHigher[u] = RangeCheck(TOTAL_BITS() + 1);
        gammaNotHigher[u].in <== shortGamma[0][u] - shortGamma[1][u];
        gammaBefore += shortGamma[0][u];
        gammaFallen += shortGamma[0][u] - shortGamma[1][u];
    }
    // A sum of terms that are not negative: it is zero or it fell.
    component gammaLower = IsNonZero();
    gammaLower.in <== gammaFallen;
    signal mustFall;
    mustFall <== isSoft * (1 - gammaLower.out);
    mustFall * gammaBefore === 0;
}

/*
 * SliceCommitment(slots): what a bidder checks a disclosed slice against: hash(salt, relief, packed canonical slots of
 * the moved portfolio).
 * Inputs: salt; relief; id, move and moveNonZero [slots]. Output: slice.
 */
template SliceCommitment(slots) {
    var elements = (slots + SLOTS_PER_ELEMENT() - 1) \ SLOTS_PER_ELEMENT();
    assert(elements <= 14);
    signal input salt;
    signal input relief;
    signal input id[slots];
    signal input move[slots];
    signal input moveNonZero[slots];
    signal output slice;
    component canonical = CompactSlots(slots, slots);
    canonical.id <== id;
    canonical.quantity <== move;
    canonical.nonZero <== moveNonZero;
    component hash = TaggedHash(2 + elements, TAG_SLICE());
    hash.in[0] <== salt;
    hash.in[1] <== relief;
    for (var e = 0; e < elements; e++) {
        hash.in[2 + e] <== canonical.packed[e];
    }
    slice <== hash.out;
}

/*
 * LiquidatedSide(slots): rules 1 to 5 of docs/liquidation.md, for the account that something is taken from.
 * Inputs: isSlice, isSoft, percent from ModeFlags; costBiasedBps, 16 bits, the cost + 2^14; the wide list with what WidePortfolio says of it; cash before and
 * after, in lots; parameters, the public word; worst losses of three states: before, after, less; salt.
 * Outputs: slice, relief; equity[2], solvent[2] and mmBps before (solvent: equity >= 0), before and after;
 * move and moveLong.
 * Enforces: 1 it is below its threshold; 2 what leaves it is what the mode says; 3 RiskFalls; 4 with one percent less
 * of it the account would be below SOFT after paying costBps of that step's relief (a trade at mark changes no equity). 5
 * is the caller's to compare. Does not enforce: listing and ranges (WidePortfolio), the leaves (AccountState), the mode's rules of cash.
 */
template LiquidatedSide(slots) {
    signal input isSlice;
    signal input isSoft;
    signal input percent;
    signal input costBiasedBps;
    signal input id[slots];
    signal input before[slots];
    signal input beforeNotNegative[slots];
    signal input beforeLong[slots];
    signal input beforeNonZero[slots];
    signal input after[slots];
    signal input afterLong[slots];
    signal input afterNonZero[slots];
    signal input cashBefore;
    signal input cashAfter;
    signal input vector[slots][VECTOR_ELEMENTS()];
    signal input parameters;
    signal input worstMm[3];
    signal input worstExcess[3];
    signal input salt;
    signal output slice;
    signal output relief;
    signal output equity[2];
    signal output solvent[2];
    signal output mmBpsBefore;
    signal output move[slots];
    signal output moveLong[slots];

    component step = Move(slots);
    step.isSlice <== isSlice;
    step.percent <== percent;
    step.before <== before;
    step.beforeNotNegative <== beforeNotNegative;
    step.beforeNonZero <== beforeNonZero;
    step.after <== after;
    step.afterNonZero <== afterNonZero;
    move <== step.move;
    moveLong <== step.moveLong;

    component states = MarginStates(slots, 3);
    states.parameters <== parameters;
    states.vector <== vector;
    states.quantity[0] <== before;
    states.quantity[1] <== after;
    states.quantity[2] <== step.less;
    states.longQuantity[0] <== beforeLong;
    states.longQuantity[1] <== afterLong;
    states.longQuantity[2] <== step.lessLong;
    states.cash[0] <== cashBefore;
    states.cash[1] <== cashAfter;
    states.cash[2] <== 0;
    states.worstMm <== worstMm;
    states.worstExcess <== worstExcess;
    for (var s = 0; s < 2; s++) {
        equity[s] <== states.equity[s];
        solvent[s] <== states.equitySign[s];
    }
    mmBpsBefore <== states.mmBps[0];

    component side = Thresholds();
    side.equity <== states.equity[0];
    side.equitySign <== states.equitySign[0];
    side.mmBps <== states.mmBps[0];
    side.imBps <== states.imBps[0];
    side.softShareBps <== states.softShareBps;
    side.atLeast[1] + isSoft * (side.atLeast[2] - side.atLeast[1]) === 0;

    component lesser = RestoredAfterCosts();
    lesser.equity <== states.equity[0];
    lesser.mmBps[0] <== states.mmBps[0];
    lesser.mmBps[1] <== states.mmBps[2];
    lesser.imBps <== states.imBps[2];
    lesser.softShareBps <== states.softShareBps;
    lesser.costBps <== costBiasedBps - DISCOUNT_BIAS_BPS();
    lesser.out * (1 - step.exempt) === 0;

    component risk = RiskFalls();
    risk.isSoft <== isSoft;
    for (var s = 0; s < 2; s++) {
        risk.mmBps[s] <== states.mmBps[s];
        risk.imBps[s] <== states.imBps[s];
        risk.shortGamma[s] <== states.shortGamma[s];
    }
    relief <== risk.relief;

    component commitment = SliceCommitment(slots);
    commitment.salt <== salt;
    commitment.relief <== risk.relief;
    commitment.id <== id;
    commitment.move <== step.move;
    commitment.moveNonZero <== step.moveNonZero;
    slice <== commitment.slice;
}
