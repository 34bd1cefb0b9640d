pragma circom 2.1.9;

include "protocol.circom";
include "account-step.circom";
include "state.circom";
include "update.circom";
include "../lib/word.circom";
include "../lib/zero.circom";
include "../margin/thresholds.circom";

/*
 * ChangedEntry(slots): exactly one instrument's quantity changes, by delta.
 * Inputs: instrumentId; delta; id[slots], before[slots], after[slots] of the wide list; cashBefore, cashAfter;
 * afterNotNegative[slots], cashAfterNotNegative.
 * Outputs: isCash; notNegative, 1 when the changed quantity is >= 0 afterwards.
 * Enforces: one entry has this id, or it is cash; the caller sees to it that no padding changes (WidePortfolio).
 */
template ChangedEntry(slots) {
    signal input instrumentId;
    signal input delta;
    signal input id[slots];
    signal input before[slots];
    signal input after[slots];
    signal input afterNotNegative[slots];
    signal input cashBefore;
    signal input cashAfter;
    signal input cashAfterNotNegative;
    signal output isCash;
    signal output notNegative;

    component matches[slots + 1];
    signal negative[slots + 1];
    var found = 0;
    var fallen = 0;
    for (var i = 0; i <= slots; i++) {
        matches[i] = AreEqual();
        matches[i].in[0] <== instrumentId;
        matches[i].in[1] <== i < slots ? id[i] : CASH_ID();
        found += matches[i].out;
        var change = i < slots ? after[i] - before[i] : cashAfter - cashBefore;
        change === matches[i].out * delta;
        negative[i] <== matches[i].out * (1 - (i < slots ? afterNotNegative[i] : cashAfterNotNegative));
        fallen += negative[i];
    }
    found === 1;
    isCash <== matches[slots].out;
    notNegative <== 1 - fallen;
}

/*
 * Adjust(slots, riskLevels, accountLevels): collateral in and out: docs/liquidation.md, "adjust".
 * Public signals, in the order of src/protocol/liquidation.ts: bookRoot, nextRoot, riskRoot, parameters, tag, owner,
 * place, leaf (after), change, context.
 * Private: the account as a wide list, its path, the worst losses of the state after.
 * Does not enforce: that collateral was paid in or goes to the owner, that the instrument is collateral at all, that
 * roots, parameters and context are the contract's: it compares every signal.
 */
template Adjust(slots, riskLevels, accountLevels) {
    signal input bookRoot;
    signal input nextRoot;
    signal input riskRoot;
    signal input parameters;
    signal input tag;
    signal input owner;
    signal input place;
    signal input leaf;
    signal input change;
    signal input context;

    signal input accountId;
    signal input accountOwner;
    signal input secret;
    signal input nonce;
    signal input id[slots];
    signal input before[slots];
    signal input after[slots];
    signal input cashBefore;
    signal input cashAfter;
    signal input vector[slots][VECTOR_ELEMENTS()];
    signal input riskChildren[slots][riskLevels - 2][8];
    signal input cashChildren[riskLevels - 2][8];
    signal input riskTop[64];
    signal input count;
    signal input bookChildren[accountLevels][8];
    signal input worstMmAfter;
    signal input worstExcessAfter;

    component top = RiskTop();
    top.nodes <== riskTop;
    top.root === riskRoot;
    component cash = ListedCash(riskLevels);
    cash.children <== cashChildren;
    cash.top <== riskTop;

    component account = AccountStep(slots, riskLevels);
    account.accountId <== accountId;
    account.owner <== accountOwner;
    account.secret <== secret;
    account.nonce <== nonce;
    account.id <== id;
    account.before <== before;
    account.after <== after;
    account.cashBefore <== cashBefore;
    account.cashAfter <== cashAfter;
    account.vector <== vector;
    account.children <== riskChildren;
    account.top <== riskTop;
    account.tag === tag;
    account.leafAfter === leaf;
    component book = BookUpdate(accountLevels);
    book.leafBefore <== account.leafBefore;
    book.leafAfter <== account.leafAfter;
    book.index <== place;
    book.count <== count;
    book.children <== bookChildren;
    component root[2];
    for (var s = 0; s < 2; s++) {
        root[s] = BookRoot();
        root[s].count <== count;
        root[s].tree <== s == 0 ? book.treeBefore : book.treeAfter;
    }
    root[0].root === bookRoot;
    root[1].root === nextRoot;

    component word = UnpackWord(ADJUST_CHANGE_FIELDS(), ADJUST_CHANGE_WIDTHS());
    word.word <== change;
    // Kinds: 0 deposit, 1 withdrawal, 2 cover; there is no 3.
    var isWithdrawal = word.bits[0];
    var isCover = word.bits[1];
    isWithdrawal * isCover === 0;
    var lots = word.field[ADJUST_CHANGE_LOTS()];
    component someLots = IsNonZero();
    someLots.in <== lots;
    // Only a withdrawal may be of nothing, and then names cash: one statement has one form.
    (1 - isWithdrawal) * (1 - someLots.out) === 0;

    signal delta;
    delta <== (1 - 2 * isWithdrawal) * lots;
    component changed = ChangedEntry(slots);
    changed.instrumentId <== word.field[ADJUST_CHANGE_INSTRUMENT_ID()];
    changed.delta <== delta;
    changed.id <== id;
    changed.before <== before;
    changed.after <== after;
    changed.afterNotNegative <== account.afterNotNegative;
    changed.cashBefore <== cashBefore;
    changed.cashAfter <== cashAfter;
    changed.cashAfterNotNegative <== account.cashAfterNotNegative;
    (1 - someLots.out) * (1 - changed.isCash) === 0;

    // Whose account it is shows in a withdrawal alone.
    accountOwner * isWithdrawal === owner;

    // After a withdrawal the account is at or above its initial margin, and has not gone short of what it took out.
    component states = MarginStates(slots, 1);
    states.parameters <== parameters;
    states.vector <== vector;
    states.quantity[0] <== after;
    states.longQuantity[0] <== account.afterLong;
    states.cash[0] <== cashAfter;
    states.worstMm[0] <== worstMmAfter;
    states.worstExcess[0] <== worstExcessAfter;
    component side = Thresholds();
    side.equity <== states.equity[0];
    side.equitySign <== states.equitySign[0];
    side.mmBps <== states.mmBps[0];
    side.imBps <== states.imBps[0];
    side.softShareBps <== states.softShareBps;
    isWithdrawal * (1 - side.atLeast[3]) === 0;
    isWithdrawal * (1 - changed.notNegative) === 0;

    // A cover is of cash and leaves nothing at all.
    isCover * (1 - changed.isCash) === 0;
    isCover * cashAfter === 0;
    var held = 0;
    for (var i = 0; i < slots; i++) {
        held += account.afterNonZero[i];
    }
    isCover * held === 0;

    // The context is bound by being a public input; the square keeps it in a constraint, so that no optimiser drops it.
    signal contextSquared;
    contextSquared <== context * context;
}
