// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {Protocol} from "@generated/Protocol.sol";
import {InsuranceFund} from "contracts/InsuranceFund.sol";
import {Escrow} from "contracts/engine/Escrow.sol";
import {Bench} from "test/foundry/Vm.sol";
import {World} from "test/foundry/World.sol";

/// @notice Who pays a loss, and in which order; how fees are shared.
contract LossOrderTest is Bench {
    World private world;
    InsuranceFund private fund;
    address private payer;
    address private escrow;

    function setUp() public {
        world = World(vm.deployCode("World.sol:World"));
        (fund, payer, escrow) = (world.fund(), world.PAYER(), address(world.escrow()));
    }

    function testFuzz_lossOrder(uint64 insurance, uint64 gamma, uint64 capital, uint64 lots) public {
        lots = uint64(within(lots, 1, 200_000_000));
        (insurance, gamma, capital) = _fill(insurance % 50_000_001, gamma % 50_000_001, capital % 50_000_001);
        uint256 before = world.token().balanceOf(escrow);
        vm.prank(escrow);
        uint256 rest = fund.cover(lots);
        uint256 fromInsurance = _least(lots, insurance);
        uint256 fromGamma = _least(lots - fromInsurance, gamma);
        uint256 fromCapital = _least(lots - fromInsurance - fromGamma, capital);
        same(fund.insuranceLots(), insurance - fromInsurance, "insurance pays first");
        same(fund.gammaLots(), gamma - fromGamma, "the Gamma Reserve pays second");
        same(world.house().capitalLots(), capital - fromCapital, "the house pays third");
        same(rest, lots - fromInsurance - fromGamma - fromCapital, "the rest");
        // The house's capital lies in the escrow, and goes out of it and in again.
        uint256 came = world.token().balanceOf(escrow) + fromCapital * world.UNITS() - before;
        same(came, (lots - rest) * world.UNITS(), "paid exactly");
    }

    function testFuzz_feesAreSharedByTheGauge(uint64 lots, uint256 gauge, uint64 tax) public {
        (lots, gauge, tax) = (uint64(within(lots, 1, 1_000_000)), gauge % 10_001, uint64(within(tax, 1, 1_000_000)));
        address finality = world.FINALITY();
        vm.prank(finality);
        fund.setGauge(gauge);
        (uint256 insurance, uint256 gamma) = (fund.insuranceLots(), fund.gammaLots());
        vm.startPrank(payer);
        fund.fees(lots);
        fund.tax(tax);
        vm.stopPrank();
        uint256 share = lots * (2_000 + 3_000 * gauge / 10_000) / Protocol.BASIS_POINTS;
        same(fund.gammaLots() - gamma, share + tax, "Gamma Reserve");
        same(fund.insuranceLots() - insurance, lots - share, "insurance");
    }

    function testFuzz_onlyTheEngineCovers(address anybody) public {
        vm.assume(anybody != escrow);
        vm.expectRevert();
        vm.prank(anybody);
        fund.cover(1);
    }

    function _fill(uint64 insurance, uint64 gamma, uint64 capital) private returns (uint64, uint64, uint64) {
        uint256 held = fund.insuranceLots();
        vm.prank(address(world.timelock()));
        fund.withdrawSurplus(InsuranceFund.Tranche.Insurance, held, payer);
        address house = address(world.house());
        uint256 kept = world.house().capitalLots();
        Escrow held_ = world.escrow();
        vm.prank(house);
        held_.withdraw(kept);
        vm.startPrank(payer);
        if (insurance != 0) fund.donate(InsuranceFund.Tranche.Insurance, insurance);
        if (gamma != 0) fund.donate(InsuranceFund.Tranche.GammaReserve, gamma);
        if (capital != 0) world.escrow().depositFor(house, capital);
        vm.stopPrank();
        return (insurance, gamma, capital);
    }

    function _least(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }
}
