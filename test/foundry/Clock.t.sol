// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {EngineClock} from "contracts/engine/EngineClock.sol";
import {Bench} from "test/foundry/Vm.sol";
import {World} from "test/foundry/World.sol";

/// @notice Time, rounds, pokes and pauses in any order; keeps the bound that the clock may not pass.
contract Timekeeper is Bench {
    World private immutable world;
    EngineClock private immutable clock;
    address private immutable guardian;
    uint64 public last;
    /// Seconds that were fresh and unpaused, by a count of its own, second by second.
    uint256 public running;
    bool public wentBack;
    bool public ranWhileStill;
    uint256 public pokedAt;

    constructor(World world_) {
        world = world_;
        clock = world_.clock();
        guardian = world_.GUARDIAN();
        last = clock.time();
        running = last;
    }

    /// @dev Counts the seconds of an action that were fresh and unpaused, by the round that was the latest before it.
    modifier counted() {
        (uint256 from, uint256 fresh, bool paused) = (vm.getBlockTimestamp(), _freshUntil(), clock.paused());
        uint64 before = clock.time();
        // Once poked after the end of freshness, there is nothing left to count. Before that, blocks may still come.
        bool still = paused || (fresh <= from && pokedAt >= fresh);
        _;
        uint256 to = vm.getBlockTimestamp();
        uint256 end = to < fresh ? to : fresh;
        if (!paused && end > from) running += end - from;
        uint64 time = clock.time();
        if (time < last) wentBack = true;
        if (still && time != before) ranWhileStill = true;
        last = time;
    }

    function passes(uint256 elapsed, uint256 blocks) external counted {
        vm.warp(vm.getBlockTimestamp() + elapsed % 900);
        vm.roll(vm.getBlockNumber() + blocks % 60);
    }

    function round() external counted {
        world.postRound();
        pokedAt = vm.getBlockTimestamp();
    }

    function pause() external counted {
        vm.prank(guardian);
        clock.pause();
        pokedAt = vm.getBlockTimestamp();
    }

    function resume() external counted {
        vm.prank(guardian);
        clock.resume();
        pokedAt = vm.getBlockTimestamp();
    }

    function poke() external counted {
        clock.poke();
        pokedAt = vm.getBlockTimestamp();
    }

    function _freshUntil() private view returns (uint256) {
        return world.oracle().roundTime(world.oracle().latestSequence()) + world.MAX_AGE();
    }
}

contract ClockTest is Bench {
    World private world;
    Timekeeper private timekeeper;

    function setUp() public {
        world = World(vm.deployCode("World.sol:World"));
        timekeeper = new Timekeeper(world);
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(timekeeper);
    }

    function invariant_clockNeverRunsWhileStaleOrPausedNorBack() public view {
        so(!timekeeper.wentBack(), "the clock went back");
        so(!timekeeper.ranWhileStill(), "the clock ran while stale or paused");
        so(world.clock().time() <= timekeeper.running(), "the clock ran more than the time that was fresh");
    }

    /// @notice However a stretch of time is cut by pokes, the clock gains no more than its fresh seconds and its blocks.
    function testFuzz_clockIsBoundedByFreshSecondsAndBlocks(uint256 elapsed, uint256 blocks) public {
        (elapsed, blocks) = (elapsed % 5_000, blocks % 300);
        world.postRound();
        uint64 before = world.clock().time();
        vm.warp(vm.getBlockTimestamp() + elapsed);
        vm.roll(vm.getBlockNumber() + blocks);
        uint256 fresh = elapsed < world.MAX_AGE() ? elapsed : world.MAX_AGE();
        uint256 byBlocks = blocks * world.SECONDS_PER_BLOCK();
        same(world.clock().poke() - before, fresh < byBlocks ? fresh : byBlocks, "gained");
        same(world.clock().poke(), world.clock().time(), "a second poke gains nothing");
    }

    function testFuzz_tickRevertsWhileStale(uint256 elapsed) public {
        world.postRound();
        vm.warp(vm.getBlockTimestamp() + within(elapsed, world.MAX_AGE() + 1, 10 days));
        (bool ran,) = address(world.clock()).call(abi.encodeCall(world.clock().tick, ()));
        so(!ran, "tick while stale");
    }
}
