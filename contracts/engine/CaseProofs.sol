// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {LotSignals} from "@generated/LotSignals.sol";
import {LotSummary} from "@generated/LotSummary.sol";
import {LotTerms} from "@generated/LotTerms.sol";
import {Protocol} from "@generated/Protocol.sol";
import {TransferPlaces} from "@generated/TransferPlaces.sol";
import {TransferSignals} from "@generated/TransferSignals.sol";
import {TransferTerms} from "@generated/TransferTerms.sol";
import {IBookRegistry} from "contracts/interfaces/IBookRegistry.sol";
import {ILotVerifier, ITransferVerifier} from "contracts/interfaces/IVerifiers.sol";
import {Contexts} from "contracts/lib/Contexts.sol";
import {RiskOracle} from "contracts/RiskOracle.sol";

/// What a lot's proof states, once every signal of it has been compared with the chain.
struct Lot {
    uint64 round;
    uint64 head;
    uint32 place;
    uint8 percent;
    uint8 health;
    bool insolvent;
    /// A hedge rather than a slice.
    bool soft;
    /// The costs, discount and fee, that the lot is proven to be no larger than: basis points of the relief.
    int256 costBps;
    uint64 carryLots;
    uint64 reliefLots;
    uint64 shortfallLots;
    uint256 leaf;
    uint256 slice;
    uint256 riskRoot;
    uint256 parameters;
}

/// What a transfer must be. Whatever a signal says otherwise is refused.
struct ExpectedTransfer {
    bytes32 caseId;
    uint256 tagFrom;
    uint32 placeFrom;
    /// Of the receiver's leaf; 0 for a counterparty of a deleveraging.
    address ownerTo;
    uint256 riskRoot;
    uint256 parameters;
    uint256 mode;
    uint256 percent;
    int256 costBps;
    int256 discountBps;
    uint256 feeBps;
    uint256 escrowLots;
    uint256 cutoffBps;
    uint256 floorBps;
}

/**
 * @title Compares every public signal of the liquidation proofs with the chain and verifies them
 *
 * What always holds:
 * - A function returns only if the proof verifies and each of its signals was compared with stored state or with what
 *   the caller expects, or is handed back to the caller.
 * - A proof made for another case, another chain or another deployment is refused by its context.
 */
