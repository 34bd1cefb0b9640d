// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Protocol} from "@generated/Protocol.sol";
import {ICollateralVault} from "contracts/interfaces/ICollateralVault.sol";
import {ILossCapital} from "contracts/interfaces/IHooks.sol";
import {IInsuranceFund} from "contracts/interfaces/IInsuranceFund.sol";

/**
 * @title Insurance fund with Gamma Reserve
 *
 * Two tranches in lots of settlement cash. The Gamma Reserve is for the losses of short gamma: its share of every fee
 * rises with the stress gauge, and slippage tax goes to it whole.
 *
 * What always holds:
 * - Tokens held >= unitsPerLot * (insuranceLots + gammaLots); balanceOf is asked only for what a transfer in brought.
 * - A loss is paid by insurance first, then the Gamma Reserve, then the clearing house's capital; a later payer pays
 *   nothing while an earlier one has anything left.
 * - Money leaves in three ways only: to the engine for a loss, to the vault for a deficit, and, above a floor and while
 *   there is no deficit, as surplus by the admin, which is a timelock.
 * - The Gamma Reserve's share is within [base, base + slope], and base + slope is at most the whole.
 */
contract InsuranceFund is AccessControl, ReentrancyGuard, IInsuranceFund {
    using SafeERC20 for IERC20;

    enum Tranche {
        Insurance,
        GammaReserve
    }

    struct Parameters {
        /// The Gamma Reserve's share of fees at gauge 0, and what the gauge adds to it at its highest.
        uint16 baseShareBps;
        uint16 slopeShareBps;
        /// Surplus may be withdrawn down to these.
        uint64 insuranceFloorLots;
        uint64 gammaFloorLots;
    }

    bytes32 public constant ENGINE_ROLE = keccak256("ENGINE_ROLE");
    bytes32 public constant GAUGE_ROLE = keccak256("GAUGE_ROLE");
    uint256 public constant MAX_GAUGE = 10_000;

    IERC20 public immutable token;
    uint256 public immutable unitsPerLot;
    /// Whose deficit `repay` fills; none before it is set, which is once.
    ICollateralVault public vault;
    /// The clearing house's capital, third payer of a loss; none before it is set.
    ILossCapital public capital;
    Parameters public parameters;
    /// The stress gauge, 0 to MAX_GAUGE.
    uint256 public gauge;
    uint256 public insuranceLots;
    uint256 public gammaLots;

    event FeesPaid(address indexed payer, uint256 insuranceLots, uint256 gammaLots);
    event TaxPaid(address indexed payer, uint256 lots);
    event PenaltyPaid(address indexed payer, uint256 lots);
    event Donated(address indexed payer, Tranche indexed tranche, uint256 lots);
    event LossCovered(
        address indexed engine, uint256 insuranceLots, uint256 gammaLots, uint256 capitalLots, uint256 uncoveredLots
    );
    event DeficitRepaid(uint256 insuranceLots, uint256 gammaLots);
    event SurplusWithdrawn(Tranche indexed tranche, address indexed recipient, uint256 lots);
    event GaugeSet(uint256 gauge, uint256 gammaShareBps);
    event ParametersChanged(
        uint16 baseShareBps, uint16 slopeShareBps, uint64 insuranceFloorLots, uint64 gammaFloorLots
    );
    event VaultSet(address vault);
    event CapitalSet(address capital);

    error NotAContract(address given);
    error VaultAlreadySet(address vault);
    error VaultNotSet();
    error UnitsPerLotIsZero();
    error LotsIsZero();
    error GaugeOutOfRange(uint256 gauge);
    error ShareAboveWhole(uint256 baseShareBps, uint256 slopeShareBps);
    error TokenKeepsAShare(address token, uint256 sentUnits, uint256 receivedUnits);
    error NothingToRepay(uint256 deficitLots, uint256 fundLots);
    error BelowFloor(Tranche tranche, uint256 remainingLots, uint256 floorLots);
    error TrancheTooSmall(Tranche tranche, uint256 lots, uint256 trancheLots);
    error DeficitOutstanding(uint256 deficitLots);

    constructor(address admin, IERC20 token_, uint256 unitsPerLot_, Parameters memory parameters_) {
        _requireContract(address(token_));
        if (unitsPerLot_ == 0) revert UnitsPerLotIsZero();
        token = token_;
        unitsPerLot = unitsPerLot_;
        _setParameters(parameters_);
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
    }

    // ---------------------------------------------------------------- governance

    function setVault(ICollateralVault vault_) external onlyRole(DEFAULT_ADMIN_ROLE) {
        if (address(vault) != address(0)) revert VaultAlreadySet(address(vault));
        _requireContract(address(vault_));
        vault = vault_;
        emit VaultSet(address(vault_));
    }

    function setCapital(ILossCapital capital_) external onlyRole(DEFAULT_ADMIN_ROLE) {
        _requireContract(address(capital_));
        capital = capital_;
        emit CapitalSet(address(capital_));
    }

    function setParameters(Parameters calldata next) external onlyRole(DEFAULT_ADMIN_ROLE) {
        _setParameters(next);
    }

    /// @notice The stress gauge that the latest seal proved.
    function setGauge(uint256 gauge_) external onlyRole(GAUGE_ROLE) {
        if (gauge_ > MAX_GAUGE) revert GaugeOutOfRange(gauge_);
        gauge = gauge_;
        emit GaugeSet(gauge_, gammaShareBps());
    }

    /// @notice Takes out of a tranche what stands above its floor; not while the accounts bear a loss.
    function withdrawSurplus(Tranche tranche, uint256 lots, address recipient)
        external
        nonReentrant
        onlyRole(DEFAULT_ADMIN_ROLE)
    {
        uint256 deficit = address(vault) == address(0) ? 0 : vault.deficitLots();
        if (deficit != 0) revert DeficitOutstanding(deficit);
        bool insurance = tranche == Tranche.Insurance;
        uint256 held = insurance ? insuranceLots : gammaLots;
        if (lots > held) revert TrancheTooSmall(tranche, lots, held);
        uint256 floor = insurance ? parameters.insuranceFloorLots : parameters.gammaFloorLots;
        if (held - lots < floor) revert BelowFloor(tranche, held - lots, floor);
        _take(insurance ? lots : 0, insurance ? 0 : lots);
        emit SurplusWithdrawn(tranche, recipient, lots);
        token.safeTransfer(recipient, lots * unitsPerLot);
    }

    // ---------------------------------------------------------------- money in

    /// @inheritdoc IInsuranceFund
    function fees(uint256 lots) external nonReentrant {
        uint256 gamma = Math.mulDiv(lots, gammaShareBps(), Protocol.BASIS_POINTS);
        _receive(lots - gamma, gamma);
        emit FeesPaid(msg.sender, lots - gamma, gamma);
    }

    /// @inheritdoc IInsuranceFund
    function tax(uint256 lots) external nonReentrant {
        _receive(0, lots);
        emit TaxPaid(msg.sender, lots);
    }

    /// @inheritdoc IInsuranceFund
    function penalty(uint256 lots) external nonReentrant {
        _receive(lots, 0);
        emit PenaltyPaid(msg.sender, lots);
    }

    /// @notice Anybody adds to a tranche. Nothing of it comes back.
    function donate(Tranche tranche, uint256 lots) external nonReentrant {
        bool insurance = tranche == Tranche.Insurance;
        _receive(insurance ? lots : 0, insurance ? 0 : lots);
        emit Donated(msg.sender, tranche, lots);
    }

    // ---------------------------------------------------------------- money out

    /// @inheritdoc IInsuranceFund
    function cover(uint256 lots) external nonReentrant onlyRole(ENGINE_ROLE) returns (uint256 uncoveredLots) {
        if (lots == 0) revert LotsIsZero();
        uint256 fromInsurance = Math.min(lots, insuranceLots);
        uint256 fromGamma = Math.min(lots - fromInsurance, gammaLots);
        _take(fromInsurance, fromGamma);
        uint256 fromCapital = _payFromCapital(lots - fromInsurance - fromGamma);
        uint256 paid = fromInsurance + fromGamma + fromCapital;
        uncoveredLots = lots - paid;
        emit LossCovered(msg.sender, fromInsurance, fromGamma, fromCapital, uncoveredLots);
        if (paid != 0) token.safeTransfer(msg.sender, paid * unitsPerLot);
    }

    /// @notice Fills up the vault's deficit as far as both tranches go, insurance first. Anybody may call: what comes into
    /// the fund while the accounts bear a loss is theirs first.
    function repay() external nonReentrant {
        if (address(vault) == address(0)) revert VaultNotSet();
        uint256 deficit = vault.deficitLots();
        uint256 fromInsurance = Math.min(deficit, insuranceLots);
        uint256 fromGamma = Math.min(deficit - fromInsurance, gammaLots);
        uint256 lots = fromInsurance + fromGamma;
        if (lots == 0) revert NothingToRepay(deficit, insuranceLots + gammaLots);
        _take(fromInsurance, fromGamma);
        emit DeficitRepaid(fromInsurance, fromGamma);
        token.forceApprove(address(vault), lots * unitsPerLot);
        vault.repayDeficit(lots);
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc IInsuranceFund
    function coverableLots() external view returns (uint256) {
        uint256 own = insuranceLots + gammaLots;
        return address(capital) == address(0) ? own : own + capital.capitalLots();
    }

    /// @inheritdoc IInsuranceFund
    function gammaShareBps() public view returns (uint256) {
        return parameters.baseShareBps + uint256(parameters.slopeShareBps) * gauge / MAX_GAUGE;
    }

    // ---------------------------------------------------------------- internals

    function _receive(uint256 toInsurance, uint256 toGamma) private {
        uint256 lots = toInsurance + toGamma;
        if (lots == 0) revert LotsIsZero();
        insuranceLots += toInsurance;
        gammaLots += toGamma;
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), lots * unitsPerLot);
        _requireReceived(before, lots);
    }

    function _payFromCapital(uint256 lots) private returns (uint256 paidLots) {
        if (lots == 0 || address(capital) == address(0)) return 0;
        uint256 before = token.balanceOf(address(this));
        paidLots = capital.payLoss(lots);
        _requireReceived(before, paidLots);
    }

    /// @dev Neither more nor less than is booked.
    function _requireReceived(uint256 before, uint256 lots) private view {
        uint256 received = token.balanceOf(address(this)) - before;
        if (received != lots * unitsPerLot) {
            revert TokenKeepsAShare(address(token), lots * unitsPerLot, received);
        }
    }

    function _take(uint256 fromInsurance, uint256 fromGamma) private {
        insuranceLots -= fromInsurance;
        gammaLots -= fromGamma;
    }

    function _setParameters(Parameters memory next) private {
        if (uint256(next.baseShareBps) + next.slopeShareBps > Protocol.BASIS_POINTS) {
            revert ShareAboveWhole(next.baseShareBps, next.slopeShareBps);
        }
        parameters = next;
        emit ParametersChanged(
            next.baseShareBps, next.slopeShareBps, next.insuranceFloorLots, next.gammaFloorLots
        );
    }

    function _requireContract(address given) private view {
        if (given.code.length == 0) revert NotAContract(given);
    }
}
