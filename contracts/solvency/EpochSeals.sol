// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {Protocol} from "@generated/Protocol.sol";
import {SealSignals} from "@generated/SealSignals.sol";
import {IMarginVerifier} from "contracts/IMarginVerifier.sol";
import {InsuranceFund} from "contracts/InsuranceFund.sol";
import {ICollateralVault} from "contracts/interfaces/ICollateralVault.sol";
import {MarginAttestor} from "contracts/MarginAttestor.sol";
import {RiskOracle} from "contracts/RiskOracle.sol";
import {ISealVerifier} from "contracts/solvency/ISealVerifier.sol";
import {SealBonds} from "contracts/solvency/SealBonds.sol";
import {SealLedger} from "contracts/solvency/SealLedger.sol";
import {SealParameters} from "contracts/solvency/SealParameters.sol";
import {SealStatement} from "contracts/solvency/SealStatement.sol";
import {SealStore} from "contracts/solvency/SealStore.sol";
import {StepsDigest} from "contracts/solvency/StepsDigest.sol";
import {TriggeredTags} from "contracts/solvency/TriggeredTags.sol";

/**
 * @title Seals of epochs: the whole book is solvent
 *
 * What always holds:
 * - A seal is taken only with a valid proof whose signals were compared with stored state: the designated head of its
 *   epoch, a recent and fresh round with its parameters, the vault's ledger at that head, reserves within what the fund
 *   holds, the liquidity and the policy of governance, the context of this chain, this contract and the epoch.
 * - Every step may be demanded once while the window for demands is open. Whenever that is, the time for the answer runs
 *   whole, and longer the more demands are open, so that no number of them at once is more than can be answered.
 * - A demand ends with an answer (the proof of the step and its place in the digest, linked to the step before; the
 *   bond is the answerer's) or, after its time, with the seal rejected (half of the venue's bond is the challenger's).
 *   The other half is the insurance fund's: a venue that demands from itself does not get its bond back.
 * - A head is marked final only with the window over, no demand open, as many triggered tags as the seal counts accounts
 *   below maintenance margin, a round that nobody can challenge any more, and the ledger still what the seal says. Final heads only rise: a seal that a newer one
 *   has overtaken gives its bond back and marks nothing.
 * - What was accepted under one set of parameters is settled under it.
 * - Token units held >= unitsPerLot * (free lots + bonds of pending seals + bonds of demands without an end).
 */
