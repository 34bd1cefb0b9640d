// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";
import {ICollateralVault} from "contracts/interfaces/ICollateralVault.sol";
import {IInsuranceFund} from "contracts/interfaces/IInsuranceFund.sol";

/**
 * @title The money of the engine's parts: bonds and escrows, in lots of settlement cash
 *
 * What always holds:
 * - This contract has at least (the sum of all free and all locked lots) * unitsPerLot tokens.
 * - What is owed to somebody is added to a number and fetched by its owner. Nothing here ever calls a bidder, so no
 *   bidder can block another.
 * - Lots that one part of the engine locked are moved by that part alone.
 *
 * ENGINE_ROLE: the engine and the parts that hold bonds. Nobody else.
 */
contract Escrow is AccessControl, ReentrancyGuard {
    using SafeERC20 for IERC20;

    bytes32 public constant ENGINE_ROLE = keccak256("ENGINE_ROLE");

    IERC20 public immutable token;
    uint256 public immutable unitsPerLot;
    ICollateralVault public immutable vault;
    IInsuranceFund public immutable fund;

    mapping(address account => uint256 lots) public freeLots;
    mapping(address part => mapping(address account => uint256 lots)) public lockedLots;
    /// Sum of everything free and locked.
    uint256 public totalLots;

    event Deposited(address indexed account, uint256 lots);
    event Withdrawn(address indexed account, uint256 lots);
    event Locked(address indexed part, address indexed account, uint256 lots);
    event Unlocked(address indexed part, address indexed account, uint256 lots);
    event Seized(address indexed part, address indexed account, address indexed receiver, uint256 lots);
    event Spent(address indexed part, address indexed account, address indexed receiver, uint256 lots);

    error LotsIsZero();
    error TokenKeepsAShare(address token, uint256 sentUnits, uint256 receivedUnits);
    error FreeLotsTooFew(address account, uint256 lots, uint256 freeLots);
    error LockedLotsTooFew(address part, address account, uint256 lots, uint256 lockedLots);

    constructor(address admin, IERC20 token_, uint256 unitsPerLot_, ICollateralVault vault_, IInsuranceFund fund_) {
        token = token_;
        unitsPerLot = unitsPerLot_;
        vault = vault_;
        fund = fund_;
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
        token_.forceApprove(address(vault_), type(uint256).max);
        token_.forceApprove(address(fund_), type(uint256).max);
    }

    // ---------------------------------------------------------------- everybody's own

    function deposit(uint256 lots) external {
        depositFor(msg.sender, lots);
    }

    /// @notice Pays in for another account, for example the venue's bond.
    function depositFor(address account, uint256 lots) public nonReentrant {
        if (lots == 0) revert LotsIsZero();
        uint256 units = lots * unitsPerLot;
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), units);
        uint256 received = token.balanceOf(address(this)) - before;
        if (received != units) revert TokenKeepsAShare(address(token), units, received);
        freeLots[account] += lots;
        totalLots += lots;
        emit Deposited(account, lots);
    }

    function withdraw(uint256 lots) external nonReentrant {
        if (lots == 0) revert LotsIsZero();
        _takeFree(msg.sender, lots);
        totalLots -= lots;
        emit Withdrawn(msg.sender, lots);
        token.safeTransfer(msg.sender, lots * unitsPerLot);
    }

    // ---------------------------------------------------------------- the engine's parts

    function lock(address account, uint256 lots) external onlyRole(ENGINE_ROLE) {
        _takeFree(account, lots);
        lockedLots[msg.sender][account] += lots;
        emit Locked(msg.sender, account, lots);
    }

    function unlock(address account, uint256 lots) external onlyRole(ENGINE_ROLE) {
        _takeLocked(account, lots);
        freeLots[account] += lots;
        emit Unlocked(msg.sender, account, lots);
    }

    /// @notice Locked lots of one become free lots of another.
    function seize(address account, address receiver, uint256 lots) external onlyRole(ENGINE_ROLE) {
        _takeLocked(account, lots);
        freeLots[receiver] += lots;
        emit Seized(msg.sender, account, receiver, lots);
    }

    /// @notice Locked lots go to the insurance tranche.
    function forfeit(address account, uint256 lots) external onlyRole(ENGINE_ROLE) nonReentrant {
        if (lots == 0) return;
        _spend(account, address(fund), lots);
        fund.penalty(lots);
    }

    /// @notice Locked lots become cash in the book, as the move made just before says.
    function creditBook(address account, uint256 lots) external onlyRole(ENGINE_ROLE) nonReentrant {
        if (lots == 0) return;
        _spend(account, address(vault), lots);
        vault.creditBook(lots);
    }

    /// @notice Fees leave the book for the fund, as the move made just before says.
    function payFees(uint256 feeLots, uint256 taxLots) external onlyRole(ENGINE_ROLE) nonReentrant {
        if (feeLots + taxLots == 0) return;
        vault.debitBook(feeLots + taxLots);
        if (feeLots != 0) fund.fees(feeLots);
        if (taxLots != 0) fund.tax(taxLots);
    }

    /**
     * @notice Pays an account's debt off out of the fund, in the loss order.
     * @param owedLots what the proof says that the account owes
     * @return uncoveredLots the socialised rest
     */
    function coverDebt(
        bytes32 caseId,
        uint256 tag,
        uint256 owedLots,
        uint256[8] calldata proof,
        uint256[10] calldata signals
    ) external onlyRole(ENGINE_ROLE) returns (uint256 uncoveredLots) {
        // Not guarded against re-entry: the clearing house answers the fund by withdrawing its capital from here. No
        // number of this contract is between two states meanwhile.
        uncoveredLots = fund.cover(owedLots);
        vault.applyCover(caseId, tag, owedLots - uncoveredLots, proof, signals);
    }

    // ---------------------------------------------------------------- internals

    function _takeFree(address account, uint256 lots) private {
        uint256 available = freeLots[account];
        if (lots > available) revert FreeLotsTooFew(account, lots, available);
        freeLots[account] = available - lots;
    }

    function _takeLocked(address account, uint256 lots) private {
        uint256 available = lockedLots[msg.sender][account];
        if (lots > available) revert LockedLotsTooFew(msg.sender, account, lots, available);
        lockedLots[msg.sender][account] = available - lots;
    }

    function _spend(address account, address receiver, uint256 lots) private {
        _takeLocked(account, lots);
        totalLots -= lots;
        emit Spent(msg.sender, account, receiver, lots);
    }
}
