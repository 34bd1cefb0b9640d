// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {OracleConstants as C} from "@generated/OracleConstants.sol";
import {IRoundJudge, RoundFacts} from "contracts/oracle/IRoundJudge.sol";
import {OracleTables} from "contracts/oracle/OracleTables.sol";
import {RiskLeaves} from "contracts/oracle/RiskLeaves.sol";
import {Evidence, RoundEvidence} from "contracts/oracle/RoundEvidence.sol";

/**
 * @title The posted nodes against the root, and against each other
 *
 * A root that is not made of the posted top nodes, or a top node that is not made of the posted groups, commits to leaves
 * that nobody can look at. Either is wrong whatever the leaves are.
 */
contract TreeJudge is IRoundJudge, OracleTables {
    using RoundEvidence for Evidence;

    /// Says that the root is what is wrong.
    uint256 public constant ROOT = type(uint256).max;

    uint256 public immutable lowerLevels;

    error LevelsOutOfRange(uint256 lowerLevels);
    error TopOutOfRange(uint256 top);

    constructor(address[] memory parts, uint256 lowerLevels_) OracleTables(parts) {
        if (lowerLevels_ != 0 && lowerLevels_ != 2) revert LevelsOutOfRange(lowerLevels_);
        lowerLevels = lowerLevels_;
    }

    /// @param evidence (which top node, or ROOT; the round's evidence)
    function isWrong(RoundFacts[] calldata facts, bytes calldata evidence) external view returns (bool) {
        (uint256 top, Evidence memory round) = abi.decode(evidence, (uint256, Evidence));
        round.check(facts[0]);
        bytes memory tops = round.section(uint256(C.SECTION_TOPS));
        // Sections of another length are wrong by their format; here they would be read beyond their end.
        if (RoundEvidence.wordCount(tops) != RiskLeaves.TOPS) return true;
        if (top == ROOT) return _rootOf(tops) != facts[0].riskRoot;
        if (top >= RiskLeaves.TOPS || lowerLevels == 0) revert TopOutOfRange(top);
        return _topOf(round.section(uint256(C.SECTION_GROUPS)), top) != RoundEvidence.wordAt(tops, top);
    }

    function _rootOf(bytes memory tops) private view returns (uint256) {
        uint256[] memory words = new uint256[](RiskLeaves.TOPS);
        for (uint256 i = 0; i < RiskLeaves.TOPS; ++i) {
            words[i] = RoundEvidence.wordAt(tops, i);
        }
        return RiskLeaves.rootOf(_loadPoseidon16(), _loadPoseidon4(), words);
    }

    /// @dev A group beyond the posted ones is of eight empty places.
    function _topOf(bytes memory groups, uint256 top) private view returns (uint256) {
        uint256 table = _loadPoseidon8();
        uint256 posted = RoundEvidence.wordCount(groups);
        uint256[] memory children = new uint256[](RiskLeaves.ARITY);
        uint256 first = top * RiskLeaves.ARITY;
        uint256 empty = first + RiskLeaves.ARITY > posted ? RiskLeaves.nodeOf(table, new uint256[](0), 0) : 0;
        for (uint256 i = 0; i < RiskLeaves.ARITY; ++i) {
            children[i] = first + i < posted ? RoundEvidence.wordAt(groups, first + i) : empty;
        }
        return RiskLeaves.nodeOf(table, children, 0);
    }
}
