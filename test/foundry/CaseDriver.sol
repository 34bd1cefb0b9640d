// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {Protocol} from "@generated/Protocol.sol";
import {TransferTerms} from "@generated/TransferTerms.sol";
import {Award, Case, Kind, Stage} from "contracts/engine/EngineTypes.sol";
import {DutchAuction} from "contracts/engine/DutchAuction.sol";
import {LiquidationEngine} from "contracts/engine/LiquidationEngine.sol";
import {SealedBidAuction} from "contracts/engine/SealedBidAuction.sol";
import {SoftOffers} from "contracts/engine/SoftOffers.sol";
import {Bench} from "test/foundry/Vm.sol";
import {LotFacts, World} from "test/foundry/World.sol";

/// @notice Takes cases from stage to stage, each time by one of the ways that the stage has; `any` decides.
abstract contract CaseDriver is Bench {
    uint256 public constant ACCOUNTS = 3;

    World public immutable world;
    LiquidationEngine internal immutable engine;
    mapping(uint256 account => bytes32 caseId) public caseOf;
    mapping(string ending => uint256 count) public seen;
    /// What the book must hold by everything that was said to come in and to leave.
    uint256 public bookLots;
    uint256 public socialisedLots;
    /// Head that the last settlement of an account made.
    mapping(uint256 tag => uint64 head) public settledHead;
    bool public liquidatedTwice;

    constructor(World world_) {
        world = world_;
        engine = world_.engine();
    }

    function step(uint256 account, uint256 any) external {
        account %= ACCOUNTS;
        any = uint256(keccak256(abi.encode(any)));
        if (!world.oracle().isRecent(world.oracle().latestSequence())) world.postRound();
        bytes32 caseId = caseOf[account];
        Case memory c = engine.caseAt(caseId);
        if (c.stage == Stage.None || c.stage == Stage.Closed) _open(account, any);
        else if (c.stage == Stage.Opened) _confirmOrLapse(caseId, c, any);
        else if (c.stage == Stage.Soft) _offers(caseId, c, any);
        else if (c.stage == Stage.Sealed) _sealed(caseId, any);
        else if (c.stage == Stage.Dutch) _dutch(caseId, c, any);
        else if (c.stage == Stage.House) _house(caseId, c, any);
        else if (c.stage == Stage.Deleveraging) _deleverage(caseId, c, any);
        else if (c.stage == Stage.Awarded) _settleOrFail(caseId, c, any);
        else _cover(caseId, any);
    }

    /// @notice Several at once, so that a short run of the fuzzer gets to the end of a case.
    function steps(uint256 account, uint256 any) external {
        for (uint256 i = 0; i < 5; ++i) {
            try this.step(account, uint256(keccak256(abi.encode(any, i)))) {} catch {}
        }
    }

    // ---------------------------------------------------------------- stages

    function _open(uint256 account, uint256 any) private {
        uint256 tag = world.accountTag(account);
        // Else the sub-accounts of old bids stay locked, and the play runs dry.
        for (uint256 i = 0; i < world.BIDDERS(); ++i) {
            _fetch(caseOf[account], world.bidder(i));
        }
        bytes32 caseId = world.open(tag, any % 3 == 0 ? Kind.Soft : Kind.Full);
        caseOf[account] = caseId;
        Case memory c = engine.caseAt(caseId);
        if (c.head < settledHead[tag] || c.head < world.registry().touchedSequence(tag)) liquidatedTwice = true;
        ++seen["opened"];
    }

    function _confirmOrLapse(bytes32 caseId, Case memory c, uint256 any) private {
        world.postRound();
        if (any % 8 != 0) return world.confirm(caseId, _facts(c, any));
        if (c.since == 0) engine.noticeRound(caseId);
        world.pass(330);
        engine.lapse(caseId);
        ++seen["lapsed"];
    }

    function _offers(bytes32 caseId, Case memory c, uint256 any) private {
        for (uint256 i = 0; i < any % 3; ++i) {
            address who = _ready(i);
            uint16 ask = uint16(within(any >> (8 * i), 0, c.capBps));
            uint256 tag = world.subTag(who);
            SoftOffers offers = world.soft();
            vm.prank(who);
            offers.offer(caseId, ask, tag);
        }
        world.pass(36);
        world.soft().finish(caseId);
    }

    function _sealed(bytes32 caseId, uint256 any) private {
        SealedBidAuction auction = world.sealedBids();
        uint256 bids = any % 4;
        for (uint256 i = 0; i < bids; ++i) {
            address who = _ready(i);
            bytes32 commitment = auction.commitmentOf(caseId, who, _bid(caseId, any, i), world.subTag(who), "salt");
            vm.prank(who);
            auction.commit(caseId, commitment);
        }
        world.pass(60);
        for (uint256 i = 0; i < bids; ++i) {
            if ((any >> (20 + i)) % 4 == 0) continue;
            address who = world.bidder(i);
            (uint16 discount, uint256 tag) = (_bid(caseId, any, i), world.subTag(who));
            vm.prank(who);
            auction.reveal(caseId, discount, tag, "salt");
        }
        world.pass(36);
        auction.finish(caseId);
    }

    function _dutch(bytes32 caseId, Case memory c, uint256 any) private {
        if (!_isFresh(c)) {
            world.postRound();
            return world.confirm(caseId, _facts(c, any));
        }
        if (any % 3 == 0) {
            world.pass(any % 120 + 1);
            (address who, uint256 tag) = (_ready(3), world.subTag(world.bidder(3)));
            DutchAuction auction = world.dutch();
            vm.prank(who);
            return auction.take(caseId, tag, 0);
        }
        world.pass(1_230);
        world.dutch().finish(caseId);
    }

    function _house(bytes32 caseId, Case memory c, uint256 any) private {
        if (!_isFresh(c) && any % 2 == 0) {
            world.postRound();
            return world.confirm(caseId, _facts(c, any));
        }
        uint256 tag = world.subTag(address(world.house()));
        bool idle = world.house().inventoryOf(tag).caseId == 0;
        if (any % 3 != 0 && idle && _isFresh(c)) {
            if (world.liquidators().lockOf(tag) == 0) world.vouch(address(world.house()), tag);
            world.house().absorb(caseId, tag);
            ++seen["absorbed"];
            return;
        }
        world.pass(132);
        world.house().finish(caseId);
    }

    function _deleverage(bytes32 caseId, Case memory c, uint256 any) private {
        if (c.insolvent && any % 2 == 0) return _cover(caseId, any);
        if (any % 3 != 0) {
            bool haircut = c.insolvent && world.fund().coverableLots() < c.shortfallLots;
            uint256 biased = Protocol.DISCOUNT_BIAS_BPS - (haircut ? 500 : 0);
            uint256 terms = TransferTerms.pack(Protocol.MODE_DELEVERAGE, 100, biased, biased, 0, 0, 0, 9_000, 8_000);
            (uint256[8] memory proof, uint256[12] memory signals) =
                world.transfer(caseId, world.fresh(), terms, true);
            ++seen["stepped"];
            return world.deleveraging().deleverage(caseId, proof, signals);
        }
        world.pass(920);
        engine.lapse(caseId);
    }

    function _settleOrFail(bytes32 caseId, Case memory c, uint256 any) private {
        if (engine.awardAt(caseId).settleBy == 0) return engine.startSettlement(caseId);
        if (any % 4 == 0) {
            world.pass(132);
            engine.fail(caseId);
            ++seen["failed"];
            return;
        }
        Award memory a = engine.awardAt(caseId);
        uint256 feeLots = uint256(c.feeBps) + a.taxBps == 0 ? 0 : within(any >> 64, 0, c.carryLots / 4);
        (uint256[8] memory proof, uint256[12] memory signals) =
            world.transfer(caseId, a.subTag, termsOf(c, a, feeLots), false);
        engine.settle(caseId, proof, signals);
        bookLots = bookLots + a.escrowLots - feeLots;
        settledHead[c.tag] = world.registry().headSequence();
        ++seen["settled"];
    }

    function _cover(bytes32 caseId, uint256 any) private {
        uint256 owed = (any >> 4) % 2 == 0 ? within(any >> 32, 1, 100_000) : within(any >> 32, 90_000_000, 400_000_000);
        uint256 coverable = world.fund().coverableLots();
        (uint256[8] memory proof, uint256[10] memory signals) = world.coverProof(caseId, owed);
        engine.coverShortfall(caseId, proof, signals);
        bookLots += owed;
        if (owed > coverable) {
            socialisedLots += owed - coverable;
            ++seen["socialised"];
        }
        ++seen["covered"];
    }

    // ---------------------------------------------------------------- helpers

    /// @dev Whatever this bidder has left in the auctions of the case.
    function _fetch(bytes32 caseId, address who) internal {
        (SealedBidAuction auction, SoftOffers offers) = (world.sealedBids(), world.soft());
        vm.prank(who);
        try auction.reclaim(caseId) {
            ++seen["bid fetched"];
        } catch {}
        try auction.forfeit(caseId, who) {
            ++seen["bid lost"];
        } catch {}
        vm.prank(who);
        try offers.reclaim(caseId) {
            ++seen["offer fetched"];
        } catch {}
    }

    /// @notice What the settlement of this award must say.
    function termsOf(Case memory c, Award memory a, uint256 feeLots) public pure returns (uint256) {
        return TransferTerms.pack(
            c.kind == Kind.Full ? Protocol.MODE_SLICE : Protocol.MODE_SOFT,
            c.percent,
            Protocol.DISCOUNT_BIAS_BPS + c.capBps + c.feeBps,
            Protocol.DISCOUNT_BIAS_BPS + a.discountBps - a.taxBps,
            uint256(c.feeBps) + a.taxBps,
            feeLots,
            a.escrowLots,
            0,
            0
        );
    }

    function _facts(Case memory c, uint256 any) private pure returns (LotFacts memory facts) {
        facts.insolvent = c.kind == Kind.Full && (any >> 8) % 3 == 0;
        facts.percent = facts.insolvent ? 100 : within(any >> 16, 1, 100);
        facts.health = facts.insolvent ? 0 : within(any >> 24, 0, 64);
        facts.carryLots = within(any >> 32, 1_000, 2_000_000);
        facts.reliefLots = within(any >> 64, 1, facts.carryLots);
        facts.shortfallLots = facts.insolvent ? within(any >> 96, 1, 50_000_000) : 0;
    }

    /// @dev A bidder whose sub-account the venue vouches for.
    function _ready(uint256 index) private returns (address who) {
        who = world.bidder(index);
        uint256 tag = world.subTag(who);
        if (world.liquidators().lockOf(tag) == 0) world.vouch(who, tag);
    }

    function _bid(bytes32 caseId, uint256 any, uint256 index) private view returns (uint16) {
        return uint16(within(any >> (40 + 16 * index), 0, engine.caseAt(caseId).capBps));
    }

    function _isFresh(Case memory c) private view returns (bool) {
        return vm.getBlockTimestamp() + 200 <= c.lotTime + 1_800;
    }
}
