// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {OracleConstants as C} from "@generated/OracleConstants.sol";
import {RoundSpots} from "@generated/RoundSpots.sol";

/**
 * @title What may be done on a round, from the spots of the rounds before it
 *
 * What always holds, with the parameters that it was deployed with:
 * - A round on which an underlying moved by more than the largest move, or lies further from its time-weighted price than
 *   the bound, or is doubted, confirms nothing; unless as many rounds in a row as repeatRounds, it included, are so on the
 *   same side. A crash that falls on and on confirms from then on every round.
 * - Prices that jump to and fro are held back no longer than twice as many rounds.
 * - The level counts the thresholds that the newest print has passed, against the highest and the lowest price that stood
 *   within the window.
 * - Nothing is kept: the same rounds give the same answer, and a rejected one is not among them.
 *
 * The rules are those of src/oracle/round-guards.ts; test/oracle/guards.test.ts compares the two.
 */
contract PriceGuards {
    struct Limits {
        uint256 maximumMoveBps;
        uint256 repeatRounds;
        uint256 averageWindowSeconds;
        uint256 maximumAverageBps;
        uint256[3] breakerBps;
        uint256 breakerWindowSeconds;
    }

    /// The price that stands, and those since that lay too far from it, all on one side.
    struct Guarded {
        uint256 accepted;
        uint256 heldCount;
        uint256[] held;
    }

    /// The bit of a spots word that says: an external feed had another price.
    uint256 public constant DOUBTED = 1 << uint256(C.SPOT_DOUBTED_BIT);
    uint256 private constant BASIS_POINTS = 10_000;
    uint256 private constant UNDERLYINGS = uint256(C.UNDERLYINGS);
    uint256 private constant MOST_REPEATS = 10;
    /// So many times repeatRounds are the most rounds in a row that a price is held back for, whatever side it is on.
    uint256 private constant MOST_HELD_FACTOR = uint256(C.MOST_HELD_FACTOR);

    uint256 public immutable maximumMoveBps;
    uint256 public immutable repeatRounds;
    uint256 public immutable averageWindowSeconds;
    uint256 public immutable maximumAverageBps;
    uint256 public immutable breakerWindowSeconds;
    uint256 private immutable _breaker1Bps;
    uint256 private immutable _breaker2Bps;
    uint256 private immutable _breaker3Bps;
    uint256 private immutable _longestWindowSeconds;

    error LimitOutOfRange(string name, uint256 value);

    constructor(Limits memory limits) {
        _requireWithin("maximumMoveBps", limits.maximumMoveBps, BASIS_POINTS);
        _requireWithin("repeatRounds", limits.repeatRounds, MOST_REPEATS);
        _requireWithin("averageWindowSeconds", limits.averageWindowSeconds, 1 days);
        _requireWithin("maximumAverageBps", limits.maximumAverageBps, BASIS_POINTS);
        _requireWithin("breakerWindowSeconds", limits.breakerWindowSeconds, 1 days);
        for (uint256 i = 0; i < 3; ++i) {
            _requireWithin("breakerBps", limits.breakerBps[i], BASIS_POINTS);
            if (i != 0 && limits.breakerBps[i] <= limits.breakerBps[i - 1]) {
                revert LimitOutOfRange("breakerBps", limits.breakerBps[i]);
            }
        }
        maximumMoveBps = limits.maximumMoveBps;
        repeatRounds = limits.repeatRounds;
        averageWindowSeconds = limits.averageWindowSeconds;
        maximumAverageBps = limits.maximumAverageBps;
        breakerWindowSeconds = limits.breakerWindowSeconds;
        _breaker1Bps = limits.breakerBps[0];
        _breaker2Bps = limits.breakerBps[1];
        _breaker3Bps = limits.breakerBps[2];
        _longestWindowSeconds = limits.averageWindowSeconds > limits.breakerWindowSeconds
            ? limits.averageWindowSeconds
            : limits.breakerWindowSeconds;
    }

    /// @return windowSeconds what is older than this by the newest round is of no matter, but for the last of it
    /// @return leastRounds that are of matter however old they are
    function lookBack() external view returns (uint256 windowSeconds, uint256 leastRounds) {
        return (_longestWindowSeconds, MOST_HELD_FACTOR * repeatRounds + 1);
    }

    /// @param words of RoundSpots, of rounds that stand, oldest first
    /// @return confirms whether something may be sold on the newest @return level of the circuit breaker, 0 to 3
    function assess(uint256[] calldata words) external view returns (bool confirms, uint256 level) {
        confirms = true;
        for (uint256 underlying = 0; underlying < UNDERLYINGS; ++underlying) {
            (uint256[] memory times, uint256[] memory prices) = _pricesOf(words, underlying);
            // A round without this underlying says nothing of it.
            if (prices.length == 0 || _spotOf(words[words.length - 1], underlying) == 0) continue;
            (bool heldBack, uint256[] memory standing) = _fold(prices);
            uint256 average = _average(times, standing);
            if (heldBack || _isFar(prices, average)) confirms = false;
            uint256 passed = _level(times, standing, prices[prices.length - 1]);
            if (passed > level) level = passed;
        }
        if (_isDoubted(words)) confirms = false;
    }

    // ---------------------------------------------------------------- internals

    function _pricesOf(uint256[] calldata words, uint256 underlying)
        private
        pure
        returns (uint256[] memory times, uint256[] memory prices)
    {
        (times, prices) = (new uint256[](words.length), new uint256[](words.length));
        uint256 count = 0;
        for (uint256 i = 0; i < words.length; ++i) {
            uint256 price = _spotOf(words[i], underlying);
            if (price == 0) continue;
            (times[count], prices[count]) = (RoundSpots.asOfSeconds(words[i]), price);
            ++count;
        }
        assembly ("memory-safe") {
            mstore(times, count)
            mstore(prices, count)
        }
    }

    function _spotOf(uint256 word, uint256 underlying) private pure returns (uint256) {
        if (underlying == 0) return RoundSpots.spot0Nano(word);
        return underlying == 1 ? RoundSpots.spot1Nano(word) : RoundSpots.spot2Nano(word);
    }

    /// @dev The price that stood after each round, and whether the newest was held back.
    function _fold(uint256[] memory prices) private view returns (bool heldBack, uint256[] memory standing) {
        standing = new uint256[](prices.length);
        Guarded memory guarded = Guarded(prices[0], 0, new uint256[](repeatRounds));
        standing[0] = prices[0];
        uint256 inARow = 0;
        for (uint256 i = 1; i < prices.length; ++i) {
            inARow = _move(guarded, prices[i]) ? inARow + 1 : 0;
            standing[i] = guarded.accepted;
        }
        heldBack = inARow != 0 && inARow < MOST_HELD_FACTOR * repeatRounds;
    }

    function _move(Guarded memory guarded, uint256 price) private view returns (bool heldBack) {
        uint256 accepted = guarded.accepted;
        if (_isWithin(price, accepted, maximumMoveBps)) {
            (guarded.accepted, guarded.heldCount) = (price, 0);
            return false;
        }
        bool below = price < accepted;
        if (guarded.heldCount != 0 && (guarded.held[0] < accepted) != below) guarded.heldCount = 0;
        guarded.held[guarded.heldCount++] = price;
        if (guarded.heldCount < repeatRounds) return true;
        _accept(guarded, below);
        return false;
    }

    /// @dev The held price nearest to the standing one stands; the latest that are still far off it go on counting.
    function _accept(Guarded memory guarded, bool below) private view {
        uint256 nearest = guarded.held[0];
        uint256 count = guarded.heldCount;
        for (uint256 i = 1; i < count; ++i) {
            if (guarded.held[i] > nearest == below && guarded.held[i] != nearest) nearest = guarded.held[i];
        }
        uint256 first = count;
        while (first > 1) {
            uint256 price = guarded.held[first - 1];
            if ((price < nearest) != below || _isWithin(price, nearest, maximumMoveBps)) break;
            --first;
        }
        for (uint256 i = first; i < count; ++i) {
            guarded.held[i - first] = guarded.held[i];
        }
        (guarded.accepted, guarded.heldCount) = (nearest, count - first);
    }

    /// @dev Of the standing prices, each by the time that it stood, up to the newest round; rounded down.
    function _average(uint256[] memory times, uint256[] memory standing) private view returns (uint256) {
        uint256 last = times.length - 1;
        uint256 end = times[last];
        uint256 from = end > averageWindowSeconds ? end - averageWindowSeconds : 0;
        uint256 sum = 0;
        uint256 total = 0;
        for (uint256 i = 0; i < last; ++i) {
            uint256 start = times[i] > from ? times[i] : from;
            if (times[i + 1] <= start) continue;
            uint256 secondsStood = times[i + 1] - start;
            sum += standing[i] * secondsStood;
            total += secondsStood;
        }
        return total == 0 ? standing[last] : sum / total;
    }

    function _isFar(uint256[] memory prices, uint256 average) private view returns (bool) {
        uint256 count = prices.length;
        uint256 newest = prices[count - 1];
        uint256 far = 0;
        while (far < count && !_isWithin(prices[count - 1 - far], average, maximumAverageBps)) ++far;
        if (far == 0 || far >= MOST_HELD_FACTOR * repeatRounds) return false;
        if (far < repeatRounds) return true;
        for (uint256 i = count - repeatRounds; i < count; ++i) {
            if ((prices[i] < average) != (newest < average)) return true;
        }
        return false;
    }

    function _isDoubted(uint256[] calldata words) private view returns (bool) {
        uint256 count = words.length;
        if (count == 0 || words[count - 1] & DOUBTED == 0) return false;
        if (count < repeatRounds) return true;
        for (uint256 i = count - repeatRounds; i < count; ++i) {
            if (words[i] & DOUBTED == 0) return true;
        }
        return false;
    }

    function _level(uint256[] memory times, uint256[] memory standing, uint256 newest)
        private
        view
        returns (uint256 level)
    {
        uint256 end = times[times.length - 1];
        (uint256 highest, uint256 lowest) = (newest, newest);
        for (uint256 i = 0; i < times.length; ++i) {
            if (end - times[i] > breakerWindowSeconds) continue;
            if (standing[i] > highest) highest = standing[i];
            if (standing[i] < lowest) lowest = standing[i];
        }
        uint256[3] memory bounds = [_breaker1Bps, _breaker2Bps, _breaker3Bps];
        for (uint256 i = 0; i < 3; ++i) {
            bool passed = (highest - newest) * BASIS_POINTS >= bounds[i] * highest
                || (newest - lowest) * BASIS_POINTS >= bounds[i] * lowest;
            if (passed) ++level;
        }
    }

    function _isWithin(uint256 price, uint256 base, uint256 bps) private pure returns (bool) {
        uint256 apart = price > base ? price - base : base - price;
        return apart * BASIS_POINTS <= bps * base;
    }

    function _requireWithin(string memory name, uint256 value, uint256 most) private pure {
        if (value == 0 || value > most) revert LimitOutOfRange(name, value);
    }
}
