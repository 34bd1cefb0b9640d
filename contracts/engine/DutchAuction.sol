// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {Case, Stage} from "contracts/engine/EngineTypes.sol";
import {Parameter} from "contracts/engine/Parameter.sol";
import {StageBase, StageParts} from "contracts/engine/StageBase.sol";

/**
 * @title The public auction: the discount rises from zero to the case's cap, and the first who takes it has it
 *
 * What always holds:
 * - The discount is a function of the engine's clock alone, which stands while the oracle is stale or the engine paused.
 *   It never passes the cap.
 * - Anybody takes who has a vouched sub-account and carryLots of escrow; no whitelist.
 * - Untaken, the lot is proven anew on a newer round and starts at zero (engine.confirm), DutchMaxRestarts times; then, or
 *   if nobody brings that proof within ConfirmWindow, the clearing house is next.
 */
contract DutchAuction is StageBase {
    event Taken(bytes32 indexed caseId, address indexed taker, uint256 discountBps, uint256 subTag);

    error DiscountBelowAsked(uint256 discountBps, uint256 leastDiscountBps);
    error RestartPossible(bytes32 caseId, uint64 until, uint64 engineTime);

    constructor(StageParts memory parts) StageBase(parts) {}

    /// @param leastDiscountBps what the taker wants at least: the auction may have started anew since it looked
    function take(bytes32 caseId, uint256 subTag, uint256 leastDiscountBps) external {
        (uint64 time, uint64 since) = _tick(caseId, Stage.Dutch);
        uint256 discountBps = _discountAt(engine.caseAt(caseId), time, since);
        if (discountBps < leastDiscountBps) revert DiscountBelowAsked(discountBps, leastDiscountBps);
        bytes32 open = engine.caseOf(subTag);
        if (open != 0) revert SubAccountInCase(subTag, open);
        emit Taken(caseId, msg.sender, discountBps, subTag);
        engine.award(caseId, msg.sender, subTag, discountBps);
    }

    /// @notice Nobody took it: the clearing house is next. Anybody may call.
    function finish(bytes32 caseId) external {
        (uint64 time, uint64 since) = _tick(caseId, Stage.Dutch);
        uint64 end = since + _window(Parameter.DutchDuration);
        if (time < end) revert TooEarly(caseId, end, time);
        if (engine.caseAt(caseId).restarts < parameters.get(Parameter.DutchMaxRestarts)) {
            end += _window(Parameter.ConfirmWindow);
            if (time < end) revert RestartPossible(caseId, end, time);
        }
        engine.pass(caseId);
    }

    /// @notice The discount on the relief at which the lot may be taken in this block.
    function discountOf(bytes32 caseId) external view returns (uint256) {
        Case memory c = engine.caseAt(caseId);
        if (c.stage != Stage.Dutch) revert NotInStage(caseId, c.stage, Stage.Dutch);
        return _discountAt(c, clock.time(), c.since);
    }

    function _discountAt(Case memory c, uint64 time, uint64 since) private view returns (uint256) {
        uint256 duration = parameters.get(Parameter.DutchDuration);
        uint256 elapsed = time - since;
        return elapsed >= duration ? c.capBps : (uint256(c.capBps) * elapsed) / duration;
    }
}
