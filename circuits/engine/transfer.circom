pragma circom 2.1.9;

include "protocol.circom";
include "account-step.circom";
include "liquidated.circom";
include "pricing.circom";
include "receiver.circom";
include "update.circom";
include "../lib/hash.circom";
include "../lib/word.circom";
include "../lib/zero.circom";
include "../margin/chain.circom";

/*
 * Conserved(slots): rule 7: over both accounts and every instrument but cash the sum after equals the sum before.
 * Inputs: tagFrom; leaf[4], of from before and after and of to before and after; the two wide lists.
 * The sum of (after - before) / (beta + id) is zero for a beta that is a hash of everything in it: each leaf commits
 * to its state's quantities, and an entry that is in no leaf has none. So beta is fixed after the quantities are, and
 * a false sum is zero but for a chance of about 2^-248 a try. Cash is conserved by the two equations of its price.
 */
template Conserved(slots) {
    signal input tagFrom;
    signal input leaf[4];
    signal input fromId[slots];
    signal input fromBefore[slots];
    signal input fromAfter[slots];
    signal input toId[slots];
    signal input toBefore[slots];
    signal input toAfter[slots];

    component beta = TaggedHash(5, TAG_TRANSFER_BETA());
    beta.in[0] <== tagFrom;
    for (var k = 0; k < 4; k++) {
        beta.in[k + 1] <== leaf[k];
    }
    component from = Fingerprint(slots);
    component to = Fingerprint(slots);
    from.beta <== beta.out;
    to.beta <== beta.out;
    from.id <== fromId;
    to.id <== toId;
    for (var i = 0; i < slots; i++) {
        from.quantity[i] <== fromAfter[i] - fromBefore[i];
        to.quantity[i] <== toAfter[i] - toBefore[i];
    }
    from.sum + to.sum === 0;
}

/*
 * TwoWrites(levels): the liquidated leaf is replaced in one book, then the receiver's in what comes of it.
 * Inputs: index[2], count; leaf[4], of from before and after and of to before and after; children of from before the
 * first write, of to after it. Outputs: bookRoot, nextRoot.
 * Enforces different indices, both below the count, and one count for both roots.
 */
template TwoWrites(levels) {
    signal input index[2];
    signal input count;
    signal input leaf[4];
    signal input children[2][levels][8];
    signal output bookRoot;
    signal output nextRoot;

    component differ = IsNonZero();
    differ.in <== index[0] - index[1];
    differ.out === 1;
    component write[2];
    component root[2];
    for (var s = 0; s < 2; s++) {
        write[s] = BookUpdate(levels);
        write[s].leafBefore <== leaf[2 * s];
        write[s].leafAfter <== leaf[2 * s + 1];
        write[s].index <== index[s];
        write[s].count <== count;
        write[s].children <== children[s];
        root[s] = BookRoot();
        root[s].count <== count;
    }
    write[0].treeAfter === write[1].treeBefore;
    root[0].tree <== write[0].treeBefore;
    root[1].tree <== write[1].treeAfter;
    bookRoot <== root[0].root;
    nextRoot <== root[1].root;
}

/*
 * Transfer(slots, riskLevels, accountLevels): the only way that the engine changes the book: docs/liquidation.md,
 * "transfer".
 * Public signals, in the order of src/protocol/liquidation.ts: bookRoot, nextRoot, riskRoot, parameters, tagFrom, tagTo,
 * places, leafFrom, leafTo (after), terms, slice, context.
 * Private: both accounts as wide lists, their paths, worst losses of from before, after and less one step and of to
 * before and after; the slice's salt.
 * Does not enforce: that the terms are a case's, that the escrow was paid in and the fee is paid out, that roots,
 * parameters and context are the contract's: it compares every signal. cutoffBps and floorBps mean nothing but in mode
 * deleverage.
 */
