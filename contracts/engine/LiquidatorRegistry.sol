// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {IBookRegistry} from "contracts/interfaces/IBookRegistry.sol";
import {ICollateralVault} from "contracts/interfaces/ICollateralVault.sol";
import {EngineParameters} from "contracts/engine/EngineParameters.sol";
import {Escrow} from "contracts/engine/Escrow.sol";
import {Parameter} from "contracts/engine/Parameter.sol";

/**
 * @title Who may bid, with which disclosure key, under which bond, and into which sub-accounts
 *
 * What always holds:
 * - A liquidator is active only while whitelisted, with a key, a full bond and no unbonding under way.
 * - A bond leaves UnbondDelay after it was asked for, so that governance (a timelock) has the time to take it.
 * - A sub-account belongs to whom a withdrawal of zero lots showed to own it, and takes a lot only while the venue vouches
 *   that it holds nothing but cash. So a settlement that fails because it does not is the venue's failure.
 * - A sub-account is locked for one case at a time, and is used up by a settlement: it is vouched for anew afterwards.
 */
contract LiquidatorRegistry is AccessControl {
    struct Liquidator {
        bool whitelisted;
        uint64 bondLots;
        /// Chain time at which the bond may be taken out; 0 while none was asked for.
        uint64 unbondAt;
        /// X25519 public key for the disclosure of slices.
        bytes32 disclosureKey;
    }

    struct SubAccount {
        address owner;
        /// Head at which the venue vouched for it; 0 when it does not.
        uint64 vouchedSequence;
        /// The case that it is bid in; zero for none.
        bytes32 caseId;
    }

    bytes32 public constant WHITELIST_ROLE = keccak256("WHITELIST_ROLE");
    bytes32 public constant VENUE_ROLE = keccak256("VENUE_ROLE");
    bytes32 public constant ENGINE_ROLE = keccak256("ENGINE_ROLE");

    EngineParameters public immutable parameters;
    Escrow public immutable escrow;
    ICollateralVault public immutable vault;
    IBookRegistry public immutable registry;

    mapping(address liquidator => Liquidator) private _liquidators;
    mapping(uint256 tag => SubAccount) private _subAccounts;

    event Whitelisted(address indexed liquidator);
    event Delisted(address indexed liquidator);
    event DisclosureKeySet(address indexed liquidator, bytes32 disclosureKey);
    event Bonded(address indexed liquidator, uint256 lots, uint256 bondLots);
    event UnbondingStarted(address indexed liquidator, uint64 unbondAt);
    event Unbonded(address indexed liquidator, uint256 lots);
    event Slashed(address indexed liquidator, uint256 lots, bytes32 reason);
    event SubAccountRegistered(uint256 indexed tag, address indexed owner);
    event SubAccountVouched(uint256 indexed tag, address indexed owner);
    event SubAccountRefused(uint256 indexed tag, address indexed owner);
    event SubAccountLocked(uint256 indexed tag, bytes32 indexed caseId);
    event SubAccountUnlocked(uint256 indexed tag, bytes32 indexed caseId);
    event SubAccountUsed(uint256 indexed tag, bytes32 indexed caseId);

    error DisclosureKeyIsZero();
    error BondTooSmall(uint256 bondLots, uint256 leastLots);
    error NotUnbonding(address liquidator);
    error UnbondingUnderWay(address liquidator, uint64 unbondAt);
    error NotWhitelisted(address account);
    error LiquidatorNotActive(address account);
    error SubAccountOfAnother(uint256 tag, address owner, address given);
    error SubAccountInUse(uint256 tag, bytes32 caseId);
    error SubAccountNotVouchedFor(uint256 tag);

    constructor(
        address admin,
        address whitelister,
        address venue,
        EngineParameters parameters_,
        Escrow escrow_,
        ICollateralVault vault_,
        IBookRegistry registry_
    ) {
        parameters = parameters_;
        escrow = escrow_;
        vault = vault_;
        registry = registry_;
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
        _grantRole(WHITELIST_ROLE, whitelister);
        _grantRole(VENUE_ROLE, venue);
    }

    // ---------------------------------------------------------------- whitelist

    function whitelist(address liquidator) external onlyRole(WHITELIST_ROLE) {
        _liquidators[liquidator].whitelisted = true;
        emit Whitelisted(liquidator);
    }

    function delist(address liquidator) external onlyRole(WHITELIST_ROLE) {
        _liquidators[liquidator].whitelisted = false;
        emit Delisted(liquidator);
    }

    // ---------------------------------------------------------------- liquidators

    /// @notice The key that slices are encrypted to. X25519, 32 bytes as in RFC 7748.
    function setDisclosureKey(bytes32 disclosureKey) external {
        if (!_liquidators[msg.sender].whitelisted) revert NotWhitelisted(msg.sender);
        if (disclosureKey == 0) revert DisclosureKeyIsZero();
        _liquidators[msg.sender].disclosureKey = disclosureKey;
        emit DisclosureKeySet(msg.sender, disclosureKey);
    }

    /// @notice Puts free lots of the escrow under bond. Ends an unbonding.
    function bond(uint64 lots) external {
        Liquidator storage liquidator = _liquidators[msg.sender];
        escrow.lock(msg.sender, lots);
        liquidator.bondLots += lots;
        liquidator.unbondAt = 0;
        uint256 least = parameters.get(Parameter.LiquidatorBondLots);
        if (liquidator.bondLots < least) revert BondTooSmall(liquidator.bondLots, least);
        emit Bonded(msg.sender, lots, liquidator.bondLots);
    }

    /// @notice Asks for the bond; the liquidator is inactive from now on.
    function startUnbonding() external {
        Liquidator storage liquidator = _liquidators[msg.sender];
        if (liquidator.unbondAt != 0) revert UnbondingUnderWay(msg.sender, liquidator.unbondAt);
        uint64 unbondAt = uint64(block.timestamp + parameters.get(Parameter.UnbondDelay));
        liquidator.unbondAt = unbondAt;
        emit UnbondingStarted(msg.sender, unbondAt);
    }

    function unbond() external {
        Liquidator storage liquidator = _liquidators[msg.sender];
        uint64 unbondAt = liquidator.unbondAt;
        if (unbondAt == 0) revert NotUnbonding(msg.sender);
        if (block.timestamp < unbondAt) revert UnbondingUnderWay(msg.sender, unbondAt);
        uint64 lots = liquidator.bondLots;
        liquidator.bondLots = 0;
        liquidator.unbondAt = 0;
        escrow.unlock(msg.sender, lots);
        emit Unbonded(msg.sender, lots);
    }

    /// @notice Governance takes a bond, for a slice that was passed on or the like. It goes to the insurance fund.
    function slash(address account, uint64 lots, bytes32 reason) external onlyRole(DEFAULT_ADMIN_ROLE) {
        Liquidator storage liquidator = _liquidators[account];
        if (lots > liquidator.bondLots) revert BondTooSmall(liquidator.bondLots, lots);
        liquidator.bondLots -= lots;
        escrow.forfeit(account, lots);
        emit Slashed(account, lots, reason);
    }

    // ---------------------------------------------------------------- sub-accounts

    /// @notice The caller is whom the vault last saw to own the account with this tag.
    function registerSubAccount(uint256 tag) external {
        SubAccount storage sub = _subAccounts[tag];
        if (sub.caseId != 0) revert SubAccountInUse(tag, sub.caseId);
        address owner = vault.ownershipOf(tag).owner;
        if (owner == address(0) || owner != msg.sender) revert SubAccountOfAnother(tag, owner, msg.sender);
        sub.owner = owner;
        sub.vouchedSequence = 0;
        emit SubAccountRegistered(tag, owner);
    }

    /// @notice The venue says that this account holds nothing but cash at the head and that it will not trade in it. A
    /// deposit or withdrawal afterwards ends the word; once locked, the vault refuses them.
    function vouch(uint256 tag, address owner) external onlyRole(VENUE_ROLE) {
        SubAccount storage sub = _subAccounts[tag];
        if (sub.owner == address(0) || sub.owner != owner) revert SubAccountOfAnother(tag, sub.owner, owner);
        if (sub.caseId != 0) revert SubAccountInUse(tag, sub.caseId);
        sub.vouchedSequence = registry.headSequence();
        emit SubAccountVouched(tag, owner);
    }

    /// @notice The venue or the owner takes the word back, while the account is in no case.
    function refuse(uint256 tag) external {
        SubAccount storage sub = _subAccounts[tag];
        if (msg.sender != sub.owner) _checkRole(VENUE_ROLE);
        if (sub.caseId != 0) revert SubAccountInUse(tag, sub.caseId);
        sub.vouchedSequence = 0;
        emit SubAccountRefused(tag, sub.owner);
    }

    // ---------------------------------------------------------------- the engine and its stages

    function lock(uint256 tag, address owner, bytes32 caseId) external onlyRole(ENGINE_ROLE) {
        SubAccount storage sub = _subAccounts[tag];
        if (sub.owner == address(0) || sub.owner != owner) revert SubAccountOfAnother(tag, sub.owner, owner);
        // A deposit since could have brought something else than cash.
        if (sub.vouchedSequence == 0 || registry.touchedSequence(tag) > sub.vouchedSequence) {
            revert SubAccountNotVouchedFor(tag);
        }
        if (sub.caseId != 0) revert SubAccountInUse(tag, sub.caseId);
        sub.caseId = caseId;
        emit SubAccountLocked(tag, caseId);
    }

    function unlock(uint256 tag) external onlyRole(ENGINE_ROLE) {
        SubAccount storage sub = _subAccounts[tag];
        emit SubAccountUnlocked(tag, sub.caseId);
        sub.caseId = 0;
    }

    /// @notice The sub-account holds a lot now.
    function useUp(uint256 tag) external onlyRole(ENGINE_ROLE) {
        SubAccount storage sub = _subAccounts[tag];
        emit SubAccountUsed(tag, sub.caseId);
        sub.caseId = 0;
        sub.vouchedSequence = 0;
    }

    // ---------------------------------------------------------------- views

    function requireActive(address account) external view {
        if (!isActive(account)) revert LiquidatorNotActive(account);
    }

    function isActive(address account) public view returns (bool) {
        Liquidator storage liquidator = _liquidators[account];
        return liquidator.whitelisted && liquidator.disclosureKey != 0 && liquidator.unbondAt == 0
            && liquidator.bondLots >= parameters.get(Parameter.LiquidatorBondLots);
    }

    function liquidatorOf(address account) external view returns (Liquidator memory) {
        return _liquidators[account];
    }

    function subAccountOf(uint256 tag) external view returns (SubAccount memory) {
        return _subAccounts[tag];
    }

    /// @notice The case that the sub-account is locked for; zero for none.
    function lockOf(uint256 tag) external view returns (bytes32) {
        return _subAccounts[tag].caseId;
    }
}
