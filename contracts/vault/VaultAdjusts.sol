// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {AdjustChange} from "@generated/AdjustChange.sol";
import {AdjustSignals} from "@generated/AdjustSignals.sol";
import {Protocol} from "@generated/Protocol.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IBookRegistry} from "contracts/interfaces/IBookRegistry.sol";
import {IAdjustVerifier} from "contracts/interfaces/IVerifiers.sol";
import {ICases} from "contracts/interfaces/IHooks.sol";
import {Contexts} from "contracts/lib/Contexts.sol";
import {VaultLedger} from "contracts/vault/VaultLedger.sol";

/**
 * @notice Moves the head by a proof of the circuit `adjust`, and holds the vault's parameters.
 *
 * The interval: an owner could change its own account in every block and so keep every proof about it out of date. So a
 * deposit or withdrawal of one tag waits until a while after its last one; a trigger takes seconds. Cures and covers do
 * not wait: each ends a case.
 */
abstract contract VaultAdjusts is VaultLedger {
    using AdjustSignals for uint256[10];

    struct Parameters {
        /// Paid by the depositor to the insurance fund when a deposit is applied, lots of cash.
        uint64 depositFeeLots;
        /// A deposit that nobody applied is the depositor's again after so long.
        uint64 reclaimSeconds;
        /// Between a withdrawal and its payout, whatever is final by then.
        uint64 disputeSeconds;
        /// Between two deposits or withdrawals of one tag.
        uint64 intervalSeconds;
    }

    uint64 public constant MAX_DEPOSIT_FEE_LOTS = 10_000;
    uint64 public constant MIN_RECLAIM_SECONDS = 600;
    uint64 public constant MAX_RECLAIM_SECONDS = 7 days;
    uint64 public constant MIN_DISPUTE_SECONDS = 1 hours;
    uint64 public constant MAX_DISPUTE_SECONDS = 14 days;
    uint64 public constant MIN_INTERVAL_SECONDS = 30;
    uint64 public constant MAX_INTERVAL_SECONDS = 1 hours;

    IAdjustVerifier public immutable verifier;
    /// Knows which accounts are in a case; the liquidation engine. None before it is set.
    ICases public cases;
    Parameters public parameters;
    /// Time of the last deposit or withdrawal of a tag.
    mapping(uint256 tag => uint64 time) public adjustedAt;

    event ParametersChanged(
        uint64 depositFeeLots, uint64 reclaimSeconds, uint64 disputeSeconds, uint64 intervalSeconds
    );
    event CasesSet(address cases);

    error ParameterOutOfBounds(string name, uint256 value, uint256 least, uint256 most);
    error TagMismatch(uint256 given, uint256 expected);
    error ChangeMismatch(uint256 given, uint256 expected);
    error OwnerNotZero(uint256 owner);
    error ContextMismatch(uint256 given, uint256 expected);
    error InvalidProof();
    error AdjustTooSoon(uint256 tag, uint64 notBefore);

    function setParameters(Parameters calldata next) external onlyRole(DEFAULT_ADMIN_ROLE) {
        _setParameters(next);
    }

    function setCases(ICases cases_) external onlyRole(DEFAULT_ADMIN_ROLE) {
        _requireContract(address(cases_));
        cases = cases_;
        emit CasesSet(address(cases_));
    }

    /**
     * @dev Verifies the proof and moves the head by it. The caller has compared owner, change, tag and, where prices matter,
     * round and parameters; the context is compared here, book roots by the registry.
     */
    function _moveHead(
        bytes32 caseId,
        bytes32 contextDomain,
        bytes32 binding,
        uint256[8] calldata proof,
        uint256[10] calldata signals
    ) internal returns (uint64 sequence) {
        uint256 expected = Contexts.contextOf(contextDomain, address(this), binding);
        if (signals.context() != expected) revert ContextMismatch(signals.context(), expected);
        if (!verifier.verify(proof, signals)) revert InvalidProof();
        IBookRegistry.Change[] memory changes = new IBookRegistry.Change[](1);
        changes[0] = IBookRegistry.Change(signals.tag(), SafeCast.toUint32(signals.place()), signals.leaf());
        return registry.move(caseId, signals.bookRoot(), signals.nextRoot(), changes);
    }

    /// @dev For collateral that comes in: exactly this much of this, to this tag, and no owner is asked. The risk root
    /// and parameters of such a proof are compared with nothing: it states nothing that depends on prices, and money must
    /// come in while the oracle is silent.
    function _requireIncoming(
        uint256 kind,
        uint256 instrumentId,
        uint256 lots,
        uint256 tag,
        uint256[10] calldata signals
    ) internal pure {
        uint256 change = AdjustChange.pack(kind, instrumentId, lots);
        if (signals.change() != change) revert ChangeMismatch(signals.change(), change);
        if (signals.tag() != tag) revert TagMismatch(signals.tag(), tag);
        if (signals.owner() != 0) revert OwnerNotZero(signals.owner());
    }

    function _startInterval(uint256 tag) internal {
        uint64 last = adjustedAt[tag];
        uint64 notBefore = last + parameters.intervalSeconds;
        if (last != 0 && block.timestamp < notBefore) revert AdjustTooSoon(tag, notBefore);
        adjustedAt[tag] = uint64(block.timestamp);
    }

    function _setParameters(Parameters memory next) internal {
        _requireWithin("depositFeeLots", next.depositFeeLots, 0, MAX_DEPOSIT_FEE_LOTS);
        _requireWithin("reclaimSeconds", next.reclaimSeconds, MIN_RECLAIM_SECONDS, MAX_RECLAIM_SECONDS);
        _requireWithin("disputeSeconds", next.disputeSeconds, MIN_DISPUTE_SECONDS, MAX_DISPUTE_SECONDS);
        _requireWithin("intervalSeconds", next.intervalSeconds, MIN_INTERVAL_SECONDS, MAX_INTERVAL_SECONDS);
        parameters = next;
        emit ParametersChanged(
            next.depositFeeLots, next.reclaimSeconds, next.disputeSeconds, next.intervalSeconds
        );
    }

    function _requireWithin(string memory name, uint256 value, uint256 least, uint256 most) private pure {
        if (value < least || value > most) revert ParameterOutOfBounds(name, value, least, most);
    }
}
