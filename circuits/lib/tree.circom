pragma circom 2.1.9;

include "hash.circom";
include "select.circom";

/*
 * OctaryPath(levels, tag): root = the node reached from leaf by the children given at each level, bottom up.
 * Inputs: leaf; children[levels][8], all eight children of the node's parent, the node itself among them;
 * bits[3 * levels], the index of the leaf, least significant first. Output: root.
 * Enforces that at every level the child at the index's digit is the node of the level below, so the depth is
 * fixed and no intermediate node passes for a leaf (leaves and nodes also differ in their domain tags).
 * Does not enforce: that the bits are boolean; the caller passes the outputs of a range check.
 */
template OctaryPath(levels, tag) {
    signal input leaf;
    signal input children[levels][8];
    signal input bits[3 * levels];
    signal output root;

    signal nodes[levels + 1];
    component chosen[levels];
    component parent[levels];
    nodes[0] <== leaf;
    for (var level = 0; level < levels; level++) {
        chosen[level] = Select(3);
        parent[level] = TaggedHash(8, tag);
        for (var i = 0; i < 8; i++) {
            chosen[level].values[i] <== children[level][i];
            parent[level].in[i] <== children[level][i];
        }
        for (var b = 0; b < 3; b++) {
            chosen[level].bits[b] <== bits[3 * level + b];
        }
        chosen[level].out === nodes[level];
        nodes[level + 1] <== parent[level].out;
    }
    root <== nodes[levels];
}
