// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {ExpiryForward} from "@generated/ExpiryForward.sol";
import {InstrumentHalt} from "@generated/InstrumentHalt.sol";
import {InstrumentMark} from "@generated/InstrumentMark.sol";
import {OracleConstants as C} from "@generated/OracleConstants.sol";
import {RoundScales} from "@generated/RoundScales.sol";
import {RoundSpots} from "@generated/RoundSpots.sol";
import {FixedPoint} from "contracts/oracle/FixedPoint.sol";
import {RoundFacts} from "contracts/oracle/IRoundJudge.sol";

/// The part of a round's raw data, listing and configuration that a challenge brings.
struct Evidence {
    /// Hash of every section of the raw data.
    bytes32[] sectionHashes;
    /// Which sections are here, and their bytes.
    uint256[] indices;
    bytes[] sections;
    /// Hash of every part of the listing, and the bytes of the one that is here.
    bytes32[] partHashes;
    uint256 partIndex;
    bytes part;
    /// The packed configuration, or nothing.
    uint256[] configuration;
}

/**
 * @title Evidence about a round, compared with what the oracle keeps of it
 *
 * What always holds: whatever these functions return follows from the facts' hashes alone. Evidence that does not hash
 * to them, or that lacks what is asked for, reverts: it shows nothing of the round.
 */