contract CaseProofs {
    using LotSignals for uint256[11];
    using TransferSignals for uint256[12];

    ILotVerifier public immutable lotVerifier;
    ITransferVerifier public immutable transferVerifier;
    RiskOracle public immutable oracle;
    IBookRegistry public immutable registry;

    error EngineSignalOutOfField(uint256 index, uint256 value);
    error NotAContract(address given);
    error BookRootUnknown(uint256 bookRoot);
    error BookRootSuperseded(uint256 bookRoot, uint64 sequence, uint64 headSequence);
    error TagTouchedSince(uint256 tag, uint64 sequence, uint64 touchedSequence);
    error BookRootIsNotHead(uint256 bookRoot, uint256 headRoot);
    error RoundNotRecent(uint256 riskRoot, uint64 latestSequence);
    error RootNotSettleable(uint256 riskRoot, uint64 latestSequence);
    error RoundStale(uint64 sequence, uint64 time, uint64 maxAgeSeconds);
    error ParametersMismatch(uint256 given, uint256 ofRound);
    error ContextMismatch(uint256 given, uint256 expected);
    error CaseTagMismatch(uint256 given, uint256 ofCase);
    error CasePlaceMismatch(uint256 given, uint256 ofCase);
    error ReceiverOwnerMismatch(uint256 given, uint256 expected);
    error CaseRoundMismatch(uint256 riskRoot, uint256 ofCase);
    error LotTermsMismatch(uint256 given, uint256 expected);
    error TransferTermsMismatch(uint256 given, uint256 expected);
    error SummaryHasStrayBits(uint256 summary);
    error PlacesHaveStrayBits(uint256 places);
    error InvalidProof();

    constructor(
        ILotVerifier lotVerifier_,
        ITransferVerifier transferVerifier_,
        RiskOracle oracle_,
        IBookRegistry registry_
    ) {
        if (address(lotVerifier_).code.length == 0) revert NotAContract(address(lotVerifier_));
        if (address(transferVerifier_).code.length == 0) revert NotAContract(address(transferVerifier_));
        lotVerifier = lotVerifier_;
        transferVerifier = transferVerifier_;
        oracle = oracle_;
        registry = registry_;
    }

    // ---------------------------------------------------------------- lots

    /**
     * @notice A lot of the case's account, on a book and a round that are recent. Its cost is the caller's to compare.
     * @param softOnly whether only a hedge will do
     */
    function checkLot(
        bytes32 caseId,
        uint256 tag,
        bool softOnly,
        uint256[8] calldata proof,
        uint256[11] calldata signals
    ) external view returns (Lot memory lot) {
        for (uint256 i = 0; i < signals.length; ++i) {
            if (signals[i] >= Protocol.FIELD_MODULUS) revert EngineSignalOutOfField(i, signals[i]);
        }
        if (signals.tag() != tag) revert CaseTagMismatch(signals.tag(), tag);
        uint256 context = lotContext(caseId);
        if (signals.context() != context) revert ContextMismatch(signals.context(), context);
        lot.head = _requireRecentHead(signals.bookRoot(), tag);
        lot.round = _requireFreshRound(signals.riskRoot(), signals.parameters());
        lot.soft = softOnly || LotTerms.mode(signals.terms()) == Protocol.MODE_SOFT;
        // A hedge is chosen whole.
        uint256 percent = lot.soft ? Protocol.WHOLE_PERCENT : LotTerms.percent(signals.terms());
        uint256 costBiasedBps = LotTerms.costBiasedBps(signals.terms());
        uint256 terms = LotTerms.pack(lot.soft ? Protocol.MODE_SOFT : Protocol.MODE_SLICE, percent, costBiasedBps);
        if (signals.terms() != terms) revert LotTermsMismatch(signals.terms(), terms);
        _readSummary(lot, signals.summary());
        lot.percent = uint8(percent);
        lot.costBps = int256(costBiasedBps) - int256(Protocol.DISCOUNT_BIAS_BPS);
        lot.place = uint32(signals.place());
        lot.leaf = signals.leaf();
        lot.slice = signals.slice();
        lot.riskRoot = signals.riskRoot();
        lot.parameters = signals.parameters();
        if (!lotVerifier.verify(proof, signals)) revert InvalidProof();
    }

    /// @notice The context signal of a lot of this case.
    function lotContext(bytes32 caseId) public view returns (uint256) {
        return Contexts.contextOf(Protocol.LOT_CONTEXT_DOMAIN, address(this), caseId);
    }

    // ---------------------------------------------------------------- transfers

    /**
     * @notice A transfer from the case's account on the head, on exactly these terms. The receiver's tag and the slice
     * are the caller's to compare.
     * @return feeLots what the proof says that feeBps comes to
     * @return placeTo where the receiver's leaf stands
     */
    function checkTransfer(
        ExpectedTransfer calldata expected,
        uint256[8] calldata proof,
        uint256[12] calldata signals
    ) external view returns (uint256 feeLots, uint32 placeTo) {
        for (uint256 i = 0; i < signals.length; ++i) {
            if (signals[i] >= Protocol.FIELD_MODULUS) revert EngineSignalOutOfField(i, signals[i]);
        }
        uint256 headRoot = registry.headRoot();
        if (signals.bookRoot() != headRoot) revert BookRootIsNotHead(signals.bookRoot(), headRoot);
        if (signals.riskRoot() != expected.riskRoot) revert CaseRoundMismatch(signals.riskRoot(), expected.riskRoot);
        if (signals.parameters() != expected.parameters) {
            revert ParametersMismatch(signals.parameters(), expected.parameters);
        }
        if (signals.tagFrom() != expected.tagFrom) revert CaseTagMismatch(signals.tagFrom(), expected.tagFrom);
        uint256 context = transferContext(expected.caseId);
        if (signals.context() != context) revert ContextMismatch(signals.context(), context);
        placeTo = _checkPlaces(signals.places(), expected.placeFrom, expected.ownerTo);
        feeLots = _checkTerms(signals.terms(), expected);
        if (!transferVerifier.verify(proof, signals)) revert InvalidProof();
    }

    /// @notice The context signal of a transfer of this case.
    function transferContext(bytes32 caseId) public view returns (uint256) {
        return Contexts.contextOf(Protocol.TRANSFER_CONTEXT_DOMAIN, address(this), caseId);
    }

    /// @notice One of the two newest rounds that something may settle on, with its parameters.
    function requireSettleableRound(uint256 riskRoot, uint256 parameters)
        external
        view
        returns (uint64 sequence, uint64 time)
    {
        uint256 ofRound;
        (sequence, time, ofRound) = oracle.findSettleable(riskRoot);
        if (sequence == 0) revert RootNotSettleable(riskRoot, oracle.latestSequence());
        if (parameters != ofRound) revert ParametersMismatch(parameters, ofRound);
    }

    // ---------------------------------------------------------------- internals

    /// @dev The owner as well as the tag: accounts of one secret have one tag, and the places of a book may change.
    function _checkPlaces(uint256 places, uint256 placeFrom, address owner) private pure returns (uint32 placeTo) {
        if (places >> TransferPlaces.BITS != 0) revert PlacesHaveStrayBits(places);
        if (TransferPlaces.from(places) != placeFrom) {
            revert CasePlaceMismatch(TransferPlaces.from(places), placeFrom);
        }
        if (TransferPlaces.ownerTo(places) != uint160(owner)) {
            revert ReceiverOwnerMismatch(TransferPlaces.ownerTo(places), uint160(owner));
        }
        return uint32(TransferPlaces.to(places));
    }

    /// @dev Everything but the fee in lots is known beforehand, so the whole word is compared.
    function _checkTerms(uint256 terms, ExpectedTransfer calldata expected) private pure returns (uint256 feeLots) {
        feeLots = TransferTerms.feeLots(terms);
        uint256 word = TransferTerms.pack(
            expected.mode,
            expected.percent,
            uint256(expected.costBps + int256(Protocol.DISCOUNT_BIAS_BPS)),
            uint256(expected.discountBps + int256(Protocol.DISCOUNT_BIAS_BPS)),
            expected.feeBps,
            feeLots,
            expected.escrowLots,
            expected.cutoffBps,
            expected.floorBps
        );
        if (terms != word) revert TransferTermsMismatch(terms, word);
    }

    function _readSummary(Lot memory lot, uint256 summary) private pure {
        if (summary >> LotSummary.BITS != 0) revert SummaryHasStrayBits(summary);
        lot.carryLots = uint64(LotSummary.carryLots(summary));
        lot.reliefLots = uint64(LotSummary.reliefLots(summary));
        lot.shortfallLots = uint64(LotSummary.shortfallLots(summary));
        lot.health = uint8(LotSummary.health(summary));
        lot.insolvent = LotSummary.insolvent(summary) == 1;
    }

    function _requireRecentHead(uint256 bookRoot, uint256 tag) private view returns (uint64) {
        (uint64 sequence, bool recent, uint64 touched) = registry.findRecentFor(bookRoot, tag);
        if (sequence == 0) revert BookRootUnknown(bookRoot);
        if (!recent) revert BookRootSuperseded(bookRoot, sequence, registry.headSequence());
        if (sequence < touched) revert TagTouchedSince(tag, sequence, touched);
        return sequence;
    }

    function _requireFreshRound(uint256 riskRoot, uint256 parameters) private view returns (uint64) {
        (uint64 sequence, uint64 time, bool stale, uint256 ofRound) = oracle.findRecent(riskRoot);
        if (sequence == 0) revert RoundNotRecent(riskRoot, oracle.latestSequence());
        if (stale) revert RoundStale(sequence, time, oracle.maxAgeSeconds());
        if (parameters != ofRound) revert ParametersMismatch(parameters, ofRound);
        return sequence;
    }
}
