// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {OracleConstants as C} from "@generated/OracleConstants.sol";
import {Protocol} from "@generated/Protocol.sol";
import {RoundFacts} from "contracts/oracle/IRoundJudge.sol";
import {RiskLeaves} from "contracts/oracle/RiskLeaves.sol";
import {Evidence, RoundEvidence} from "contracts/oracle/RoundEvidence.sol";
import {VectorJudge} from "contracts/oracle/VectorJudge.sol";

/**
 * @title One cell: an opened leaf against what the round's raw data make of its place
 *
 * What always holds: a round is wrong only if the leaf that its posted nodes commit it to at this place is another than
 * the recomputed one.
 */
contract CellJudge is VectorJudge {
    using RoundEvidence for Evidence;

    struct Cell {
        uint256 place;
        /// The eight leaves of the place's group, opened; none in the small tree, whose leaves are posted.
        uint256[] opened;
        Evidence[] rounds;
    }

    error OpeningMismatch(uint256 given, uint256 posted);
    error OpeningOutOfField(uint256 leaf);
    error EvidenceMismatch(uint256 rounds, uint256 facts);

    constructor(address[] memory parts, uint256 lowerLevels_) VectorJudge(parts, lowerLevels_) {}

    function isWrong(RoundFacts[] calldata facts, bytes calldata evidence) external view returns (bool) {
        Cell memory cell = abi.decode(evidence, (Cell));
        _requirePlace(cell.place);
        if (cell.rounds.length != facts.length) revert EvidenceMismatch(cell.rounds.length, facts.length);
        for (uint256 i = 0; i < facts.length; ++i) {
            cell.rounds[i].check(facts[i]);
            cell.rounds[i].checkListing();
        }
        uint256 posted = _postedLeaf(cell);
        (bool known, uint256 leaf) = _leafAt(_loadTables(), facts, cell.rounds, cell.place);
        return !known || leaf != posted;
    }

    function _postedLeaf(Cell memory cell) private view returns (uint256) {
        if (lowerLevels == 0) {
            return RoundEvidence.wordAt(cell.rounds[0].section(uint256(C.SECTION_TOPS)), cell.place);
        }
        bytes memory groups = cell.rounds[0].section(uint256(C.SECTION_GROUPS));
        uint256 group = cell.place / RiskLeaves.ARITY;
        for (uint256 i = 0; i < RiskLeaves.ARITY; ++i) {
            // A leaf and itself plus the modulus hash alike, and only one of them is the posted one.
            if (cell.opened[i] >= Protocol.FIELD_MODULUS) revert OpeningOutOfField(cell.opened[i]);
        }
        uint256 posted = group < RoundEvidence.wordCount(groups) ? RoundEvidence.wordAt(groups, group) : 0;
        uint256 given = RiskLeaves.nodeOf(_loadPoseidon8(), cell.opened, 0);
        if (given != posted) revert OpeningMismatch(given, posted);
        return cell.opened[cell.place % RiskLeaves.ARITY];
    }
}