template Transfer(slots, riskLevels, accountLevels) {
    signal input bookRoot;
    signal input nextRoot;
    signal input riskRoot;
    signal input parameters;
    signal input tagFrom;
    signal input tagTo;
    signal input places;
    signal input leafFrom;
    signal input leafTo;
    signal input terms;
    signal input slice;
    signal input context;

    signal input fromAccountId;
    signal input fromOwner;
    signal input fromSecret;
    signal input fromNonce;
    signal input fromId[slots];
    signal input fromBefore[slots];
    signal input fromAfter[slots];
    signal input fromCashBefore;
    signal input fromCashAfter;
    signal input fromVector[slots][VECTOR_ELEMENTS()];
    signal input fromRiskChildren[slots][riskLevels - 2][8];
    signal input fromWorstMmBefore;
    signal input fromWorstExcessBefore;
    signal input fromWorstMmAfter;
    signal input fromWorstExcessAfter;
    signal input fromWorstMmLess;
    signal input fromWorstExcessLess;
    signal input fromChildren[accountLevels][8];
    signal input toAccountId;
    signal input toOwner;
    signal input toSecret;
    signal input toNonce;
    signal input toId[slots];
    signal input toBefore[slots];
    signal input toAfter[slots];
    signal input toCashBefore;
    signal input toCashAfter;
    signal input toVector[slots][VECTOR_ELEMENTS()];
    signal input toRiskChildren[slots][riskLevels - 2][8];
    signal input toWorstMmBefore;
    signal input toWorstExcessBefore;
    signal input toWorstMmAfter;
    signal input toWorstExcessAfter;
    signal input toChildren[accountLevels][8];
    signal input cashChildren[riskLevels - 2][8];
    signal input riskTop[64];
    signal input count;
    signal input salt;

    component top = RiskTop();
    top.nodes <== riskTop;
    top.root === riskRoot;
    component cash = ListedCash(riskLevels);
    cash.children <== cashChildren;
    cash.top <== riskTop;

    component from = AccountStep(slots, riskLevels);
    from.accountId <== fromAccountId;
    from.owner <== fromOwner;
    from.secret <== fromSecret;
    from.nonce <== fromNonce;
    from.id <== fromId;
    from.before <== fromBefore;
    from.after <== fromAfter;
    from.cashBefore <== fromCashBefore;
    from.cashAfter <== fromCashAfter;
    from.vector <== fromVector;
    from.children <== fromRiskChildren;
    from.top <== riskTop;
    from.tag === tagFrom;
    from.leafAfter === leafFrom;
    component to = AccountStep(slots, riskLevels);
    to.accountId <== toAccountId;
    to.owner <== toOwner;
    to.secret <== toSecret;
    to.nonce <== toNonce;
    to.id <== toId;
    to.before <== toBefore;
    to.after <== toAfter;
    to.cashBefore <== toCashBefore;
    to.cashAfter <== toCashAfter;
    to.vector <== toVector;
    to.children <== toRiskChildren;
    to.top <== riskTop;
    to.tag === tagTo;
    to.leafAfter === leafTo;

    var leaves[4] = [from.leafBefore, from.leafAfter, to.leafBefore, to.leafAfter];
    component place = UnpackWord(TRANSFER_PLACES_FIELDS(), TRANSFER_PLACES_WIDTHS());
    place.word <== places;
    component book = TwoWrites(accountLevels);
    book.index[0] <== place.field[TRANSFER_PLACES_FROM()];
    book.index[1] <== place.field[TRANSFER_PLACES_TO()];
    book.count <== count;
    book.leaf <== leaves;
    book.children[0] <== fromChildren;
    book.children[1] <== toChildren;
    book.bookRoot === bookRoot;
    book.nextRoot === nextRoot;

    component word = UnpackWord(TRANSFER_TERMS_FIELDS(), TRANSFER_TERMS_WIDTHS());
    word.word <== terms;
    component mode = ModeFlags();
    mode.bits[0] <== word.bits[0];
    mode.bits[1] <== word.bits[1];
    mode.percent <== word.field[TRANSFER_TERMS_PERCENT()];

    // A tag alone does not name the receiver: two accounts may have one secret. A counterparty stays unnamed.
    place.field[TRANSFER_PLACES_OWNER_TO()] === (1 - mode.isDeleverage) * toOwner;

    // Rules 1 to 5 for from.
    component side = LiquidatedSide(slots);
    side.isSlice <== mode.isSlice;
    side.isSoft <== mode.isSoft;
    side.percent <== word.field[TRANSFER_TERMS_PERCENT()];
    side.costBiasedBps <== word.field[TRANSFER_TERMS_COST_BIASED_BPS()];
    side.id <== fromId;
    side.before <== fromBefore;
    side.beforeNotNegative <== from.beforeNotNegative;
    side.beforeLong <== from.beforeLong;
    side.beforeNonZero <== from.beforeNonZero;
    side.after <== fromAfter;
    side.afterLong <== from.afterLong;
    side.afterNonZero <== from.afterNonZero;
    side.cashBefore <== fromCashBefore;
    side.cashAfter <== fromCashAfter;
    side.vector <== fromVector;
    side.parameters <== parameters;
    side.worstMm <== [fromWorstMmBefore, fromWorstMmAfter, fromWorstMmLess];
    side.worstExcess <== [fromWorstExcessBefore, fromWorstExcessAfter, fromWorstExcessLess];
    side.salt <== salt;
    side.slice === slice;

    // Rule 6. The value of what moved: what equity is apart from cash, before less after.
    component price = Price();
    price.value <== side.equity[0] - side.equity[1] + (fromCashAfter - fromCashBefore) * CASH_LOT_NANO();
    price.relief <== side.relief;
    price.discountBiasedBps <== word.field[TRANSFER_TERMS_DISCOUNT_BIASED_BPS()];
    price.feeBps <== word.field[TRANSFER_TERMS_FEE_BPS()];
    price.feeLots <== word.field[TRANSFER_TERMS_FEE_LOTS()];
    fromCashAfter - fromCashBefore === price.paidLots - word.field[TRANSFER_TERMS_FEE_LOTS()];
    toCashAfter - toCashBefore === word.field[TRANSFER_TERMS_ESCROW_LOTS()] - price.paidLots;

    // Rule 7.
    component conserved = Conserved(slots);
    conserved.tagFrom <== tagFrom;
    conserved.leaf <== leaves;
    conserved.fromId <== fromId;
    conserved.fromBefore <== fromBefore;
    conserved.fromAfter <== fromAfter;
    conserved.toId <== toId;
    conserved.toBefore <== toBefore;
    conserved.toAfter <== toAfter;

    // Rule 8.
    side.solvent[0] * (1 - side.solvent[1]) === 0;

    // Rule 9, and its half for from.
    component fromShrinks = OnlyShrinks(slots);
    fromShrinks.active <== mode.isDeleverage;
    fromShrinks.before <== fromBefore;
    fromShrinks.notNegative <== from.beforeNotNegative;
    fromShrinks.after <== fromAfter;
    component receiver = ReceivingSide(slots);
    receiver.isDeleverage <== mode.isDeleverage;
    receiver.before <== toBefore;
    receiver.beforeNotNegative <== to.beforeNotNegative;
    receiver.beforeLong <== to.beforeLong;
    receiver.beforeNonZero <== to.beforeNonZero;
    receiver.after <== toAfter;
    receiver.afterLong <== to.afterLong;
    receiver.cashBefore <== toCashBefore;
    receiver.cashAfter <== toCashAfter;
    receiver.vector <== toVector;
    receiver.parameters <== parameters;
    receiver.worstMm <== [toWorstMmBefore, toWorstMmAfter];
    receiver.worstExcess <== [toWorstExcessBefore, toWorstExcessAfter];
    receiver.cutoffBps <== word.field[TRANSFER_TERMS_CUTOFF_BPS()];
    receiver.floorBps <== word.field[TRANSFER_TERMS_FLOOR_BPS()];

    // The context is bound by being a public input; the square keeps it in a constraint, so that no optimiser drops it.
    signal contextSquared;
    contextSquared <== context * context;
}
