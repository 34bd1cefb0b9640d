// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {AdjustChange} from "@generated/AdjustChange.sol";
import {AdjustSignals} from "@generated/AdjustSignals.sol";
import {Protocol} from "@generated/Protocol.sol";
import {CollateralVault} from "contracts/CollateralVault.sol";
import {Award, Case, Stage} from "contracts/engine/EngineTypes.sol";
import {Parameter} from "contracts/engine/Parameter.sol";
import {StageBase, StageParts} from "contracts/engine/StageBase.sol";
import {ILossCapital} from "contracts/interfaces/IHooks.sol";
import {VaultWithdrawals} from "contracts/vault/VaultWithdrawals.sol";

/**
 * @title The counterparty of last resort, with capital, a risk budget and sub-accounts of its own
 *
 * What always holds:
 * - It takes a lot only in the stage House, which follows the offers and auctions that are open to others; at the soft
 *   penalty or the lot's cap, whichever is less. Anybody may make it absorb: nobody at the venue can make it stand aside.
 * - It carries at most HouseBudgetLots, and at most HouseCaseCapLots of one case, counted by the capital that its lots
 *   were taken with; all of it is in its own sub-accounts, which no other capital stands behind.
 * - Capital comes back out of a sub-account at most at HouseStepShareBps of what the lot was taken with and
 *   HouseDepthShareBps of the published depth in a step, one step an interval: so it works its inventory off and does not
 *   dump it. The trades themselves happen at the venue; what a contract sees of them is that the sub-account can let
 *   go of capital, proven, at or above its initial margin.
 * - Its capital is the third payer of losses, for the insurance fund alone.
 */
