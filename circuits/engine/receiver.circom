pragma circom 2.1.9;

include "protocol.circom";
include "state.circom";
include "../lib/range.circom";
include "../margin/thresholds.circom";

/*
 * OnlyShrinks(slots): where active, every quantity moves toward zero or stays: 0 <= after <= before or
 * before <= after <= 0.
 * Inputs: active, boolean; before[slots] and after[slots] in [-2^38, 2^38); notNegative[slots], 1 when before >= 0.
 */
template OnlyShrinks(slots) {
    signal input active;
    signal input before[slots];
    signal input notNegative[slots];
    signal input after[slots];
    signal direction[slots];
    signal kept[slots];
    signal lost[slots];
    component keeps[slots];
    component loses[slots];
    for (var i = 0; i < slots; i++) {
        direction[i] <== active * (2 * notNegative[i] - 1);
        kept[i] <== direction[i] * after[i];
        keeps[i] = RangeCheck(QUANTITY_BITS() + 1);
        keeps[i].in <== kept[i];
        lost[i] <== direction[i] * (before[i] - after[i]);
        loses[i] = RangeCheck(QUANTITY_BITS() + 1);
        loses[i].in <== lost[i];
    }
}

/*
 * LeverageBand(): where active, the account's leverage MM / E was at or above a cut-off and is not taken below a floor.
 * Inputs: active, boolean; equity[2], |E| < 2^82, and mmBps[2], below 2^99, before and after; cutoffBps, floorBps, 24 bits.
 * Enforces, where active: E > 0 before, mmBps >= cutoffBps * E before, mmBps >= floorBps * E after.
 */
template LeverageBand() {
    signal input active;
    signal input equity[2];
    signal input mmBps[2];
    signal input cutoffBps;
    signal input floorBps;
    signal positive;
    positive <== active * (equity[0] - 1);
    component isPositive = RangeCheck(TOTAL_BITS());
    isPositive.in <== positive;
    var bound[2] = [cutoffBps, floorBps];
    signal boundedBps[2];
    signal above[2];
    component isAbove[2];
    for (var s = 0; s < 2; s++) {
        boundedBps[s] <== bound[s] * equity[s];
        above[s] <== active * (mmBps[s] - boundedBps[s]);
        isAbove[s] = RangeCheck(LEVERAGE_BITS());
        isAbove[s].in <== above[s];
    }
}

/*
 * ReceivingSide(slots): rule 9: the account that takes the moved portfolio can carry it.
 * Inputs: isDeleverage; the wide list with what WidePortfolio says of it; cash before and after; parameters; worst
 * losses before and after; cutoffBps, floorBps.
 * Enforces: E >= IM after; in modes slice and soft nothing but cash before; in mode deleverage OnlyShrinks and
 * LeverageBand. Does not enforce: listing and ranges (WidePortfolio), the leaves (AccountState).
 */
template ReceivingSide(slots) {
    signal input isDeleverage;
    signal input before[slots];
    signal input beforeNotNegative[slots];
    signal input beforeLong[slots];
    signal input beforeNonZero[slots];
    signal input after[slots];
    signal input afterLong[slots];
    signal input cashBefore;
    signal input cashAfter;
    signal input vector[slots][VECTOR_ELEMENTS()];
    signal input parameters;
    signal input worstMm[2];
    signal input worstExcess[2];
    signal input cutoffBps;
    signal input floorBps;

    component states = MarginStates(slots, 2);
    states.parameters <== parameters;
    states.vector <== vector;
    states.quantity[0] <== before;
    states.quantity[1] <== after;
    states.longQuantity[0] <== beforeLong;
    states.longQuantity[1] <== afterLong;
    states.cash[0] <== cashBefore;
    states.cash[1] <== cashAfter;
    states.worstMm <== worstMm;
    states.worstExcess <== worstExcess;

    component side = Thresholds();
    side.equity <== states.equity[1];
    side.equitySign <== states.equitySign[1];
    side.mmBps <== states.mmBps[1];
    side.imBps <== states.imBps[1];
    side.softShareBps <== states.softShareBps;
    side.atLeast[3] === 1;

    var held = 0;
    for (var i = 0; i < slots; i++) {
        held += beforeNonZero[i];
    }
    (1 - isDeleverage) * held === 0;

    component shrinks = OnlyShrinks(slots);
    shrinks.active <== isDeleverage;
    shrinks.before <== before;
    shrinks.notNegative <== beforeNotNegative;
    shrinks.after <== after;
    component leverage = LeverageBand();
    leverage.active <== isDeleverage;
    leverage.equity <== states.equity;
    leverage.mmBps <== states.mmBps;
    leverage.cutoffBps <== cutoffBps;
    leverage.floorBps <== floorBps;
}
