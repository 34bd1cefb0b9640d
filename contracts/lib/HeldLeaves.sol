// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

/// @notice The leaves of open cases: at most MAX_HELD, one for each tag, in an order that only holds and releases change.
library HeldLeaves {
    struct Leaf {
        uint256 leaf;
        uint32 place;
        /// Place in the list of tags plus one; zero for a tag of which nothing is held.
        uint32 position;
    }

    struct Set {
        uint256[] tags;
        mapping(uint256 tag => Leaf) leaves;
    }

    /// Each four of them cost the venue a proof at every publish.
    uint256 internal constant MAX_HELD = 64;

    error AlreadyHeld(uint256 tag);
    error NotHeld(uint256 tag);
    error TooManyHeld(uint256 held);

    function add(Set storage set, uint256 tag, uint32 place, uint256 leaf) internal {
        if (set.leaves[tag].position != 0) revert AlreadyHeld(tag);
        uint256 held = set.tags.length;
        if (held >= MAX_HELD) revert TooManyHeld(held);
        set.tags.push(tag);
        set.leaves[tag] = Leaf(leaf, place, uint32(held + 1));
    }

    function remove(Set storage set, uint256 tag) internal {
        uint256 position = set.leaves[tag].position;
        if (position == 0) revert NotHeld(tag);
        uint256 last = set.tags[set.tags.length - 1];
        set.tags[position - 1] = last;
        set.leaves[last].position = uint32(position);
        set.tags.pop();
        delete set.leaves[tag];
    }

    /// @notice A leaf that a move changed stays held as what it became. One secret may stand behind two leaves, so the place decides.
    function follow(Set storage set, uint256 tag, uint32 place, uint256 leaf) internal {
        Leaf storage held = set.leaves[tag];
        if (held.position != 0 && held.place == place) held.leaf = leaf;
    }
}
