// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {Protocol} from "@generated/Protocol.sol";
import {CaseStore} from "contracts/engine/CaseStore.sol";
import {Case, Ending, Kind, Stage} from "contracts/engine/EngineTypes.sol";
import {Parameter} from "contracts/engine/Parameter.sol";
import {ICollateralVault} from "contracts/interfaces/ICollateralVault.sol";

/// @notice How a case begins, and how it ends without a sale.
abstract contract CaseOpening is CaseStore {
    /// As many leaves as the registry holds.
    uint256 private constant MAX_HELD = 64;

    event ConfirmationDue(bytes32 indexed caseId, uint64 since);
    event KeeperBondLost(bytes32 indexed caseId, address indexed keeper, uint256 lots);

    error NotTriggered(uint256 tag, uint256 threshold);
    error BelowMaintenance(uint256 tag);
    error NewerRoundMissing(bytes32 caseId, uint64 round);
    error WindowStillOpen(bytes32 caseId, uint64 until, uint64 engineTime);
    error NoRoomToHold(uint256 heldTags);
    error NotRecovered(uint256 tag, uint256 threshold);
    error RecordNotNewer(uint256 tag, uint64 round, uint64 head);
    error CureOfAnother(uint256 tag, uint256 ofCase);
    error NotSoft(bytes32 caseId);
    error NoBondHeld(bytes32 caseId);

    // ---------------------------------------------------------------- opening

    /**
     * @notice Opens a case on a recorded trigger. Locks the keeper's bond.
     * @param kind Full: below MM. Soft: below SOFT, and not known to be below MM.
     */
    function openCase(uint256 tag, Kind kind) external nonReentrant returns (bytes32 caseId) {
        return _open(tag, kind, clock.tick());
    }

    /// @notice A soft case whose account fell below MM becomes a full one, opened by the caller.
    function escalate(bytes32 caseId) external nonReentrant returns (bytes32 fullCaseId) {
        uint64 time = clock.tick();
        Case storage c = _at(caseId);
        if (c.kind != Kind.Soft || c.converted) revert NotSoft(caseId);
        if (c.stage != Stage.Opened && c.stage != Stage.Soft && c.stage != Stage.House) {
            revert WrongStage(caseId, c.stage);
        }
        // A lot proves E / MM: a record before it may be out of date by now.
        (uint64 round, uint64 head) = attestor.newestBelow(c.tag, Protocol.THRESHOLD_MM);
        if (round < c.round) revert RecordNotNewer(c.tag, round, head);
        uint256 tag = c.tag;
        _close(caseId, c, Ending.Escalated);
        return _open(tag, Kind.Full, time);
    }

    /// @notice A round that a lot may be proven on is there: the venue's time to confirm runs. Anybody may tell.
    function noticeRound(bytes32 caseId) external {
        uint64 time = clock.tick();
        Case storage c = _at(caseId);
        if (c.stage != Stage.Opened || c.since != 0) revert WrongStage(caseId, c.stage);
        uint64 latest = oracle.latestSequence();
        if (c.kind == Kind.Full && latest <= c.round) revert NewerRoundMissing(caseId, c.round);
        _requireConfirming(latest);
        c.since = time;
        emit ConfirmationDue(caseId, time);
    }

    // ---------------------------------------------------------------- ends without a sale

    /**
     * @notice The venue let its time pass: it pays. Not confirmed: the keeper is paid and the case ends. Deleveraged not
     * once: the same. A debt not shown: the fund is paid, and the time runs anew.
     */
    function lapse(bytes32 caseId) external nonReentrant {
        uint64 time = clock.tick();
        Case storage c = _at(caseId);
        uint256 window = parameters.get(Parameter.ConfirmWindow);
        if (c.stage == Stage.Opened) {
            if (c.since == 0) revert NewerRoundMissing(caseId, c.round);
            // With every hold taken the venue could not have confirmed.
            uint256 held = registry.heldTags().length;
            if (held >= MAX_HELD) revert NoRoomToHold(held);
            // A venue that could not prove what is false owes nothing.
            _requireSettleable(c.triggerRound);
            // Nor does one that can prove nothing on prices that are held back.
            _requireConfirming(oracle.latestSequence());
        } else if (c.stage == Stage.Deleveraging) {
            window += parameters.get(Parameter.AdlDuration);
            _requireSettleable(c.round);
            _requireConfirming(oracle.newestSettleable());
        } else if (c.stage != Stage.Shortfall) {
            revert WrongStage(caseId, c.stage);
        }
        if (time <= c.since + window) revert WindowStillOpen(caseId, uint64(c.since + window), time);
        if (c.stage == Stage.Shortfall) {
            _penalise(caseId, c, address(0));
            c.since = time;
            return;
        }
        // Counterparties may have run out, but a venue that did not try at all spared somebody.
        if (!c.stepped) _penalise(caseId, c, c.keeper);
        _close(caseId, c, c.stepped ? Ending.Unsold : Ending.Lapsed);
    }

    /**
     * @notice Ends a case, before its award, whose account is recorded as covered on a newer round, or on a newer head of
     * the same round: at MM for a full case, at SOFT for a soft one. A keeper who opened it although the newest round
     * then had the recovery loses the bond to the venue, once nobody can challenge that round any more. A round that was held
     * back told the keeper nothing.
     *
     * The record's round need not be settleable, nor borne out: a new trigger opens the next case, so that nothing is lost but
     * time. A sale at the bottom of a move that is over would be.
     */
    function cancel(bytes32 caseId) external nonReentrant {
        clock.tick();
        Case storage c = _at(caseId);
        _requireUnsold(caseId, c);
        uint256 threshold = c.kind == Kind.Full ? Protocol.THRESHOLD_MM : Protocol.THRESHOLD_SOFT;
        (uint64 round,) = _requireCovered(c, threshold);
        uint64 bondLots = 0;
        if (c.stage == Stage.Opened && round <= c.openedRound && round > c.round && _confirms(round)) {
            bondLots = c.keeperBondLots;
            c.keeperBondLots = 0;
            c.round = round;
        }
        _close(caseId, c, Ending.Recovered);
        if (bondLots == 0) return;
        c.keeperBondLots = bondLots;
        if (oracle.isSettleable(round)) _endBond(caseId, c);
    }

    /// @notice The recovery that a keeper overlooked is final, and the bond the venue's; or its round was rejected, and the
    /// bond is the keeper's. Anybody may call.
    function endBond(bytes32 caseId) external nonReentrant {
        Case storage c = _at(caseId);
        if (c.stage != Stage.Closed || c.keeperBondLots == 0) revert NoBondHeld(caseId);
        _endBond(caseId, c);
    }

    /**
     * @notice A deposit that takes the account back to SOFT, before the award: the deposit and the proof of it are one
     * call, so that a cent a block does not reset a case.
     * @param depositProof of kind deposit, for the vault's pending deposit
     * @param marginProof that the account is covered at SOFT or stricter, on the head that the deposit makes and on the
     * case's round or a newer one
     */
    function cure(
        bytes32 caseId,
        uint256 depositId,
        uint256[8] calldata depositProof,
        uint256[10] calldata depositSignals,
        uint256[8] calldata marginProof,
        uint256[8] calldata marginSignals,
        address beneficiary
    ) external nonReentrant {
        clock.tick();
        Case storage c = _at(caseId);
        _requireUnsold(caseId, c);
        ICollateralVault vault = escrow.vault();
        (uint256 tag,,) = vault.applyCure(caseId, depositId, depositProof, depositSignals);
        if (tag != c.tag) revert CureOfAnother(tag, c.tag);
        attestor.attest(marginProof, marginSignals, beneficiary);
        _requireCovered(c, Protocol.THRESHOLD_SOFT);
        _close(caseId, c, Ending.Cured);
    }

    // ---------------------------------------------------------------- internals

    function _endBond(bytes32 caseId, Case storage c) private {
        if (oracle.isRejected(c.round)) return _returnKeeperBond(caseId, c);
        _requireSettleable(c.round);
        uint256 lots = c.keeperBondLots;
        c.keeperBondLots = 0;
        escrow.seize(c.keeper, venue, lots);
        emit KeeperBondLost(caseId, c.keeper, lots);
    }

    function _open(uint256 tag, Kind kind, uint64 time) private returns (bytes32 caseId) {
        bytes32 open = caseOf(tag);
        if (open != 0) revert CaseAlreadyOpen(tag, open);
        (uint64 round, uint64 head) = _requireTriggered(tag, kind);
        uint64 latest = oracle.latestSequence();
        uint256 bondLots = parameters.get(Parameter.KeeperBondLots);
        Case storage c;
        (caseId, c) = _create(tag);
        c.keeper = msg.sender;
        c.kind = kind;
        c.stage = Stage.Opened;
        c.round = round;
        c.triggerRound = round;
        c.head = head;
        c.openedRound = latest;
        // A full case is confirmed on a newer round than the trigger's, and none is on prices that are held back; until there
        // is a round of use, the venue cannot.
        c.since = (kind == Kind.Soft || latest > round) && _confirms(latest) ? time : 0;
        c.keeperBondLots = uint64(bondLots);
        escrow.lock(msg.sender, bondLots);
        emit CaseOpened(caseId, tag, msg.sender, kind, round, head, bondLots);
    }

    function _confirms(uint64 round) private view returns (bool confirms) {
        (confirms,) = oracle.guardsOf(round);
    }

    function _requireTriggered(uint256 tag, Kind kind) private view returns (uint64 round, uint64 head) {
        uint256 maxAge = parameters.get(Parameter.TriggerMaxAge);
        uint256 threshold = kind == Kind.Full ? Protocol.THRESHOLD_MM : Protocol.THRESHOLD_SOFT;
        // The attestor answers for the account as it is since it last changed: nobody is liquidated twice for one state.
        if (!attestor.isBelow(tag, threshold, maxAge)) revert NotTriggered(tag, threshold);
        (round, head) = attestor.newestBelow(tag, threshold);
        if (kind == Kind.Soft && attestor.isBelow(tag, Protocol.THRESHOLD_MM, maxAge)) revert BelowMaintenance(tag);
    }

    function _requireCovered(Case storage c, uint256 threshold) private view returns (uint64 round, uint64 head) {
        if (!attestor.isCovered(c.tag, threshold, parameters.get(Parameter.TriggerMaxAge))) {
            revert NotRecovered(c.tag, threshold);
        }
        (round, head) = attestor.newestCovered(c.tag, threshold);
        bool newer = round > c.round || (round == c.round && head > c.head);
        if (!newer) revert RecordNotNewer(c.tag, round, head);
    }

    function _requireUnsold(bytes32 caseId, Case storage c) private view {
        if (c.stage == Stage.Awarded || c.stage == Stage.Shortfall || c.stage == Stage.Closed) {
            revert WrongStage(caseId, c.stage);
        }
    }
}
