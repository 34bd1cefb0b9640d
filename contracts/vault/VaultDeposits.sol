// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {AdjustSignals} from "@generated/AdjustSignals.sol";
import {Protocol} from "@generated/Protocol.sol";
import {ICollateralVault} from "contracts/interfaces/ICollateralVault.sol";
import {IInsuranceFund} from "contracts/interfaces/IInsuranceFund.sol";
import {Contexts} from "contracts/lib/Contexts.sol";
import {VaultAdjusts} from "contracts/vault/VaultAdjusts.sol";

/**
 * @notice Collateral on its way in: the depositor pays into a pending request for a tag; whoever can prove the account's
 * change applies it; what nobody applies goes back to the depositor.
 */
abstract contract VaultDeposits is VaultAdjusts {
    using SafeERC20 for IERC20;
    using AdjustSignals for uint256[10];

    enum DepositState {
        None,
        Pending,
        Applied,
        Reclaimed
    }

    struct Deposit {
        address depositor;
        uint32 instrumentId;
        uint64 reclaimableAt;
        uint256 tag;
        uint64 lots;
        uint64 feeLots;
        bool acceptsDeficit;
        DepositState state;
    }

    IInsuranceFund public immutable fund;
    uint256 public depositCount;
    mapping(uint256 depositId => Deposit) private _deposits;

    event DepositRequested(
        uint256 indexed depositId,
        address indexed depositor,
        uint256 indexed tag,
        uint256 instrumentId,
        uint256 lots,
        uint256 feeLots,
        uint64 reclaimableAt
    );
    event DepositApplied(
        uint256 indexed depositId, uint256 indexed tag, uint64 indexed sequence, uint256 instrumentId, uint256 lots
    );
    event DepositReclaimed(uint256 indexed depositId, address indexed depositor, uint256 instrumentId, uint256 lots);

    error DepositTooSmall(uint256 lots, uint256 leastLots);
    error DepositTooLarge(uint256 lots);
    error TagOutOfRange(uint256 tag);
    error DepositNotPending(uint256 depositId, DepositState state);
    error NotTheDepositor(address caller, address depositor);
    error NotReclaimableYet(uint256 depositId, uint64 reclaimableAt);
    error AccountInCase(uint256 tag);
    error DepositorRefusesDeficit(uint256 depositId, uint256 deficitLots);

    /**
     * @notice Pays collateral in for the account with this tag, plus the flat fee in cash. It counts once it is applied.
     * @param acceptsDeficit whether cash may be applied even while a socialised loss is open, which would take its share
     * of this deposit as well when it is withdrawn
     */
    function requestDeposit(uint256 instrumentId, uint256 lots, uint256 tag, bool acceptsDeficit)
        external
        nonReentrant
        returns (uint256 depositId)
    {
        uint256 least = _collateral(instrumentId).minDepositLots;
        if (lots == 0 || lots < least) revert DepositTooSmall(lots, least);
        if (lots >> Protocol.QUANTITY_BITS != 0) revert DepositTooLarge(lots);
        if (tag == 0 || tag >= Protocol.FIELD_MODULUS) revert TagOutOfRange(tag);
        uint64 feeLots = parameters.depositFeeLots;
        uint64 reclaimableAt = uint64(block.timestamp) + parameters.reclaimSeconds;
        depositId = ++depositCount;
        _deposits[depositId] = Deposit(
            msg.sender,
            uint32(instrumentId),
            reclaimableAt,
            tag,
            uint64(lots),
            feeLots,
            acceptsDeficit,
            DepositState.Pending
        );
        pendingLots[instrumentId] += lots;
        pendingLots[Protocol.CASH_ID] += feeLots;
        emit DepositRequested(depositId, msg.sender, tag, instrumentId, lots, feeLots, reclaimableAt);
        _pull(instrumentId, msg.sender, lots);
        if (feeLots != 0) _pull(Protocol.CASH_ID, msg.sender, feeLots);
    }

    /**
     * @notice Puts a pending deposit in the book, by an `adjust` proof of kind deposit with depositContext(depositId).
     * Anybody may: the proof takes the account's opening. Not while the account is in a confirmed case: a cent in every
     * block would keep it from being settled; the engine's cure is the way then. Nor while it is a sub-account that is
     * bid in: a lot goes only into an account that holds nothing but cash.
     */
    function applyDeposit(uint256 depositId, uint256[8] calldata proof, uint256[10] calldata signals)
        external
        nonReentrant
    {
        uint256 tag = _deposits[depositId].tag;
        (bool held,,) = registry.holdOf(tag);
        if (held || (address(cases) != address(0) && cases.isBidIn(tag))) revert AccountInCase(tag);
        _startInterval(tag);
        _applyDeposit(bytes32(0), depositId, proof, signals);
    }

    /// @inheritdoc ICollateralVault
    function applyCure(
        bytes32 caseId,
        uint256 depositId,
        uint256[8] calldata proof,
        uint256[10] calldata signals
    )
        external
        nonReentrant
        onlyRole(ENGINE_ROLE)
        returns (uint256 tag, uint256 leaf, uint64 sequence)
    {
        sequence = _applyDeposit(caseId, depositId, proof, signals);
        return (signals.tag(), signals.leaf(), sequence);
    }

    /// @notice The depositor takes back, fee included, what nobody applied in time.
    function reclaimDeposit(uint256 depositId) external nonReentrant {
        Deposit storage deposit = _pending(depositId);
        if (msg.sender != deposit.depositor) revert NotTheDepositor(msg.sender, deposit.depositor);
        if (block.timestamp < deposit.reclaimableAt) {
            revert NotReclaimableYet(depositId, deposit.reclaimableAt);
        }
        (uint256 instrumentId, uint256 lots, uint256 feeLots) = _unpend(deposit, DepositState.Reclaimed);
        emit DepositReclaimed(depositId, msg.sender, instrumentId, lots);
        _push(instrumentId, msg.sender, lots);
        if (feeLots != 0) _push(Protocol.CASH_ID, msg.sender, feeLots);
    }

    // ---------------------------------------------------------------- views

    function depositOf(uint256 depositId) external view returns (Deposit memory) {
        return _deposits[depositId];
    }

    /// @notice The context of an `adjust` proof that applies this deposit, plainly or as a cure.
    function depositContext(uint256 depositId) external view returns (uint256) {
        return Contexts.contextOf(Protocol.DEPOSIT_CONTEXT_DOMAIN, address(this), bytes32(depositId));
    }

    // ---------------------------------------------------------------- internals

    function _applyDeposit(
        bytes32 caseId,
        uint256 depositId,
        uint256[8] calldata proof,
        uint256[10] calldata signals
    ) private returns (uint64 sequence) {
        Deposit storage deposit = _pending(depositId);
        if (deficitLots != 0 && deposit.instrumentId == Protocol.CASH_ID && !deposit.acceptsDeficit) {
            revert DepositorRefusesDeficit(depositId, deficitLots);
        }
        _requireIncoming(Protocol.KIND_DEPOSIT, deposit.instrumentId, deposit.lots, deposit.tag, signals);
        (uint256 instrumentId, uint256 lots, uint256 feeLots) = _unpend(deposit, DepositState.Applied);
        sequence =
            _moveHead(caseId, Protocol.DEPOSIT_CONTEXT_DOMAIN, bytes32(depositId), proof, signals);
        _credit(instrumentId, lots, sequence);
        emit DepositApplied(depositId, deposit.tag, sequence, instrumentId, lots);
        if (feeLots != 0) _payFees(feeLots);
    }

    /// @dev Lots that are in the vault already, as a pending deposit of the vault's own: it never reclaims.
    function _giveBack(uint256 instrumentId, uint64 lots, uint256 tag) internal returns (uint256 depositId) {
        depositId = ++depositCount;
        _deposits[depositId] = Deposit(
            address(this), uint32(instrumentId), type(uint64).max, tag, lots, 0, true, DepositState.Pending
        );
        pendingLots[instrumentId] += lots;
        emit DepositRequested(depositId, address(this), tag, instrumentId, lots, 0, type(uint64).max);
    }

    function _pending(uint256 depositId) private view returns (Deposit storage deposit) {
        deposit = _deposits[depositId];
        if (deposit.state != DepositState.Pending) revert DepositNotPending(depositId, deposit.state);
    }

    function _unpend(Deposit storage deposit, DepositState state)
        private
        returns (uint256 instrumentId, uint256 lots, uint256 feeLots)
    {
        (instrumentId, lots, feeLots) = (deposit.instrumentId, deposit.lots, deposit.feeLots);
        deposit.state = state;
        pendingLots[instrumentId] -= lots;
        pendingLots[Protocol.CASH_ID] -= feeLots;
    }

    function _payFees(uint256 lots) private {
        Collateral storage cash = _collateral(Protocol.CASH_ID);
        IERC20(cash.token).forceApprove(address(fund), lots * cash.unitsPerLot);
        fund.fees(lots);
    }
}
