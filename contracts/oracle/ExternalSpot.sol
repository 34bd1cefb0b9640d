// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {AggregatorV3Interface} from "contracts/oracle/AggregatorV3Interface.sol";

/**
 * @title Spot from a Chainlink feed, in nano-USD, or nothing
 *
 * What always holds: an answer that is returned is positive, no older than the maximum age, not from the future, and
 * within the bounds. A feed that stands at its own minimum or maximum answer is a feed that has stopped: set the bounds
 * inside those.
 */
contract ExternalSpot {
    uint256 private constant NANO_DECIMALS = 9;
    uint256 private constant MOST_DECIMALS = 36;

    AggregatorV3Interface public immutable feed;
    uint256 public immutable maxAgeSeconds;
    int256 public immutable leastNano;
    int256 public immutable mostNano;

    error BoundsOutOfOrder(int256 leastNano, int256 mostNano);
    error MaxAgeIsZero();
    error TooManyDecimals(uint256 decimals);
    error AnswerStale(uint256 updatedAt, uint256 maxAgeSeconds);
    error AnswerFromFuture(uint256 updatedAt);
    error AnswerOutOfBounds(int256 answerNano, int256 leastNano, int256 mostNano);

    constructor(AggregatorV3Interface feed_, uint256 maxAgeSeconds_, int256 leastNano_, int256 mostNano_) {
        if (maxAgeSeconds_ == 0) revert MaxAgeIsZero();
        if (leastNano_ <= 0 || leastNano_ >= mostNano_) revert BoundsOutOfOrder(leastNano_, mostNano_);
        if (feed_.decimals() > MOST_DECIMALS) revert TooManyDecimals(feed_.decimals());
        feed = feed_;
        maxAgeSeconds = maxAgeSeconds_;
        leastNano = leastNano_;
        mostNano = mostNano_;
    }

    /// @return spotNano rounded down; @return updatedAt when the feed last changed
    function spot() external view returns (int256 spotNano, uint256 updatedAt) {
        int256 answer;
        (, answer,, updatedAt,) = feed.latestRoundData();
        if (updatedAt > block.timestamp) revert AnswerFromFuture(updatedAt);
        if (block.timestamp - updatedAt > maxAgeSeconds) revert AnswerStale(updatedAt, maxAgeSeconds);
        uint256 decimals = feed.decimals();
        spotNano = decimals > NANO_DECIMALS
            ? answer / int256(10 ** (decimals - NANO_DECIMALS))
            : answer * int256(10 ** (NANO_DECIMALS - decimals));
        if (spotNano < leastNano || spotNano > mostNano) revert AnswerOutOfBounds(spotNano, leastNano, mostNano);
    }
}
