// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {ActivityAmounts} from "@generated/ActivityAmounts.sol";
import {ActivityFigure} from "@generated/ActivityFigure.sol";
import {ActivityPrices} from "@generated/ActivityPrices.sol";
import {AverageWord} from "@generated/AverageWord.sol";
import {ExpiryForward} from "@generated/ExpiryForward.sol";
import {InstrumentHalt} from "@generated/InstrumentHalt.sol";
import {InstrumentMark} from "@generated/InstrumentMark.sol";
import {OracleConstants as C} from "@generated/OracleConstants.sol";
import {Protocol} from "@generated/Protocol.sol";
import {RoundScales} from "@generated/RoundScales.sol";
import {RoundSpots} from "@generated/RoundSpots.sol";
import {FixedPoint} from "contracts/oracle/FixedPoint.sol";
import {IRoundJudge, RoundFacts} from "contracts/oracle/IRoundJudge.sol";
import {RiskLeaves} from "contracts/oracle/RiskLeaves.sol";
import {Evidence, RoundEvidence} from "contracts/oracle/RoundEvidence.sol";
import {Surface} from "contracts/oracle/Surface.sol";

/**
 * @title Raw data that no honest round has: the rules of src/risk/market/check.ts, and one order for everything
 *
 * The recomputation takes data of this form for granted: increasing strikes, live expiries, prices and volatilities in
 * their ranges, nodes below the field modulus, nothing twice.
 */
