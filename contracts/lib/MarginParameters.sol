// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {Protocol} from "@generated/Protocol.sol";

/// @notice The rules of the packed parameters word, the same as packMarginParameters in src/protocol/parameters.ts.
library MarginParameters {
    error ParametersHaveStrayBits(uint256 word);
    error InitialFactorBelowMaintenance(uint256 imFactorBps, uint256 mmFactorBps);
    error SoftShareAboveOne(uint256 softShareBps);

    function requireWellFormed(uint256 word) internal pure {
        if (word >> Protocol.PARAMETERS_BITS != 0) revert ParametersHaveStrayBits(word);
        uint256 mm = field(word, Protocol.MM_FACTOR_BPS_OFFSET, Protocol.MM_FACTOR_BPS_BITS);
        uint256 im = field(word, Protocol.IM_FACTOR_BPS_OFFSET, Protocol.IM_FACTOR_BPS_BITS);
        if (im < mm) revert InitialFactorBelowMaintenance(im, mm);
        uint256 softShare = field(word, Protocol.SOFT_SHARE_BPS_OFFSET, Protocol.SOFT_SHARE_BPS_BITS);
        if (softShare > Protocol.BASIS_POINTS) revert SoftShareAboveOne(softShare);
    }

    function field(uint256 word, uint256 offset, uint256 bits) internal pure returns (uint256) {
        return (word >> offset) & ((1 << bits) - 1);
    }
}
