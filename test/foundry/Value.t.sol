// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {Protocol} from "@generated/Protocol.sol";
import {CollateralVault} from "contracts/CollateralVault.sol";
import {Escrow} from "contracts/engine/Escrow.sol";
import {InsuranceFund} from "contracts/InsuranceFund.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Market} from "test/foundry/Market.sol";
import {Bench} from "test/foundry/Vm.sol";
import {World} from "test/foundry/World.sol";

/// @notice Every lot is somewhere, once.
contract ValueTest is Bench {
    World private world;
    Market private market;
    CollateralVault private vault;
    InsuranceFund private fund;
    Escrow private escrow;
    IERC20 private token;
    uint256 private units;

    function setUp() public {
        world = World(vm.deployCode("World.sol:World"));
        market = new Market(world);
        (vault, fund, escrow, token) = (world.vault(), world.fund(), world.escrow(), world.token());
        units = world.UNITS();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(market);
    }

    function invariant_valueIsConserved() public view {
        _checkLedgers();
        _checkEscrow();
        _checkNothingElse();
        so(!market.liquidatedTwice(), "a case was opened on a state that had been liquidated");
    }

    /// @notice The market is no empty play: in one long run every way of money occurs.
    function test_marketUsesEveryWay() public {
        for (uint256 i = 0; i < 700; ++i) {
            uint256 any = uint256(keccak256(abi.encode("market", i)));
            _play(any);
            if (i % 20 == 0) invariant_valueIsConserved();
        }
        invariant_valueIsConserved();
        string[17] memory ways = [
            "opened", "lapsed", "absorbed", "stepped", "failed", "settled", "socialised", "covered", "deposited",
            "reclaimed", "withdrawn", "claimed", "repaid", "worked off", "bid fetched", "bid lost", "offer fetched"
        ];
        for (uint256 i = 0; i < ways.length; ++i) {
            so(market.seen(ways[i]) != 0, ways[i]);
        }
    }

    function _play(uint256 any) private {
        uint256 choice = any % 28;
        if (choice < 16) try market.step(any >> 8, any) {} catch {}
        else if (choice < 18) try market.deposit(any >> 8, any, any >> 9 & 3 != 0) {} catch {}
        else if (choice == 18) try market.takeBack(any) {} catch {}
        else if (choice == 19) try market.withdraw(any) {} catch {}
        else if (choice == 20) try market.claim(any) {} catch {}
        else if (choice == 21) try market.donate(any, any >> 9 & 1 == 0) {} catch {}
        else if (choice == 22) try market.repay() {} catch {}
        else if (choice == 23) try market.workOff(any) {} catch {}
        else if (choice < 27) try market.fetch(any >> 8, any >> 16) {} catch {}
        else try market.topUpBond(any) {} catch {}
    }

    function _checkLedgers() private view {
        uint256 owed = vault.ledgerOf(Protocol.CASH_ID) + vault.payableLots(Protocol.CASH_ID)
            + vault.pendingLots(Protocol.CASH_ID) - vault.deficitLots();
        same(token.balanceOf(address(vault)), owed * units, "vault");
        same(token.balanceOf(address(fund)), (fund.insuranceLots() + fund.gammaLots()) * units, "fund");
        same(token.balanceOf(address(escrow)), escrow.totalLots() * units, "escrow");
        same(vault.ledgerOf(Protocol.CASH_ID), market.bookLots(), "book by what went in and out");
        same(vault.deficitLots(), market.socialisedLots(), "deficit by what nobody paid");
    }

    function _checkEscrow() private view {
        address[4] memory parts =
            [address(world.engine()), address(world.liquidators()), address(world.soft()), address(world.sealedBids())];
        uint256 sum = 0;
        for (uint256 i = 0; i < 8; ++i) {
            address who = _holder(i);
            sum += escrow.freeLots(who);
            for (uint256 j = 0; j < parts.length; ++j) {
                sum += escrow.lockedLots(parts[j], who);
            }
        }
        same(sum, escrow.totalLots(), "escrow by account");
        address engine = address(world.engine());
        same(escrow.lockedLots(engine, world.VENUE()), world.engine().venueBondLots(), "the venue's bond");
    }

    function _checkNothingElse() private view {
        uint256 sum = token.balanceOf(address(vault)) + token.balanceOf(address(fund)) + token.balanceOf(address(escrow));
        for (uint256 i = 0; i < 8; ++i) {
            sum += token.balanceOf(_holder(i));
        }
        same(sum, token.totalSupply(), "every unit");
    }

    function _holder(uint256 index) private view returns (address) {
        if (index < 4) return world.bidder(index);
        if (index == 4) return world.VENUE();
        if (index == 5) return world.KEEPER();
        return index == 6 ? world.PAYER() : address(world.house());
    }
}
