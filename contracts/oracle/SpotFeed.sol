// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {RoundSpots} from "@generated/RoundSpots.sol";
import {AggregatorV3Interface} from "contracts/oracle/AggregatorV3Interface.sol";
import {ChallengeableOracle} from "contracts/oracle/ChallengeableOracle.sol";

/**
 * @title Spot of one underlying, read as a Chainlink feed, in nano-USD
 *
 * A feed's round is the oracle's. The latest is the newest that stands; whether it can still be challenged is the
 * oracle's `isSettleable`. A rejected round has no data.
 */
contract SpotFeed is AggregatorV3Interface {
    ChallengeableOracle public immutable oracle;
    /// Its place among the configuration's underlyings.
    uint256 public immutable underlying;
    string public description;

    uint8 public constant decimals = 9;
    uint256 public constant version = 1;

    error NoData(uint256 roundId);
    error UnderlyingOutOfRange(uint256 underlying);

    constructor(ChallengeableOracle oracle_, uint256 underlying_, string memory description_) {
        if (underlying_ > 2) revert UnderlyingOutOfRange(underlying_);
        oracle = oracle_;
        underlying = underlying_;
        description = description_;
    }

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        return getRoundData(oracle.latestStanding());
    }

    function getRoundData(uint80 id) public view returns (uint80, int256, uint256, uint256, uint80) {
        if (id > type(uint64).max) revert NoData(id);
        uint256 time = oracle.roundTime(uint64(id));
        uint256 word = oracle.spots(uint64(id));
        uint256 spot = underlying == 0
            ? RoundSpots.spot0Nano(word)
            : underlying == 1 ? RoundSpots.spot1Nano(word) : RoundSpots.spot2Nano(word);
        // No such round, one that was rejected, or one without this underlying.
        if (time == 0 || spot == 0) revert NoData(id);
        return (id, int256(spot), time, time, id);
    }
}
