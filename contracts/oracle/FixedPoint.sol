// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {LnSeries} from "@generated/LnSeries.sol";
import {OracleConstants as C} from "@generated/OracleConstants.sol";

/**
 * @title src/fixed-point, bit for bit: binary fixed point, where x stands for x / 2^64
 *
 * `/` truncates toward zero and `>>` floors, as there. Nothing overflows: prices are below 2^67 nano-USD (10^18, shocked
 * by at most +10,000%), volatilities below 2^44, exponents at most 128; the largest product is 2^241, in expQ64.
 */
library FixedPoint {
    int256 internal constant ONE_Q64 = 1 << 64;
    int256 internal constant ONE_Q120 = 1 << 120;
    int256 internal constant NANO = 1e9;
    int256 internal constant BASIS_POINTS = 10_000;

    error ArgumentOutOfRange(int256 argument);

    /// @notice floor(a * b / denominator), denominator > 0
    function mulDivDown(int256 a, int256 b, int256 denominator) internal pure returns (int256 quotient) {
        unchecked {
            int256 product = a * b;
            quotient = product / denominator;
            if (product < 0 && quotient * denominator != product) --quotient;
        }
    }

    /// @notice ceil(a * b / denominator), denominator > 0
    function mulDivUp(int256 a, int256 b, int256 denominator) internal pure returns (int256 quotient) {
        unchecked {
            int256 product = a * b;
            quotient = product / denominator;
            if (product > 0 && quotient * denominator != product) ++quotient;
        }
    }

    function ratioQ64(int256 numerator, int256 denominator) internal pure returns (int256) {
        return mulDivDown(numerator, ONE_Q64, denominator);
    }

    function absolute(int256 x) internal pure returns (int256) {
        unchecked {
            return x < 0 ? -x : x;
        }
    }

    function clamp(int256 x, int256 low, int256 high) internal pure returns (int256) {
        if (x < low) return low;
        return x > high ? high : x;
    }

    /// @notice e^x, Q64 in and out; 0 below -45
    function expQ64(int256 x) internal pure returns (int256) {
        if (x > C.EXP_LIMIT_Q64) revert ArgumentOutOfRange(x);
        if (x < C.EXP_UNDERFLOW_Q64) return 0;
        unchecked {
            int256 octave = (x * C.LOG2_E_Q64 + (1 << 127)) >> 128;
            int256 rest = (x << 56) - octave * C.LN2_Q120;
            int256 sum = ONE_Q120;
            for (int256 term = C.TAYLOR_TERMS; term > 0; --term) {
                sum = ONE_Q120 + ((rest * sum) >> 120) / term;
            }
            int256 shift = octave - 56;
            return shift >= 0 ? sum << uint256(shift) : sum >> uint256(-shift);
        }
    }

    /// @notice x^power, Q64 in and out, x > 0
    function powQ64(int256 x, int256 power) internal pure returns (int256) {
        if (power == 0) return ONE_Q64;
        unchecked {
            return expQ64((power * lnQ64(x)) >> 64);
        }
    }

    /// @notice ln of a whole number as Q64, to nearest
    function lnIntegerQ64(int256 n) internal pure returns (int256) {
        unchecked {
            return (_lnQ120(n) + (1 << 55)) >> 56;
        }
    }

    /// @notice ln x, Q64 in and out, to nearest
    function lnQ64(int256 x) internal pure returns (int256) {
        unchecked {
            return (_lnQ120(x) - 64 * C.LN2_Q120 + (1 << 55)) >> 56;
        }
    }

    /// @notice floor(sqrt(n)), n >= 0
    function sqrtDown(int256 n) internal pure returns (int256) {
        return int256(Math.sqrt(uint256(n)));
    }

    /// @dev n = 2^k m with m in [sqrt 1/2, sqrt 2]; ln m = 2 artanh z with z = (m - 1) / (m + 1)
    function _lnQ120(int256 n) private pure returns (int256) {
        if (n <= 0) revert ArgumentOutOfRange(n);
        unchecked {
            int256 octave = int256(Math.log2(uint256(n)));
            int256 mantissa = octave <= 120 ? n << uint256(120 - octave) : n >> uint256(octave - 120);
            if (mantissa > C.SQRT2_Q120) {
                mantissa >>= 1;
                ++octave;
            }
            int256 z = ((mantissa - ONE_Q120) << 120) / (mantissa + ONE_Q120);
            int256 series = LnSeries.sum((z * z) >> 120);
            return octave * C.LN2_Q120 + ((z * series) >> 119);
        }
    }
}
