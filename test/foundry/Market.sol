// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {AdjustChange} from "@generated/AdjustChange.sol";
import {Protocol} from "@generated/Protocol.sol";
import {BookRegistry} from "contracts/BookRegistry.sol";
import {CollateralVault} from "contracts/CollateralVault.sol";
import {InsuranceFund} from "contracts/InsuranceFund.sol";
import {ClearingHouse} from "contracts/engine/ClearingHouse.sol";
import {Escrow} from "contracts/engine/Escrow.sol";
import {VaultDeposits} from "contracts/vault/VaultDeposits.sol";
import {VaultWithdrawals} from "contracts/vault/VaultWithdrawals.sol";
import {CaseDriver} from "test/foundry/CaseDriver.sol";
import {World} from "test/foundry/World.sol";

/// @notice Everything that moves money, with arguments that mostly make sense. The fuzzer calls it in any order.
contract Market is CaseDriver {
    /// An account that is in no case: deposits and withdrawals go through.
    uint256 private constant QUIET = 7;
    CollateralVault private immutable vault;
    InsuranceFund private immutable fund;

    constructor(World world_) CaseDriver(world_) {
        vault = world_.vault();
        fund = world_.fund();
    }

    // ---------------------------------------------------------------- collateral

    function deposit(uint256 account, uint256 lots, bool applied) external {
        uint256 tag = world.accountTag(account % 2 == 0 ? QUIET : account % ACCOUNTS);
        uint256 id = world.requestDeposit(tag, within(lots, 1_000, 3_000_000));
        world.mine(61);
        if (!applied) return;
        world.postRound();
        world.applyDeposit(id);
        bookLots += vault.depositOf(id).lots;
        ++seen["deposited"];
    }

    function takeBack(uint256 any) external {
        uint256 id = within(any, 1, vault.depositCount());
        if (vault.depositOf(id).state != VaultDeposits.DepositState.Pending) return;
        world.mine(3_601);
        address payer = world.PAYER();
        vm.prank(payer);
        vault.reclaimDeposit(id);
        ++seen["reclaimed"];
    }

    function withdraw(uint256 lots) external {
        uint256 ledger = vault.ledgerOf(Protocol.CASH_ID);
        if (ledger == 0) return;
        world.mine(61);
        world.postRound();
        lots = within(lots, 1, ledger / 4 + 1);
        world.withdraw(world.accountTag(QUIET), world.PAYER(), lots);
        bookLots -= lots;
        ++seen["withdrawn"];
    }

    function claim(uint256 any) external {
        uint256 id = within(any, 1, vault.payableCount());
        if (vault.payableOf(id).recipient == address(0)) return;
        if (world.registry().finalSequence() < world.registry().headSequence()) {
            (BookRegistry registry, address finality) = (world.registry(), world.FINALITY());
            uint64 head = registry.headSequence();
            vm.prank(finality);
            registry.markFinal(head);
        }
        world.mine(1 days);
        uint256 lots = vault.payableOf(id).lots;
        uint256 paid = vault.payoutOf(Protocol.CASH_ID, lots);
        vault.claim(id);
        if (paid != lots) ++seen["paid in part"];
        socialisedLots -= lots - paid;
        ++seen["claimed"];
    }

    // ---------------------------------------------------------------- the fund and the house

    function donate(uint256 lots, bool insurance) external {
        lots = within(lots, 1, 1_000_000);
        (address payer, Escrow escrow, address house) = (world.PAYER(), world.escrow(), address(world.house()));
        // So that the house can go on after a loss.
        vm.prank(payer);
        escrow.depositFor(house, 20 * lots);
        vm.prank(payer);
        fund.donate(insurance ? InsuranceFund.Tranche.Insurance : InsuranceFund.Tranche.GammaReserve, lots);
    }

    function setGauge(uint256 gauge) external {
        address who = world.FINALITY();
        vm.prank(who);
        fund.setGauge(gauge % 10_001);
    }

    function repay() external {
        uint256 before = vault.deficitLots();
        fund.repay();
        socialisedLots -= before - vault.deficitLots();
        ++seen["repaid"];
    }

    function takeSurplus(uint256 lots) external {
        address governor = address(world.timelock());
        (InsuranceFund.Tranche tranche, address payer) = (InsuranceFund.Tranche.Insurance, world.PAYER());
        vm.prank(governor);
        fund.withdrawSurplus(tranche, within(lots, 1, 10_000), payer);
    }

    function workOff(uint256 lots) external {
        uint256 tag = world.subTag(address(world.house()));
        uint256 taken = world.house().inventoryOf(tag).takenLots;
        if (taken < 10) return;
        world.mine(601);
        world.postRound();
        lots = within(lots, 1, taken / 10);
        address operator = world.OPERATOR();
        ClearingHouse house = world.house();
        vm.prank(operator);
        house.publishDepth(100_000_000);
        VaultWithdrawals.Authorization memory given = _terms(address(world.house()));
        (uint256[8] memory proof, uint256[10] memory signals) = world.adjust(
            tag,
            given.recipient,
            8,
            AdjustChange.pack(Protocol.KIND_WITHDRAWAL, Protocol.CASH_ID, lots),
            vault.withdrawalContext(given.recipient, given.nonce, given.deadline)
        );
        vm.prank(operator);
        house.workOff(proof, signals, given);
        bookLots -= lots;
        ++seen["worked off"];
    }

    function collect() external {
        world.house().collect();
    }

    // ---------------------------------------------------------------- bidders and the venue

    function fetch(uint256 account, uint256 index) external {
        _fetch(caseOf[account % ACCOUNTS], world.bidder(index % 4));
    }

    function moveEscrow(uint256 index, uint256 lots, bool out) external {
        address who = world.bidder(index % 4);
        lots = within(lots, 1, 10_000);
        vm.startPrank(who);
        if (out) world.escrow().withdraw(lots);
        else world.escrow().deposit(lots);
        vm.stopPrank();
    }

    function topUpBond(uint256 lots) external {
        address venue = world.VENUE();
        vm.prank(venue);
        engine.postVenueBond(within(lots, 1, 1_000_000));
    }

    function publish() external {
        world.publish();
    }

    function _terms(address who) private view returns (VaultWithdrawals.Authorization memory) {
        return VaultWithdrawals.Authorization(who, vault.nonces(who), type(uint64).max, "");
    }
}
