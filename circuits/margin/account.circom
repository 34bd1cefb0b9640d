pragma circom 2.1.9;

include "protocol.circom";
include "bitify.circom";
include "../lib/hash.circom";
include "../lib/range.circom";
include "../lib/tree.circom";

/*
 * AccountTag(): tag = hash(secret): one per account, naming nobody.
 */
template AccountTag() {
    signal input secret;
    signal output tag;
    component hash = TaggedHash(1, TAG_ACCOUNT_TAG());
    hash.in[0] <== secret;
    tag <== hash.out;
}

/*
 * AccountLeaf(slots): the public commitment to one state of one account.
 * Inputs: accountId, owner, nonce, secret; packed[ceil(slots / 3)] from CanonicalSlots. Output: leaf.
 * The salt is a hash of secret and nonce: an opening can be checked without the secret, and no salt can be held hostage.
 * Does not enforce: ranges of accountId, owner and nonce; each has a hash input of its own, so none can pose as another.
 */
template AccountLeaf(slots) {
    var elements = (slots + SLOTS_PER_ELEMENT() - 1) \ SLOTS_PER_ELEMENT();
    // Beyond 12 elements (64 slots have 22) groups of 11 are hashed to one digest each.
    var groups = elements <= 12 ? 0 : (elements + 10) \ 11;
    var body = groups == 0 ? elements : groups;
    signal input accountId;
    signal input owner;
    signal input nonce;
    signal input secret;
    signal input packed[elements];
    signal output leaf;

    component salt = TaggedHash(2, TAG_ACCOUNT_SALT());
    salt.in[0] <== secret;
    salt.in[1] <== nonce;
    component hash = TaggedHash(4 + body, TAG_ACCOUNT_LEAF());
    hash.in[0] <== accountId;
    hash.in[1] <== owner;
    hash.in[2] <== nonce;
    hash.in[3] <== salt.out;
    component group[groups];
    if (groups == 0) {
        for (var e = 0; e < elements; e++) {
            hash.in[4 + e] <== packed[e];
        }
    } else {
        for (var g = 0; g < groups; g++) {
            var size = elements - 11 * g < 11 ? elements - 11 * g : 11;
            group[g] = TaggedHash(size, TAG_ACCOUNT_SLOTS());
            for (var e = 0; e < size; e++) {
                group[g].in[e] <== packed[11 * g + e];
            }
            hash.in[4 + g] <== group[g].out;
        }
    }
    leaf <== hash.out;
}

/*
 * BookInclusion(levels): the leaf stands at index in the book, and index is below the book's count.
 * Inputs: leaf; index; count; children[levels][8]. Output: bookRoot = hash(tree root, count).
 * Enforces 0 <= index < count: index by its 3 * levels bits, and count - 1 - index by as many. So count lies in
 * [1, 2^(3 * levels + 1)] without a check of its own, and a leaf beyond the count is in no proof.
 */
template BookInclusion(levels) {
    signal input leaf;
    signal input index;
    signal input count;
    signal input children[levels][8];
    signal output bookRoot;

    component bits = Num2Bits(3 * levels);
    bits.in <== index;
    component within = RangeCheck(3 * levels);
    within.in <== count - 1 - index;
    component path = OctaryPath(levels, TAG_BOOK_NODE());
    path.leaf <== leaf;
    path.children <== children;
    path.bits <== bits.out;
    component root = TaggedHash(2, TAG_BOOK_ROOT());
    root.in[0] <== path.root;
    root.in[1] <== count;
    bookRoot <== root.out;
}
