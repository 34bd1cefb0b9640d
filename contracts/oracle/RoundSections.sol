// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {OracleConstants as C} from "@generated/OracleConstants.sol";
import {RiskLeaves} from "contracts/oracle/RiskLeaves.sol";

/**
 * @title The sections that a round brings: how many there are, and how long each may be
 *
 * Whoever shows a round to be wrong brings some of its sections. So none is longer than a challenge can carry: what the
 * poster may post, a challenger can answer.
 */
library RoundSections {
    uint256 private constant WORD = 32;

    error HeaderTooShort(uint256 length);
    error SectionsMissing(uint256 sections, uint256 expected);
    error SectionsTooMany(uint256 sections, uint256 most);
    error SectionTooLong(uint256 index, uint256 length, uint256 most);

    /// @notice One smile to each forward of the header, then parts of the halts; none too long.
    function check(bytes[] calldata sections) internal pure {
        uint256 first = uint256(C.SECTION_SMILES);
        if (sections.length < first) revert SectionsMissing(sections.length, first);
        uint256 headerLength = sections[uint256(C.SECTION_HEADER)].length;
        uint256 before = uint256(C.HEADER_FORWARDS);
        if (headerLength < WORD * before) revert HeaderTooShort(headerLength);
        uint256 halts = first + headerLength / WORD - before;
        if (sections.length < halts) revert SectionsMissing(sections.length, halts);
        uint256 most = halts + uint256(C.MOST_PARTS);
        if (sections.length > most) revert SectionsTooMany(sections.length, most);
        for (uint256 i = 0; i < sections.length; ++i) {
            uint256 longest = i < first ? _mostBytes(i) : _mostBytesAfter(i < halts);
            if (sections[i].length > longest) revert SectionTooLong(i, sections[i].length, longest);
        }
    }

    /// @notice What the feeders sign as the round's market.
    function hash(bytes[] calldata sections) internal pure returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](sections.length);
        for (uint256 i = 0; i < sections.length; ++i) {
            hashes[i] = keccak256(sections[i]);
        }
        return keccak256(abi.encodePacked(hashes));
    }

    function _mostBytes(uint256 index) private pure returns (uint256) {
        if (index == uint256(C.SECTION_HEADER)) return WORD * uint256(C.HEADER_FORWARDS + C.MOST_EXPIRIES);
        if (index == uint256(C.SECTION_MARKS)) return WORD * uint256(C.MOST_MARKS);
        if (index == uint256(C.SECTION_TOPS)) return WORD * RiskLeaves.TOPS;
        if (index == uint256(C.SECTION_GROUPS)) return WORD * uint256(C.MOST_GROUPS);
        return WORD * uint256(C.SYNTHETIC_WORDS * C.UNDERLYINGS);
    }

    function _mostBytesAfter(bool isSmile) private pure returns (uint256) {
        return isSmile
            ? uint256(C.SMILE_POINT_BYTES * C.MOST_SMILE_POINTS)
            : WORD * uint256(C.LISTING_PART_PLACES);
    }
}
