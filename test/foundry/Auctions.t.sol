// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {Protocol} from "@generated/Protocol.sol";
import {Award, Case, Kind, Stage} from "contracts/engine/EngineTypes.sol";
import {EngineParameters} from "contracts/engine/EngineParameters.sol";
import {Escrow} from "contracts/engine/Escrow.sol";
import {LiquidationEngine} from "contracts/engine/LiquidationEngine.sol";
import {Parameter, ParameterBounds} from "contracts/engine/Parameter.sol";
import {SealedBidAuction} from "contracts/engine/SealedBidAuction.sol";
import {Bench} from "test/foundry/Vm.sol";
import {LotFacts, World} from "test/foundry/World.sol";

/// @notice Prices: what a lot may go for at most, who wins, and what everybody gets back.
contract AuctionsTest is Bench {
    uint256 private constant BIDDERS = 4;
    uint256 private constant BOND = 100_000;

    World private world;
    LiquidationEngine private engine;
    SealedBidAuction private auction;
    Escrow private escrow;

    function setUp() public {
        world = World(vm.deployCode("World.sol:World"));
        (engine, auction, escrow) = (world.engine(), world.sealedBids(), world.escrow());
    }

    // ---------------------------------------------------------------- the cap

    /// @notice Whatever governance sets and whatever the lot says: discount and fee leave a solvent account its equity.
    function testFuzz_capKeepsAShareOfEquity(uint256 health, uint256 relief, uint256[4] memory rates) public {
        _set(Parameter.ReserveShareBps, rates[0]);
        _set(Parameter.LiquidationFeeBps, rates[1]);
        _set(Parameter.SoftPenaltyBps, rates[2]);
        Kind kind = rates[3] % 2 == 0 ? Kind.Full : Kind.Soft;
        LotFacts memory facts = LotFacts(40, health % 65, false, 40_000, within(relief, 1, 40_000), 0);
        bytes32 caseId = world.onSale(world.accountTag(1), kind, facts);
        Case memory c = engine.caseAt(caseId);
        // Equity is at least health / 64 of MM, and the relief at most MM: in bps of the relief,
        uint256 equityBps = facts.health * Protocol.BASIS_POINTS / Protocol.HEALTH_PARTS;
        uint256 share = world.parameters().get(Parameter.ReserveShareBps);
        so(share <= 8_000, "the reserve's bound");
        so(uint256(c.capBps) * Protocol.BASIS_POINTS <= share * (equityBps + 1), "discount above the share of equity");
        so(uint256(c.capBps) + c.feeBps <= equityBps, "discount and fee above equity");
        so(c.capBps < Protocol.BASIS_POINTS, "sold for nothing");
        if (facts.health == 0) same(c.capBps, 0, "an account without equity sells at mark");
    }

    // ---------------------------------------------------------------- sealed bids

    function testFuzz_sealedBids(uint16[4] memory discounts, uint8 commits, uint8 reveals, uint256 order) public {
        bytes32 caseId = world.onSale(world.accountTag(1), Kind.Full, LotFacts(40, 32, false, 40_000, 20_000, 0));
        uint16 cap = engine.caseAt(caseId).capBps;
        uint256[4] memory before;
        for (uint256 i = 0; i < BIDDERS; ++i) {
            // Few different bids, so that ties are common; some above the reserve.
            discounts[i] = uint16(cap - 3 + discounts[i] % 5);
            before[i] = escrow.freeLots(world.bidder(i));
        }
        for (uint256 k = 0; k < BIDDERS; ++k) {
            uint256 i = (k + order) % BIDDERS;
            if (commits >> i & 1 == 1) _commit(caseId, i, discounts[i]);
        }
        world.pass(60);
        (uint256 winner, uint256 valid) = (BIDDERS, 0);
        for (uint256 k = 0; k < BIDDERS; ++k) {
            uint256 i = (k + order) % BIDDERS;
            if (commits >> i & reveals >> i & 1 == 0) continue;
            so(_reveal(caseId, i, discounts[i]) == (discounts[i] <= cap), "a bid above the reserve");
            if (discounts[i] > cap) {
                reveals &= ~uint8(1 << i);
                continue;
            }
            ++valid;
            // In the order of commitments, so that a strict comparison gives ties to the earliest.
            if (winner == BIDDERS || discounts[i] < discounts[winner]) winner = i;
        }
        world.pass(36);
        auction.finish(caseId);
        _checkSale(caseId, valid < 2 ? BIDDERS : winner, discounts);
        _checkRefunds(caseId, commits, reveals, valid < 2 ? BIDDERS : winner, before);
    }

    function _checkSale(bytes32 caseId, uint256 winner, uint16[4] memory discounts) private view {
        (Stage stage,) = engine.stageOf(caseId);
        if (winner == BIDDERS) return so(stage == Stage.Dutch, "fewer than two bids are no sale");
        Award memory a = engine.awardAt(caseId);
        so(stage == Stage.Awarded && a.winner == world.bidder(winner), "the lowest discount, the earliest of equal ones");
        same(a.discountBps, discounts[winner], "discount");
    }

    function _checkRefunds(bytes32 caseId, uint8 commits, uint8 reveals, uint256 winner, uint256[4] memory before)
        private
    {
        uint256 insurance = world.fund().insuranceLots();
        uint256 lost = 0;
        for (uint256 i = 0; i < BIDDERS; ++i) {
            if (commits >> i & 1 == 0) continue;
            address who = world.bidder(i);
            if (reveals >> i & 1 == 1) {
                vm.prank(who);
                auction.reclaim(caseId);
                same(escrow.freeLots(who), before[i] - (i == winner ? 40_000 : 0), "everything back but the winner's escrow");
            } else {
                auction.forfeit(caseId, who);
                same(escrow.freeLots(who), before[i] - BOND, "an unrevealed bid costs its bond");
                lost += BOND;
            }
            (bool again,) = address(auction).call(abi.encodeCall(auction.forfeit, (caseId, who)));
            so(!again, "twice");
        }
        same(world.fund().insuranceLots() - insurance, lost, "lost bonds are the fund's");
    }

    /// @notice A copied commitment is its author's: nobody else can reveal it.
    function testFuzz_copiedCommitmentsAreWorthNothing(uint16 discount, bytes32 salt) public {
        bytes32 caseId = world.onSale(world.accountTag(1), Kind.Full, LotFacts(40, 32, false, 40_000, 20_000, 0));
        (address author, address copier) = (world.bidder(0), world.bidder(1));
        uint256 tag = world.subTag(author);
        discount %= 1_000;
        bytes32 commitment = auction.commitmentOf(caseId, author, discount, tag, salt);
        vm.prank(author);
        auction.commit(caseId, commitment);
        vm.prank(copier);
        auction.commit(caseId, commitment);
        world.pass(60);
        vm.expectPartialRevert(SealedBidAuction.CommitmentMismatch.selector);
        vm.prank(copier);
        auction.reveal(caseId, discount, tag, salt);
        vm.prank(author);
        auction.reveal(caseId, discount, tag, salt);
    }

    // ---------------------------------------------------------------- the public auction

    function testFuzz_dutchDiscountRisesToTheCapAndNoFurther(uint256 health, uint256[6] memory steps) public {
        bytes32 caseId = world.onSale(world.accountTag(1), Kind.Full, LotFacts(40, health % 65, false, 40_000, 20_000, 0));
        world.pass(96);
        auction.finish(caseId);
        uint256 cap = engine.caseAt(caseId).capBps;
        uint256 last = world.dutch().discountOf(caseId);
        same(last, 0, "begins at zero");
        for (uint256 i = 0; i < steps.length; ++i) {
            bool paused = world.clock().paused();
            uint256 way = steps[i] % 4;
            if (way == 0) _toggle(paused);
            else if (way == 1) world.mine(within(steps[i] >> 8, 1, 2_000));
            else world.pass(within(steps[i] >> 8, 1, 500));
            uint256 now_ = world.dutch().discountOf(caseId);
            so(now_ >= last && now_ <= cap, "fell, or passed the cap");
            if (paused) same(now_, last, "rose while paused");
            last = now_;
        }
        if (world.clock().paused()) _toggle(true);
        world.postRound();
        world.pass(1_000);
        same(world.dutch().discountOf(caseId), cap, "ends at the cap");
    }

    // ---------------------------------------------------------------- helpers

    function _commit(bytes32 caseId, uint256 index, uint16 discount) private {
        address who = world.bidder(index);
        bytes32 commitment = auction.commitmentOf(caseId, who, discount, world.subTag(who), "salt");
        vm.prank(who);
        auction.commit(caseId, commitment);
    }

    function _reveal(bytes32 caseId, uint256 index, uint16 discount) private returns (bool revealed) {
        address who = world.bidder(index);
        uint256 tag = world.subTag(who);
        vm.prank(who);
        try auction.reveal(caseId, discount, tag, "salt") {
            return true;
        } catch (bytes memory reason) {
            so(selectorOf(reason) == SealedBidAuction.BidBelowReserve.selector, "refused for something else");
        }
    }

    function _toggle(bool paused) private {
        vm.startPrank(world.GUARDIAN());
        if (paused) world.clock().resume();
        else world.clock().pause();
        vm.stopPrank();
    }

    function _set(Parameter parameter, uint256 any) private {
        (uint256 least, uint256 most,) = ParameterBounds.boundsOf(parameter);
        (EngineParameters parameters, address timelock) = (world.parameters(), address(world.timelock()));
        vm.prank(timelock);
        parameters.set(parameter, within(any, least, most));
    }
}
