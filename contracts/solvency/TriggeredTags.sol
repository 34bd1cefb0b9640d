// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {Protocol} from "@generated/Protocol.sol";
import {BookRegistry} from "contracts/BookRegistry.sol";
import {MarginAttestor} from "contracts/MarginAttestor.sol";

/**
 * @notice Counts distinct tags that were proven below maintenance margin on the round and book of an epoch.
 *
 * Each prover counts by itself, in ascending order of the tags, and the highest count stands: so none counts twice, it
 * costs two slots for any number of tags, and nobody can spoil another's count by beginning at the end. Counting may
 * begin before the seal is there, since a newer trigger of a tag takes the place of the record that counts.
 */
abstract contract TriggeredTags {
    struct Count {
        uint256 tags;
        uint256 lastTag;
    }

    MarginAttestor public immutable attestor;
    BookRegistry public immutable registry;

    /// Most tags that one prover has shown, by epoch and round.
    mapping(uint64 epoch => mapping(uint64 round => uint256 tags)) public triggeredTags;
    mapping(uint64 epoch => mapping(uint64 round => mapping(address prover => Count))) private _counts;

    event TagsProven(uint64 indexed epoch, uint64 indexed roundSequence, address indexed prover, uint256 tags);

    error EpochNotDesignated(uint64 epoch);
    error TagsNotAscending(uint256 tag, uint256 previous);
    error TagNotTriggered(uint256 tag, uint64 roundSequence, uint64 headSequence);

    constructor(MarginAttestor attestor_) {
        attestor = attestor_;
        registry = attestor_.registry();
    }

    /// @param tags in ascending order, above all that this prover has shown before
    function proveTags(uint64 epoch, uint64 roundSequence, uint256[] calldata tags) external {
        uint64 head = _designated(epoch);
        uint64 published = registry.publishedSequence();
        Count storage count = _counts[epoch][roundSequence][msg.sender];
        uint256 last = count.lastTag;
        for (uint256 i = 0; i < tags.length; ++i) {
            uint256 tag = tags[i];
            if (tag <= last) revert TagsNotAscending(tag, last);
            last = tag;
            if (!_isTriggered(tag, roundSequence, head, published)) {
                revert TagNotTriggered(tag, roundSequence, head);
            }
        }
        count.lastTag = last;
        uint256 total = count.tags += tags.length;
        if (total > triggeredTags[epoch][roundSequence]) triggeredTags[epoch][roundSequence] = total;
        emit TagsProven(epoch, roundSequence, msg.sender, total);
    }

    function _designated(uint64 epoch) internal view returns (uint64 head) {
        head = registry.epochHead(epoch);
        if (head == 0) revert EpochNotDesignated(epoch);
    }

    function _isTriggered(uint256 tag, uint64 roundSequence, uint64 head, uint64 published)
        private
        view
        returns (bool)
    {
        return _stands(tag, Protocol.CLAIM_BELOW_MM, roundSequence, head, published)
            || _stands(tag, Protocol.CLAIM_BELOW_ZERO, roundSequence, head, published);
    }

    /// @dev The record must be of the epoch's round and of the account as it is in the epoch's book: on its head, or on
    /// one between which and it nobody can have changed the account. Else a tag that was below in another book would
    /// stand in for a friend who is below in this one.
    function _stands(uint256 tag, uint256 claim, uint64 roundSequence, uint64 head, uint64 published)
        private
        view
        returns (bool)
    {
        (uint64 round, uint64 recorded) = attestor.newestOfClaim(tag, claim);
        if (round == 0 || round != roundSequence) return false;
        if (recorded == head) return true;
        uint64 earlier = recorded < head ? recorded : head;
        return published <= earlier && registry.touchedSequence(tag) <= earlier;
    }
}
