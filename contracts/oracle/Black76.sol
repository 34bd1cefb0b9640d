// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {OracleConstants as C} from "@generated/OracleConstants.sol";
import {FixedPoint} from "contracts/oracle/FixedPoint.sol";
import {NormalDistribution} from "contracts/oracle/NormalDistribution.sol";

/// @title src/risk/black76.ts, bit for bit: an undiscounted call in whole nano-USD, rounded down once
library Black76 {
    /**
     * @notice F N(d1) - K N(d2), held to [max(0, F - K), F]
     * @param table the normal distribution's, in memory
     * @param lnMoneynessQ64 ln(F / K)
     * @param deviationQ64 vol * sqrt(T) >= 0; 0 gives intrinsic
     */
    function callNano(
        uint256 table,
        int256 forwardNano,
        int256 strikeNano,
        int256 lnMoneynessQ64,
        int256 deviationQ64
    ) internal pure returns (int256 call) {
        unchecked {
            int256 intrinsic = forwardNano > strikeNano ? forwardNano - strikeNano : int256(0);
            if (deviationQ64 == 0) return intrinsic;
            int256 d1 = (lnMoneynessQ64 << 64) / deviationQ64 + (deviationQ64 >> 1);
            call = forwardNano * NormalDistribution.cdfQ64(table, d1);
            call -= strikeNano * NormalDistribution.cdfQ64(table, d1 - deviationQ64);
            call >>= 64;
            if (call < intrinsic) return intrinsic;
            if (call > forwardNano) return forwardNano;
        }
    }

    /// @notice sqrt(T) in years as Q64, rounded down
    function sqrtYearsQ64(int256 secondsLeft) internal pure returns (int256) {
        unchecked {
            return FixedPoint.sqrtDown((secondsLeft << 128) / C.YEAR_SECONDS);
        }
    }

    /// @notice vol * sqrt(T) as Q64, rounded down
    function totalDeviationQ64(int256 volNano, int256 rootYearsQ64) internal pure returns (int256) {
        unchecked {
            return (volNano * rootYearsQ64) / FixedPoint.NANO;
        }
    }
}
