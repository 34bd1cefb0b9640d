pragma circom 2.1.9;

include "seal-protocol.circom";
include "gauge.circom";
include "ledger.circom";
include "../lib/hash.circom";
include "../lib/range.circom";
include "../lib/word.circom";
include "../margin/chain.circom";

/*
 * BookTotals(): the fields of the chain's packed totals after the last account of a book.
 * Inputs: totals[5], sums of StepTotals over at most 2^21 accounts, so that every field fits its width.
 * Outputs: belowMm, accounts in full liquidation or insolvent; shortfall; gamma[3], short gamma of the accounts below MM
 * and of those that the gauge scenario would put below it; counts, the word SEAL_COUNTS; sums, the word SEAL_TOTALS.
 * A word that does not unpack is unsatisfiable.
 */
template BookTotals() {
    signal input totals[CHAIN_TOTALS()];
    signal output belowMm;
    signal output shortfall;
    signal output gamma[UNDERLYINGS()];
    signal output counts;
    signal output sums;

    // SEAL_COUNTS and SEAL_TOTALS have the very fields of the first two totals (a test holds them to that), equity biased.
    counts <== totals[0];
    component tiers = UnpackWord(SEAL_COUNTS_FIELDS(), SEAL_COUNTS_WIDTHS());
    tiers.word <== totals[0];
    belowMm <== tiers.field[SEAL_COUNTS_FULL_LIQUIDATION()] + tiers.field[SEAL_COUNTS_INSOLVENT()];
    shortfall <== tiers.field[SEAL_COUNTS_SHORTFALL_NANO()];

    sums <== totals[1] + (1 << (BOOK_REQUIREMENT_BITS() + BOOK_TOTAL_BITS()));
    component risk = UnpackWord(SEAL_TOTALS_FIELDS(), SEAL_TOTALS_WIDTHS());
    risk.word <== sums;

    // below 0, below 1, below 2, near 0, near 1, near 2: two to a word.
    component gammas[3];
    var part[2 * UNDERLYINGS()];
    for (var w = 0; w < 3; w++) {
        gammas[w] = UnpackWord(2, [BOOK_TOTAL_BITS(), BOOK_TOTAL_BITS()]);
        gammas[w].word <== totals[2 + w];
        part[2 * w] = gammas[w].field[0];
        part[2 * w + 1] = gammas[w].field[1];
    }
    for (var u = 0; u < UNDERLYINGS(); u++) {
        gamma[u] <== part[u] + part[UNDERLYINGS() + u];
    }
}

/*
 * StressGauge(): the public word `gauge` of the short gamma and the public word `liquidity`, by underlying.
 * Inputs: gamma[3], integers below 2^105; liquidity, any field element. Output: word, three fields of 84 bits.
 * A liquidity word with a bit beyond its last field, or a field of zero, is unsatisfiable.
 */
template StressGauge() {
    signal input gamma[UNDERLYINGS()];
    signal input liquidity;
    signal output word;
    component offered = UnpackWord(LIQUIDITY_WORD_FIELDS(), LIQUIDITY_WORD_WIDTHS());
    offered.word <== liquidity;
    component gauge[UNDERLYINGS()];
    var widths[GAUGE_WORD_FIELDS()] = GAUGE_WORD_WIDTHS();
    var packed = 0;
    var offset = 0;
    for (var u = 0; u < UNDERLYINGS(); u++) {
        gauge[u] = Gauge();
        gauge[u].gamma <== gamma[u];
        gauge[u].liquidity <== offered.field[u];
        packed += gauge[u].gauge * (1 << offset);
        offset += widths[u];
    }
    word <== packed;
}

/*
 * Seal(): both ends of a solvency chain, opened: docs/solvency.md, "The seal", rules 1 to 9.
 * Public signals, in the order of src/protocol/solvency.ts: bookRoot, riskRoot, parameters, chainFirst, chainLast,
 * ledger0 to 2, reserves, belowMm, gauge, liquidity, policy, counts, totals, context.
 * Private: treeRoot and count of the book; the fingerprint and totals of the last state; both blinds.
 * Does not enforce: that the steps between the ends are proven and linked (whoever checks the chain does); that roots,
 * parameters, ledger, reserves, liquidity and context are the contract's: it compares every signal.
 */
template Seal() {
    signal input bookRoot;
    signal input riskRoot;
    signal input parameters;
    signal input chainFirst;
    signal input chainLast;
    signal input ledger0;
    signal input ledger1;
    signal input ledger2;
    signal input reserves;
    signal input belowMm;
    signal input gauge;
    signal input liquidity;
    signal input policy;
    signal input counts;
    signal input totals;
    signal input context;

    signal input treeRoot;
    signal input count;
    signal input fingerprintLast;
    signal input totalsLast[CHAIN_TOTALS()];
    signal input blindFirst;
    signal input blindLast;

    component book = TaggedHash(2, TAG_BOOK_ROOT());
    book.in[0] <== treeRoot;
    book.in[1] <== count;
    book.out === bookRoot;

    component beta = TaggedHash(3 + LEDGER_WORDS(), TAG_CHAIN_BETA());
    beta.in[0] <== bookRoot;
    beta.in[1] <== riskRoot;
    beta.in[2] <== parameters;
    beta.in[3] <== ledger0;
    beta.in[4] <== ledger1;
    beta.in[5] <== ledger2;

    component first = ChainState();
    component last = ChainState();
    first.bookRoot <== bookRoot;
    first.riskRoot <== riskRoot;
    first.parameters <== parameters;
    first.beta <== beta.out;
    first.count <== 0;
    first.fingerprint <== 0;
    last.bookRoot <== bookRoot;
    last.riskRoot <== riskRoot;
    last.parameters <== parameters;
    last.beta <== beta.out;
    last.count <== count;
    last.fingerprint <== fingerprintLast;
    for (var t = 0; t < CHAIN_TOTALS(); t++) {
        first.totals[t] <== 0;
        last.totals[t] <== totalsLast[t];
    }
    first.blind <== blindFirst;
    last.blind <== blindLast;
    first.commitment === chainFirst;
    last.commitment === chainLast;

    component held = LedgerFingerprint();
    held.beta <== beta.out;
    held.word[0] <== ledger0;
    held.word[1] <== ledger1;
    held.word[2] <== ledger2;
    held.sum === fingerprintLast;

    component sums = BookTotals();
    sums.totals <== totalsLast;
    sums.belowMm === belowMm;
    // Both fit 104 bits, so a difference of 104 bits is their true one.
    component solvent = RangeCheck(RESERVES_BITS());
    solvent.in <== reserves - sums.shortfall;
    component stress = StressGauge();
    stress.gamma <== sums.gamma;
    stress.liquidity <== liquidity;
    stress.word === gauge;

    policy * (policy - 1) === 0;
    policy * sums.counts === counts;
    policy * sums.sums === totals;

    // The context is bound by being a public input; the square keeps it in a constraint, so that no optimiser drops it.
    signal contextSquared;
    contextSquared <== context * context;
}