contract FormatJudge is IRoundJudge {
    using RoundEvidence for Evidence;

    uint256 private constant WORD = 32;
    uint256 private constant UNDERLYING_EXPIRY_BITS = 48;

    /// Whether rounds have a section of groups.
    bool public immutable hasGroups;

    constructor(uint256 lowerLevels) {
        hasGroups = lowerLevels != 0;
    }

    /// @param evidence (which section; the round's evidence: that section, and the header)
    function isWrong(RoundFacts[] calldata facts, bytes calldata evidence) external view returns (bool) {
        (uint256 index, Evidence memory round) = abi.decode(evidence, (uint256, Evidence));
        round.check(facts[0]);
        bytes memory section = round.section(index);
        if (index == uint256(C.SECTION_HEADER)) return !_isHeader(round, section);
        if (index == uint256(C.SECTION_MARKS)) return !_areMarks(section);
        if (index == uint256(C.SECTION_TOPS)) return section.length != WORD * RiskLeaves.TOPS || !_areNodes(section);
        if (index == uint256(C.SECTION_GROUPS)) {
            return (!hasGroups && section.length != 0) || !_areNodes(section);
        }
        if (index == uint256(C.SECTION_SYNTHETIC)) return !_areEntries(section);
        uint256 halts = round.haltsAt();
        if (index < halts) return !_isSmile(section);
        return !_areHalts(section, index - halts, facts[0].sequence);
    }

    function _isHeader(Evidence memory round, bytes memory header) private pure returns (bool) {
        if (header.length % WORD != 0) return false;
        uint256 spots = RoundEvidence.wordAt(header, uint256(C.HEADER_SPOTS));
        if (spots >> RoundSpots.BITS != 0) return false;
        uint256 scales = RoundEvidence.wordAt(header, uint256(C.HEADER_SCALES));
        if (scales >> RoundScales.BITS != 0) return false;
        for (uint256 underlying = 0; underlying < uint256(C.UNDERLYINGS); ++underlying) {
            int256 spot = round.spotOf(underlying);
            if (spot != 0 && !_isPrice(spot)) return false;
            int256 scale = round.scaleOf(underlying);
            if (scale < FixedPoint.BASIS_POINTS || scale > C.MAX_SCALE_BPS) return false;
        }
        uint256 count = RoundEvidence.wordCount(header);
        uint256 before = 0;
        for (uint256 i = uint256(C.HEADER_FORWARDS); i < count; ++i) {
            uint256 word = RoundEvidence.wordAt(header, i);
            if (word >> ExpiryForward.BITS != 0) return false;
            // Underlying, then expiry: an expiry is above zero, so the first key is too.
            uint256 key = word & ((1 << UNDERLYING_EXPIRY_BITS) - 1);
            if (key <= before) return false;
            before = key;
            if (int256(ExpiryForward.expirySeconds(word)) <= round.asOfSeconds()) return false;
            if (!_isForward(int256(ExpiryForward.forwardNano(word)), round.spotOf(ExpiryForward.underlying(word)))) {
                return false;
            }
        }
        return true;
    }

    /// @dev Of an underlying that the round has, between half and twice spot.
    function _isForward(int256 forwardNano, int256 spotNano) private pure returns (bool) {
        return spotNano != 0 && _isPrice(forwardNano) && forwardNano * C.FORWARD_SPOT_RATIO >= spotNano
            && forwardNano <= spotNano * C.FORWARD_SPOT_RATIO;
    }

    function _areMarks(bytes memory section) private pure returns (bool) {
        if (section.length % WORD != 0) return false;
        uint256 before = 0;
        for (uint256 i = 0; i < RoundEvidence.wordCount(section); ++i) {
            uint256 word = RoundEvidence.wordAt(section, i);
            if (word >> InstrumentMark.BITS != 0 || InstrumentMark.id(word) <= before) return false;
            before = InstrumentMark.id(word);
            int256 mark = int256(InstrumentMark.markNano(word));
            if (mark == 0 || mark > C.MAX_PRICE_NANO) return false;
            int256 funding = int256(InstrumentMark.fundingBiasedNano(word)) - C.FUNDING_BIAS_NANO;
            if (funding > C.MAX_PRICE_NANO || funding < -C.MAX_PRICE_NANO) return false;
        }
        return true;
    }

    /// @dev Of the places of their part, each place once.
    function _areHalts(bytes memory section, uint256 part, uint64 sequence) private pure returns (bool) {
        if (section.length % WORD != 0) return false;
        uint256 places = uint256(C.LISTING_PART_PLACES);
        // Place 0 is the zero vector's.
        uint256 least = part == 0 ? 1 : part * places;
        for (uint256 i = 0; i < RoundEvidence.wordCount(section); ++i) {
            uint256 word = RoundEvidence.wordAt(section, i);
            if (word >> InstrumentHalt.BITS != 0) return false;
            uint256 place = InstrumentHalt.id(word) & ((1 << uint256(C.PLACE_BITS)) - 1);
            if (place < least || place >= (part + 1) * places) return false;
            least = place + 1;
            if (InstrumentHalt.standingSequence(word) >= sequence) return false;
        }
        return true;
    }

    function _areNodes(bytes memory section) private pure returns (bool) {
        if (section.length % WORD != 0) return false;
        for (uint256 i = 0; i < RoundEvidence.wordCount(section); ++i) {
            if (RoundEvidence.wordAt(section, i) >= Protocol.FIELD_MODULUS) return false;
        }
        return true;
    }

    /// @dev Whole entries, and no bits beyond a word's last field.
    function _areEntries(bytes memory section) private pure returns (bool) {
        uint256 words = uint256(C.SYNTHETIC_WORDS);
        if (section.length % (WORD * words) != 0) return false;
        uint256[4] memory bits =
            [ActivityPrices.BITS, ActivityFigure.BITS, ActivityAmounts.BITS, AverageWord.BITS];
        for (uint256 i = 0; i < RoundEvidence.wordCount(section); ++i) {
            uint256 at = i % words;
            uint256 width = bits[at < uint256(C.SYNTHETIC_ACTIVITY_WORDS) ? at : uint256(C.SYNTHETIC_ACTIVITY_WORDS)];
            if (RoundEvidence.wordAt(section, i) >> width != 0) return false;
        }
        return true;
    }

    function _isSmile(bytes memory section) private pure returns (bool) {
        if (section.length % uint256(C.SMILE_POINT_BYTES) != 0) return false;
        int256 before = 0;
        for (uint256 i = 0; i < Surface.pointCount(section); ++i) {
            (int256 strike, int256 vol) = Surface.point(section, i);
            if (strike <= before || strike > C.MAX_PRICE_NANO) return false;
            before = strike;
            if (vol < C.MIN_VOL_NANO || vol > C.MAX_VOL_NANO) return false;
        }
        return true;
    }

    function _isPrice(int256 priceNano) private pure returns (bool) {
        return priceNano >= C.LEAST_PRICE_NANO && priceNano <= C.MAX_PRICE_NANO;
    }
}
