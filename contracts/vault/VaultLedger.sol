// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {Protocol} from "@generated/Protocol.sol";
import {IBookRegistry} from "contracts/interfaces/IBookRegistry.sol";
import {ICollateralVault} from "contracts/interfaces/ICollateralVault.sol";

/**
 * @notice What the vault owes, in lots, kept by its own count: balanceOf is asked only for the difference that a
 * transfer in makes, so that tokens donated to the vault change nothing.
 *
 * For every collateral: units held >= unitsPerLot * (book + payables + pending deposits), less the deficit for cash.
 * - book: the ledger, what the accounts of the book hold together, with its history by head;
 * - payables: debited from the book, not paid out yet;
 * - pending: requested deposits that are not in the book yet, with their fees.
 */
abstract contract VaultLedger is AccessControl, ReentrancyGuard, ICollateralVault {
    using SafeERC20 for IERC20;
    using Checkpoints for Checkpoints.Trace208;

    bytes32 public constant ENGINE_ROLE = keccak256("ENGINE_ROLE");
    bytes32 public constant VENUE_ROLE = keccak256("VENUE_ROLE");

    IBookRegistry public immutable registry;

    /// Lots of cash that the accounts and payables have a claim on and the vault does not hold.
    uint256 public deficitLots;
    /// Lots debited from the book that wait for their payout.
    mapping(uint256 instrumentId => uint256 lots) public payableLots;
    /// Lots of deposits, and of their fees, that are not in the book yet.
    mapping(uint256 instrumentId => uint256 lots) public pendingLots;

    mapping(uint256 instrumentId => Collateral) private _collaterals;
    mapping(uint256 instrumentId => Checkpoints.Trace208) private _ledgers;

    event CollateralAdded(uint256 indexed instrumentId, address token, uint96 unitsPerLot, uint64 minDepositLots);
    event LedgerChanged(uint256 indexed instrumentId, uint64 indexed sequence, uint256 lots);
    event CollateralBroughtIn(uint256 indexed instrumentId, uint256 lots);
    event LossSocialised(uint256 lots, uint256 deficitLots);
    event DeficitRepaid(address indexed payer, uint256 lots, uint256 deficitLots);

    error NotAContract(address given);
    error NotACollateral(uint256 instrumentId);
    error CollateralExists(uint256 instrumentId);
    error InstrumentOutOfRange(uint256 instrumentId);
    error UnitsPerLotIsZero();
    error TokenKeepsAShare(address token, uint256 sentUnits, uint256 receivedUnits);
    error LedgerTooSmall(uint256 instrumentId, uint256 lots, uint256 ledgerLots);
    error NotBacked(uint256 lots, uint256 backedLots);
    error DeficitSmaller(uint256 lots, uint256 deficitLots);
    error LotsIsZero();
    error MigrationIsOver(uint64 finalSequence);

    // ---------------------------------------------------------------- governance

    /**
     * @notice Takes a token as collateral. Once for each instrument: what a lot is worth never changes under the accounts.
     * @param unitsPerLot token units in one lot
     * @param minDepositLots a smaller deposit is not worth the move of the head
     */
    function addCollateral(uint256 instrumentId, address token, uint96 unitsPerLot, uint64 minDepositLots)
        external
        onlyRole(DEFAULT_ADMIN_ROLE)
    {
        _addCollateral(instrumentId, token, unitsPerLot, minDepositLots);
    }

    /**
     * @notice The venue brings in the collateral of the accounts of its first books, which no deposit has put there. Over
     * once a head is final: from then on the ledger is proven, and changes only with an account.
     */
    function bringIn(uint256 instrumentId, uint256 lots) external nonReentrant onlyRole(VENUE_ROLE) {
        uint64 finalSequence = registry.finalSequence();
        if (finalSequence != 0) revert MigrationIsOver(finalSequence);
        _credit(instrumentId, lots, registry.headSequence());
        emit CollateralBroughtIn(instrumentId, lots);
        _pull(instrumentId, msg.sender, lots);
    }

    // ---------------------------------------------------------------- socialised loss

    /// @inheritdoc ICollateralVault
    function repayDeficit(uint256 lots) external nonReentrant {
        if (lots == 0) revert LotsIsZero();
        if (lots > deficitLots) revert DeficitSmaller(lots, deficitLots);
        deficitLots -= lots;
        emit DeficitRepaid(msg.sender, lots, deficitLots);
        _pull(Protocol.CASH_ID, msg.sender, lots);
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc ICollateralVault
    function collateralOf(uint256 instrumentId) external view returns (Collateral memory) {
        return _collaterals[instrumentId];
    }

    /// @inheritdoc ICollateralVault
    function ledgerOf(uint256 instrumentId) public view returns (uint256) {
        return _ledgers[instrumentId].latest();
    }

    /// @inheritdoc ICollateralVault
    function ledgerAt(uint256 instrumentId, uint64 sequence) external view returns (uint256) {
        return _ledgers[instrumentId].upperLookupRecent(SafeCast.toUint48(sequence));
    }

    /// @notice What a payout of so many lots of cash would come to now: all of it unless there is a deficit.
    function payoutOf(uint256 instrumentId, uint256 lots) public view returns (uint256) {
        if (instrumentId != Protocol.CASH_ID || deficitLots == 0) return lots;
        uint256 owed = ledgerOf(Protocol.CASH_ID) + payableLots[Protocol.CASH_ID];
        return lots * (owed - deficitLots) / owed;
    }

    // ---------------------------------------------------------------- internals

    function _addCollateral(uint256 instrumentId, address token, uint96 unitsPerLot, uint64 minDepositLots)
        internal
    {
        if (instrumentId == 0 || instrumentId >> Protocol.INSTRUMENT_ID_BITS != 0) {
            revert InstrumentOutOfRange(instrumentId);
        }
        if (_collaterals[instrumentId].unitsPerLot != 0) revert CollateralExists(instrumentId);
        if (unitsPerLot == 0) revert UnitsPerLotIsZero();
        _requireContract(token);
        _collaterals[instrumentId] = Collateral(token, unitsPerLot, minDepositLots);
        emit CollateralAdded(instrumentId, token, unitsPerLot, minDepositLots);
    }

    /// @dev The collateral of a registered instrument.
    function _collateral(uint256 instrumentId) internal view returns (Collateral storage collateral) {
        collateral = _collaterals[instrumentId];
        if (collateral.unitsPerLot == 0) revert NotACollateral(instrumentId);
    }

    function _credit(uint256 instrumentId, uint256 lots, uint64 sequence) internal {
        if (lots == 0) revert LotsIsZero();
        _setLedger(instrumentId, sequence, ledgerOf(instrumentId) + lots);
    }

    function _debit(uint256 instrumentId, uint256 lots, uint64 sequence) internal {
        if (lots == 0) revert LotsIsZero();
        uint256 ledger = ledgerOf(instrumentId);
        if (lots > ledger) revert LedgerTooSmall(instrumentId, lots, ledger);
        _setLedger(instrumentId, sequence, ledger - lots);
    }

    /// @dev For cash that leaves the book and the vault at once, and whole: never out of what others have pending.
    function _requireBacked(uint256 lots) internal view {
        uint256 backed = ledgerOf(Protocol.CASH_ID) + payableLots[Protocol.CASH_ID] - deficitLots;
        if (lots > backed) revert NotBacked(lots, backed);
    }

    function _socialise(uint256 lots) internal {
        deficitLots += lots;
        emit LossSocialised(lots, deficitLots);
    }

    /// @dev Takes exactly so many lots. A token that keeps a share of a transfer would leave the ledger unbacked.
    function _pull(uint256 instrumentId, address from, uint256 lots) internal {
        Collateral storage collateral = _collateral(instrumentId);
        IERC20 token = IERC20(collateral.token);
        uint256 units = lots * collateral.unitsPerLot;
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(from, address(this), units);
        uint256 received = token.balanceOf(address(this)) - before;
        if (received != units) revert TokenKeepsAShare(address(token), units, received);
    }

    function _push(uint256 instrumentId, address to, uint256 lots) internal {
        Collateral storage collateral = _collateral(instrumentId);
        IERC20(collateral.token).safeTransfer(to, lots * collateral.unitsPerLot);
    }

    function _requireContract(address given) internal view {
        if (given.code.length == 0) revert NotAContract(given);
    }

    function _setLedger(uint256 instrumentId, uint64 sequence, uint256 lots) private {
        _ledgers[instrumentId].push(SafeCast.toUint48(sequence), SafeCast.toUint208(lots));
        emit LedgerChanged(instrumentId, sequence, lots);
    }
}
