// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {ActivityAmounts} from "@generated/ActivityAmounts.sol";
import {ActivityFigure} from "@generated/ActivityFigure.sol";
import {ActivityPrices} from "@generated/ActivityPrices.sol";
import {AverageWord} from "@generated/AverageWord.sol";
import {OracleConstants as C} from "@generated/OracleConstants.sol";
import {FixedPoint} from "contracts/oracle/FixedPoint.sol";
import {RoundEvidence} from "contracts/oracle/RoundEvidence.sol";

/// SyntheticParameters of src/oracle/oracle-parameters.ts, by place among the configuration's underlyings.
struct ScaleRules {
    /// 0: nothing is ever scaled.
    int256[3] referenceVolNano;
    int256 fastHalfLifeSeconds;
    int256 slowHalfLifeSeconds;
    int256 decayHalfLifeSeconds;
    int256 maximumRiseBpsPerMinute;
    int256 maximumThinnessBps;
    int256 maximumScaleBps;
    int256 scaleStepBps;
    int256 firstIntervalSeconds;
}

/// What a round holds of one underlying (src/oracle/synthetic-round.ts).
struct SyntheticEntry {
    int256 endSeconds;
    int256 openNano;
    int256 highNano;
    int256 lowNano;
    int256 closeNano;
    int256 impliedVolNano;
    int256 figureNano;
    int256 volumeNano;
    int256 depthNano;
    // In the order of SYNTHETIC_AVERAGES.
    int256[5] sums;
    int256[5] weightsQ64;
}

/**
 * @title src/oracle/synthetic-volatility.ts, bit for bit: the entry that follows from the one before and from new activity
 * @dev Overflow reverts. It needs averages that no entry of this formula has, so nothing is shown of a round after one
 * that was false and final.
 */
