// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {OracleConstants as C} from "@generated/OracleConstants.sol";
import {RoundFacts} from "contracts/oracle/IRoundJudge.sol";
import {RiskLeaves} from "contracts/oracle/RiskLeaves.sol";
import {Evidence, RoundEvidence} from "contracts/oracle/RoundEvidence.sol";
import {VectorJudge} from "contracts/oracle/VectorJudge.sol";

/**
 * @title A node of eight leaves that nobody but its maker can open, recomputed whole
 *
 * Whoever posts a node need not say of what it is made, and a challenger cannot open what it was never shown. So all
 * eight leaves are recomputed. Eight cost more gas than one transaction should take: anybody may `prepare` leaves
 * beforehand. A prepared leaf is kept under the facts of the two rounds that it follows from, so it holds for no others,
 * and evidence of two rounds is enough for each, whatever the eight were halted since.
 */
contract GroupJudge is VectorJudge {
    using RoundEvidence for Evidence;

    /// What `prepare` has computed; `kind` 0: nothing.
    struct Prepared {
        uint8 kind;
        uint256 leaf;
    }

    uint8 private constant KNOWN = 1;
    uint8 private constant UNKNOWN = 2;

    mapping(bytes32 key => mapping(uint256 place => Prepared)) private _prepared;

    event LeafPrepared(bytes32 indexed key, uint256 indexed place);

    error EvidenceMismatch(uint256 rounds, uint256 facts);
    error GroupOutOfRange(uint256 group);
    error LeafNotPrepared(uint256 place);

    constructor(address[] memory parts, uint256 lowerLevels_) VectorJudge(parts, lowerLevels_) {}

    /// @notice Computes leaves of the first round and keeps them for `isWrong`.
    function prepare(RoundFacts[] calldata facts, Evidence[] calldata rounds, uint256[] calldata places) external {
        Evidence[] memory evidence = rounds;
        _checkAll(facts, evidence);
        Tables memory tables = _loadTables();
        for (uint256 i = 0; i < places.length; ++i) {
            _requirePlace(places[i]);
            (, uint256 at) = _sourceOf(facts, evidence[0], places[i]);
            bytes32 key = keyOf(facts[0], facts[at]);
            (bool known, uint256 leaf) = _leafAt(tables, facts, evidence, places[i]);
            _prepared[key][places[i]] = Prepared(known ? KNOWN : UNKNOWN, leaf);
            emit LeafPrepared(key, places[i]);
        }
    }

    /// @param source the round whose data the leaf follows from: the round itself, or the one that a halt names
    function keyOf(RoundFacts calldata round, RoundFacts calldata source) public pure returns (bytes32) {
        return keccak256(abi.encode(round, source));
    }

    /// @param evidence (group; the round's evidence). The rounds that its halts name are among the facts, and their leaves
    /// are prepared.
    function isWrong(RoundFacts[] calldata facts, bytes calldata evidence) external view returns (bool) {
        Evidence[] memory rounds = new Evidence[](1);
        uint256 group;
        (group, rounds[0]) = abi.decode(evidence, (uint256, Evidence));
        if (lowerLevels == 0) revert GroupOutOfRange(group);
        _requirePlace(group * RiskLeaves.ARITY);
        rounds[0].check(facts[0]);
        rounds[0].checkListing();
        uint256[] memory leaves = new uint256[](RiskLeaves.ARITY);
        Tables memory tables = _loadTables();
        for (uint256 i = 0; i < RiskLeaves.ARITY; ++i) {
            bool known;
            (known, leaves[i]) = _leafOrPrepared(tables, facts, rounds, group * RiskLeaves.ARITY + i);
            // No leaf can be right, so no node can.
            if (!known) return true;
        }
        bytes memory groups = rounds[0].section(uint256(C.SECTION_GROUPS));
        uint256 node = RiskLeaves.nodeOf(_loadPoseidon8(), leaves, 0);
        if (group < RoundEvidence.wordCount(groups)) return node != RoundEvidence.wordAt(groups, group);
        // A node that is not posted stands for eight empty places.
        return node != RiskLeaves.nodeOf(_loadPoseidon8(), new uint256[](0), 0);
    }

    /// @dev What follows from the round alone need not be prepared.
    function _leafOrPrepared(
        Tables memory tables,
        RoundFacts[] calldata facts,
        Evidence[] memory rounds,
        uint256 place
    ) private view returns (bool, uint256) {
        (, uint256 at) = _sourceOf(facts, rounds[0], place);
        Prepared storage prepared = _prepared[keyOf(facts[0], facts[at])][place];
        if (prepared.kind != 0) return (prepared.kind == KNOWN, prepared.leaf);
        if (at != 0) revert LeafNotPrepared(place);
        return _leafAt(tables, facts, rounds, place);
    }

    function _checkAll(RoundFacts[] calldata facts, Evidence[] memory rounds) private pure {
        if (rounds.length != facts.length) revert EvidenceMismatch(rounds.length, facts.length);
        for (uint256 i = 0; i < facts.length; ++i) {
            rounds[i].check(facts[i]);
            rounds[i].checkListing();
        }
    }
}
