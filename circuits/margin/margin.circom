pragma circom 2.1.9;

include "protocol.circom";
include "account.circom";
include "chain.circom";
include "margin-of.circom";
include "parameters.circom";
include "slots.circom";
include "thresholds.circom";
include "vectors.circom";

/*
 * PortfolioMargin(slots, riskLevels): margin of one canonical portfolio: its encoding, its listing, its MarginOf, and
 * the side of every threshold.
 * Inputs: a portfolio (id, quantity), its risk vectors with their paths below top, the unpacked parameters, and the two
 * worst losses. Outputs: as MarginOf and Thresholds, and packed, the slot words of the account leaf.
 * Does not enforce: that top hashes to a posted risk root; the caller hashes it once with RiskTop.
 */
template PortfolioMargin(slots, riskLevels) {
    var elements = (slots + SLOTS_PER_ELEMENT() - 1) \ SLOTS_PER_ELEMENT();
    signal input id[slots];
    signal input quantity[slots];
    signal input vector[slots][VECTOR_ELEMENTS()];
    signal input children[slots][riskLevels - 2][8];
    signal input top[64];
    signal input mmFactorBps;
    signal input imFactorBps;
    signal input softShareBps;
    signal input gammaMultiplierBps;
    signal input regular[SCENARIOS()];
    signal input worstMm;
    signal input worstExcess;
    signal output packed[elements];
    signal output equity;
    signal output mmBps;
    signal output imBps;
    signal output atLeast[4];
    signal output shortGamma[UNDERLYINGS()];
    signal output pnl[SCENARIOS()];

    component canonical = CanonicalSlots(slots, riskLevels);
    canonical.id <== id;
    canonical.quantity <== quantity;
    packed <== canonical.packed;

    component listed = ListedVectors(slots, riskLevels);
    listed.id <== id;
    listed.placeBits <== canonical.placeBits;
    listed.vector <== vector;
    listed.children <== children;
    listed.top <== top;

    component state = MarginOf(slots);
    state.quantity <== quantity;
    state.longQuantity <== canonical.longQuantity;
    state.vector <== vector;
    state.addedValue <== 0;
    state.mmFactorBps <== mmFactorBps;
    state.imFactorBps <== imFactorBps;
    state.gammaMultiplierBps <== gammaMultiplierBps;
    state.regular <== regular;
    state.worstMm <== worstMm;
    state.worstExcess <== worstExcess;
    equity <== state.equity;
    mmBps <== state.mmBps;
    imBps <== state.imBps;
    shortGamma <== state.shortGamma;
    pnl <== state.pnl;

    component thresholds = Thresholds();
    thresholds.equity <== state.equity;
    thresholds.equitySign <== state.equitySign;
    thresholds.mmBps <== state.mmBps;
    thresholds.imBps <== state.imBps;
    thresholds.softShareBps <== softShareBps;
    atLeast <== thresholds.atLeast;
}

/*
 * ClaimCode(): the public claim that the flags support: 2 * threshold code + (1 when equity is below it), or 0.
 * Inputs: select[4], private: which threshold is claimed, none for a chain step; atLeast[4], boolean.
 * Outputs: claim; isClaim, boolean.
 * Enforces: at most one threshold is selected, and the side is the true one.
 */
template ClaimCode() {
    signal input select[4];
    signal input atLeast[4];
    signal output claim;
    signal output isClaim;
    signal side[4];
    var selected = 0;
    var code = 0;
    for (var t = 0; t < 4; t++) {
        select[t] * (select[t] - 1) === 0;
        selected += select[t];
        // THRESHOLD_CODE(t) = t + 1
        side[t] <== select[t] * (2 * THRESHOLD_CODE(t) + 1 - atLeast[t]);
        code += side[t];
    }
    selected * (selected - 1) === 0;
    isClaim <== selected;
    claim <== code;
}

/*
 * Margin(slots, riskLevels, accountLevels): one circuit, three uses: attestation, trigger, solvency step.
 * Public signals, in the order of src/protocol/signals.ts: bookRoot, riskRoot, parameters, claim, tag, chainIn,
 * chainOut, context. A standalone claim has chainIn = chainOut = 0 and a tag; a chain step has claim = tag = 0.
 * Does not enforce: that the roots, parameters and context are the contract's (the contract compares them); that beta,
 * the first and the last chain state are right (the seal does).
 */
