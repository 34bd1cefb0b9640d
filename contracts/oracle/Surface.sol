// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {OracleConstants as C} from "@generated/OracleConstants.sol";
import {VolatilityWord} from "@generated/VolatilityWord.sol";
import {Black76} from "contracts/oracle/Black76.sol";
import {FixedPoint} from "contracts/oracle/FixedPoint.sol";

/// A shock of one underlying, basis points.
struct Shock {
    int256 spotBps;
    int256 volBps;
    int256 skewBps;
    /// Whether the floor under a shocked-up volatility applies: in scenarios yes, in greek shocks no.
    bool floored;
}

/// @title src/risk/surface.ts, bit for bit: the listed smile, and what a shock does to a volatility
library Surface {
    uint256 private constant POINT_BYTES = uint256(C.SMILE_POINT_BYTES);

    function pointCount(bytes memory smile) internal pure returns (uint256) {
        return smile.length / POINT_BYTES;
    }

    function point(bytes memory smile, uint256 index) internal pure returns (int256 strikeNano, int256 volNano) {
        uint256 word;
        uint256 offset = index * POINT_BYTES;
        assembly ("memory-safe") {
            word := mload(add(add(smile, 32), offset))
        }
        strikeNano = int256(word >> 192);
        volNano = int256((word >> 152) & ((1 << 40) - 1));
    }

    /// @notice Volatility at a strike: exact at listed ones, linear in ln K between, flat beyond; strikes increase
    function volNano(bytes memory smile, int256 strikeNano, int256 lnStrikeQ64) internal pure returns (int256) {
        uint256 above = _firstAtOrAbove(smile, strikeNano);
        if (above == pointCount(smile)) {
            (, int256 last) = point(smile, above - 1);
            return last;
        }
        (int256 upperStrike, int256 upperVol) = point(smile, above);
        if (above == 0 || upperStrike == strikeNano) return upperVol;
        (int256 lowerStrike, int256 lowerVol) = point(smile, above - 1);
        int256 lnLower = FixedPoint.lnIntegerQ64(lowerStrike);
        int256 width = FixedPoint.lnIntegerQ64(upperStrike) - lnLower;
        if (width <= 0) return lowerVol;
        int256 along = FixedPoint.clamp(lnStrikeQ64 - lnLower, 0, width);
        return lowerVol + FixedPoint.mulDivDown(upperVol - lowerVol, along, width);
    }

    /// @notice (30 / days)^power as Q64
    function termFactorQ64(uint256 rules, int256 secondsLeft) internal pure returns (int256) {
        int256 least = int256(VolatilityWord.scalingFloorSeconds(rules));
        int256 counted = secondsLeft < least ? least : secondsLeft;
        uint256 powerBps = counted < C.THIRTY_DAYS_SECONDS
            ? VolatilityWord.shortPowerBps(rules)
            : VolatilityWord.longPowerBps(rules);
        return FixedPoint.powQ64(
            FixedPoint.ratioQ64(C.THIRTY_DAYS_SECONDS, counted),
            FixedPoint.ratioQ64(int256(powerBps), FixedPoint.BASIS_POINTS)
        );
    }

    /// @notice The volatility of a strike under a shock; `belowForwardQ64` is its standardised moneyness
    function shockedVolNano(
        uint256 rules,
        Shock memory shock,
        int256 unshockedNano,
        int256 termQ64,
        int256 belowForwardQ64
    ) internal pure returns (int256) {
        unchecked {
            int256 moved = unshockedNano;
            if (shock.skewBps != 0) {
                moved += FixedPoint.mulDivDown(
                    unshockedNano * shock.skewBps, belowForwardQ64, FixedPoint.BASIS_POINTS << 64
                );
            }
            int256 factorQ64 =
                FixedPoint.ONE_Q64 + FixedPoint.mulDivDown(shock.volBps, termQ64, FixedPoint.BASIS_POINTS);
            if (factorQ64 < 0) factorQ64 = 0;
            if (factorQ64 != FixedPoint.ONE_Q64) moved = (moved * factorQ64) >> 64;
            if (shock.floored && shock.volBps > 0) {
                int256 floorNano = int256(VolatilityWord.shockedFloorNano(rules));
                if (moved < floorNano) moved = floorNano;
            }
            int256 low = int256(VolatilityWord.minimumNano(rules));
            int256 high = int256(VolatilityWord.maximumNano(rules));
            // Widened to hold the unshocked volatility, so that the limits never turn a shock round.
            if (unshockedNano < low) low = unshockedNano;
            if (unshockedNano > high) high = unshockedNano;
            return FixedPoint.clamp(moved, low, high);
        }
    }

    /// @notice Standard deviations by which a strike lies below the forward, Q64, held to the skew limit
    function standardisedMoneynessQ64(
        uint256 rules,
        int256 lnMoneynessQ64,
        int256 atmVolNano,
        int256 rootYearsQ64
    ) internal pure returns (int256) {
        int256 deviationQ64 = Black76.totalDeviationQ64(atmVolNano, rootYearsQ64);
        if (deviationQ64 == 0) return 0;
        int256 limit = FixedPoint.ratioQ64(int256(VolatilityWord.skewLimitNano(rules)), FixedPoint.NANO);
        unchecked {
            return FixedPoint.clamp((lnMoneynessQ64 << 64) / deviationQ64, -limit, limit);
        }
    }

    function _firstAtOrAbove(bytes memory smile, int256 strikeNano) private pure returns (uint256 low) {
        uint256 high = pointCount(smile);
        while (low < high) {
            uint256 middle = (low + high) >> 1;
            (int256 strike,) = point(smile, middle);
            if (strike < strikeNano) low = middle + 1;
            else high = middle;
        }
    }
}
