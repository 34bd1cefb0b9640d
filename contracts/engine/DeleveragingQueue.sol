// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {TransferSignals} from "@generated/TransferSignals.sol";
import {TransferTerms} from "@generated/TransferTerms.sol";
import {Stage} from "contracts/engine/EngineTypes.sol";
import {Parameter} from "contracts/engine/Parameter.sol";
import {StageBase, StageParts} from "contracts/engine/StageBase.sol";

/**
 * @title Deleveraging: a lot that nobody took closes positions of counterparties, the highest leverage first
 *
 * What always holds:
 * - The cut-off falls with the engine's clock from AdlStartBps to AdlEndBps over AdlDuration: a water level. A counterparty
 *   whose MM / E is proven to be below the level cannot be used, and none is taken further than AdlBandBps below it.
 * - A step needs the proof of a transfer on a recent round, in which both sides shrink and the account is not taken
 *   beyond what restores its buffer: so it stops exactly, or reverts.
 */
contract DeleveragingQueue is StageBase {
    using TransferSignals for uint256[12];

    error CutoffOffLevel(uint256 cutoffBps, uint256 levelBps, uint256 startBps);

    constructor(StageParts memory parts) StageBase(parts) {}

    /**
     * @notice One step against one counterparty. Anybody may bring the proof.
     * @param signals of a transfer in mode deleverage. Its cut-off may be above the present level, as it is when proving
     * took a while: that only asks more of the counterparty.
     */
    function deleverage(bytes32 caseId, uint256[8] calldata proof, uint256[12] calldata signals) external {
        (uint64 time, uint64 since) = _tick(caseId, Stage.Deleveraging);
        // The level falls from the end of the round's window on: before it no step can be settled.
        if (time < since) revert TooEarly(caseId, since, time);
        uint256 cutoffBps = TransferTerms.cutoffBps(signals.terms());
        uint256 levelBps = _levelAt(time, since);
        uint256 startBps = parameters.get(Parameter.AdlStartBps);
        if (cutoffBps < levelBps || cutoffBps > startBps) revert CutoffOffLevel(cutoffBps, levelBps, startBps);
        engine.step(caseId, proof, signals, cutoffBps);
    }

    /// @notice The level in this block, in bps of MM / E.
    function levelOf(bytes32 caseId) external view returns (uint256) {
        (Stage stage, uint64 since) = engine.stageOf(caseId);
        if (stage != Stage.Deleveraging) revert NotInStage(caseId, stage, Stage.Deleveraging);
        return _levelAt(clock.time(), since);
    }

    function _levelAt(uint64 time, uint64 since) private view returns (uint256) {
        uint256 startBps = parameters.get(Parameter.AdlStartBps);
        uint256 endBps = parameters.get(Parameter.AdlEndBps);
        uint256 duration = parameters.get(Parameter.AdlDuration);
        uint256 elapsed = time > since ? time - since : 0;
        return elapsed >= duration ? endBps : startBps - ((startBps - endBps) * elapsed) / duration;
    }
}
