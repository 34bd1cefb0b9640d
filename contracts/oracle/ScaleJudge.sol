// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {OracleConstants as C} from "@generated/OracleConstants.sol";
import {FixedPoint} from "contracts/oracle/FixedPoint.sol";
import {IRoundJudge, RoundFacts} from "contracts/oracle/IRoundJudge.sol";
import {Evidence, RoundEvidence} from "contracts/oracle/RoundEvidence.sol";
import {ScaleRules, SyntheticEntry, SyntheticVolatility} from "contracts/oracle/SyntheticVolatility.sol";

/**
 * @title What a round multiplies ranges and charges by: what follows from published activity and from the round before
 *
 * From round to round: where nothing new is published of an underlying its entry stands as it was; otherwise entry and
 * scale are those of the formula. So feeders vouch for prices, volumes, depth and implied volatility, and for no scale.
 */
contract ScaleJudge is IRoundJudge {
    using RoundEvidence for Evidence;

    ScaleRules private _rules;

    error NotThePreviousRound(uint64 given, uint64 previous);
    error UnderlyingOutOfRange(uint256 underlying);

    constructor(ScaleRules memory rules_) {
        _rules = rules_;
    }

    function rules() external view returns (ScaleRules memory) {
        return _rules;
    }

    /// @param evidence (underlying; evidence of the round, and of the one before it where there is one)
    function isWrong(RoundFacts[] calldata facts, bytes calldata evidence) external view returns (bool) {
        (uint256 underlying, Evidence[] memory rounds) = abi.decode(evidence, (uint256, Evidence[]));
        if (underlying >= uint256(C.UNDERLYINGS)) revert UnderlyingOutOfRange(underlying);
        rounds[0].check(facts[0]);
        ScaleRules memory rules_ = _rules;
        int256 referenceNano = rules_.referenceVolNano[underlying];
        (bool present, SyntheticEntry memory entry) = _entry(rounds[0], underlying);
        int256 scaleBps = FixedPoint.BASIS_POINTS;
        if (present && referenceNano != 0) {
            scaleBps = SyntheticVolatility.scaleBps(rules_, referenceNano, entry.figureNano);
        }
        if (rounds[0].scaleOf(underlying) != scaleBps) return true;

        (bool hadOne, SyntheticEntry memory before) = _entryBefore(facts, rounds, underlying);
        if (present == hadOne && SyntheticVolatility.isSame(entry, before)) return false;
        if (!present || referenceNano == 0 || !SyntheticVolatility.isActivity(entry)) return true;
        if (entry.endSeconds > rounds[0].asOfSeconds()) return true;
        if (hadOne && entry.endSeconds <= before.endSeconds) return true;
        return !SyntheticVolatility.isSame(
            entry, SyntheticVolatility.next(rules_, referenceNano, hadOne, before, entry)
        );
    }

    function _entryBefore(RoundFacts[] calldata facts, Evidence[] memory rounds, uint256 underlying)
        private
        pure
        returns (bool hadOne, SyntheticEntry memory before)
    {
        if (facts[0].previous == 0) return (false, before);
        if (facts[1].sequence != facts[0].previous) revert NotThePreviousRound(facts[1].sequence, facts[0].previous);
        rounds[1].check(facts[1]);
        return _entry(rounds[1], underlying);
    }

    function _entry(Evidence memory round, uint256 underlying)
        private
        pure
        returns (bool, SyntheticEntry memory)
    {
        return SyntheticVolatility.entryAt(round.section(uint256(C.SECTION_SYNTHETIC)), underlying);
    }
}
