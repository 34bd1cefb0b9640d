// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {AdjustChange} from "@generated/AdjustChange.sol";
import {AdjustSignals} from "@generated/AdjustSignals.sol";
import {OracleConstants as C} from "@generated/OracleConstants.sol";
import {Protocol} from "@generated/Protocol.sol";
import {TransferSignals} from "@generated/TransferSignals.sol";
import {ExpectedTransfer} from "contracts/engine/CaseProofs.sol";
import {CaseStore, EngineParts} from "contracts/engine/CaseStore.sol";
import {Award, Case, Ending, Kind, Stage} from "contracts/engine/EngineTypes.sol";
import {IStageHooks} from "contracts/engine/ILiquidationEngine.sol";
import {Parameter} from "contracts/engine/Parameter.sol";
import {IBookRegistry} from "contracts/interfaces/IBookRegistry.sol";

/// @notice From a buyer to a settled case, or a deleveraged one, or a debt paid off. Code of the engine: it runs on the
/// engine's storage (LiquidationEngine); called by itself it knows no case.
contract CaseSettlement is CaseStore, IStageHooks {
    using AdjustSignals for uint256[10];
    using TransferSignals for uint256[12];

    /// Level of the circuit breaker from which on an award waits (RiskOracle.guardsOf).
    uint256 private constant AWARDS_WAIT = uint256(C.BREAKER_AUCTIONS_WAIT);

    event Awarded(
        bytes32 indexed caseId,
        address indexed winner,
        uint256 indexed subTag,
        Stage soldIn,
        uint256 discountBps,
        uint256 taxBps,
        uint256 escrowLots
    );
    event SettlementDue(bytes32 indexed caseId, uint64 settleBy);
    event Settled(
        bytes32 indexed caseId,
        uint256 indexed tag,
        uint256 indexed subTag,
        uint64 headSequence,
        uint256 escrowLots,
        uint256 feeLots,
        uint256 taxLots
    );
    event SettlementFailed(bytes32 indexed caseId, address indexed winner);
    event AwardVoid(bytes32 indexed caseId, address indexed winner);
    event Deleveraged(
        bytes32 indexed caseId, uint256 indexed tag, uint256 indexed counterparty, uint64 headSequence, uint256 cutoffBps
    );
    event DebtCovered(bytes32 indexed caseId, uint256 indexed tag, uint256 owedLots, uint256 socialisedLots);

    error DiscountAboveCap(uint256 discountBps, uint256 capBps);
    error AlreadyDue(bytes32 caseId, uint64 settleBy);
    error HeadStillReserved(bytes32 byCase, uint64 until);
    error SettlementTooLate(bytes32 caseId, uint64 settleBy, uint64 engineTime);
    error SettlementNotLate(bytes32 caseId, uint64 settleBy, uint64 engineTime);
    error SubAccountMismatch(uint256 given, uint256 ofAward);
    error SliceMismatch(uint256 given, uint256 ofCase);
    error StepRoundOlder(uint64 round, uint64 previousRound);
    error CounterpartyInCase(uint256 tag, bytes32 caseId);
    error NotInsolvent(bytes32 caseId);
    error RoundTooOld(uint64 round, uint64 roundTime, uint256 maxAgeSeconds);
    error RoundsStand(bytes32 caseId);
    error AwardWaits(uint64 round, uint256 level);

    constructor(EngineParts memory parts) CaseStore(address(0), parts) {}

    // ---------------------------------------------------------------- the stages' own

    function award(bytes32 caseId, address winner, uint256 subTag, uint256 discountBps) external nonReentrant {
        Case storage c = _ofCaller(caseId);
        _requireFreshLot(caseId, c);
        if (discountBps > c.capBps) revert DiscountAboveCap(discountBps, c.capBps);
        _requireNewerRound(c.round);
        bytes32 open = caseOf(subTag);
        if (open != 0) revert CounterpartyInCase(subTag, open);
        Award storage a = _awards[caseId];
        a.winner = winner;
        a.subTag = subTag;
        a.discountBps = uint16(discountBps);
        a.taxBps = uint16(_taxBps(discountBps));
        a.soldIn = c.stage;
        a.escrowLots = c.carryLots;
        escrow.lock(winner, c.carryLots);
        liquidators.lock(subTag, winner, caseId);
        uint64 time = clock.time();
        emit Awarded(caseId, winner, subTag, c.stage, discountBps, a.taxBps, c.carryLots);
        _moveTo(caseId, c, Stage.Awarded, time);
        a.settleBy = 0;
        (bytes32 byCase,) = registry.reservation();
        // Bidders wait neither for another case's settlement nor for the end of the round's window; only the settlement does.
        if (byCase == 0 && _isSettleable(c)) _reserve(caseId, a, time);
    }

    function pass(bytes32 caseId) external nonReentrant {
        Case storage c = _ofCaller(caseId);
        uint64 time = clock.time();
        if (c.stage == Stage.Sealed) {
            _moveTo(caseId, c, Stage.Dutch, time);
        } else if (c.stage == Stage.House) {
            if (c.kind == Kind.Soft) _close(caseId, c, Ending.Unsold);
            else _moveTo(caseId, c, Stage.Deleveraging, time + _secondsToSettleable(c.round));
        } else {
            _moveTo(caseId, c, Stage.House, time);
        }
    }

    function step(bytes32 caseId, uint256[8] calldata proof, uint256[12] calldata signals, uint256 cutoffBps)
        external
        nonReentrant
    {
        Case storage c = _ofCaller(caseId);
        uint64 round = _requireStepRound(c, signals);
        uint256 counterparty = signals.tagTo();
        bytes32 open = caseOf(counterparty);
        if (open != 0) revert CounterpartyInCase(counterparty, open);
        ExpectedTransfer memory expected = _expected(caseId, c);
        expected.riskRoot = signals.riskRoot();
        expected.parameters = signals.parameters();
        expected.mode = Protocol.MODE_DELEVERAGE;
        expected.percent = Protocol.WHOLE_PERCENT;
        expected.discountBps = _haircutBps(c);
        // What the step does cost: there is no fee, and a haircut of the counterparty is the account's gain.
        expected.costBps = expected.discountBps;
        expected.cutoffBps = cutoffBps;
        uint256 bandBps = parameters.get(Parameter.AdlBandBps);
        expected.floorBps = cutoffBps > bandBps ? cutoffBps - bandBps : 0;
        (, uint32 placeTo) = proofs.checkTransfer(expected, proof, signals);
        uint64 sequence = _move(caseId, c, signals, placeTo);
        c.round = round;
        // What the proof says is of the head before its own move: a record on the new head is newer.
        c.head = sequence - 1;
        c.stepped = true;
        emit Deleveraged(caseId, c.tag, counterparty, sequence, cutoffBps);
    }

    // ---------------------------------------------------------------- settlement

    /// @notice The head is free and the lot's rounds are final: it is reserved for this award, and the venue's time runs. A lot that grew too old while it
    /// waited goes back to the public auction, at nobody's cost.
    function startSettlement(bytes32 caseId) external nonReentrant {
        uint64 time = clock.tick();
        Case storage c = _at(caseId);
        if (c.stage != Stage.Awarded) revert WrongStage(caseId, c.stage);
        Award storage a = _awards[caseId];
        if (a.settleBy != 0) revert AlreadyDue(caseId, a.settleBy);
        if (!_isLotFresh(c)) {
            emit AwardVoid(caseId, a.winner);
            _undo(caseId, c, a, time);
            return;
        }
        _requireFinalRounds(c);
        (bytes32 byCase, uint64 until) = registry.reservation();
        if (byCase != 0) revert HeadStillReserved(byCase, until);
        _reserve(caseId, a, time);
    }

    /**
     * @notice Settles an award by the proof of exactly what was sold, to whom, at what. Anybody may bring it. It needs no
     * fresh round: lot and price are the confirming round's.
     */
    function settle(bytes32 caseId, uint256[8] calldata proof, uint256[12] calldata signals) external nonReentrant {
        uint64 time = clock.poke();
        clock.requireNotPaused();
        Case storage c = _at(caseId);
        if (c.stage != Stage.Awarded) revert WrongStage(caseId, c.stage);
        Award storage a = _awards[caseId];
        if (a.settleBy != 0 && time > a.settleBy) revert SettlementTooLate(caseId, a.settleBy, time);
        _requireFinalRounds(c);
        if (signals.tagTo() != a.subTag) revert SubAccountMismatch(signals.tagTo(), a.subTag);
        if (signals.slice() != c.slice) revert SliceMismatch(signals.slice(), c.slice);
        ExpectedTransfer memory expected = _expected(caseId, c);
        expected.ownerTo = a.winner;
        expected.discountBps = int256(uint256(a.discountBps) - a.taxBps);
        expected.feeBps = uint256(c.feeBps) + a.taxBps;
        expected.escrowLots = a.escrowLots;
        (uint256 paidLots, uint32 placeTo) = proofs.checkTransfer(expected, proof, signals);
        uint64 sequence = _move(caseId, c, signals, placeTo);
        _payOut(caseId, c, a, paidLots, sequence);
        _freeHead(caseId);
        liquidators.useUp(a.subTag);
        // A hedge leaves positions, and the next case to them.
        if (c.insolvent && !c.converted) _moveTo(caseId, c, Stage.Shortfall, time);
        else _close(caseId, c, Ending.Settled);
    }

    /// @notice The venue did not settle in time: it pays the winner, who gets the escrow back as well, and the lot is on
    /// sale again. A soft case ends; a new trigger opens the next.
    function fail(bytes32 caseId) external nonReentrant {
        uint64 time = clock.tick();
        Case storage c = _at(caseId);
        if (c.stage != Stage.Awarded) revert WrongStage(caseId, c.stage);
        Award storage a = _awards[caseId];
        if (a.settleBy == 0 || time <= a.settleBy) revert SettlementNotLate(caseId, a.settleBy, time);
        _freeHead(caseId);
        emit SettlementFailed(caseId, a.winner);
        _penalise(caseId, c, a.winner);
        _undo(caseId, c, a, time);
    }

    /**
     * @notice Pays off, in the loss order, what an insolvent account owes once it holds nothing else.
     * @param proof of kind cover; the vault checks it
     */
    function coverShortfall(bytes32 caseId, uint256[8] calldata proof, uint256[10] calldata signals)
        external
        nonReentrant
    {
        clock.poke();
        clock.requireNotPaused();
        Case storage c = _at(caseId);
        if (c.stage != Stage.Shortfall && c.stage != Stage.Deleveraging) revert WrongStage(caseId, c.stage);
        if (!c.insolvent) revert NotInsolvent(caseId);
        _requireFinalRounds(c);
        uint256 owedLots = AdjustChange.lots(signals.change());
        uint256 socialisedLots = escrow.coverDebt(caseId, c.tag, owedLots, proof, signals);
        emit DebtCovered(caseId, c.tag, owedLots, socialisedLots);
        _close(caseId, c, Ending.Covered);
    }

    // ---------------------------------------------------------------- rejected rounds

    /**
     * @notice The round of the trigger or of the lot was shown to be wrong: the case ends, whatever stage it is in, and
     * everybody has back what the case locked. Anybody may call. What is settled stands on final rounds and stays.
     */
    function voidCase(bytes32 caseId) external nonReentrant {
        clock.poke();
        clock.requireNotPaused();
        Case storage c = _at(caseId);
        if (c.stage == Stage.Closed) revert WrongStage(caseId, c.stage);
        if (!oracle.isRejected(c.round) && !oracle.isRejected(c.triggerRound)) revert RoundsStand(caseId);
        if (c.stage == Stage.Awarded) {
            Award storage a = _awards[caseId];
            emit AwardVoid(caseId, a.winner);
            _unlockAward(a);
        }
        c.voided = true;
        _close(caseId, c, Ending.Voided);
    }

    // ---------------------------------------------------------------- internals

    /// @dev Of the trigger and of the lot: two prints, and both must stand.
    function _requireFinalRounds(Case storage c) private view {
        _requireSettleable(c.triggerRound);
        _requireSettleable(c.round);
    }

    /// @dev At the breaker's third level an award waits for one round more than the lot's, and no longer.
    function _requireNewerRound(uint64 round) private view {
        if (oracle.latestSequence() > round) return;
        (, uint256 level) = oracle.guardsOf(round);
        if (level >= AWARDS_WAIT) revert AwardWaits(round, level);
    }

    function _isSettleable(Case storage c) private view returns (bool) {
        return oracle.isSettleable(c.round) && oracle.isSettleable(c.triggerRound);
    }

    /// @dev A step moves positions at mark and cannot be undone: its round is final, and so are those of the case. It is the
    /// newest or the one before of its kind, so that nobody picks a price, and no older than a lot may be.
    function _requireStepRound(Case storage c, uint256[12] calldata signals) private view returns (uint64 round) {
        _requireFinalRounds(c);
        uint64 roundTime;
        (round, roundTime) = proofs.requireSettleableRound(signals.riskRoot(), signals.parameters());
        if (round < c.round) revert StepRoundOlder(round, c.round);
        _requireConfirming(round);
        uint256 maxAgeSeconds = parameters.get(Parameter.MaxLotAge);
        if (block.timestamp > roundTime + maxAgeSeconds) revert RoundTooOld(round, roundTime, maxAgeSeconds);
    }

    function _ofCaller(bytes32 caseId) private view returns (Case storage c) {
        c = _at(caseId);
        if (msg.sender != stagePart[c.stage]) revert NotTheStage(msg.sender, c.stage);
    }

    /// @dev As sold: the case's own account, round and fraction, and the cost that the lot was measured with.
    function _expected(bytes32 caseId, Case storage c) private view returns (ExpectedTransfer memory expected) {
        expected.caseId = caseId;
        expected.tagFrom = c.tag;
        expected.placeFrom = c.place;
        expected.riskRoot = c.riskRoot;
        expected.parameters = c.parameters;
        expected.mode = c.kind == Kind.Full ? Protocol.MODE_SLICE : Protocol.MODE_SOFT;
        expected.percent = c.percent;
        expected.costBps = int256(uint256(c.capBps) + c.feeBps);
    }

    function _move(bytes32 caseId, Case storage c, uint256[12] calldata signals, uint32 placeTo)
        private
        returns (uint64 sequence)
    {
        IBookRegistry.Change[] memory changes = new IBookRegistry.Change[](2);
        changes[0] = IBookRegistry.Change(c.tag, c.place, signals.leafFrom());
        changes[1] = IBookRegistry.Change(signals.tagTo(), placeTo, signals.leafTo());
        return registry.move(caseId, signals.bookRoot(), signals.nextRoot(), changes);
    }

    function _payOut(bytes32 caseId, Case storage c, Award storage a, uint256 paidLots, uint64 sequence) private {
        uint256 taxLots = a.taxBps == 0 ? 0 : (paidLots * a.taxBps) / (uint256(c.feeBps) + a.taxBps);
        escrow.creditBook(a.winner, a.escrowLots);
        escrow.payFees(paidLots - taxLots, taxLots);
        emit Settled(caseId, c.tag, a.subTag, sequence, a.escrowLots, paidLots - taxLots, taxLots);
    }

    function _reserve(bytes32 caseId, Award storage a, uint64 time) private {
        uint64 window = uint64(parameters.get(Parameter.SettleWindow));
        a.settleBy = time + window;
        registry.reserve(caseId, uint64(block.timestamp) + window);
        emit SettlementDue(caseId, a.settleBy);
    }

    /// @dev A reservation that ran out on the chain's clock, while ours stood still, is nobody's.
    function _freeHead(bytes32 caseId) private {
        (bytes32 byCase,) = registry.reservation();
        if (byCase == caseId) registry.free(caseId);
    }

    function _undo(bytes32 caseId, Case storage c, Award storage a, uint64 time) private {
        _unlockAward(a);
        if (c.kind == Kind.Soft) _close(caseId, c, Ending.Unsold);
        else _moveTo(caseId, c, Stage.Dutch, time);
    }

    function _unlockAward(Award storage a) private {
        escrow.unlock(a.winner, a.escrowLots);
        liquidators.unlock(a.subTag);
        a.escrowLots = 0;
    }

    /// @dev What a fill costs beyond the modelled impact and a little is shared with the Gamma Reserve.
    function _taxBps(uint256 discountBps) private view returns (uint256) {
        uint256 freeBps = parameters.get(Parameter.ModelledImpactBps) + parameters.get(Parameter.SlippageFreeBps);
        if (discountBps <= freeBps) return 0;
        return (parameters.get(Parameter.SlippageTaxShareBps) * (discountBps - freeBps)) / Protocol.BASIS_POINTS;
    }

    /// @dev At mark; where nobody can pay the debt, counterparties give some of theirs.
    function _haircutBps(Case storage c) private view returns (int256) {
        if (!c.insolvent || escrow.fund().coverableLots() >= c.shortfallLots) return 0;
        return -int256(parameters.get(Parameter.AdlHaircutBps));
    }
}
