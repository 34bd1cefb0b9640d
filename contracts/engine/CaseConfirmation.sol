// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {Protocol} from "@generated/Protocol.sol";
import {Lot} from "contracts/engine/CaseProofs.sol";
import {CaseStore, EngineParts} from "contracts/engine/CaseStore.sol";
import {Case, Kind, Stage} from "contracts/engine/EngineTypes.sol";
import {Parameter} from "contracts/engine/Parameter.sol";

/**
 * @notice What a case sells: a lot, proven on a newer round than the trigger, and put on sale.
 *
 * A lot is proven again when the public auction stalled (it starts anew, on a newer round) and when the lot is too old.
 * Code of the engine: it runs on the engine's storage (LiquidationEngine); called by itself it knows no case.
 */
contract CaseConfirmation is CaseStore {
    event LotConfirmed(
        bytes32 indexed caseId,
        uint256 indexed tag,
        uint256 indexed slice,
        uint64 round,
        uint64 head,
        uint256 terms,
        uint256 summary,
        uint256 greeks,
        uint16 capBps,
        uint16 feeBps
    );

    error LotIsInsolvent(bytes32 caseId);
    error LotIsSolvent(bytes32 caseId);
    error LotRoundNotNewer(bytes32 caseId, uint64 round, uint64 previousRound);
    error LotIsAnother(uint256 tag, uint32 place, uint256 leaf);
    error InsolventLotMustBeWhole(uint256 percent);
    error LotCostMismatch(int256 givenBps, uint256 mostBps);
    error NothingToConfirm(bytes32 caseId, Stage stage);

    constructor(EngineParts memory parts) CaseStore(address(0), parts) {}

    /// @notice A lot of a solvent account. Anybody may bring the proof.
    function confirm(bytes32 caseId, uint256[8] calldata proof, uint256[11] calldata signals) external nonReentrant {
        Lot memory lot = _check(caseId, proof, signals);
        if (lot.insolvent) revert LotIsInsolvent(caseId);
        Case storage c = _cases[caseId];
        _setPledge(c, 0);
        _convert(c, lot);
        // E / MM in bps: discount and fee together leave the account solvent, since the relief is at most MM.
        uint256 headroomBps = (uint256(lot.health) * Protocol.BASIS_POINTS) / Protocol.HEALTH_PARTS;
        uint256 capBps = (parameters.get(Parameter.ReserveShareBps) * lot.health) / Protocol.HEALTH_PARTS;
        uint256 feeBps = 0;
        if (c.kind == Kind.Soft) {
            capBps = _min(capBps, parameters.get(Parameter.SoftPenaltyBps));
        } else {
            feeBps = _min(headroomBps - capBps, parameters.get(Parameter.LiquidationFeeBps));
        }
        _store(caseId, c, lot, capBps, feeBps);
        _toSale(caseId, c);
        _tell(caseId, c, signals);
    }

    /**
     * @notice A lot of an insolvent account: all of it. On sale only while the fund can pay what the sale costs at most;
     * otherwise it is deleveraged at once. There is no fee: it would come out of the fund.
     */
    function confirmInsolvent(bytes32 caseId, uint256[8] calldata proof, uint256[11] calldata signals)
        external
        nonReentrant
    {
        Lot memory lot = _check(caseId, proof, signals);
        if (!lot.insolvent) revert LotIsSolvent(caseId);
        Case storage c = _cases[caseId];
        // A hedge of a debtor leaves a debtor: it is for a full case.
        if (c.kind == Kind.Soft && !c.converted) revert LotIsInsolvent(caseId);
        _convert(c, lot);
        if (lot.percent != Protocol.WHOLE_PERCENT) revert InsolventLotMustBeWhole(lot.percent);
        uint256 capBps = parameters.get(Parameter.InsolventMaxDiscountBps);
        _store(caseId, c, lot, capBps, 0);
        uint256 costLots = _mostCost(lot, capBps);
        _setPledge(c, 0);
        if (escrow.fund().coverableLots() >= pledgedLots + costLots) {
            _setPledge(c, uint64(costLots));
            _toSale(caseId, c);
        } else {
            _moveTo(caseId, c, Stage.Deleveraging, clock.time() + _secondsToSettleable(lot.round));
        }
        _tell(caseId, c, signals);
    }

    // ---------------------------------------------------------------- internals

    function _check(bytes32 caseId, uint256[8] calldata proof, uint256[11] calldata signals)
        private
        returns (Lot memory lot)
    {
        uint64 time = clock.tick();
        Case storage c = _at(caseId);
        _requireConfirmable(caseId, c, time);
        lot = proofs.checkLot(caseId, c.tag, c.kind == Kind.Soft, proof, signals);
        // A print that triggered is not the print that sells. A soft case sells no more than a hedge and may.
        if (lot.round < c.round || (lot.round == c.round && (c.held || c.kind == Kind.Full))) {
            revert LotRoundNotNewer(caseId, lot.round, c.round);
        }
        _requireConfirming(lot.round);
    }

    /// @dev An account whose positions fill every slot has none for the cash of a slice. One position, sold whole as a
    /// hedge, makes room; the next case is an ordinary one.
    function _convert(Case storage c, Lot memory lot) private {
        if (c.kind != Kind.Full || !lot.soft) return;
        c.kind = Kind.Soft;
        c.converted = true;
    }

    /// @dev First of all, or when the public auction stalled, or when the lot has grown too old to be sold.
    function _requireConfirmable(bytes32 caseId, Case storage c, uint64 time) private view {
        if (c.stage == Stage.Opened) return;
        if (c.stage == Stage.Dutch || c.stage == Stage.House) {
            if (!_isLotFresh(c)) return;
            if (
                c.stage == Stage.Dutch && time >= c.since + parameters.get(Parameter.DutchDuration)
                    && c.restarts < parameters.get(Parameter.DutchMaxRestarts)
            ) return;
        }
        revert NothingToConfirm(caseId, c.stage);
    }

    function _store(bytes32 caseId, Case storage c, Lot memory lot, uint256 capBps, uint256 feeBps) private {
        // No larger than restores the buffer after the most that this sale can cost: a higher cost would sell more.
        if (lot.costBps != int256(capBps + feeBps)) revert LotCostMismatch(lot.costBps, capBps + feeBps);
        if (c.held) {
            (, uint32 place, uint256 leaf) = registry.holdOf(c.tag);
            if (place != lot.place || leaf != lot.leaf) revert LotIsAnother(c.tag, lot.place, lot.leaf);
        } else {
            registry.hold(c.tag, lot.place, lot.leaf);
            c.held = true;
            _returnKeeperBond(caseId, c);
        }
        c.insolvent = lot.insolvent;
        c.percent = lot.percent;
        c.health = lot.health;
        c.capBps = uint16(capBps);
        c.feeBps = uint16(feeBps);
        c.place = lot.place;
        c.round = lot.round;
        c.head = lot.head;
        c.lotTime = oracle.roundTime(lot.round);
        c.carryLots = lot.carryLots;
        c.reliefLots = lot.reliefLots;
        c.shortfallLots = lot.shortfallLots;
        c.slice = lot.slice;
        c.riskRoot = lot.riskRoot;
        c.parameters = lot.parameters;
    }

    function _toSale(bytes32 caseId, Case storage c) private {
        uint64 time = clock.time();
        if (c.stage == Stage.Opened) {
            _moveTo(caseId, c, c.kind == Kind.Soft ? Stage.Soft : Stage.Sealed, time);
        } else if (c.stage == Stage.Dutch) {
            // A lot that only grew old is not counted as a stall, but its discount begins at zero again as well.
            if (time >= c.since + parameters.get(Parameter.DutchDuration)) ++c.restarts;
            _moveTo(caseId, c, Stage.Dutch, time);
        } else {
            _moveTo(caseId, c, Stage.House, time);
        }
    }

    /// @dev The debt, and the discount on the relief: reliefLots is at least 3/4 of it less a lot.
    function _mostCost(Lot memory lot, uint256 capBps) private pure returns (uint256) {
        uint256 reliefLots = ((uint256(lot.reliefLots) + 1) * Protocol.COARSE_SHARE) / (Protocol.COARSE_SHARE - 1) + 1;
        return lot.shortfallLots + (reliefLots * capBps) / Protocol.BASIS_POINTS + 1;
    }

    function _tell(bytes32 caseId, Case storage c, uint256[11] calldata signals) private {
        // Terms, summary and greeks as the circuit gave them: src/protocol/liquidation.ts has their fields.
        emit LotConfirmed(
            caseId, c.tag, c.slice, c.round, c.head, signals[6], signals[8], signals[9], c.capBps, c.feeBps
        );
    }

    function _min(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }
}
