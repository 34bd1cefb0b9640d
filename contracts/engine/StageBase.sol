// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {EngineClock} from "contracts/engine/EngineClock.sol";
import {EngineParameters} from "contracts/engine/EngineParameters.sol";
import {Case, Stage} from "contracts/engine/EngineTypes.sol";
import {Escrow} from "contracts/engine/Escrow.sol";
import {ILiquidationEngine} from "contracts/engine/ILiquidationEngine.sol";
import {LiquidatorRegistry} from "contracts/engine/LiquidatorRegistry.sol";
import {Parameter} from "contracts/engine/Parameter.sol";

/// What every stage works with.
struct StageParts {
    ILiquidationEngine engine;
    EngineClock clock;
    EngineParameters parameters;
    Escrow escrow;
    LiquidatorRegistry liquidators;
}

/// @notice One stage of a case: it finds a buyer, or passes the case on to the next stage.
abstract contract StageBase {
    ILiquidationEngine public immutable engine;
    EngineClock public immutable clock;
    EngineParameters public immutable parameters;
    Escrow public immutable escrow;
    LiquidatorRegistry public immutable liquidators;

    error NotInStage(bytes32 caseId, Stage stage, Stage expected);
    error TooEarly(bytes32 caseId, uint64 from, uint64 engineTime);
    error TooLate(bytes32 caseId, uint64 until, uint64 engineTime);
    error SubAccountInCase(uint256 tag, bytes32 caseId);

    constructor(StageParts memory parts) {
        engine = parts.engine;
        clock = parts.clock;
        parameters = parts.parameters;
        escrow = parts.escrow;
        liquidators = parts.liquidators;
    }

    /// @dev The engine's time; reverts unless the clock runs and the case is in this stage.
    function _tick(bytes32 caseId, Stage expected) internal returns (uint64 time, uint64 since) {
        time = clock.tick();
        Stage stage;
        (stage, since) = engine.stageOf(caseId);
        if (stage != expected) revert NotInStage(caseId, stage, expected);
    }

    /// @dev From here on the lot can go into this account whatever the bidder does: its escrow is locked, and the account
    /// takes nothing else.
    function _lockBid(bytes32 caseId, address bidder, uint256 subTag, uint256 escrowLots) internal {
        bytes32 open = engine.caseOf(subTag);
        if (open != 0) revert SubAccountInCase(subTag, open);
        liquidators.lock(subTag, bidder, caseId);
        escrow.lock(bidder, escrowLots);
    }

    function _unlockBid(address bidder, uint256 subTag, uint256 escrowLots) internal {
        liquidators.unlock(subTag);
        escrow.unlock(bidder, escrowLots);
    }

    function _isLotFresh(Case memory c) internal view returns (bool) {
        return block.timestamp <= c.lotTime + parameters.get(Parameter.MaxLotAge);
    }

    function _window(Parameter parameter) internal view returns (uint64) {
        return uint64(parameters.get(parameter));
    }
}
