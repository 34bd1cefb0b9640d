// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {AdjustChange} from "@generated/AdjustChange.sol";
import {AdjustSignals} from "@generated/AdjustSignals.sol";
import {Protocol} from "@generated/Protocol.sol";
import {IBookRegistry} from "contracts/interfaces/IBookRegistry.sol";
import {ICollateralVault} from "contracts/interfaces/ICollateralVault.sol";
import {IInsuranceFund} from "contracts/interfaces/IInsuranceFund.sol";
import {IAdjustVerifier} from "contracts/interfaces/IVerifiers.sol";
import {MarginAttestor} from "contracts/MarginAttestor.sol";
import {RiskOracle} from "contracts/RiskOracle.sol";
import {VaultWithdrawals} from "contracts/vault/VaultWithdrawals.sol";

/**
 * @title The collateral behind the book
 *
 * What always holds:
 * - The ledger of an instrument is what the accounts of the head hold of it together, and changes only with a move of
 *   the head that a proof stands behind: a deposit, a withdrawal, a cover, or a settlement of the engine. Its history is
 *   kept by head, so that a seal of a past head meets the ledger of that head.
 * - Tokens held back the ledger, the payables and the pending deposits, less deficitLots of cash (VaultLedger). A token
 *   donated to the vault changes none of them; a token that keeps a share of a transfer is refused.
 * - Nothing is debited without a fresh proof that the account stays at or above its initial margin and the word of its
 *   owner; nothing while the account is in a case.
 * - Nothing is paid out before a head at or after its debit is final, nor before the dispute delay.
 * - A deposit is applied once or reclaimed once, never both.
 * - Collaterals and parameters change only by the admin, which is a timelock, within bounds.
 *
 * The parts: contracts/vault/VaultLedger (what is owed), VaultAdjusts (moves by proof, parameters), VaultDeposits,
 * VaultWithdrawals; here the hooks of the liquidation engine.
 */
contract CollateralVault is VaultWithdrawals {
    /// What the vault is deployed with. cash is the settlement token, instrument CASH_ID.
    struct Setup {
        address admin;
        address venue;
        IBookRegistry registry;
        RiskOracle oracle;
        MarginAttestor attestor;
        IAdjustVerifier verifier;
        IInsuranceFund fund;
        Collateral cash;
        Parameters parameters;
    }

    event BookCredited(address indexed payer, uint256 lots, uint64 indexed sequence);
    event BookDebited(address indexed recipient, uint256 lots, uint64 indexed sequence);
    event AccountCovered(
        bytes32 indexed caseId, uint256 indexed tag, uint64 indexed sequence, uint256 lots, uint256 paidLots
    );

    error PaidAboveDebt(uint256 paidLots, uint256 lots);

    constructor(Setup memory setup) EIP712("Tacit CollateralVault", "1") {
        _requireContract(address(setup.registry));
        _requireContract(address(setup.oracle));
        _requireContract(address(setup.attestor));
        _requireContract(address(setup.verifier));
        _requireContract(address(setup.fund));
        registry = setup.registry;
        oracle = setup.oracle;
        attestor = setup.attestor;
        verifier = setup.verifier;
        fund = setup.fund;
        _addCollateral(
            Protocol.CASH_ID, setup.cash.token, setup.cash.unitsPerLot, setup.cash.minDepositLots
        );
        _setParameters(setup.parameters);
        _grantRole(DEFAULT_ADMIN_ROLE, setup.admin);
        _grantRole(VENUE_ROLE, setup.venue);
    }

    /// @inheritdoc ICollateralVault
    function applyCover(
        bytes32 caseId,
        uint256 tag,
        uint256 paidLots,
        uint256[8] calldata proof,
        uint256[10] calldata signals
    ) external nonReentrant onlyRole(ENGINE_ROLE) returns (uint256 lots) {
        lots = AdjustChange.lots(AdjustSignals.change(signals));
        _requireIncoming(Protocol.KIND_COVER, Protocol.CASH_ID, lots, tag, signals);
        if (paidLots > lots) revert PaidAboveDebt(paidLots, lots);
        uint64 sequence = _moveHead(caseId, Protocol.COVER_CONTEXT_DOMAIN, caseId, proof, signals);
        _credit(Protocol.CASH_ID, lots, sequence);
        emit AccountCovered(caseId, tag, sequence, lots, paidLots);
        if (paidLots != lots) _socialise(lots - paidLots);
        if (paidLots != 0) _pull(Protocol.CASH_ID, msg.sender, paidLots);
    }

    /// @inheritdoc ICollateralVault
    function creditBook(uint256 lots) external nonReentrant onlyRole(ENGINE_ROLE) {
        uint64 sequence = registry.headSequence();
        _credit(Protocol.CASH_ID, lots, sequence);
        emit BookCredited(msg.sender, lots, sequence);
        _pull(Protocol.CASH_ID, msg.sender, lots);
    }

    /// @inheritdoc ICollateralVault
    function debitBook(uint256 lots) external nonReentrant onlyRole(ENGINE_ROLE) {
        uint64 sequence = registry.headSequence();
        _requireBacked(lots);
        _debit(Protocol.CASH_ID, lots, sequence);
        emit BookDebited(msg.sender, lots, sequence);
        _push(Protocol.CASH_ID, msg.sender, lots);
    }
}
