pragma circom 2.1.9;

include "protocol.circom";
include "bitify.circom";
include "../lib/hash.circom";
include "../lib/range.circom";
include "../lib/select.circom";

/*
 * ReplacedChild(): eight children, with the one at a digit replaced.
 * Inputs: children[8]; bits[3], the digit; before, which the caller has shown to be the child there; now.
 * Outputs: out[8]. Does not enforce: that the bits are boolean.
 */
template ReplacedChild() {
    signal input children[8];
    signal input bits[3];
    signal input before;
    signal input now;
    signal output out[8];
    signal both;
    both <== bits[0] * bits[1];
    var pair[4] = [1 - bits[0] - bits[1] + both, bits[0] - both, bits[1] - both, both];
    signal upper[4];
    for (var k = 0; k < 4; k++) {
        upper[k] <== pair[k] * bits[2];
        out[k] <== children[k] + (pair[k] - upper[k]) * (now - before);
        out[k + 4] <== children[k + 4] + upper[k] * (now - before);
    }
}

/*
 * OctaryUpdate(levels, tag): a tree before and after one leaf is replaced, everything else being the same.
 * Inputs: leafBefore, leafAfter; children[levels][8], the path before (see OctaryPath); bits[3 * levels], the index.
 * Outputs: rootBefore, rootAfter.
 * Both roots are hashed from the same siblings: only the child at the index's digit differs, at every level.
 * Does not enforce: that the bits are boolean.
 */
template OctaryUpdate(levels, tag) {
    signal input leafBefore;
    signal input leafAfter;
    signal input children[levels][8];
    signal input bits[3 * levels];
    signal output rootBefore;
    signal output rootAfter;

    signal nodeBefore[levels + 1];
    signal nodeAfter[levels + 1];
    component chosen[levels];
    component replaced[levels];
    component parentBefore[levels];
    component parentAfter[levels];
    nodeBefore[0] <== leafBefore;
    nodeAfter[0] <== leafAfter;
    for (var level = 0; level < levels; level++) {
        chosen[level] = Select(3);
        replaced[level] = ReplacedChild();
        parentBefore[level] = TaggedHash(8, tag);
        parentAfter[level] = TaggedHash(8, tag);
        chosen[level].values <== children[level];
        replaced[level].children <== children[level];
        for (var b = 0; b < 3; b++) {
            chosen[level].bits[b] <== bits[3 * level + b];
            replaced[level].bits[b] <== bits[3 * level + b];
        }
        chosen[level].out === nodeBefore[level];
        replaced[level].before <== nodeBefore[level];
        replaced[level].now <== nodeAfter[level];
        parentBefore[level].in <== children[level];
        parentAfter[level].in <== replaced[level].out;
        nodeBefore[level + 1] <== parentBefore[level].out;
        nodeAfter[level + 1] <== parentAfter[level].out;
    }
    rootBefore <== nodeBefore[levels];
    rootAfter <== nodeAfter[levels];
}

/*
 * BookUpdate(levels): one leaf of a book replaced, at an index below the book's count.
 * Inputs: leafBefore, leafAfter; index; count; children[levels][8], the path before.
 * Outputs: treeBefore, treeAfter, the roots of the account tree without the count.
 * Enforces 0 <= index < count as BookInclusion does.
 */
template BookUpdate(levels) {
    signal input leafBefore;
    signal input leafAfter;
    signal input index;
    signal input count;
    signal input children[levels][8];
    signal output treeBefore;
    signal output treeAfter;

    component bits = Num2Bits(3 * levels);
    bits.in <== index;
    component within = RangeCheck(3 * levels);
    within.in <== count - 1 - index;
    component update = OctaryUpdate(levels, TAG_BOOK_NODE());
    update.leafBefore <== leafBefore;
    update.leafAfter <== leafAfter;
    update.children <== children;
    update.bits <== bits.out;
    treeBefore <== update.rootBefore;
    treeAfter <== update.rootAfter;
}

/*
 * BookRoot(): what the contract knows a book by: hash(tree root, count).
 */
template BookRoot() {
    signal input tree;
    signal input count;
    signal output root;
    component hash = TaggedHash(2, TAG_BOOK_ROOT());
    hash.in[0] <== tree;
    hash.in[1] <== count;
    root <== hash.out;
}
