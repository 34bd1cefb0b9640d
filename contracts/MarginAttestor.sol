// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {Protocol} from "@generated/Protocol.sol";
import {BookRegistry} from "contracts/BookRegistry.sol";
import {IMarginVerifier} from "contracts/IMarginVerifier.sol";
import {MarginClaims} from "contracts/lib/MarginClaims.sol";
import {MarginRecords} from "contracts/lib/MarginRecords.sol";
import {MarginStatements} from "contracts/lib/MarginStatements.sol";
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
 * - A batch is its statements one after the other, each under the rules of a single one: all are recorded or none.
 *   Only their proofs are verified together (docs/circuits.md: why that is as sound).
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
contract MarginAttestor is MarginStatements {
    using MarginRecords for uint256;

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

    error NotAnAttestation(uint256 claim);
    error NotATrigger(uint256 claim);
    error AlreadyRecorded(uint256 tag, uint256 claim, uint64 roundSequence, uint64 headSequence);
    error NewerRecordExists(uint256 tag, uint256 claim, uint64 roundSequence, uint64 headSequence);
    error ContradictedByTrigger(uint256 tag, uint64 roundSequence, uint64 headSequence);
    error ContradictedByAttestation(uint256 tag, uint64 roundSequence, uint64 headSequence);
    error InvalidProof();

    constructor(IMarginVerifier verifier_, RiskOracle oracle_, BookRegistry registry_)
        MarginStatements(verifier_, oracle_, registry_)
    {}

    // ---------------------------------------------------------------- statements

    /// @notice Records that the tag's account is covered. Anyone may send it; it speaks for `beneficiary`.
    function attest(uint256[8] calldata proof, uint256[8] calldata signals, address beneficiary) external {
        Statement memory statement = _check(signals, beneficiary);
        uint256 covered = _admitAttestation(statement);
        if (!verifier.verify(proof, signals)) revert InvalidProof();
        _recordAttestation(statement, covered);
    }

    /// @notice Records that the tag's account is below the threshold. Anyone may send it; it speaks for `beneficiary`.
    function trigger(uint256[8] calldata proof, uint256[8] calldata signals, address beneficiary) external {
        Statement memory statement = _check(signals, beneficiary);
        uint256 below = _admitTrigger(statement);
        if (!verifier.verify(proof, signals)) revert InvalidProof();
        _recordTrigger(statement, below);
    }

    /// @notice Several attestations, of one or many accounts, in their order: all of them are recorded, or none.
    /// @param beneficiaries for whom each speaks, one for each proof
    function attestBatch(IMarginVerifier.Proven[] calldata batch, address[] calldata beneficiaries) external {
        Statement[] memory statements = _checkBatch(batch, beneficiaries);
        for (uint256 i = 0; i < statements.length; ++i) {
            _recordAttestation(statements[i], _admitAttestation(statements[i]));
        }
    }

    /// @notice Several triggers likewise.
    function triggerBatch(IMarginVerifier.Proven[] calldata batch, address[] calldata beneficiaries) external {
        Statement[] memory statements = _checkBatch(batch, beneficiaries);
        for (uint256 i = 0; i < statements.length; ++i) {
            _recordTrigger(statements[i], _admitTrigger(statements[i]));
        }
    }

    // ---------------------------------------------------------------- views

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

    /// @dev Whether what is recorded leaves room for this attestation.
    /// @return covered the tag's word, for the record
    function _admitAttestation(Statement memory statement) private view returns (uint256 covered) {
        if (statement.below) revert NotAnAttestation(statement.claim);
        covered = _covered[statement.tag];
        _requireNew(covered, statement);
        uint256 contrary =
            _below[statement.tag].newest(Protocol.LOOSEST_THRESHOLD, statement.threshold);
        if (contrary >= statement.position) {
            revert ContradictedByTrigger(statement.tag, contrary.roundOf(), contrary.headOf());
        }
    }

    function _admitTrigger(Statement memory statement) private view returns (uint256 below) {
        if (!statement.below) revert NotATrigger(statement.claim);
        below = _below[statement.tag];
        _requireNew(below, statement);
        uint256 contrary =
            _covered[statement.tag].newest(statement.threshold, Protocol.STRICTEST_THRESHOLD);
        if (contrary > statement.position) {
            revert ContradictedByAttestation(statement.tag, contrary.roundOf(), contrary.headOf());
        }
    }

    /// @dev Only of a statement that was admitted and whose proof is valid.
    function _recordAttestation(Statement memory statement, uint256 covered) private {
        _covered[statement.tag] = covered.set(statement.threshold, statement.position);
        emit Attested(
            statement.tag,
            statement.threshold,
            statement.beneficiary,
            statement.position.roundOf(),
            statement.position.headOf()
        );
    }

    function _recordTrigger(Statement memory statement, uint256 below) private {
        _below[statement.tag] = below.set(statement.threshold, statement.position);
        emit Triggered(
            statement.tag,
            statement.threshold,
            statement.beneficiary,
            statement.position.roundOf(),
            statement.position.headOf()
        );
    }

    /// @dev Strictly newer than the newest record of the same tag and claim. That alone makes every statement single,
    /// for the price of a slot that is written anyway.
    function _requireNew(uint256 positions, Statement memory statement) private pure {
        uint256 recorded = positions.get(statement.threshold);
        if (recorded == statement.position) {
            revert AlreadyRecorded(statement.tag, statement.claim, recorded.roundOf(), recorded.headOf());
        }
        if (recorded > statement.position) {
            revert NewerRecordExists(statement.tag, statement.claim, recorded.roundOf(), recorded.headOf());
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
