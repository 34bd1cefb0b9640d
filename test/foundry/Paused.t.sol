// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {ClearingHouse} from "contracts/engine/ClearingHouse.sol";
import {EngineClock} from "contracts/engine/EngineClock.sol";
import {Kind} from "contracts/engine/EngineTypes.sol";
import {LiquidationEngine} from "contracts/engine/LiquidationEngine.sol";
import {SealedBidAuction} from "contracts/engine/SealedBidAuction.sol";
import {SoftOffers} from "contracts/engine/SoftOffers.sol";
import {VaultWithdrawals} from "contracts/vault/VaultWithdrawals.sol";
import {Bench} from "test/foundry/Vm.sol";
import {LotFacts, World} from "test/foundry/World.sol";

/// @notice Paused means paused: every entry by which a case, a bid or a lot moves.
contract PausedTest is Bench {
    World private world;
    LiquidationEngine private engine;
    bytes32 private caseId;
    uint256[8] private proof;
    uint256[12] private words;

    function setUp() public {
        world = World(vm.deployCode("World.sol:World"));
        engine = world.engine();
        caseId = world.onSale(world.accountTag(1), Kind.Full, LotFacts(40, 32, false, 40_000, 20_000, 0));
        vm.startPrank(world.GUARDIAN());
        world.clock().pause();
        vm.stopPrank();
    }

    /// @param any what an entry is called with; the case is a real one half of the time
    function testFuzz_pausedMeansPaused(bytes32 any, uint256 later) public {
        if (uint256(any) % 2 == 0) any = caseId;
        uint64 time = world.clock().time();
        world.mine(later % 1_000_000);
        for (uint256 i = 0; i < 8; ++i) {
            words[i] = uint256(keccak256(abi.encode(any, i)));
            proof[i] = words[i];
        }
        _engineIsPaused(any);
        _proofsArePaused(any);
        _stagesArePaused(any);
        same(world.clock().poke(), time, "the clock stands");
    }

    function _engineIsPaused(bytes32 any) private {
        _refused(address(engine), abi.encodeCall(engine.openCase, (uint256(any), Kind(uint256(any) % 2))));
        _refused(address(engine), abi.encodeCall(engine.escalate, (any)));
        _refused(address(engine), abi.encodeCall(engine.noticeRound, (any)));
        _refused(address(engine), abi.encodeCall(engine.lapse, (any)));
        _refused(address(engine), abi.encodeCall(engine.cancel, (any)));
        _refused(address(engine), abi.encodeCall(engine.startSettlement, (any)));
        _refused(address(engine), abi.encodeCall(engine.fail, (any)));
    }

    function _proofsArePaused(bytes32 any) private {
        uint256[8] memory p = proof;
        uint256[12] memory transfer = words;
        (uint256[11] memory lot, uint256[10] memory adjust) = (_lot(), _adjust());
        _refused(address(engine), abi.encodeCall(engine.confirm, (any, p, lot)));
        _refused(address(engine), abi.encodeCall(engine.confirmInsolvent, (any, p, lot)));
        _refused(address(engine), abi.encodeCall(engine.settle, (any, p, transfer)));
        _refused(address(engine), abi.encodeCall(engine.coverShortfall, (any, p, adjust)));
        _refused(address(engine), abi.encodeCall(engine.cure, (any, 1, p, adjust, p, p, address(this))));
        _refused(address(world.deleveraging()), abi.encodeCall(world.deleveraging().deleverage, (any, p, transfer)));
        VaultWithdrawals.Authorization memory given;
        address operator = world.OPERATOR();
        ClearingHouse house = world.house();
        vm.prank(operator);
        _refused(address(house), abi.encodeCall(house.workOff, (p, adjust, given)));
    }

    function _stagesArePaused(bytes32 any) private {
        (SoftOffers soft, SealedBidAuction bids) = (world.soft(), world.sealedBids());
        _refused(address(soft), abi.encodeCall(soft.offer, (any, 1, 1)));
        _refused(address(soft), abi.encodeCall(soft.finish, (any)));
        _refused(address(soft), abi.encodeCall(soft.reclaim, (any)));
        _refused(address(bids), abi.encodeCall(bids.commit, (any, any)));
        _refused(address(bids), abi.encodeCall(bids.reveal, (any, 1, 1, any)));
        _refused(address(bids), abi.encodeCall(bids.finish, (any)));
        _refused(address(bids), abi.encodeCall(bids.reclaim, (any)));
        _refused(address(bids), abi.encodeCall(bids.forfeit, (any, address(this))));
        _refused(address(world.dutch()), abi.encodeCall(world.dutch().take, (any, 1, 0)));
        _refused(address(world.dutch()), abi.encodeCall(world.dutch().finish, (any)));
        _refused(address(world.house()), abi.encodeCall(world.house().absorb, (any, 1)));
        _refused(address(world.house()), abi.encodeCall(world.house().finish, (any)));
    }

    /// @notice The engine's own hooks are for the stages only, paused or not.
    function testFuzz_onlyTheStageAwardsAndPasses(address anybody, uint256 discount) public {
        vm.assume(anybody != address(world.sealedBids()));
        bytes4 refusal = bytes4(keccak256("NotTheStage(address,uint8)"));
        vm.expectPartialRevert(refusal);
        vm.prank(anybody);
        engine.award(caseId, anybody, 1, discount);
        vm.expectPartialRevert(refusal);
        vm.prank(anybody);
        engine.pass(caseId);
    }

    function _refused(address target, bytes memory data) private {
        (bool success, bytes memory reason) = target.call(data);
        so(!success, "went on while paused");
        so(selectorOf(reason) == EngineClock.EnginePaused.selector, "refused, but not for the pause");
    }

    function _lot() private view returns (uint256[11] memory lot) {
        for (uint256 i = 0; i < 11; ++i) {
            lot[i] = words[i];
        }
    }

    function _adjust() private view returns (uint256[10] memory adjust) {
        for (uint256 i = 0; i < 8; ++i) {
            adjust[i] = words[i];
        }
        // A withdrawal of cash.
        adjust[8] = 1 | (1 << 2);
    }
}
