pragma circom 2.1.9;

include "protocol.circom";
include "wide.circom";
include "../margin/account.circom";
include "../margin/margin-of.circom";
include "../margin/parameters.circom";

/*
 * CompactSlots(slots, entries): the canonical slots of a list: its entries that are not zero, in their order, at the end;
 * empty slots before them.
 * Parameters: entries is slots or slots + 1.
 * Inputs: id[entries], strictly increasing where nonZero; quantity[entries] in [-2^38, 2^38); nonZero[entries].
 * Outputs: packed[ceil(slots / 3)], as CanonicalSlots gives it for the same portfolio.
 * Enforces that nothing is left out: an entry that is not zero is pushed in at the end, and what falls off at the front
 * must be an empty slot. Does not enforce ranges or order of the entries; the caller does.
 */
template CompactSlots(slots, entries) {
    assert(entries == slots || entries == slots + 1);
    var elements = (slots + SLOTS_PER_ELEMENT() - 1) \ SLOTS_PER_ELEMENT();
    signal input id[entries];
    signal input quantity[entries];
    signal input nonZero[entries];
    signal output packed[elements];

    // The slots as words without their 2^38: an empty one is 0, a used one is not, as its id is at least 1. Before
    // entry e only the last e slots can be in use, so only the last e + 1 can change.
    signal pushed[slots * (slots + 1) \ 2 + (entries - slots) * slots];
    var at = 0;
    var word[slots];
    for (var e = 0; e < entries; e++) {
        var first = e < slots ? slots - 1 - e : 0;
        if (e == slots) {
            nonZero[e] * word[0] === 0;
        }
        var next[slots] = word;
        for (var k = first; k < slots; k++) {
            var behind = k == slots - 1 ? quantity[e] + id[e] * (1 << (QUANTITY_BITS() + 1)) : word[k + 1];
            pushed[at] <== word[k] + nonZero[e] * (behind - word[k]);
            next[k] = pushed[at];
            at++;
        }
        word = next;
    }
    var packing[elements];
    for (var k = 0; k < slots; k++) {
        packing[k \ SLOTS_PER_ELEMENT()] +=
            (word[k] + (1 << QUANTITY_BITS())) * (1 << (SLOT_BITS() * (k % SLOTS_PER_ELEMENT())));
    }
    for (var e = 0; e < elements; e++) {
        packed[e] <== packing[e];
    }
}

/*
 * AccountState(slots): the leaf of one state of an account, from its wide list and its cash.
 * Inputs: accountId, owner, secret, nonce; id[slots], quantity[slots], nonZero[slots] from WidePortfolio; cash.
 * Outputs: leaf; cashNotNegative.
 * Enforces the range of cash, and that the state fits the slots of an account.
 */
template AccountState(slots) {
    signal input accountId;
    signal input owner;
    signal input secret;
    signal input nonce;
    signal input id[slots];
    signal input quantity[slots];
    signal input nonZero[slots];
    signal input cash;
    signal output leaf;
    signal output cashNotNegative;

    component cashLots = SignedLots();
    cashLots.quantity <== cash;
    cashNotNegative <== cashLots.notNegative;

    // Cash has the lowest id, so it comes first.
    component canonical = CompactSlots(slots, slots + 1);
    canonical.id[0] <== CASH_ID();
    canonical.quantity[0] <== cash;
    canonical.nonZero[0] <== cashLots.nonZero;
    for (var i = 0; i < slots; i++) {
        canonical.id[i + 1] <== id[i];
        canonical.quantity[i + 1] <== quantity[i];
        canonical.nonZero[i + 1] <== nonZero[i];
    }
    component commitment = AccountLeaf(slots);
    commitment.accountId <== accountId;
    commitment.owner <== owner;
    commitment.nonce <== nonce;
    commitment.secret <== secret;
    commitment.packed <== canonical.packed;
    leaf <== commitment.leaf;
}

/*
 * MarginStates(slots, states): MarginOf for several states of one wide list, vectors listed once.
 * Parameters: slots <= 32, so that cash beside the entries leaves every total below 2^82.
 * Inputs: parameters, the public word; vector[slots]; per state: quantity[slots] in [-2^38, 2^38), longQuantity[slots],
 * cash in lots, the two worst losses.
 * Outputs: softShareBps; per state as MarginOf.
 * Does not enforce: ranges of the quantities, listing of the vectors.
 */
template MarginStates(slots, states) {
    assert(slots <= MAX_ENGINE_SLOTS());
    signal input parameters;
    signal input vector[slots][VECTOR_ELEMENTS()];
    signal input quantity[states][slots];
    signal input longQuantity[states][slots];
    signal input cash[states];
    signal input worstMm[states];
    signal input worstExcess[states];
    signal output softShareBps;
    signal output equity[states];
    signal output equitySign[states];
    signal output mmBps[states];
    signal output imBps[states];
    signal output shortGamma[states][UNDERLYINGS()];
    signal output greek[states][GREEK_DIMS()];

    component unpacked = UnpackParameters();
    unpacked.word <== parameters;
    softShareBps <== unpacked.softShareBps;
    component margin[states];
    for (var s = 0; s < states; s++) {
        margin[s] = MarginOf(slots);
        margin[s].quantity <== quantity[s];
        margin[s].longQuantity <== longQuantity[s];
        margin[s].vector <== vector;
        margin[s].addedValue <== cash[s] * CASH_LOT_NANO();
        margin[s].mmFactorBps <== unpacked.mmFactorBps;
        margin[s].imFactorBps <== unpacked.imFactorBps;
        margin[s].gammaMultiplierBps <== unpacked.gammaMultiplierBps;
        margin[s].regular <== unpacked.regular;
        margin[s].worstMm <== worstMm[s];
        margin[s].worstExcess <== worstExcess[s];
        equity[s] <== margin[s].equity;
        equitySign[s] <== margin[s].equitySign;
        mmBps[s] <== margin[s].mmBps;
        imBps[s] <== margin[s].imBps;
        shortGamma[s] <== margin[s].shortGamma;
        greek[s] <== margin[s].greek;
    }
}
