// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

/**
 * @title The timelock that everything of the liquidation engine is governed by
 * @notice It has no admin but itself: its own delay and roles change only through it. Anybody executes what is due.
 */
contract EngineTimelock is TimelockController {
    uint256 public constant LEAST_DELAY = 1 days;
    uint256 public constant LONGEST_DELAY = 30 days;

    error DelayOutOfRange(uint256 delaySeconds, uint256 least, uint256 longest);

    constructor(uint256 delaySeconds, address[] memory proposers)
        TimelockController(delaySeconds, proposers, _anybody(), address(0))
    {
        if (delaySeconds < LEAST_DELAY || delaySeconds > LONGEST_DELAY) {
            revert DelayOutOfRange(delaySeconds, LEAST_DELAY, LONGEST_DELAY);
        }
    }

    function _anybody() private pure returns (address[] memory executors) {
        executors = new address[](1);
    }
}
