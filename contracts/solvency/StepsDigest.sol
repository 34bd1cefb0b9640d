// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

/**
 * @notice The digest of all steps of a chain: a keccak-256 Merkle tree over keccak256(abi.encode(i, chainIn, chainOut)),
 * i from 0. The bits of i say on which side each node stands, so a leaf has one place. A leaf hashes 96 bytes and a node
 * 64: neither passes for the other. The same as src/prover/book-pass/steps-digest.ts.
 */
library StepsDigest {
    /// @notice Whether the step stands at its place under the root; `steps` is their number and fixes the height.
    function contains(
        bytes32 root,
        uint256 steps,
        uint256 index,
        uint256 chainIn,
        uint256 chainOut,
        bytes32[] calldata path
    ) internal pure returns (bool) {
        if (path.length != height(steps)) return false;
        bytes32 node = keccak256(abi.encode(index, chainIn, chainOut));
        for (uint256 i = 0; i < path.length; ++i) {
            bytes32 sibling = path[i];
            node = (index >> i) & 1 == 0
                ? keccak256(abi.encode(node, sibling))
                : keccak256(abi.encode(sibling, node));
        }
        return node == root;
    }

    /// @return levels ceil(log2(steps))
    function height(uint256 steps) internal pure returns (uint256 levels) {
        while (1 << levels < steps) ++levels;
    }
}
