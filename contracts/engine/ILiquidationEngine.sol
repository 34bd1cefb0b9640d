// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {Award, Case, Stage} from "contracts/engine/EngineTypes.sol";

/// @notice What a stage of a case calls, and only while the case is in it.
interface IStageHooks {
    /// @notice The stage has found a buyer. Locks carryLots of the buyer's free lots and the sub-account, and reserves the
    /// head, or leaves it to startSettlement while another case has it.
    function award(bytes32 caseId, address winner, uint256 subTag, uint256 discountBps) external;

    /// @notice The stage has found no buyer: on to the next.
    function pass(bytes32 caseId) external;

    /// @notice Deleveraging: a proven step changed the book.
    function step(bytes32 caseId, uint256[8] calldata proof, uint256[12] calldata signals, uint256 cutoffBps)
        external;
}

/// @notice What the engine tells of its cases.
interface ICaseViews {
    /// @notice Stage None for a case that never was.
    function caseAt(bytes32 caseId) external view returns (Case memory);
    function awardAt(bytes32 caseId) external view returns (Award memory);

    function caseOf(uint256 tag) external view returns (bytes32);

    function stageOf(bytes32 caseId) external view returns (Stage stage, uint64 since);

    /// @notice Whether the lot is young enough to be awarded.
    function requireFreshLot(bytes32 caseId) external view;
}

/// @notice The engine as its stages use it. contracts/engine/LiquidationEngine.sol.
interface ILiquidationEngine is IStageHooks, ICaseViews {}
