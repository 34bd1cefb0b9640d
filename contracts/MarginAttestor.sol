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

/**
 * @title Proven statements: an account is covered at a threshold (attestation), or below it (trigger)
 *
 * A statement is (book head, round, tag, claim). Its position in time is (round sequence, head sequence): a newer
 * round first, then a newer head.
 *
 * What always holds:
 * - Nothing is recorded without a valid proof whose every public signal was compared with stored state: the root of a
 *   recent head, the root of a recent and fresh round, that round's parameters, a claim, a tag, no chain, and the
 *   context of this chain, this contract and the beneficiary. A copied proof therefore pays its prover, not its copier.
 * - For one tag and claim the recorded positions strictly increase. So no statement is recorded twice, however its
 *   proof is re-randomised: replay is decided by the statement and proof bytes are never looked at.
 * - A statement is recorded only if nothing newer contradicts it. Covered at T contradicts below T' for every T' at
 *   most as strict as T (below the looser line means below the stricter one), and the other way round. At equal
 *   positions the trigger prevails: one tag may stand for two accounts whose owner gave them one secret, and the worse
 *   of them decides.
 * - A statement on a head before the one at which the engine last changed an account of this tag is refused: it
 *   speaks of an account that is no more. Changes of other accounts do not matter.
 * - isCovered is true only if the newest covering record, at that threshold or a stricter one, is newer than every
 *   record that says below at that threshold or a looser one, its round is no older than asked, and the engine has not
 *   changed the account since. isBelow likewise.
 *
 * What a record does not say: anything of a round after its own, or of a book published after its own.
 */