template Margin(slots, riskLevels, accountLevels) {
    signal input bookRoot;
    signal input riskRoot;
    signal input parameters;
    signal input claim;
    signal input tag;
    signal input chainIn;
    signal input chainOut;
    signal input context;

    signal input accountId;
    signal input owner;
    signal input secret;
    signal input nonce;
    signal input id[slots];
    signal input quantity[slots];
    signal input index;
    signal input count;
    signal input bookChildren[accountLevels][8];
    signal input vector[slots][VECTOR_ELEMENTS()];
    signal input riskChildren[slots][riskLevels - 2][8];
    signal input riskTop[64];
    signal input worstMm;
    signal input worstExcess;
    signal input select[4];
    signal input beta;
    signal input fingerprintIn;
    signal input totalsIn[CHAIN_TOTALS()];
    signal input blindIn;
    signal input blindOut;

    component unpacked = UnpackParameters();
    unpacked.word <== parameters;
    component top = RiskTop();
    top.nodes <== riskTop;
    top.root === riskRoot;

    component margin = PortfolioMargin(slots, riskLevels);
    margin.id <== id;
    margin.quantity <== quantity;
    margin.vector <== vector;
    margin.children <== riskChildren;
    margin.top <== riskTop;
    margin.mmFactorBps <== unpacked.mmFactorBps;
    margin.imFactorBps <== unpacked.imFactorBps;
    margin.softShareBps <== unpacked.softShareBps;
    margin.gammaMultiplierBps <== unpacked.gammaMultiplierBps;
    margin.regular <== unpacked.regular;
    margin.worstMm <== worstMm;
    margin.worstExcess <== worstExcess;

    component leaf = AccountLeaf(slots);
    leaf.accountId <== accountId;
    leaf.owner <== owner;
    leaf.nonce <== nonce;
    leaf.secret <== secret;
    leaf.packed <== margin.packed;
    component inclusion = BookInclusion(accountLevels);
    inclusion.leaf <== leaf.leaf;
    inclusion.index <== index;
    inclusion.count <== count;
    inclusion.children <== bookChildren;
    inclusion.bookRoot === bookRoot;

    component code = ClaimCode();
    code.select <== select;
    code.atLeast <== margin.atLeast;
    code.claim === claim;
    component accountTag = AccountTag();
    accountTag.secret <== secret;
    accountTag.tag * code.isClaim === tag;

    // A chain step: the state before has counted exactly the accounts before this one, the state after adds this one.
    component fingerprint = Fingerprint(slots);
    fingerprint.beta <== beta;
    fingerprint.id <== id;
    fingerprint.quantity <== quantity;
    component step = StepTotals();
    step.atLeast <== margin.atLeast;
    step.equity <== margin.equity;
    step.mmBps <== margin.mmBps;
    step.shortGamma <== margin.shortGamma;
    step.pnl <== margin.pnl;
    step.gaugeBits <== unpacked.gaugeBits;
    component before = ChainState();
    component after = ChainState();
    before.bookRoot <== bookRoot;
    before.riskRoot <== riskRoot;
    before.parameters <== parameters;
    before.beta <== beta;
    before.count <== index;
    before.fingerprint <== fingerprintIn;
    before.totals <== totalsIn;
    before.blind <== blindIn;
    after.bookRoot <== bookRoot;
    after.riskRoot <== riskRoot;
    after.parameters <== parameters;
    after.beta <== beta;
    after.count <== index + 1;
    after.fingerprint <== fingerprintIn + fingerprint.sum;
    for (var t = 0; t < CHAIN_TOTALS(); t++) {
        after.totals[t] <== totalsIn[t] + step.added[t];
    }
    after.blind <== blindOut;
    before.commitment * (1 - code.isClaim) === chainIn;
    after.commitment * (1 - code.isClaim) === chainOut;

    // The context is bound by being a public input; the square keeps it in a constraint, so that no optimiser drops it.
    signal contextSquared;
    contextSquared <== context * context;
}