library SyntheticVolatility {
    uint256 private constant FAST_VARIANCE = 0;
    uint256 private constant SLOW_VOL = 1;
    uint256 private constant FAST_VOLUME = 2;
    uint256 private constant SLOW_VOLUME = 3;
    uint256 private constant SLOW_DEPTH = 4;

    /// @return present false where the round has no entry: its words are missing, or zero
    function entryAt(bytes memory section, uint256 place)
        internal
        pure
        returns (bool present, SyntheticEntry memory entry)
    {
        uint256 first = place * uint256(C.SYNTHETIC_WORDS);
        if (first >= RoundEvidence.wordCount(section)) return (false, entry);
        uint256 prices = RoundEvidence.wordAt(section, first);
        uint256 figure = RoundEvidence.wordAt(section, first + 1);
        uint256 amounts = RoundEvidence.wordAt(section, first + 2);
        uint256 any = prices | figure | amounts;
        entry.endSeconds = int256(ActivityPrices.endSeconds(prices));
        entry.openNano = int256(ActivityPrices.openNano(prices));
        entry.highNano = int256(ActivityPrices.highNano(prices));
        entry.lowNano = int256(ActivityPrices.lowNano(prices));
        entry.closeNano = int256(ActivityFigure.closeNano(figure));
        entry.impliedVolNano = int256(ActivityFigure.impliedVolNano(figure));
        entry.figureNano = int256(ActivityFigure.figureNano(figure));
        entry.volumeNano = int256(ActivityAmounts.volumeNano(amounts));
        entry.depthNano = int256(ActivityAmounts.depthNano(amounts));
        for (uint256 i = 0; i < entry.sums.length; ++i) {
            uint256 word = RoundEvidence.wordAt(section, first + uint256(C.SYNTHETIC_ACTIVITY_WORDS) + i);
            any |= word;
            entry.sums[i] = int256(AverageWord.sum(word));
            entry.weightsQ64[i] = int256(AverageWord.weightQ64(word));
        }
        present = any != 0;
    }

    function isSame(SyntheticEntry memory a, SyntheticEntry memory b) internal pure returns (bool) {
        return keccak256(abi.encode(a)) == keccak256(abi.encode(b));
    }

    /// @notice checkActivity: 0 < low <= open, close <= high; widths are the words' own.
    function isActivity(SyntheticEntry memory entry) internal pure returns (bool) {
        return entry.lowNano > 0 && entry.highNano <= C.MAX_PRICE_NANO && entry.openNano >= entry.lowNano
            && entry.openNano <= entry.highNano && entry.closeNano >= entry.lowNano && entry.closeNano <= entry.highNano;
    }

    /// @notice Figure / reference in whole steps, up, from 1 to the cap.
    function scaleBps(ScaleRules memory rules, int256 referenceNano, int256 figureNano)
        internal
        pure
        returns (int256)
    {
        int256 exact = FixedPoint.mulDivUp(figureNano, FixedPoint.BASIS_POINTS, referenceNano);
        int256 stepped = FixedPoint.mulDivUp(exact, 1, rules.scaleStepBps) * rules.scaleStepBps;
        return FixedPoint.clamp(stepped, FixedPoint.BASIS_POINTS, rules.maximumScaleBps);
    }

    /// @notice The entry that the activity of `now_` makes of the one before. @param hasBefore false: it is the first one.
    function next(
        ScaleRules memory rules,
        int256 referenceNano,
        bool hasBefore,
        SyntheticEntry memory before,
        SyntheticEntry memory now_
    ) internal pure returns (SyntheticEntry memory entry) {
        int256 secondsPast = hasBefore ? now_.endSeconds - before.endSeconds : rules.firstIntervalSeconds;
        entry = _copyActivity(now_);
        _setAverages(entry, rules, before, hasBefore ? before.closeNano : now_.openNano, secondsPast);
        int256 target = _target(entry, rules.maximumThinnessBps);
        int256 figure = hasBefore ? _towards(rules, before.figureNano, target, secondsPast) : target;
        int256 cap = FixedPoint.mulDivDown(referenceNano, rules.maximumScaleBps, FixedPoint.BASIS_POINTS);
        entry.figureNano = FixedPoint.clamp(figure, 0, cap);
    }

    function _copyActivity(SyntheticEntry memory from) private pure returns (SyntheticEntry memory entry) {
        entry.endSeconds = from.endSeconds;
        entry.openNano = from.openNano;
        entry.highNano = from.highNano;
        entry.lowNano = from.lowNano;
        entry.closeNano = from.closeNano;
        entry.impliedVolNano = from.impliedVolNano;
        entry.volumeNano = from.volumeNano;
        entry.depthNano = from.depthNano;
    }

    function _setAverages(
        SyntheticEntry memory entry,
        ScaleRules memory rules,
        SyntheticEntry memory before,
        int256 closeBeforeNano,
        int256 secondsPast
    ) private pure {
        int256 fastKept = _decayQ64(secondsPast, rules.fastHalfLifeSeconds);
        int256 slowKept = _decayQ64(secondsPast, rules.slowHalfLifeSeconds);
        int256 variance = _variance(entry, closeBeforeNano, secondsPast);
        int256 volume = (entry.volumeNano << 16) / secondsPast;
        _average(entry, before, FAST_VARIANCE, variance, fastKept);
        _average(entry, before, SLOW_VOL, FixedPoint.sqrtDown(variance), slowKept);
        _average(entry, before, FAST_VOLUME, volume, fastKept);
        _average(entry, before, SLOW_VOLUME, volume, slowKept);
        if (entry.depthNano != 0) {
            _average(entry, before, SLOW_DEPTH, entry.depthNano, slowKept);
        } else {
            entry.sums[SLOW_DEPTH] = before.sums[SLOW_DEPTH];
            entry.weightsQ64[SLOW_DEPTH] = before.weightsQ64[SLOW_DEPTH];
        }
    }

    function _average(
        SyntheticEntry memory entry,
        SyntheticEntry memory before,
        uint256 index,
        int256 value,
        int256 keptQ64
    ) private pure {
        int256 takenQ64 = FixedPoint.ONE_Q64 - keptQ64;
        entry.sums[index] = ((before.sums[index] * keptQ64) >> 64) + value * takenQ64;
        entry.weightsQ64[index] = ((before.weightsQ64[index] * keptQ64) >> 64) + takenQ64;
    }

    function _value(SyntheticEntry memory entry, uint256 index) private pure returns (int256) {
        return entry.weightsQ64[index] == 0 ? int256(0) : entry.sums[index] / entry.weightsQ64[index];
    }

    /// @dev Parkinson's range estimator and the square of the gap, by the year (src/oracle/activity.ts).
    function _variance(SyntheticEntry memory entry, int256 closeBeforeNano, int256 secondsPast)
        private
        pure
        returns (int256)
    {
        int256 range = FixedPoint.lnIntegerQ64(entry.highNano) - FixedPoint.lnIntegerQ64(entry.lowNano);
        int256 gap = FixedPoint.lnIntegerQ64(entry.openNano) - FixedPoint.lnIntegerQ64(closeBeforeNano);
        int256 square = (range * range * C.PARKINSON_NANO) / FixedPoint.NANO + gap * gap;
        int256 scaled = ((square * FixedPoint.NANO) >> 64) * FixedPoint.NANO;
        return (scaled * FixedPoint.ratioQ64(C.YEAR_SECONDS, secondsPast)) >> 128;
    }

    /// @dev max(implied, realised, flow) * thinness
    function _target(SyntheticEntry memory entry, int256 maximumThinnessBps) private pure returns (int256) {
        int256 largest = entry.impliedVolNano;
        int256 realised = FixedPoint.sqrtDown(_value(entry, FAST_VARIANCE));
        if (realised > largest) largest = realised;
        int256 slowVolume = _value(entry, SLOW_VOLUME);
        if (slowVolume != 0) {
            int256 usual = _value(entry, SLOW_VOL);
            int256 flow =
                FixedPoint.sqrtDown(FixedPoint.mulDivDown(usual * usual, _value(entry, FAST_VOLUME), slowVolume));
            if (flow > largest) largest = flow;
        }
        int256 thinness = _thinness(_value(entry, SLOW_DEPTH), entry.depthNano, maximumThinnessBps);
        return FixedPoint.mulDivUp(largest, thinness, FixedPoint.BASIS_POINTS);
    }

    function _thinness(int256 usualNano, int256 nowNano, int256 maximumBps) private pure returns (int256) {
        if (nowNano == 0 || usualNano == 0) return FixedPoint.BASIS_POINTS;
        int256 square =
            FixedPoint.mulDivDown(usualNano, FixedPoint.BASIS_POINTS * FixedPoint.BASIS_POINTS, nowNano);
        int256 held = FixedPoint.clamp(square, 0, maximumBps * maximumBps);
        return FixedPoint.clamp(FixedPoint.sqrtDown(held), FixedPoint.BASIS_POINTS, maximumBps);
    }

    /// @dev Up no faster than allowed, down by the decay.
    function _towards(ScaleRules memory rules, int256 figureNano, int256 targetNano, int256 secondsPast)
        private
        pure
        returns (int256)
    {
        if (targetNano > figureNano) {
            int256 least = FixedPoint.NANO / 100;
            int256 from = figureNano > least ? figureNano : least;
            int256 rise = FixedPoint.mulDivUp(
                from, rules.maximumRiseBpsPerMinute * secondsPast, 60 * FixedPoint.BASIS_POINTS
            );
            return FixedPoint.clamp(targetNano, figureNano, figureNano + rise);
        }
        int256 kept = _decayQ64(secondsPast, rules.decayHalfLifeSeconds);
        return targetNano + (((figureNano - targetNano) * kept) >> 64);
    }

    /// @dev 2^(-seconds / halfLife)
    function _decayQ64(int256 secondsPast, int256 halfLifeSeconds) private pure returns (int256) {
        return FixedPoint.powQ64(FixedPoint.ONE_Q64 >> 1, FixedPoint.ratioQ64(secondsPast, halfLifeSeconds));
    }
}
