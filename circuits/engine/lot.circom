pragma circom 2.1.9;

include "protocol.circom";
include "liquidated.circom";
include "state.circom";
include "summary.circom";
include "wide.circom";
include "../lib/word.circom";
include "../margin/account.circom";

/*
 * Lot(slots, riskLevels, accountLevels): what a case sells: docs/liquidation.md, "lot".
 * Public signals, in the order of src/protocol/liquidation.ts: bookRoot, riskRoot, parameters, tag, place, leaf, terms,
 * slice, summary, greeks, context.
 * Private: the account's opening as a wide list; after is the account without the lot, cash aside; the worst losses of
 * four states; the slice's salt.
 * Does not enforce: that roots, parameters, cost and context are the contract's (it compares them); that percent is
 * the largest the rules allow (any that is no overshoot is); that the state after the sale fits the account's slots,
 * which only its transfer knows.
 */
template Lot(slots, riskLevels, accountLevels) {
    signal input bookRoot;
    signal input riskRoot;
    signal input parameters;
    signal input tag;
    signal input place;
    signal input leaf;
    signal input terms;
    signal input slice;
    signal input summary;
    signal input greeks;
    signal input context;

    signal input accountId;
    signal input owner;
    signal input secret;
    signal input nonce;
    signal input id[slots];
    signal input before[slots];
    signal input after[slots];
    signal input cashBefore;
    signal input vector[slots][VECTOR_ELEMENTS()];
    signal input riskChildren[slots][riskLevels - 2][8];
    signal input cashChildren[riskLevels - 2][8];
    signal input riskTop[64];
    signal input count;
    signal input bookChildren[accountLevels][8];
    signal input salt;
    signal input worstMmBefore;
    signal input worstExcessBefore;
    signal input worstMmAfter;
    signal input worstExcessAfter;
    signal input worstMmLess;
    signal input worstExcessLess;
    signal input worstMmSlice;
    signal input worstExcessSlice;

    component top = RiskTop();
    top.nodes <== riskTop;
    top.root === riskRoot;
    component cash = ListedCash(riskLevels);
    cash.children <== cashChildren;
    cash.top <== riskTop;
    component wide = WidePortfolio(slots, riskLevels);
    wide.id <== id;
    wide.before <== before;
    wide.after <== after;
    wide.vector <== vector;
    wide.children <== riskChildren;
    wide.top <== riskTop;

    // The account of this tag has this leaf at this place of the book.
    component accountTag = AccountTag();
    accountTag.secret <== secret;
    accountTag.tag === tag;
    component state = AccountState(slots);
    state.accountId <== accountId;
    state.owner <== owner;
    state.secret <== secret;
    state.nonce <== nonce;
    state.id <== id;
    state.quantity <== before;
    state.nonZero <== wide.beforeNonZero;
    state.cash <== cashBefore;
    state.leaf === leaf;
    component inclusion = BookInclusion(accountLevels);
    inclusion.leaf <== state.leaf;
    inclusion.index <== place;
    inclusion.count <== count;
    inclusion.children <== bookChildren;
    inclusion.bookRoot === bookRoot;

    component word = UnpackWord(LOT_TERMS_FIELDS(), LOT_TERMS_WIDTHS());
    word.word <== terms;
    component mode = ModeFlags();
    mode.bits[0] <== word.bits[0];
    mode.bits[1] <== word.bits[1];
    mode.percent <== word.field[LOT_TERMS_PERCENT()];
    // Nothing is auctioned in mode deleverage.
    mode.isDeleverage === 0;

    // Rules 1 to 5. Cash is what it is: only equity before counts.
    component side = LiquidatedSide(slots);
    side.isSlice <== mode.isSlice;
    side.isSoft <== mode.isSoft;
    side.percent <== word.field[LOT_TERMS_PERCENT()];
    side.costBiasedBps <== word.field[LOT_TERMS_COST_BIASED_BPS()];
    side.id <== id;
    side.before <== before;
    side.beforeNotNegative <== wide.beforeNotNegative;
    side.beforeLong <== wide.beforeLong;
    side.beforeNonZero <== wide.beforeNonZero;
    side.after <== after;
    side.afterLong <== wide.afterLong;
    side.afterNonZero <== wide.afterNonZero;
    side.cashBefore <== cashBefore;
    side.cashAfter <== cashBefore;
    side.vector <== vector;
    side.parameters <== parameters;
    side.worstMm <== [worstMmBefore, worstMmAfter, worstMmLess];
    side.worstExcess <== [worstExcessBefore, worstExcessAfter, worstExcessLess];
    side.salt <== salt;
    side.slice === slice;

    // Rules 6 and 7, of the moved portfolio as one of its own.
    component moved = MarginStates(slots, 1);
    moved.parameters <== parameters;
    moved.vector <== vector;
    moved.quantity[0] <== side.move;
    moved.longQuantity[0] <== side.moveLong;
    moved.cash[0] <== 0;
    moved.worstMm[0] <== worstMmSlice;
    moved.worstExcess[0] <== worstExcessSlice;
    component figures = LotSummary();
    figures.summary <== summary;
    figures.equity <== side.equity[0];
    figures.solvent <== side.solvent[0];
    figures.mmBps <== side.mmBpsBefore;
    figures.relief <== side.relief;
    figures.imBps <== moved.imBps[0];
    component shape = LotGreeks();
    shape.greeks <== greeks;
    shape.carryLots <== figures.carryLots;
    shape.greek <== moved.greek[0];

    // The context is bound by being a public input; the square keeps it in a constraint, so that no optimiser drops it.
    signal contextSquared;
    contextSquared <== context * context;
}
