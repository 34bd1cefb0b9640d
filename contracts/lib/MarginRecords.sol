// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {Protocol} from "@generated/Protocol.sol";

/**
 * @notice The newest statement for each of the four thresholds, in one storage word: one lane of 64 bits for each.
 * A lane is a statement's position: round sequence (upper 32 bits) and head sequence (lower 32). So positions compare
 * as plain integers, a newer round first and then a newer head, and zero means that there is none (sequences begin
 * at 1).
 */
library MarginRecords {
    uint256 private constant SEQUENCE_BITS = 32;
    uint256 private constant LANE_BITS = 2 * SEQUENCE_BITS;
    uint256 private constant LANE_MASK = (1 << LANE_BITS) - 1;

    error SequenceTooLarge(uint256 roundSequence, uint256 headSequence);

    function position(uint256 roundSequence, uint256 headSequence) internal pure returns (uint256) {
        // Else a position would spill into its neighbours.
        if ((roundSequence | headSequence) >> SEQUENCE_BITS != 0) {
            revert SequenceTooLarge(roundSequence, headSequence);
        }
        return (roundSequence << SEQUENCE_BITS) | headSequence;
    }

    function roundOf(uint256 at) internal pure returns (uint64) {
        return uint64(at >> SEQUENCE_BITS);
    }

    function headOf(uint256 at) internal pure returns (uint64) {
        return uint64(at & ((1 << SEQUENCE_BITS) - 1));
    }

    function get(uint256 word, uint256 threshold) internal pure returns (uint256) {
        return (word >> _shift(threshold)) & LANE_MASK;
    }

    function set(uint256 word, uint256 threshold, uint256 at) internal pure returns (uint256) {
        uint256 shift = _shift(threshold);
        return (word & ~(LANE_MASK << shift)) | (at << shift);
    }

    /// @notice The newest position among the thresholds from `loosest` to `strictest`, both included.
    function newest(uint256 word, uint256 loosest, uint256 strictest) internal pure returns (uint256 at) {
        for (uint256 threshold = loosest; threshold <= strictest; ++threshold) {
            uint256 candidate = get(word, threshold);
            if (candidate > at) at = candidate;
        }
    }

    function _shift(uint256 threshold) private pure returns (uint256) {
        return (threshold - Protocol.LOOSEST_THRESHOLD) * LANE_BITS;
    }
}