contract EpochSeals is SealBonds, SealStore, SealStatement {
    using SealSignals for uint256[16];

    /// What each open demand adds to the time of the next: an answer takes a hundredth of a block of twelve seconds, and
    /// this leaves room for all of them beside everything else that a chain does.
    uint64 public constant SECONDS_PER_OPEN_DEMAND = 3;

    ISealVerifier public immutable sealVerifier;
    IMarginVerifier public immutable stepVerifier;

    constructor(
        address admin,
        address venue,
        MarginAttestor attestor_,
        ISealVerifier sealVerifier_,
        ICollateralVault vault_,
        InsuranceFund fund_,
        Parameters memory parameters_,
        uint256 liquidity_
    ) SealParameters(admin, venue, parameters_, liquidity_) SealBonds(fund_) SealLedger(vault_) TriggeredTags(attestor_) {
        if (address(sealVerifier_).code.length == 0) revert NotAContract(address(sealVerifier_));
        if (address(vault_).code.length == 0) revert NotAContract(address(vault_));
        sealVerifier = sealVerifier_;
        stepVerifier = attestor_.verifier();
    }

    // ---------------------------------------------------------------- the venue

    /// @notice Seals an epoch, for the first time or after a rejection. Takes the venue's bond.
    /// @param stepsRoot root of the digest of all steps (StepsDigest)
    function submit(uint64 epoch, uint256[8] calldata proof, uint256[16] calldata signals, bytes32 stepsRoot)
        external
        nonReentrant
        onlyRole(VENUE_ROLE)
        returns (uint256 id)
    {
        uint64 head = _requireOpen(epoch);
        uint64 round = _requireSignals(epoch, head, signals);
        if (!sealVerifier.verify(proof, signals)) revert InvalidSeal();
        id = ++sealCount;
        sealOf[epoch] = id;
        Seal storage one = _seals[id];
        one.epoch = epoch;
        one.headSequence = head;
        one.roundSequence = round;
        one.demandUntil = uint64(block.timestamp) + parameters.demandSeconds;
        one.submitter = msg.sender;
        one.status = Status.Pending;
        one.count = registry.headAt(head).count;
        one.bondLots = parameters.venueBondLots;
        one.belowMm = signals.belowMm();
        one.gauge = signals.gauge();
        one.chainFirst = signals.chainFirst();
        one.chainLast = signals.chainLast();
        one.stepsRoot = stepsRoot;
        one.ledgerHash = _ledgerHashAt(head);
        emit SealSubmitted(id, epoch, head, round, stepsRoot);
        _takeBond(msg.sender, one.bondLots);
    }

    // ---------------------------------------------------------------- demands

    /// @notice Asks for the proof of one step. Anybody may, once for each step of a seal; takes the bond that pays the answer.
    function demand(uint64 epoch, uint256 step) external nonReentrant {
        uint256 id = sealOf[epoch];
        Seal storage one = _pending(id);
        if (block.timestamp >= one.demandUntil) revert DemandsOver(id, one.demandUntil);
        if (step >= one.count) revert StepOutOfRange(step, one.count);
        if (_demands[id][step].state != DemandState.None) revert StepDemandedBefore(id, step);
        uint64 until = uint64(block.timestamp) + parameters.answerSeconds
            + SECONDS_PER_OPEN_DEMAND * one.openDemands;
        uint64 bond = parameters.demandBondLots;
        _demands[id][step] = Demand(msg.sender, until, bond, DemandState.Open);
        ++one.openDemands;
        emit StepDemanded(id, step, msg.sender, until);
        _takeBond(msg.sender, bond);
    }

    /// @notice Answers a demand. Anybody may, and the demand's bond is theirs.
    function answer(uint64 epoch, uint256 step, Answer calldata given) external nonReentrant {
        uint256 id = sealOf[epoch];
        Seal storage one = _pending(id);
        Demand storage asked = _openDemand(id, step);
        if (block.timestamp > asked.answerUntil) revert AnswerTooLate(id, step, asked.answerUntil);
        _requireLinked(one, step, given);
        if (!stepVerifier.verify(given.proof, _stepSignals(one, given))) revert InvalidStep(step);
        asked.state = DemandState.Answered;
        --one.openDemands;
        emit StepAnswered(id, step, msg.sender);
        _free(msg.sender, asked.bondLots);
    }

    /// @notice The bond of a demand that was open when another one had the seal rejected goes back.
    function reclaim(uint256 id, uint256 step) external nonReentrant {
        if (_seals[id].status != Status.Rejected) revert SealNotRejected(id);
        Demand storage asked = _openDemand(id, step);
        asked.state = DemandState.Ended;
        _free(asked.challenger, asked.bondLots);
    }

    // ---------------------------------------------------------------- rejection

    /// @notice A step that was demanded and not answered in time: the challenger is paid, whoever calls.
    function rejectUnanswered(uint64 epoch, uint256 step) external nonReentrant {
        uint256 id = sealOf[epoch];
        _requireRoundStands(_pending(id));
        Demand storage asked = _openDemand(id, step);
        if (block.timestamp <= asked.answerUntil) revert AnswerStillDue(id, step, asked.answerUntil);
        asked.state = DemandState.Ended;
        _free(asked.challenger, asked.bondLots);
        _reject(id, asked.challenger);
    }

    /// @notice The seal counts more accounts below maintenance margin than tags were triggered: the caller is paid.
    function rejectUntriggered(uint64 epoch) external nonReentrant {
        uint256 id = sealOf[epoch];
        Seal storage one = _pending(id);
        _requireRoundStands(one);
        if (block.timestamp < one.demandUntil) revert DemandsStillTaken(id, one.demandUntil);
        uint256 tags = triggeredTags[epoch][one.roundSequence];
        if (tags >= one.belowMm) revert TagsSuffice(id, tags, one.belowMm);
        _reject(id, msg.sender);
    }

    /// @notice The ledger of the seal's head has become another, by a collateral that was not listed: the caller is paid.
    function rejectLedger(uint64 epoch) external nonReentrant {
        uint256 id = sealOf[epoch];
        Seal storage one = _pending(id);
        if (_ledgerHashAt(one.headSequence) == one.ledgerHash) revert LedgerStands(id);
        _reject(id, msg.sender);
    }

    /// @notice The seal's round was shown to be wrong: the seal says nothing, and its venue, which was told so, has its bond
    /// back and may seal anew. Anybody may call.
    function voidSeal(uint64 epoch) external nonReentrant {
        uint256 id = sealOf[epoch];
        Seal storage one = _seals[id];
        if (one.status != Status.Pending) revert SealNotPending(id);
        if (!oracle.isRejected(one.roundSequence)) revert RoundStands(one.roundSequence);
        one.status = Status.Rejected;
        emit SealRejected(id, epoch, address(0), 0);
        _free(one.submitter, one.bondLots);
    }

    // ---------------------------------------------------------------- finality

    /// @notice Ends a seal that nothing speaks against. Anybody may call.
    function finalize(uint64 epoch) external nonReentrant {
        uint256 id = sealOf[epoch];
        Seal storage one = _pending(id);
        if (block.timestamp < one.demandUntil) revert DemandsStillTaken(id, one.demandUntil);
        if (one.openDemands != 0) revert StepsUnanswered(id, one.openDemands);
        if (!oracle.isSettleable(one.roundSequence)) revert RoundNotSettleable(one.roundSequence);
        uint256 tags = triggeredTags[epoch][one.roundSequence];
        if (tags < one.belowMm) revert TagsTooFew(id, tags, one.belowMm);
        if (_ledgerHashAt(one.headSequence) != one.ledgerHash) revert LedgerOfSealOutdated(id);
        _free(one.submitter, one.bondLots);
        if (one.headSequence <= registry.finalSequence()) {
            one.status = Status.Overtaken;
            emit SealOvertaken(id, epoch);
            return;
        }
        one.status = Status.Final;
        uint256 gauge = gaugeBpsOf(one.gauge);
        emit SealFinal(id, epoch, one.headSequence, gauge);
        registry.markFinal(one.headSequence);
        fund.setGauge(gauge);
    }

    // ---------------------------------------------------------------- internals

    function _requireOpen(uint64 epoch) private view returns (uint64 head) {
        head = _designated(epoch);
        uint256 id = sealOf[epoch];
        if (id != 0 && _seals[id].status != Status.Rejected) revert SealStands(epoch, id);
        uint64 finalSequence = registry.finalSequence();
        if (head <= finalSequence) revert EpochOvertaken(epoch, head, finalSequence);
    }

    /// @dev The step stands in the digest, begins where the one before ends, and the ends are the seal's.
    function _requireLinked(Seal storage one, uint256 step, Answer calldata given) private view {
        bytes32 root = one.stepsRoot;
        uint256 count = one.count;
        if (!StepsDigest.contains(root, count, step, given.chainIn, given.chainOut, given.path)) {
            revert StepNotInDigest(step);
        }
        if (step == 0) {
            if (given.chainIn != one.chainFirst) revert FirstStateMismatch(given.chainIn, one.chainFirst);
        } else if (
            !StepsDigest.contains(
                root, count, step - 1, given.previousChainIn, given.chainIn, given.previousPath
            )
        ) {
            revert LinkBroken(step);
        }
        if (step == count - 1 && given.chainOut != one.chainLast) {
            revert LastStateMismatch(given.chainOut, one.chainLast);
        }
    }

    /// @dev Everything but the two states is what the seal was compared with.
    function _stepSignals(Seal storage one, Answer calldata given) private view returns (uint256[8] memory signals) {
        RiskOracle.Round memory round = oracle.roundAt(one.roundSequence);
        signals[Protocol.SIGNAL_BOOK_ROOT] = registry.headAt(one.headSequence).bookRoot;
        signals[Protocol.SIGNAL_RISK_ROOT] = round.riskRoot;
        signals[Protocol.SIGNAL_PARAMETERS] = round.parameters;
        signals[Protocol.SIGNAL_CLAIM] = Protocol.NO_CLAIM;
        signals[Protocol.SIGNAL_CHAIN_IN] = given.chainIn;
        signals[Protocol.SIGNAL_CHAIN_OUT] = given.chainOut;
        signals[Protocol.SIGNAL_CONTEXT] = contextFor(one.epoch);
    }

    /// @dev On a rejected round no step can be answered and no tag triggered: nobody is paid for that.
    function _requireRoundStands(Seal storage one) private view {
        if (oracle.isRejected(one.roundSequence)) revert RoundNotSettleable(one.roundSequence);
    }

    function _reject(uint256 id, address challenger) private {
        Seal storage one = _seals[id];
        one.status = Status.Rejected;
        uint256 forFund = one.bondLots / 2;
        uint256 paid = one.bondLots - forFund;
        emit SealRejected(id, one.epoch, challenger, paid);
        _free(challenger, paid);
        fund.penalty(forFund);
    }
}