library RoundEvidence {
    uint256 private constant WORD = 32;

    error DataHashMismatch(bytes32 given, bytes32 ofRound);
    error SectionHashMismatch(uint256 index);
    error SectionMissing(uint256 index);
    error ListingHashMismatch(bytes32 given, bytes32 ofRound);
    error PartHashMismatch(uint256 index);
    error PartMissing(uint256 index);
    error ConfigurationHashMismatch(bytes32 given, bytes32 ofRound);

    /// @notice Compares all that is here with the round's hashes; to be called before anything else.
    function check(Evidence memory evidence, RoundFacts memory facts) internal pure {
        bytes32 dataHash = keccak256(abi.encodePacked(evidence.sectionHashes));
        if (dataHash != facts.dataHash) revert DataHashMismatch(dataHash, facts.dataHash);
        for (uint256 i = 0; i < evidence.sections.length; ++i) {
            uint256 index = evidence.indices[i];
            bytes32 given = keccak256(evidence.sections[i]);
            if (given != evidence.sectionHashes[index]) revert SectionHashMismatch(index);
        }
    }

    /// @notice Compares the listing's part with the hash in the round's header.
    function checkListing(Evidence memory evidence) internal pure {
        bytes32 given = keccak256(abi.encodePacked(evidence.partHashes));
        bytes32 ofRound = bytes32(wordAt(section(evidence, uint256(C.SECTION_HEADER)), uint256(C.HEADER_LISTING)));
        if (given != ofRound) revert ListingHashMismatch(given, ofRound);
        if (evidence.partIndex >= evidence.partHashes.length) return;
        if (keccak256(evidence.part) != evidence.partHashes[evidence.partIndex]) {
            revert PartHashMismatch(evidence.partIndex);
        }
    }

    function checkConfiguration(Evidence memory evidence, RoundFacts memory facts) internal pure {
        bytes32 given = keccak256(abi.encodePacked(evidence.configuration));
        if (given != facts.configurationHash) revert ConfigurationHashMismatch(given, facts.configurationHash);
    }

    function section(Evidence memory evidence, uint256 index) internal pure returns (bytes memory) {
        for (uint256 i = 0; i < evidence.indices.length; ++i) {
            if (evidence.indices[i] == index) return evidence.sections[i];
        }
        revert SectionMissing(index);
    }

    /// @notice The listed instrument at a place; 0 where nothing is listed. The listing was checked before.
    function instrumentAt(Evidence memory evidence, uint256 place) internal pure returns (uint256) {
        uint256 part = place / uint256(C.LISTING_PART_PLACES);
        // Beyond the last part nothing is listed.
        if (part >= evidence.partHashes.length) return 0;
        if (evidence.partIndex != part) revert PartMissing(part);
        bytes memory rows = evidence.part;
        uint256 count = wordCount(rows);
        for (uint256 i = 0; i < count; ++i) {
            uint256 word = wordAt(rows, i);
            if (word & ((1 << uint256(C.PLACE_BITS)) - 1) == place) return word;
        }
        return 0;
    }

    /**
     * @notice Whether the round halts this instrument, and the round whose vector stands.
     * @dev Halts stand in parts by place: the one that could hold the instrument has to be here, if the round has it.
     */
    function haltOf(Evidence memory evidence, uint256 id) internal pure returns (bool halted, uint64 standing) {
        uint256 place = id & ((1 << uint256(C.PLACE_BITS)) - 1);
        uint256 index = haltsAt(evidence) + place / uint256(C.LISTING_PART_PLACES);
        // Beyond the last part nothing is halted.
        if (index >= evidence.sectionHashes.length) return (false, 0);
        bytes memory halts = section(evidence, index);
        uint256 count = wordCount(halts);
        for (uint256 i = 0; i < count; ++i) {
            uint256 word = wordAt(halts, i);
            if (InstrumentHalt.id(word) == id) return (true, uint64(InstrumentHalt.standingSequence(word)));
        }
    }

    /// @notice The section of the first part of the halts: after the smiles, one to each forward of the header.
    function haltsAt(Evidence memory evidence) internal pure returns (uint256) {
        uint256 words = wordCount(section(evidence, uint256(C.SECTION_HEADER)));
        return uint256(C.SECTION_SMILES) + words - uint256(C.HEADER_FORWARDS);
    }

    function markOf(Evidence memory evidence, uint256 id)
        internal
        pure
        returns (bool marked, int256 markNano, int256 fundingNano)
    {
        bytes memory marks = section(evidence, uint256(C.SECTION_MARKS));
        uint256 count = wordCount(marks);
        for (uint256 i = 0; i < count; ++i) {
            uint256 word = wordAt(marks, i);
            if (InstrumentMark.id(word) != id) continue;
            fundingNano = int256(InstrumentMark.fundingBiasedNano(word)) - C.FUNDING_BIAS_NANO;
            return (true, int256(InstrumentMark.markNano(word)), fundingNano);
        }
    }

    function asOfSeconds(Evidence memory evidence) internal pure returns (int256) {
        return int256(RoundSpots.asOfSeconds(_spots(evidence)));
    }

    /// @notice 0 where the round has no such underlying
    function spotOf(Evidence memory evidence, uint256 underlying) internal pure returns (int256) {
        uint256 word = _spots(evidence);
        if (underlying == 0) return int256(RoundSpots.spot0Nano(word));
        if (underlying == 1) return int256(RoundSpots.spot1Nano(word));
        return underlying == 2 ? int256(RoundSpots.spot2Nano(word)) : int256(0);
    }

    /// @notice What multiplies ranges and charges of an underlying, basis points of 1
    function scaleOf(Evidence memory evidence, uint256 underlying) internal pure returns (int256) {
        uint256 word = wordAt(section(evidence, uint256(C.SECTION_HEADER)), uint256(C.HEADER_SCALES));
        if (underlying == 0) return int256(RoundScales.scale0Bps(word));
        if (underlying == 1) return int256(RoundScales.scale1Bps(word));
        return underlying == 2 ? int256(RoundScales.scale2Bps(word)) : FixedPoint.BASIS_POINTS;
    }

    /// @return forwardNano 0 where the round has no such expiry
    /// @return index of the section that holds its smile
    function forwardOf(Evidence memory evidence, uint256 underlying, uint256 expirySeconds)
        internal
        pure
        returns (int256 forwardNano, uint256 index)
    {
        bytes memory header = section(evidence, uint256(C.SECTION_HEADER));
        uint256 first = uint256(C.HEADER_FORWARDS);
        uint256 count = wordCount(header);
        for (uint256 i = first; i < count; ++i) {
            uint256 word = wordAt(header, i);
            if (ExpiryForward.expirySeconds(word) != expirySeconds) continue;
            if (ExpiryForward.underlying(word) != underlying) continue;
            return (int256(ExpiryForward.forwardNano(word)), uint256(C.SECTION_SMILES) + i - first);
        }
    }

    function wordCount(bytes memory words) internal pure returns (uint256) {
        return words.length / WORD;
    }

    /// @dev The index is the caller's to check.
    function wordAt(bytes memory words, uint256 index) internal pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(add(add(words, 32), shl(5, index)))
        }
    }

    function _spots(Evidence memory evidence) private pure returns (uint256) {
        return wordAt(section(evidence, uint256(C.SECTION_HEADER)), uint256(C.HEADER_SPOTS));
    }
}