contract ClearingHouse is StageBase, AccessControl, ILossCapital {
    using SafeERC20 for IERC20;
    using AdjustSignals for uint256[10];

    struct Inventory {
        uint64 takenLots;
        uint64 leftLots;
        uint64 lastStep;
        bytes32 caseId;
    }

    bytes32 public constant OPERATOR_ROLE = keccak256("OPERATOR_ROLE");

    CollateralVault public immutable vault;
    /// Sum of leftLots.
    uint256 public carriedLots;
    /// Quantity that the market takes without moving, as published, in lots of cash.
    uint256 public depthLots;

    mapping(uint256 subTag => Inventory) private _inventories;
    mapping(bytes32 caseId => uint256 subTag) public subTagOf;

    event Absorbed(bytes32 indexed caseId, uint256 indexed subTag, uint256 discountBps, uint256 carryLots);
    event NotTaken(bytes32 indexed caseId);
    event Released(bytes32 indexed caseId, uint256 indexed subTag);
    event WorkedOff(uint256 indexed subTag, uint256 lots, uint256 leftLots, uint256 payableId);
    event DepthPublished(uint256 previousLots, uint256 lots);
    event CapitalCollected(uint256 lots);
    event LossPaid(uint256 lots);

    error BudgetExceeded(uint256 carriedLots, uint256 caseLots, uint256 budgetLots);
    error CaseCapExceeded(uint256 caseLots, uint256 capLots);
    error CapitalTooSmall(uint256 caseLots, uint256 capitalLots);
    error SubAccountHoldsInventory(uint256 subTag);
    error StillToBeSettled(bytes32 caseId);
    error NothingAbsorbed(bytes32 caseId);
    error NoInventory(uint256 subTag);
    error StepTooSoon(uint256 subTag, uint64 from);
    error StepTooLarge(uint256 lots, uint256 shareLots, uint256 depthShareLots);
    error NotTheFund(address caller);
    error NotCash(uint256 instrumentId);

    constructor(address admin, address operator, StageParts memory parts, CollateralVault vault_) StageBase(parts) {
        vault = vault_;
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
        _grantRole(OPERATOR_ROLE, operator);
    }

    // ---------------------------------------------------------------- the stage

    /// @notice Takes the lot of a case into one of the house's free sub-accounts. Anybody may call.
    function absorb(bytes32 caseId, uint256 subTag) external {
        _tick(caseId, Stage.House);
        Case memory c = engine.caseAt(caseId);
        _requireWithin(c.carryLots);
        if (_inventories[subTag].caseId != 0) revert SubAccountHoldsInventory(subTag);
        if (subTagOf[caseId] != 0) revert SubAccountHoldsInventory(subTagOf[caseId]);
        _inventories[subTag] = Inventory(c.carryLots, c.carryLots, 0, caseId);
        subTagOf[caseId] = subTag;
        carriedLots += c.carryLots;
        uint256 discountBps = parameters.get(Parameter.SoftPenaltyBps);
        if (discountBps > c.capBps) discountBps = c.capBps;
        emit Absorbed(caseId, subTag, discountBps, c.carryLots);
        engine.award(caseId, address(this), subTag, discountBps);
    }

    /// @notice The house cannot, or its time is over: deleveraging is next, or the end of a soft case. Anybody may call.
    function finish(bytes32 caseId) external {
        (uint64 time, uint64 since) = _tick(caseId, Stage.House);
        uint64 end = since + _window(Parameter.HouseWindow);
        if (time < end && _fits(engine.caseAt(caseId).carryLots)) revert TooEarly(caseId, end, time);
        emit NotTaken(caseId);
        engine.pass(caseId);
    }

    /// @notice The award of an absorbed case came to nothing: its budget and sub-account are free again.
    function release(bytes32 caseId) external {
        uint256 subTag = subTagOf[caseId];
        if (subTag == 0) revert NothingAbsorbed(caseId);
        Award memory a = engine.awardAt(caseId);
        // An award that failed or is void has no escrow left; the lot may be awarded to another meanwhile.
        if (a.winner == address(this) && a.subTag == subTag && a.escrowLots != 0) revert StillToBeSettled(caseId);
        carriedLots -= _inventories[subTag].leftLots;
        delete _inventories[subTag];
        delete subTagOf[caseId];
        emit Released(caseId, subTag);
    }

    // ---------------------------------------------------------------- sub-accounts and inventory

    /// @notice Shows the vault that an account is the house's, by a withdrawal of zero lots, and registers it. The venue
    /// vouches for it afterwards.
    function registerSubAccount(
        uint256[8] calldata proof,
        uint256[10] calldata signals,
        VaultWithdrawals.Authorization calldata authorization
    ) external onlyRole(OPERATOR_ROLE) {
        if (AdjustChange.lots(signals.change()) != 0) revert StepTooLarge(AdjustChange.lots(signals.change()), 0, 0);
        vault.withdraw(proof, signals, _toItself(authorization));
        liquidators.registerSubAccount(signals.tag());
    }

    /**
     * @notice One step of working an inventory off: capital that the sub-account can do without leaves it for the house.
     * @param signals of an `adjust` proof of kind withdrawal, of cash, with the house as owner and recipient
     */
    function workOff(
        uint256[8] calldata proof,
        uint256[10] calldata signals,
        VaultWithdrawals.Authorization calldata authorization
    ) external onlyRole(OPERATOR_ROLE) returns (uint256 payableId) {
        clock.requireNotPaused();
        uint256 subTag = signals.tag();
        Inventory storage inventory = _inventories[subTag];
        if (inventory.caseId == 0) revert NoInventory(subTag);
        uint256 change = signals.change();
        uint256 lots = AdjustChange.lots(change);
        if (AdjustChange.instrumentId(change) != Protocol.CASH_ID) revert NotCash(AdjustChange.instrumentId(change));
        _requireStep(subTag, inventory, lots);
        inventory.lastStep = uint64(block.timestamp);
        uint64 left = lots < inventory.leftLots ? inventory.leftLots - uint64(lots) : 0;
        carriedLots -= inventory.leftLots - left;
        inventory.leftLots = left;
        payableId = vault.withdraw(proof, signals, _toItself(authorization));
        emit WorkedOff(subTag, lots, left, payableId);
        if (left == 0) {
            delete subTagOf[inventory.caseId];
            delete _inventories[subTag];
        }
    }

    /// @notice How much the market takes without moving, in lots of cash.
    function publishDepth(uint256 lots) external onlyRole(OPERATOR_ROLE) {
        emit DepthPublished(depthLots, lots);
        depthLots = lots;
    }

    // ---------------------------------------------------------------- capital

    /// @inheritdoc ILossCapital
    function capitalLots() public view returns (uint256) {
        return escrow.freeLots(address(this));
    }

    /// @notice Tokens that came here, from the vault or anybody, become capital. escrow.depositFor adds capital as well.
    function collect() external {
        IERC20 token = escrow.token();
        uint256 lots = token.balanceOf(address(this)) / escrow.unitsPerLot();
        token.forceApprove(address(escrow), lots * escrow.unitsPerLot());
        escrow.deposit(lots);
        emit CapitalCollected(lots);
    }

    /// @inheritdoc ILossCapital
    function payLoss(uint256 lots) external returns (uint256 paidLots) {
        if (msg.sender != address(escrow.fund())) revert NotTheFund(msg.sender);
        uint256 capital = capitalLots();
        paidLots = lots < capital ? lots : capital;
        if (paidLots == 0) return 0;
        emit LossPaid(paidLots);
        escrow.withdraw(paidLots);
        escrow.token().safeTransfer(msg.sender, paidLots * escrow.unitsPerLot());
    }

    /// @notice Governance takes capital back that no lot is carried with.
    function withdrawCapital(uint256 lots, address recipient) external onlyRole(DEFAULT_ADMIN_ROLE) {
        escrow.withdraw(lots);
        escrow.token().safeTransfer(recipient, lots * escrow.unitsPerLot());
    }

    function inventoryOf(uint256 subTag) external view returns (Inventory memory) {
        return _inventories[subTag];
    }

    // ---------------------------------------------------------------- internals

    function _requireWithin(uint256 caseLots) private view {
        uint256 cap = parameters.get(Parameter.HouseCaseCapLots);
        if (caseLots > cap) revert CaseCapExceeded(caseLots, cap);
        uint256 budget = parameters.get(Parameter.HouseBudgetLots);
        if (carriedLots + caseLots > budget) revert BudgetExceeded(carriedLots, caseLots, budget);
        if (caseLots > capitalLots()) revert CapitalTooSmall(caseLots, capitalLots());
    }

    function _fits(uint256 caseLots) private view returns (bool) {
        return caseLots <= parameters.get(Parameter.HouseCaseCapLots)
            && carriedLots + caseLots <= parameters.get(Parameter.HouseBudgetLots) && caseLots <= capitalLots();
    }

    function _requireStep(uint256 subTag, Inventory memory inventory, uint256 lots) private view {
        uint64 from = inventory.lastStep + _window(Parameter.HouseStepInterval);
        if (inventory.lastStep != 0 && block.timestamp < from) revert StepTooSoon(subTag, from);
        uint256 shareLots = (parameters.get(Parameter.HouseStepShareBps) * inventory.takenLots) / Protocol.BASIS_POINTS;
        uint256 depthShareLots = (parameters.get(Parameter.HouseDepthShareBps) * depthLots) / Protocol.BASIS_POINTS;
        if (lots > shareLots || lots > depthShareLots) revert StepTooLarge(lots, shareLots, depthShareLots);
    }

    /// @dev What leaves a sub-account of the house goes to the house, whatever the operator says.
    function _toItself(VaultWithdrawals.Authorization calldata given)
        private
        view
        returns (VaultWithdrawals.Authorization memory)
    {
        return VaultWithdrawals.Authorization(address(this), given.nonce, given.deadline, "");
    }
}
