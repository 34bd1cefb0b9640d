pragma circom 2.1.9;

include "protocol.circom";
include "../lib/hash.circom";
include "../lib/select.circom";
include "../lib/tree.circom";

/*
 * RiskTop(): the risk root from the 64 nodes two levels below it. Hashed once per proof, selected from by every slot.
 * Inputs: nodes[64]. Output: root.
 */
template RiskTop() {
    signal input nodes[64];
    signal output root;
    component quarter[4];
    component whole = TaggedHash(4, TAG_RISK_ROOT());
    for (var q = 0; q < 4; q++) {
        quarter[q] = TaggedHash(16, TAG_RISK_TOP());
        for (var i = 0; i < 16; i++) {
            quarter[q].in[i] <== nodes[16 * q + i];
        }
        whole.in[q] <== quarter[q].out;
    }
    root <== whole.out;
}

/*
 * ListedVector(riskLevels): the risk vector of an instrument is the one that stands at the instrument's place.
 * Inputs: id; placeBits, boolean, the low bits of id; vector[15]; children[riskLevels - 2][8], its path below the top;
 * top[64], the nodes that RiskTop hashes.
 * Enforces: hash(id, vector) is the leaf at the place, so the whole id binds, generation included.
 * Does not enforce: ranges of the rates or canonical packing; a posted leaf's ranges are the oracle's duty.
 */
template ListedVector(riskLevels) {
    signal input id;
    signal input placeBits[3 * riskLevels];
    signal input vector[VECTOR_ELEMENTS()];
    signal input children[riskLevels - 2][8];
    signal input top[64];

    component leaf = TaggedHash(VECTOR_ELEMENTS() + 1, TAG_RISK_LEAF());
    leaf.in[0] <== id;
    for (var e = 0; e < VECTOR_ELEMENTS(); e++) {
        leaf.in[e + 1] <== vector[e];
    }
    component path = OctaryPath(riskLevels - 2, TAG_RISK_NODE());
    path.leaf <== leaf.out;
    for (var level = 0; level < riskLevels - 2; level++) {
        for (var i = 0; i < 8; i++) {
            path.children[level][i] <== children[level][i];
        }
    }
    for (var b = 0; b < 3 * (riskLevels - 2); b++) {
        path.bits[b] <== placeBits[b];
    }
    component node = Select(6);
    for (var i = 0; i < 64; i++) {
        node.values[i] <== top[i];
    }
    for (var b = 0; b < 6; b++) {
        node.bits[b] <== placeBits[3 * (riskLevels - 2) + b];
    }
    node.out === path.root;
}

/*
 * ListedVectors(slots, riskLevels): every vector of a list is the one that stands at its instrument's place.
 * Inputs: id[slots]; placeBits[slots], boolean, the low bits of each id; vector and children per slot; top[64].
 * No outputs. Listed once, the vectors serve any number of states that hold these instruments.
 */
template ListedVectors(slots, riskLevels) {
    signal input id[slots];
    signal input placeBits[slots][3 * riskLevels];
    signal input vector[slots][VECTOR_ELEMENTS()];
    signal input children[slots][riskLevels - 2][8];
    signal input top[64];

    component listed[slots];
    for (var i = 0; i < slots; i++) {
        listed[i] = ListedVector(riskLevels);
        listed[i].id <== id[i];
        listed[i].placeBits <== placeBits[i];
        listed[i].vector <== vector[i];
        listed[i].children <== children[i];
        listed[i].top <== top;
    }
}

/*
 * WeightedVectors(slots): the quantity-weighted sum of risk vectors.
 * Inputs: quantity[slots], signed; longQuantity[slots] = max(0, quantity); vector[slots].
 * Outputs: rates[14], packed totals; charges, packed: long charges + 2^84 * (cross terms) + 2^168 * short charges.
 * Does not enforce: ranges of quantities, nor that the vectors are listed; the caller does both.
 */
template WeightedVectors(slots) {
    signal input quantity[slots];
    signal input longQuantity[slots];
    signal input vector[slots][VECTOR_ELEMENTS()];
    signal output rates[RATE_ELEMENTS()];
    signal output charges;

    signal weighted[slots][VECTOR_ELEMENTS()];
    var sums[VECTOR_ELEMENTS()];
    for (var i = 0; i < slots; i++) {
        for (var e = 0; e < RATE_ELEMENTS(); e++) {
            weighted[i][e] <== quantity[i] * vector[i][e];
            sums[e] += weighted[i][e];
        }
        // (q+ + 2^84 q-) * (long + 2^84 short): limb 0 is q+ * long, limb 2 is q- * short, limb 1 is of no use.
        var shortQuantity = longQuantity[i] - quantity[i];
        weighted[i][RATE_ELEMENTS()] <==
            (longQuantity[i] + shortQuantity * (1 << LIMB_RADIX_BITS())) * vector[i][RATE_ELEMENTS()];
        sums[RATE_ELEMENTS()] += weighted[i][RATE_ELEMENTS()];
    }
    for (var e = 0; e < RATE_ELEMENTS(); e++) {
        rates[e] <== sums[e];
    }
    charges <== sums[RATE_ELEMENTS()];
}
