// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {GaugeWord} from "@generated/GaugeWord.sol";
import {Protocol} from "@generated/Protocol.sol";
import {SealSignals} from "@generated/SealSignals.sol";
import {Contexts} from "contracts/lib/Contexts.sol";
import {RiskOracle} from "contracts/RiskOracle.sol";
import {SealBonds} from "contracts/solvency/SealBonds.sol";
import {SealLedger} from "contracts/solvency/SealLedger.sol";
import {SealParameters} from "contracts/solvency/SealParameters.sol";
import {TriggeredTags} from "contracts/solvency/TriggeredTags.sol";

/// @notice What a seal states, held against the chain.
abstract contract SealStatement is SealParameters, SealBonds, SealLedger, TriggeredTags {
    using SealSignals for uint256[16];

    RiskOracle public immutable oracle;

    error SealBookMismatch(uint256 given, uint256 ofEpoch);
    error RoundNotRecent(uint256 riskRoot, uint64 latestSequence);
    error RoundNotSettleable(uint64 round);
    error RoundStands(uint64 round);
    error RoundStale(uint64 sequence, uint64 time, uint64 maxAgeSeconds);
    error ParametersMismatch(uint256 given, uint256 ofRound);
    error LedgerMismatch(uint256 word, uint256 given, uint256 ofVault);
    error ReservesNotHeld(uint256 givenNano, uint256 heldNano);
    error LiquidityMismatch(uint256 given, uint256 published);
    error PolicyMismatch(uint256 given, uint256 inForce);
    error EpochContextMismatch(uint256 given, uint256 expected);

    constructor() {
        oracle = attestor.oracle();
    }

    // ---------------------------------------------------------------- views

    /// @notice The context of the seal and of every step of an epoch.
    function contextFor(uint64 epoch) public view returns (uint256) {
        return Contexts.contextOf(Protocol.EPOCH_CONTEXT_DOMAIN, address(this), bytes32(uint256(epoch)));
    }

    /// @notice The fund's gauge: that of the worst underlying, at most the whole.
    function gaugeBpsOf(uint256 word) public pure returns (uint256 gauge) {
        gauge = GaugeWord.gauge0Bps(word);
        if (GaugeWord.gauge1Bps(word) > gauge) gauge = GaugeWord.gauge1Bps(word);
        if (GaugeWord.gauge2Bps(word) > gauge) gauge = GaugeWord.gauge2Bps(word);
        if (gauge > Protocol.BASIS_POINTS) gauge = Protocol.BASIS_POINTS;
    }

    // ---------------------------------------------------------------- internals

    /// @dev Every signal but those that the proof alone speaks for: the chain's ends, the count below maintenance
    /// margin, the gauge, and what the policy discloses. The verifier refuses signals at or above the field modulus.
    function _requireSignals(uint64 epoch, uint64 head, uint256[16] calldata signals)
        internal
        view
        returns (uint64 round)
    {
        uint256 bookRoot = registry.headAt(head).bookRoot;
        if (signals.bookRoot() != bookRoot) revert SealBookMismatch(signals.bookRoot(), bookRoot);
        round = _requireFreshRound(signals.riskRoot(), signals.parameters());
        uint256[3] memory given = [signals.ledger0(), signals.ledger1(), signals.ledger2()];
        uint256[3] memory words = ledgerWordsAt(head);
        for (uint256 i = 0; i < words.length; ++i) {
            if (given[i] != words[i]) revert LedgerMismatch(i, given[i], words[i]);
        }
        uint256 heldNano = (fund.insuranceLots() + fund.gammaLots()) * Protocol.CASH_LOT_NANO;
        if (signals.reserves() > heldNano) revert ReservesNotHeld(signals.reserves(), heldNano);
        if (signals.liquidity() != liquidity) revert LiquidityMismatch(signals.liquidity(), liquidity);
        if (signals.policy() != parameters.policy) revert PolicyMismatch(signals.policy(), parameters.policy);
        uint256 context = contextFor(epoch);
        if (signals.context() != context) revert EpochContextMismatch(signals.context(), context);
    }

    function _requireFreshRound(uint256 riskRoot, uint256 given) private view returns (uint64) {
        (uint64 sequence, uint64 time, bool stale, uint256 ofRound) = oracle.findRecent(riskRoot);
        if (sequence == 0) revert RoundNotRecent(riskRoot, oracle.latestSequence());
        if (stale) revert RoundStale(sequence, time, oracle.maxAgeSeconds());
        if (given != ofRound) revert ParametersMismatch(given, ofRound);
        return sequence;
    }
}