contract MarginAttestor {
    using MarginRecords for uint256;
    using MarginSignals for uint256[8];

    /// What the signals of a proof state, once each of them has been compared with the chain.
    struct Statement {
        uint256 tag;
        uint256 threshold;
        bool below;
        uint256 position;
    }

    IMarginVerifier public immutable verifier;
    RiskOracle public immutable oracle;
    BookRegistry public immutable registry;

    /// Newest position per threshold, all four in one word (MarginRecords), so that a statement writes one slot.
    mapping(uint256 tag => uint256 positions) private _covered;
    mapping(uint256 tag => uint256 positions) private _below;

    event Attested(
        uint256 indexed tag,
        uint256 indexed threshold,
        address indexed beneficiary,
        uint64 roundSequence,
        uint64 headSequence
    );
    event Triggered(
        uint256 indexed tag,
        uint256 indexed threshold,
        address indexed beneficiary,
        uint64 roundSequence,
        uint64 headSequence
    );

    error NotAContract(address given);
    error SignalOutOfField(uint256 index, uint256 value);
    error BookRootUnknown(uint256 bookRoot);
    error BookRootSuperseded(uint256 bookRoot, uint64 sequence, uint64 headSequence);
    error TagTouchedSince(uint256 tag, uint64 headSequence, uint64 touchedSequence);
    error RoundNotRecent(uint256 riskRoot, uint64 latestSequence);
    error RoundStale(uint64 sequence, uint64 time, uint64 maxAgeSeconds);
    error ParametersMismatch(uint256 given, uint256 ofRound);
    error NotAnAttestation(uint256 claim);
    error NotATrigger(uint256 claim);
    error TagIsZero();
    error ChainNotZero(uint256 chainIn, uint256 chainOut);
    error ContextMismatch(uint256 given, uint256 expected);
    error AlreadyRecorded(uint256 tag, uint256 claim, uint64 roundSequence, uint64 headSequence);
    error NewerRecordExists(uint256 tag, uint256 claim, uint64 roundSequence, uint64 headSequence);
    error ContradictedByTrigger(uint256 tag, uint64 roundSequence, uint64 headSequence);
    error ContradictedByAttestation(uint256 tag, uint64 roundSequence, uint64 headSequence);
    error InvalidProof();

    constructor(IMarginVerifier verifier_, RiskOracle oracle_, BookRegistry registry_) {
        if (address(verifier_).code.length == 0) revert NotAContract(address(verifier_));
        if (address(oracle_).code.length == 0) revert NotAContract(address(oracle_));
        if (address(registry_).code.length == 0) revert NotAContract(address(registry_));
        verifier = verifier_;
        oracle = oracle_;
        registry = registry_;
    }

    // ---------------------------------------------------------------- statements

    /// @notice Records that the tag's account is covered. Anyone may send it; it speaks for `beneficiary`.
    function attest(uint256[8] calldata proof, uint256[8] calldata signals, address beneficiary) external {
        Statement memory statement = _check(signals, beneficiary);
        if (statement.below) revert NotAnAttestation(signals.claim());
        uint256 covered = _covered[statement.tag];
        _requireNew(covered, statement, signals.claim());
        uint256 contrary =
            _below[statement.tag].newest(Protocol.LOOSEST_THRESHOLD, statement.threshold);
        if (contrary >= statement.position) {
            revert ContradictedByTrigger(statement.tag, contrary.roundOf(), contrary.headOf());
        }
        if (!verifier.verify(proof, signals)) revert InvalidProof();
        _covered[statement.tag] = covered.set(statement.threshold, statement.position);
        emit Attested(
            statement.tag,
            statement.threshold,
            beneficiary,
            statement.position.roundOf(),
            statement.position.headOf()
        );
    }

    /// @notice Records that the tag's account is below the threshold. Anyone may send it; it speaks for `beneficiary`.
    function trigger(uint256[8] calldata proof, uint256[8] calldata signals, address beneficiary) external {
        Statement memory statement = _check(signals, beneficiary);
        if (!statement.below) revert NotATrigger(signals.claim());
        uint256 below = _below[statement.tag];
        _requireNew(below, statement, signals.claim());
        uint256 contrary =
            _covered[statement.tag].newest(statement.threshold, Protocol.STRICTEST_THRESHOLD);
        if (contrary > statement.position) {
            revert ContradictedByAttestation(statement.tag, contrary.roundOf(), contrary.headOf());
        }
        if (!verifier.verify(proof, signals)) revert InvalidProof();
        _below[statement.tag] = below.set(statement.threshold, statement.position);
        emit Triggered(
            statement.tag,
            statement.threshold,
            beneficiary,
            statement.position.roundOf(),
            statement.position.headOf()
        );
    }

    // ---------------------------------------------------------------- views

    /// @notice The context signal of a proof made for this beneficiary.
    function contextFor(address beneficiary) public view returns (uint256) {
        return Contexts.contextOf(
            Protocol.MARGIN_CONTEXT_DOMAIN, address(this), bytes32(uint256(uint160(beneficiary)))
        );
    }

    /// @notice For other protocols: whether the tag's account was last proven covered at `threshold` or a stricter one,
    /// on a round no older than `maxAge` seconds.
    function isCovered(uint256 tag, uint256 threshold, uint256 maxAge) external view returns (bool) {
        (uint256 covered, uint256 below) = _newest(tag, threshold);
        return covered > below && _isFresh(covered, maxAge) && _isUntouched(tag, covered);
    }

    /// @notice The counterpart: whether the account was last proven below `threshold` or a looser one.
    function isBelow(uint256 tag, uint256 threshold, uint256 maxAge) external view returns (bool) {
        (uint256 covered, uint256 below) = _newest(tag, threshold);
        return below >= covered && _isFresh(below, maxAge) && _isUntouched(tag, below);
    }

    /// @notice Newest record that says covered at `threshold` or a stricter one; zeros when there is none.
    function newestCovered(uint256 tag, uint256 threshold)
        external
        view
        returns (uint64 roundSequence, uint64 headSequence)
    {
        (uint256 covered,) = _newest(tag, threshold);
        return (covered.roundOf(), covered.headOf());
    }

    /// @notice Newest record that says below `threshold` or a looser one; zeros when there is none.
    function newestBelow(uint256 tag, uint256 threshold)
        external
        view
        returns (uint64 roundSequence, uint64 headSequence)
    {
        (, uint256 below) = _newest(tag, threshold);
        return (below.roundOf(), below.headOf());
    }

    /// @notice Newest record of exactly this claim; zeros when there is none.
    function newestOfClaim(uint256 tag, uint256 claim)
        external
        view
        returns (uint64 roundSequence, uint64 headSequence)
    {
        (uint256 threshold, bool below) = MarginClaims.decode(claim);
        uint256 at = (below ? _below[tag] : _covered[tag]).get(threshold);
        return (at.roundOf(), at.headOf());
    }

    // ---------------------------------------------------------------- internals

    /// @dev Compares every signal with what the chain knows. The caller still owes the direction, the order against
    /// earlier records, and the proof itself.
    function _check(uint256[8] calldata signals, address beneficiary)
        private
        view
        returns (Statement memory statement)
    {
        _requireInField(signals);
        uint64 headSequence = _requireRecentHead(signals.bookRoot(), signals.tag());
        uint64 roundSequence = _requireFreshRound(signals.riskRoot(), signals.parameters());
        (statement.threshold, statement.below) = MarginClaims.decode(signals.claim());
        statement.tag = signals.tag();
        if (statement.tag == 0) revert TagIsZero();
        if (signals.chainIn() | signals.chainOut() != 0) {
            revert ChainNotZero(signals.chainIn(), signals.chainOut());
        }
        uint256 expected = contextFor(beneficiary);
        if (signals.context() != expected) revert ContextMismatch(signals.context(), expected);
        statement.position = MarginRecords.position(roundSequence, headSequence);
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

    /// @dev Strictly newer than the newest record of the same tag and claim. That alone makes every statement single,
    /// for the price of a slot that is written anyway.
    function _requireNew(uint256 positions, Statement memory statement, uint256 claim) private pure {
        uint256 recorded = positions.get(statement.threshold);
        if (recorded == statement.position) {
            revert AlreadyRecorded(statement.tag, claim, recorded.roundOf(), recorded.headOf());
        }
        if (recorded > statement.position) {
            revert NewerRecordExists(statement.tag, claim, recorded.roundOf(), recorded.headOf());
        }
    }

    /// @dev The newest records that bear on one threshold, with what the other thresholds imply.
    function _newest(uint256 tag, uint256 threshold) private view returns (uint256 covered, uint256 below) {
        MarginClaims.requireThreshold(threshold);
        covered = _covered[tag].newest(threshold, Protocol.STRICTEST_THRESHOLD);
        below = _below[tag].newest(Protocol.LOOSEST_THRESHOLD, threshold);
    }

    /// @dev Else a cured account would still count as below, and an account that gave a position away as covered.
    function _isUntouched(uint256 tag, uint256 at) private view returns (bool) {
        return at.headOf() >= registry.touchedSequence(tag);
    }

    function _isFresh(uint256 at, uint256 maxAge) private view returns (bool) {
        uint256 time = oracle.roundTime(at.roundOf());
        // A time of zero: no record. A round may be seconds ahead of the chain's clock.
        return time != 0 && (time >= block.timestamp || block.timestamp - time <= maxAge);
    }
}
