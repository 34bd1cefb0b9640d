// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {Protocol} from "@generated/Protocol.sol";

/// @notice Reads the claim signal: claim = 2 * threshold code + (1 when equity is below the threshold).
library MarginClaims {
    /// A claim of zero belongs to a step of the solvency chain, which says nothing of a single account.
    error NoClaim();
    error UnknownClaim(uint256 claim);
    error UnknownThreshold(uint256 threshold);

    function decode(uint256 claim) internal pure returns (uint256 threshold, bool below) {
        if (claim == Protocol.NO_CLAIM) revert NoClaim();
        threshold = claim >> 1;
        if (!isThreshold(threshold)) revert UnknownClaim(claim);
        below = claim & 1 == 1;
    }

    function requireThreshold(uint256 threshold) internal pure {
        if (!isThreshold(threshold)) revert UnknownThreshold(threshold);
    }

    function isThreshold(uint256 threshold) internal pure returns (bool) {
        return threshold >= Protocol.LOOSEST_THRESHOLD && threshold <= Protocol.STRICTEST_THRESHOLD;
    }
}
