// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {Protocol} from "@generated/Protocol.sol";
import {MarginSignals} from "@generated/MarginSignals.sol";
import {BookRegistry} from "contracts/BookRegistry.sol";
import {IMarginVerifier} from "contracts/IMarginVerifier.sol";
import {Contexts} from "contracts/lib/Contexts.sol";
import {MarginClaims} from "contracts/lib/MarginClaims.sol";
import {MarginRecords} from "contracts/lib/MarginRecords.sol";
import {RiskOracle} from "contracts/RiskOracle.sol";

/// @title What a margin proof states, compared signal by signal with what the chain knows. A part of MarginAttestor.
abstract contract MarginStatements {
    using MarginSignals for uint256[8];

    /// What the signals of a proof state, once each of them has been compared with the chain.
    struct Statement {
        uint256 tag;
        uint256 claim;
        uint256 threshold;
        bool below;
        uint256 position;
        address beneficiary;
    }

    IMarginVerifier public immutable verifier;
    RiskOracle public immutable oracle;
    BookRegistry public immutable registry;

    error NotAContract(address given);
    error SignalOutOfField(uint256 index, uint256 value);
    error BookRootUnknown(uint256 bookRoot);
    error BookRootSuperseded(uint256 bookRoot, uint64 sequence, uint64 headSequence);
    error TagTouchedSince(uint256 tag, uint64 headSequence, uint64 touchedSequence);
    error RoundNotRecent(uint256 riskRoot, uint64 latestSequence);
    error RoundStale(uint64 sequence, uint64 time, uint64 maxAgeSeconds);
    error ParametersMismatch(uint256 given, uint256 ofRound);
    error TagIsZero();
    error ChainNotZero(uint256 chainIn, uint256 chainOut);
    error ContextMismatch(uint256 given, uint256 expected);
    error InvalidBatch(uint256 proofs);
    error BeneficiariesMismatch(uint256 proofs, uint256 beneficiaries);

    constructor(IMarginVerifier verifier_, RiskOracle oracle_, BookRegistry registry_) {
        if (address(verifier_).code.length == 0) revert NotAContract(address(verifier_));
        if (address(oracle_).code.length == 0) revert NotAContract(address(oracle_));
        if (address(registry_).code.length == 0) revert NotAContract(address(registry_));
        verifier = verifier_;
        oracle = oracle_;
        registry = registry_;
    }

    // ---------------------------------------------------------------- views

    /// @notice The context signal of a proof made for this beneficiary.
    function contextFor(address beneficiary) public view returns (uint256) {
        return Contexts.contextOf(
            Protocol.MARGIN_CONTEXT_DOMAIN, address(this), bytes32(uint256(uint160(beneficiary)))
        );
    }

    // ---------------------------------------------------------------- internals

    /// @dev Compares every signal of a batch with what the chain knows, and verifies all proofs together. The caller still
    /// owes the direction of each, and its order against what stands recorded when its turn comes.
    function _checkBatch(IMarginVerifier.Proven[] calldata batch, address[] calldata beneficiaries)
        internal
        view
        returns (Statement[] memory statements)
    {
        if (batch.length != beneficiaries.length) {
            revert BeneficiariesMismatch(batch.length, beneficiaries.length);
        }
        statements = new Statement[](batch.length);
        for (uint256 i = 0; i < batch.length; ++i) {
            statements[i] = _check(batch[i].signals, beneficiaries[i]);
        }
        if (!verifier.verifyBatch(batch)) revert InvalidBatch(batch.length);
    }

    /// @dev Compares every signal with what the chain knows. The caller still owes the direction, the order against
    /// earlier records, and the proof itself.
    function _check(uint256[8] calldata signals, address beneficiary)
        internal
        view
        returns (Statement memory statement)
    {
        _requireInField(signals);
        uint64 headSequence = _requireRecentHead(signals.bookRoot(), signals.tag());
        uint64 roundSequence = _requireFreshRound(signals.riskRoot(), signals.parameters());
        statement.claim = signals.claim();
        (statement.threshold, statement.below) = MarginClaims.decode(statement.claim);
        statement.tag = signals.tag();
        if (statement.tag == 0) revert TagIsZero();
        if (signals.chainIn() | signals.chainOut() != 0) {
            revert ChainNotZero(signals.chainIn(), signals.chainOut());
        }
        uint256 expected = contextFor(beneficiary);
        if (signals.context() != expected) revert ContextMismatch(signals.context(), expected);
        statement.position = MarginRecords.position(roundSequence, headSequence);
        statement.beneficiary = beneficiary;
    }

    function _requireInField(uint256[8] calldata signals) private pure {
        for (uint256 i = 0; i < signals.length; ++i) {
            if (signals[i] >= Protocol.FIELD_MODULUS) revert SignalOutOfField(i, signals[i]);
        }
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
