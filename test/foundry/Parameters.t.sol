// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {InsuranceFund} from "contracts/InsuranceFund.sol";
import {EngineParameters} from "contracts/engine/EngineParameters.sol";
import {EngineTimelock} from "contracts/engine/EngineTimelock.sol";
import {Parameter, ParameterBounds} from "contracts/engine/Parameter.sol";
import {VaultAdjusts} from "contracts/vault/VaultAdjusts.sol";
import {Bench} from "test/foundry/Vm.sol";
import {World} from "test/foundry/World.sol";

/// @notice A proposer that schedules and executes whatever comes to its mind.
contract Governor is Bench {
    World private immutable world;
    EngineTimelock private immutable timelock;
    uint256 private _salt;
    uint256 public done;
    bool public tooSoon;

    constructor(World world_) {
        world = world_;
        timelock = world_.timelock();
    }

    function engineParameter(uint256 index, uint256 value, bool wild) external {
        Parameter parameter = Parameter(index % ParameterBounds.count());
        (uint256 least, uint256 most,) = ParameterBounds.boundsOf(parameter);
        if (!wild) value = within(value, least == 0 ? 0 : least - 1, most + 1);
        _govern(address(world.parameters()), abi.encodeCall(EngineParameters.set, (parameter, value)));
    }

    function vaultParameters(uint64 fee, uint64 reclaim, uint64 dispute, uint64 interval, bool wild) external {
        if (!wild) (fee, reclaim, dispute, interval) = (fee % 11_000, reclaim % 8 days, dispute % 15 days, interval % 4_000);
        VaultAdjusts.Parameters memory next = VaultAdjusts.Parameters(fee, reclaim, dispute, interval);
        _govern(address(world.vault()), abi.encodeCall(VaultAdjusts.setParameters, (next)));
    }

    function fundParameters(uint16 base, uint16 slope, uint64 insurance, uint64 gamma) external {
        InsuranceFund.Parameters memory next = InsuranceFund.Parameters(base, slope, insurance, gamma);
        _govern(address(world.fund()), abi.encodeCall(InsuranceFund.setParameters, (next)));
    }

    function _govern(address target, bytes memory data) private {
        bytes32 salt = bytes32(++_salt);
        (address proposer, uint256 delay) = (world.PROPOSER(), world.DELAY());
        vm.prank(proposer);
        timelock.schedule(target, 0, data, 0, salt, delay);
        try timelock.execute(target, 0, data, 0, salt) {
            tooSoon = true;
        } catch {}
        vm.warp(vm.getBlockTimestamp() + delay);
        // What the timelock executes may well be refused.
        try timelock.execute(target, 0, data, 0, salt) {
            ++done;
        } catch {}
    }
}

contract ParametersTest is Bench {
    World private world;
    Governor private governor;

    function setUp() public {
        world = World(vm.deployCode("World.sol:World"));
        governor = new Governor(world);
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(governor);
    }

    function invariant_parametersStayWithinBounds() public view {
        EngineParameters parameters = world.parameters();
        for (uint256 i = 0; i < ParameterBounds.count(); ++i) {
            (uint256 least, uint256 most) = parameters.boundsOf(Parameter(i));
            uint256 value = parameters.get(Parameter(i));
            so(value >= least && value <= most, "a parameter left its bounds");
        }
        so(parameters.get(Parameter.AdlEndBps) < parameters.get(Parameter.AdlStartBps), "levels fall");
        (uint64 fee, uint64 reclaim, uint64 dispute, uint64 interval) = world.vault().parameters();
        so(fee <= 10_000 && reclaim >= 600 && reclaim <= 7 days, "the vault's fee or reclaim time");
        so(dispute >= 1 hours && dispute <= 14 days && interval >= 30 && interval <= 1 hours, "the vault's delays");
        so(world.fund().gammaShareBps() <= 10_000, "a share of fees above the whole");
        so(!governor.tooSoon(), "something was executed before its delay");
    }

    /// @notice Governance does change things, so the bounds above are what holds it.
    function test_governanceWorks() public {
        governor.engineParameter(uint256(Parameter.SoftWindow), 100, true);
        same(world.parameters().get(Parameter.SoftWindow), 100, "set by the timelock");
        same(governor.done(), 1, "executed");
        governor.engineParameter(uint256(Parameter.SoftWindow), 601, true);
        same(world.parameters().get(Parameter.SoftWindow), 100, "beyond the bound");
    }

    function testFuzz_nobodyButTheTimelockSets(address anybody, uint256 index, uint256 value) public {
        vm.assume(anybody != address(world.timelock()));
        EngineParameters parameters = world.parameters();
        vm.expectRevert();
        vm.prank(anybody);
        parameters.set(Parameter(index % 34), value);
    }
}
