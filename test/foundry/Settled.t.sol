// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {TransferTerms} from "@generated/TransferTerms.sol";
import {Protocol} from "@generated/Protocol.sol";
import {MarginAttestor} from "contracts/MarginAttestor.sol";
import {MarginStatements} from "contracts/lib/MarginStatements.sol";
import {CaseProofs, ExpectedTransfer} from "contracts/engine/CaseProofs.sol";
import {DutchAuction} from "contracts/engine/DutchAuction.sol";
import {Award, Case, Kind, Stage} from "contracts/engine/EngineTypes.sol";
import {LiquidationEngine} from "contracts/engine/LiquidationEngine.sol";
import {Bench} from "test/foundry/Vm.sol";
import {LotFacts, World} from "test/foundry/World.sol";

/// @notice What is settled is what was sold. Every altered statement comes with a real proof of itself.
contract SettledTest is Bench {
    uint256 private constant FEE_LOTS_OFFSET = 54;
    uint256 private constant FEE_LOTS_BITS = 38;

    World private world;
    LiquidationEngine private engine;
    uint256 private tag;
    bytes32 private caseId;

    function setUp() public {
        world = World(vm.deployCode("World.sol:World"));
        engine = world.engine();
        tag = world.accountTag(1);
        caseId = world.onSale(tag, Kind.Full, LotFacts(40, 32, false, 40_000, 20_000, 0));
        world.pass(96);
        world.sealedBids().finish(caseId);
        world.pass(600);
        _take();
    }

    function testFuzz_nothingIsSettledThatDiffersFromTheAward(uint256 index, uint256 bit, uint256 other) public {
        (uint256[8] memory proof, uint256[12] memory signals) = _asSold(900);
        index = _compared(index);
        if (index == 9) {
            bit %= TransferTerms.BITS;
            // The fee in lots is the proof's own to say.
            vm.assume(bit < FEE_LOTS_OFFSET || bit >= FEE_LOTS_OFFSET + FEE_LOTS_BITS);
            signals[9] ^= 1 << bit;
        } else {
            other %= Protocol.FIELD_MODULUS;
            vm.assume(other != signals[index]);
            signals[index] = other;
        }
        proof = world.proveTransfer(signals);
        uint64 head = world.registry().headSequence();
        (bool settled,) = address(engine).call(abi.encodeCall(engine.settle, (caseId, proof, signals)));
        so(!settled, "settled something else");
        same(world.registry().headSequence(), head, "head");
        (proof, signals) = _asSold(900);
        engine.settle(caseId, proof, signals);
        (Stage stage,) = engine.stageOf(caseId);
        so(stage == Stage.Closed, "what was sold is settled");
    }

    /// @notice The word of the terms, for any award: equal in every field but feeLots, or refused.
    function testFuzz_everyFieldOfTheTermsIsCompared(ExpectedTransfer memory expected, uint256 feeLots, uint256 terms)
        public
    {
        expected = _bounded(expected);
        feeLots %= 1 << FEE_LOTS_BITS;
        uint256 word = _word(expected, feeLots);
        (, uint256[12] memory signals) = _asSold(900);
        signals[9] = word;
        CaseProofs proofs = world.proofs();
        (uint256 read,) = proofs.checkTransfer(expected, world.proveTransfer(signals), signals);
        same(read, feeLots, "feeLots");
        signals[9] = terms % Protocol.FIELD_MODULUS;
        uint256 mask = ((1 << FEE_LOTS_BITS) - 1) << FEE_LOTS_OFFSET;
        vm.assume(signals[9] & ~mask != word & ~mask);
        uint256[8] memory proof = world.proveTransfer(signals);
        vm.expectPartialRevert(CaseProofs.TransferTermsMismatch.selector);
        proofs.checkTransfer(expected, proof, signals);
    }

    function testFuzz_nobodyIsLiquidatedTwiceForOneState(uint256 feeLots) public {
        (uint256[8] memory proof, uint256[12] memory signals) = _asSold(within(feeLots, 1, 40_000));
        // A statement on the head before the settlement.
        world.postRound();
        (uint256[8] memory old, uint256[8] memory oldSignals) = world.statement(tag, Protocol.THRESHOLD_MM, true);
        vm.expectRevert(abi.encodeWithSignature("CaseAlreadyOpen(uint256,bytes32)", tag, caseId));
        engine.openCase(tag, Kind.Full);
        engine.settle(caseId, proof, signals);
        _refusesToOpen();
        // A newer round that shows the same old state is no new state either.
        (MarginAttestor attestor, address keeper) = (world.attestor(), world.KEEPER());
        vm.expectPartialRevert(MarginStatements.TagTouchedSince.selector);
        attestor.trigger(old, oldSignals, keeper);
        _refusesToOpen();
        // The state after the settlement is a new one.
        world.postRound();
        world.open(tag, Kind.Full);
    }

    // ---------------------------------------------------------------- helpers

    function _refusesToOpen() private {
        address keeper = world.KEEPER();
        vm.expectPartialRevert(bytes4(keccak256("NotTriggered(uint256,uint256)")));
        vm.prank(keeper);
        engine.openCase(tag, Kind.Full);
    }

    /// @dev Every signal but nextRoot and the two new leaves, which only the circuit ties.
    function _compared(uint256 any) private pure returns (uint256) {
        uint8[9] memory compared = [0, 2, 3, 4, 5, 6, 9, 10, 11];
        return compared[any % 9];
    }

    function _asSold(uint256 feeLots) private returns (uint256[8] memory proof, uint256[12] memory signals) {
        (Case memory c, Award memory a) = (engine.caseAt(caseId), engine.awardAt(caseId));
        uint256 terms = TransferTerms.pack(
            Protocol.MODE_SLICE,
            c.percent,
            Protocol.DISCOUNT_BIAS_BPS + c.capBps + c.feeBps,
            Protocol.DISCOUNT_BIAS_BPS + a.discountBps - a.taxBps,
            uint256(c.feeBps) + a.taxBps,
            feeLots,
            a.escrowLots,
            0,
            0
        );
        return world.transfer(caseId, a.subTag, terms, false);
    }

    function _take() private {
        address who = world.bidder(2);
        (DutchAuction dutch, uint256 subTag) = (world.dutch(), world.subTag(who));
        vm.prank(who);
        dutch.take(caseId, subTag, 1);
        Award memory a = engine.awardAt(caseId);
        so(a.taxBps != 0 && a.discountBps > a.taxBps, "a discount with a tax");
    }

    function _bounded(ExpectedTransfer memory expected) private view returns (ExpectedTransfer memory) {
        Case memory c = engine.caseAt(caseId);
        (expected.caseId, expected.tagFrom, expected.placeFrom) = (caseId, c.tag, c.place);
        (expected.riskRoot, expected.parameters) = (c.riskRoot, c.parameters);
        (expected.mode, expected.percent) = (expected.mode % 3, within(expected.percent, 1, 100));
        expected.discountBps = int256(within(uint256(expected.discountBps), 0, 12_000)) - 2_000;
        expected.costBps = int256(within(uint256(expected.costBps), 0, 12_000)) - 2_000;
        expected.ownerTo = engine.awardAt(caseId).winner;
        (expected.feeBps, expected.escrowLots) = (expected.feeBps % 10_000, expected.escrowLots % (1 << 38));
        (expected.cutoffBps, expected.floorBps) = (expected.cutoffBps % 10_001, expected.floorBps % 10_001);
        return expected;
    }

    function _word(ExpectedTransfer memory expected, uint256 feeLots) private pure returns (uint256) {
        return TransferTerms.pack(
            expected.mode,
            expected.percent,
            uint256(expected.costBps + int256(Protocol.DISCOUNT_BIAS_BPS)),
            uint256(expected.discountBps + int256(Protocol.DISCOUNT_BIAS_BPS)),
            expected.feeBps,
            feeLots,
            expected.escrowLots,
            expected.cutoffBps,
            expected.floorBps
        );
    }
}
