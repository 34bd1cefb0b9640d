pragma circom 2.1.9;

include "protocol.circom";
include "state.circom";
include "wide.circom";

/*
 * AccountStep(slots, riskLevels): one account from a state to the next: same id, owner and secret, nonce + 1.
 * Inputs: accountId, owner, secret, nonce; the wide list with vectors and paths below top; cash before and after.
 * Outputs: tag; leafBefore, leafAfter; what WidePortfolio says of the list; cashAfterNotNegative.
 * Does not enforce: what may change; ranges of accountId, owner and nonce (see AccountLeaf).
 */
template AccountStep(slots, riskLevels) {
    signal input accountId;
    signal input owner;
    signal input secret;
    signal input nonce;
    signal input id[slots];
    signal input before[slots];
    signal input after[slots];
    signal input cashBefore;
    signal input cashAfter;
    signal input vector[slots][VECTOR_ELEMENTS()];
    signal input children[slots][riskLevels - 2][8];
    signal input top[64];
    signal output tag;
    signal output leafBefore;
    signal output leafAfter;
    signal output beforeNotNegative[slots];
    signal output beforeLong[slots];
    signal output beforeNonZero[slots];
    signal output afterNotNegative[slots];
    signal output afterLong[slots];
    signal output afterNonZero[slots];
    signal output cashAfterNotNegative;

    component wide = WidePortfolio(slots, riskLevels);
    wide.id <== id;
    wide.before <== before;
    wide.after <== after;
    wide.vector <== vector;
    wide.children <== children;
    wide.top <== top;
    beforeNotNegative <== wide.beforeNotNegative;
    beforeLong <== wide.beforeLong;
    beforeNonZero <== wide.beforeNonZero;
    afterNotNegative <== wide.afterNotNegative;
    afterLong <== wide.afterLong;
    afterNonZero <== wide.afterNonZero;

    component accountTag = AccountTag();
    accountTag.secret <== secret;
    tag <== accountTag.tag;
    component state[2];
    for (var s = 0; s < 2; s++) {
        state[s] = AccountState(slots);
        state[s].accountId <== accountId;
        state[s].owner <== owner;
        state[s].secret <== secret;
        state[s].nonce <== nonce + s;
        state[s].id <== id;
    }
    state[0].quantity <== before;
    state[0].nonZero <== wide.beforeNonZero;
    state[0].cash <== cashBefore;
    state[1].quantity <== after;
    state[1].nonZero <== wide.afterNonZero;
    state[1].cash <== cashAfter;
    leafBefore <== state[0].leaf;
    leafAfter <== state[1].leaf;
    cashAfterNotNegative <== state[1].cashNotNegative;
}
