// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {AdjustChange} from "@generated/AdjustChange.sol";
import {AdjustSignals} from "@generated/AdjustSignals.sol";
import {Protocol} from "@generated/Protocol.sol";
import {Contexts} from "contracts/lib/Contexts.sol";
import {MarginAttestor} from "contracts/MarginAttestor.sol";
import {RiskOracle} from "contracts/RiskOracle.sol";
import {VaultDeposits} from "contracts/vault/VaultDeposits.sol";

/**
 * @notice Collateral on its way out: the owner of an account's leaf debits it by a proof that the account stays at or above
 * its initial margin; what was debited is paid once a head at or after the debit is final and the dispute delay is over.
 *
 * The opening of an account is known to the venue too, and may be stolen: so besides the proof there must be the owner
 * itself, as the caller or by a signature over where the money goes.
 */
abstract contract VaultWithdrawals is VaultDeposits, EIP712, Nonces {
    using AdjustSignals for uint256[10];
    using AdjustChange for uint256;

    /// The owner's word: where the money goes, and until when it is good. signature is empty where the owner calls itself.
    struct Authorization {
        address recipient;
        uint256 nonce;
        uint256 deadline;
        bytes signature;
    }

    struct Payable {
        address recipient;
        uint32 instrumentId;
        uint64 notBefore;
        uint64 sequence;
        uint64 lots;
        /// The round of the proof that the account could do without it.
        uint64 round;
        uint256 tag;
    }

    bytes32 public constant WITHDRAWAL_TYPEHASH = keccak256(
        "Withdrawal(uint256 tag,uint256 instrumentId,uint256 lots,address recipient,uint256 nonce,uint256 deadline)"
    );

    RiskOracle public immutable oracle;
    MarginAttestor public immutable attestor;
    uint256 public payableCount;
    mapping(uint256 payableId => Payable) private _payables;
    mapping(uint256 tag => Ownership) private _ownerships;

    event Withdrawn(
        uint256 indexed payableId,
        uint256 indexed tag,
        address indexed recipient,
        address owner,
        uint256 instrumentId,
        uint256 lots,
        uint64 sequence,
        uint64 notBefore
    );
    event OwnershipShown(uint256 indexed tag, address indexed owner, uint32 place, uint64 sequence);
    event Paid(
        uint256 indexed payableId, address indexed recipient, uint256 instrumentId, uint256 lots, uint256 paidLots
    );

    event WithdrawalReturned(uint256 indexed payableId, uint256 indexed depositId, uint256 indexed tag, uint256 lots);

    error NotAWithdrawal(uint256 change);
    error OwnerOutOfRange(uint256 owner);
    error NotTheOwner(address caller, address owner);
    error AuthorizationExpired(uint256 deadline);
    error RecipientIsZero();
    error CasesNotSet();
    error RoundNotRecent(uint256 riskRoot, uint64 latestSequence);
    error RoundStale(uint64 sequence, uint64 time, uint64 maxAgeSeconds);
    error ParametersMismatch(uint256 given, uint256 ofRound);
    error BelowOnNewerRound(uint256 tag, uint64 roundSequence);
    error OwnershipTaken(uint256 tag, address owner);
    error NothingPayable(uint256 payableId);
    error DisputeDelayRuns(uint256 payableId, uint64 notBefore);
    error DebitNotFinal(uint64 sequence, uint64 finalSequence);
    error RoundNotSettleable(uint64 round);
    error RoundNotRejected(uint64 round);

    /**
     * @notice Debits an account by an `adjust` proof of kind withdrawal whose context is withdrawalContext of the
     * authorization's terms. Zero lots debit nothing and show who owns the account with this tag.
     * @return payableId what claim() pays later; 0 for a withdrawal of zero lots
     */
    function withdraw(
        uint256[8] calldata proof,
        uint256[10] calldata signals,
        Authorization calldata authorization
    ) external nonReentrant returns (uint256 payableId) {
        uint256 tag = signals.tag();
        if (address(cases) == address(0)) revert CasesNotSet();
        if (cases.caseOf(tag) != bytes32(0)) revert AccountInCase(tag);
        (uint256 instrumentId, uint256 lots) = _withdrawnBy(signals.change());
        address owner = _requireAuthorized(tag, instrumentId, lots, signals.owner(), authorization);
        uint64 round = _requireFreshRound(tag, signals.riskRoot(), signals.parameters());
        if (lots != 0) oracle.requireWithdrawable(round);
        _startInterval(tag);
        bytes32 binding = _bindingOf(authorization.recipient, authorization.nonce, authorization.deadline);
        uint64 sequence =
            _moveHead(bytes32(0), Protocol.WITHDRAWAL_CONTEXT_DOMAIN, binding, proof, signals);
        if (lots == 0) {
            _showOwnership(tag, owner, SafeCast.toUint32(signals.place()), sequence);
            return 0;
        }
        payableId = ++payableCount;
        uint64 notBefore = uint64(block.timestamp) + parameters.disputeSeconds;
        _payables[payableId] =
            Payable(authorization.recipient, uint32(instrumentId), notBefore, sequence, uint64(lots), round, tag);
        payableLots[instrumentId] += lots;
        _debit(instrumentId, lots, sequence);
        emit Withdrawn(
            payableId, tag, authorization.recipient, owner, instrumentId, lots, sequence, notBefore
        );
    }

    /// @notice Pays a withdrawal to its recipient, once nobody can challenge its round; anybody may call. While a loss is socialised, cash is paid in part.
    function claim(uint256 payableId) external nonReentrant {
        Payable memory due = _payables[payableId];
        if (due.recipient == address(0)) revert NothingPayable(payableId);
        if (block.timestamp < due.notBefore) revert DisputeDelayRuns(payableId, due.notBefore);
        uint64 finalSequence = registry.finalSequence();
        if (finalSequence < due.sequence) revert DebitNotFinal(due.sequence, finalSequence);
        if (!oracle.isSettleable(due.round)) revert RoundNotSettleable(due.round);
        uint256 paidLots = payoutOf(due.instrumentId, due.lots);
        delete _payables[payableId];
        payableLots[due.instrumentId] -= due.lots;
        // What is not paid is a loss borne: the rest of the deficit falls on the others in the same proportion as before.
        if (paidLots != due.lots) deficitLots -= due.lots - paidLots;
        emit Paid(payableId, due.recipient, due.instrumentId, due.lots, paidLots);
        if (paidLots != 0) _push(due.instrumentId, due.recipient, paidLots);
    }

    /// @notice What was debited on a round that was shown to be wrong goes back to its account, as a deposit that nobody can
    /// reclaim and whoever has the account's opening applies. Anybody may call.
    function returnWithdrawal(uint256 payableId) external nonReentrant returns (uint256 depositId) {
        Payable memory due = _payables[payableId];
        if (due.recipient == address(0)) revert NothingPayable(payableId);
        if (!oracle.isRejected(due.round)) revert RoundNotRejected(due.round);
        delete _payables[payableId];
        payableLots[due.instrumentId] -= due.lots;
        depositId = _giveBack(due.instrumentId, due.lots, due.tag);
        emit WithdrawalReturned(payableId, depositId, due.tag, due.lots);
    }

    /// @notice The caller's outstanding authorization is good for nothing any more.
    function cancelAuthorization() external {
        _useNonce(msg.sender);
    }

    // ---------------------------------------------------------------- views

    function payableOf(uint256 payableId) external view returns (Payable memory) {
        return _payables[payableId];
    }

    function ownershipOf(uint256 tag) external view returns (Ownership memory) {
        return _ownerships[tag];
    }

    /// @notice The context of an `adjust` proof that withdraws on these terms.
    function withdrawalContext(address recipient, uint256 nonce, uint256 deadline)
        external
        view
        returns (uint256)
    {
        bytes32 binding = _bindingOf(recipient, nonce, deadline);
        return Contexts.contextOf(Protocol.WITHDRAWAL_CONTEXT_DOMAIN, address(this), binding);
    }

    // ---------------------------------------------------------------- internals

    function _bindingOf(address recipient, uint256 nonce, uint256 deadline) private pure returns (bytes32) {
        return keccak256(abi.encode(recipient, nonce, deadline));
    }

    function _withdrawnBy(uint256 change) private view returns (uint256 instrumentId, uint256 lots) {
        if (change >> AdjustChange.BITS != 0 || change.kind() != Protocol.KIND_WITHDRAWAL) {
            revert NotAWithdrawal(change);
        }
        (instrumentId, lots) = (change.instrumentId(), change.lots());
        _collateral(instrumentId);
    }

    function _requireAuthorized(
        uint256 tag,
        uint256 instrumentId,
        uint256 lots,
        uint256 ownerSignal,
        Authorization calldata given
    ) private returns (address owner) {
        if (ownerSignal == 0 || ownerSignal >> 160 != 0) revert OwnerOutOfRange(ownerSignal);
        owner = address(uint160(ownerSignal));
        if (given.recipient == address(0)) revert RecipientIsZero();
        if (block.timestamp > given.deadline) revert AuthorizationExpired(given.deadline);
        _useCheckedNonce(owner, given.nonce);
        if (msg.sender == owner) return owner;
        bytes32 digest = _hashTypedDataV4(
            keccak256(
                abi.encode(
                    WITHDRAWAL_TYPEHASH, tag, instrumentId, lots, given.recipient, given.nonce, given.deadline
                )
            )
        );
        if (!SignatureChecker.isValidSignatureNow(owner, digest, given.signature)) {
            revert NotTheOwner(msg.sender, owner);
        }
    }

    /// @dev One of the last two rounds, fresh, with its parameters; and no newer round on which the account was below.
    function _requireFreshRound(uint256 tag, uint256 riskRoot, uint256 given) private view returns (uint64 sequence) {
        uint64 time;
        bool stale;
        uint256 ofRound;
        (sequence, time, stale, ofRound) = oracle.findRecent(riskRoot);
        if (sequence == 0) revert RoundNotRecent(riskRoot, oracle.latestSequence());
        if (stale) revert RoundStale(sequence, time, oracle.maxAgeSeconds());
        if (given != ofRound) revert ParametersMismatch(given, ofRound);
        (uint64 below,) = attestor.newestBelow(tag, Protocol.STRICTEST_THRESHOLD);
        if (below > sequence) revert BelowOnNewerRound(tag, below);
    }

    /// @dev First come, first served: another account of the same secret cannot take the tag over.
    function _showOwnership(uint256 tag, address owner, uint32 place, uint64 sequence) private {
        address known = _ownerships[tag].owner;
        if (known != address(0) && known != owner) revert OwnershipTaken(tag, known);
        _ownerships[tag] = Ownership(owner, place, sequence);
        emit OwnershipShown(tag, owner, place, sequence);
    }
}
