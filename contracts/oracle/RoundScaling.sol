// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {OracleConstants as C} from "@generated/OracleConstants.sol";
import {FixedPoint} from "contracts/oracle/FixedPoint.sol";

/// @title src/risk/scaled-configuration.ts, bit for bit: what a round's scale makes of a shock of spot and of a charge
library RoundScaling {
    /// @notice A charge times the scale, rounded up, at most all of what it is a share of
    function charge(uint256 bps, int256 scaleBps) internal pure returns (int256 scaled) {
        scaled = FixedPoint.mulDivUp(int256(bps), scaleBps, FixedPoint.BASIS_POINTS);
        if (scaled > C.MAX_CHARGE_BPS) scaled = C.MAX_CHARGE_BPS;
    }

    /// @notice A shock of spot times the scale, rounded away from zero, within what a configuration may hold. A fall
    /// stops short of 95%, or where the configuration has it already.
    function spotShock(int256 spotBps, int256 scaleBps) internal pure returns (int256 scaled) {
        scaled = FixedPoint.mulDivUp(FixedPoint.absolute(spotBps), scaleBps, FixedPoint.BASIS_POINTS);
        if (spotBps >= 0) return scaled > C.MAX_SHOCK_BPS ? C.MAX_SHOCK_BPS : scaled;
        int256 deepest = spotBps < C.DEEPEST_FALL_BPS ? spotBps : C.DEEPEST_FALL_BPS;
        return -scaled < deepest ? deepest : -scaled;
    }
}
