// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {KeptSignals} from "@generated/KeptSignals.sol";
import {Protocol} from "@generated/Protocol.sol";
import {IBookRegistry} from "contracts/interfaces/IBookRegistry.sol";
import {IKeptVerifier} from "contracts/interfaces/IVerifiers.sol";
import {HeldLeaves} from "contracts/lib/HeldLeaves.sol";

/**
 * @notice The part of BookRegistry that keeps the leaves of open cases in the book: what is held must be shown to stand
 * in every book that the venue publishes.
 */
abstract contract LeafHolds is AccessControl, IBookRegistry {
    using HeldLeaves for HeldLeaves.Set;
    using KeptSignals for uint256[6];

    bytes32 public constant ENGINE_ROLE = keccak256("ENGINE_ROLE");

    /// Verifier of `kept`; none before it is set, which is once.
    IKeptVerifier public keptVerifier;
    HeldLeaves.Set private _held;

    event LeafHeld(uint256 indexed tag, uint32 place, uint256 leaf);
    event LeafReleased(uint256 indexed tag);
    event KeptVerifierSet(address verifier);

    error KeptProofCount(uint256 given, uint256 needed);
    error KeptProofOfOtherBook(uint256 given, uint256 bookRoot);
    error HeldLeafNotShown(uint256 tag, uint32 place, uint256 leaf);
    error InvalidKeptProof(uint256 index);
    error KeptVerifierNotSet();
    error KeptVerifierAlreadySet(address verifier);
    error NoContractAt(address given);

    /// @notice Once: with another verifier the venue could drop the leaf of any case.
    function setKeptVerifier(IKeptVerifier verifier) external onlyRole(DEFAULT_ADMIN_ROLE) {
        if (address(keptVerifier) != address(0)) revert KeptVerifierAlreadySet(address(keptVerifier));
        if (address(verifier).code.length == 0) revert NoContractAt(address(verifier));
        keptVerifier = verifier;
        emit KeptVerifierSet(address(verifier));
    }

    /// @inheritdoc IBookRegistry
    function hold(uint256 tag, uint32 place, uint256 leaf) external onlyRole(ENGINE_ROLE) {
        // Without a verifier no publish could ever show the leaf.
        if (address(keptVerifier) == address(0)) revert KeptVerifierNotSet();
        _held.add(tag, place, leaf);
        emit LeafHeld(tag, place, leaf);
    }

    /// @inheritdoc IBookRegistry
    function release(uint256 tag) external onlyRole(ENGINE_ROLE) {
        _held.remove(tag);
        emit LeafReleased(tag);
    }

    /// @inheritdoc IBookRegistry
    function holdOf(uint256 tag) external view returns (bool held, uint32 place, uint256 leaf) {
        HeldLeaves.Leaf storage one = _held.leaves[tag];
        return (one.position != 0, one.place, one.leaf);
    }

    /// @inheritdoc IBookRegistry
    function heldTags() external view returns (uint256[] memory) {
        return _held.tags;
    }

    // ---------------------------------------------------------------- internals

    /// @dev A leaf that a move changed stays held as what it became.
    function _follow(Change calldata change) internal {
        _held.follow(change.tag, change.place, change.leaf);
    }

    function _requireKept(uint256 bookRoot, KeptProof[] calldata kept) internal view {
        uint256 count = _held.tags.length;
        uint256 needed = (count + Protocol.KEPT_LEAVES - 1) / Protocol.KEPT_LEAVES;
        if (kept.length != needed) revert KeptProofCount(kept.length, needed);
        for (uint256 i = 0; i < count; ++i) {
            _requireShown(i, kept[i / Protocol.KEPT_LEAVES].signals);
        }
        for (uint256 i = 0; i < needed; ++i) {
            uint256 given = kept[i].signals.bookRoot();
            if (given != bookRoot) revert KeptProofOfOtherBook(given, bookRoot);
            if (!keptVerifier.verify(kept[i].proof, kept[i].signals)) revert InvalidKeptProof(i);
        }
    }

    /// @dev Held leaf number i is the (i mod 4)-th of its proof; what a last proof shows beyond the held ones is no matter.
    function _requireShown(uint256 i, uint256[6] calldata signals) private view {
        uint256 tag = _held.tags[i];
        HeldLeaves.Leaf storage held = _held.leaves[tag];
        uint256 lane = i % Protocol.KEPT_LEAVES;
        uint256 place = (signals.places() >> (lane * Protocol.INDEX_BITS)) & ((1 << Protocol.INDEX_BITS) - 1);
        uint256[4] memory leaves = [signals.leaf0(), signals.leaf1(), signals.leaf2(), signals.leaf3()];
        if (place != held.place || leaves[lane] != held.leaf) {
            revert HeldLeafNotShown(tag, held.place, held.leaf);
        }
    }
}
