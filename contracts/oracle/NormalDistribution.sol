// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

/**
 * @title src/fixed-point/normal.ts, bit for bit: the standard normal distribution function from a table in memory
 *
 * The table holds a row of nine int64 for each of 296 cells of width 1/32: Taylor coefficients of the upper tail about
 * the cell's middle, lowest power first (src/fixed-point/normal-table.ts).
 */
library NormalDistribution {
    int256 private constant ONE = 1 << 64;
    int256 private constant HALF = 1 << 63;
    uint256 private constant CELL_SHIFT = 59;
    int256 private constant HALF_CELL = 1 << 58;
    /// From here on the tail is below a quarter of an ulp: 9.25 in Q64.
    int256 private constant TAIL_END = 296 << 59;

    /// @notice N(x), Q64 in and out
    /// @param table where the table stands in memory
    function cdfQ64(uint256 table, int256 x) internal pure returns (int256) {
        unchecked {
            if (x < 0) return _upperTail(table, -x);
            return x == 0 ? HALF : ONE - _upperTail(table, x);
        }
    }

    function _upperTail(uint256 table, int256 x) private pure returns (int256 tail) {
        if (x >= TAIL_END) return 0;
        assembly ("memory-safe") {
            let cell := shr(CELL_SHIFT, x)
            let offset := sub(sub(x, shl(CELL_SHIFT, cell)), HALF_CELL)
            let row := add(table, mul(cell, 72))
            let low := mload(add(row, 32))
            // The top 64 bits of a word, with their sign.
            tail := sar(192, mload(add(row, 64)))
            tail := add(sar(64, mul(tail, offset)), sar(192, shl(192, low)))
            tail := add(sar(64, mul(tail, offset)), sar(192, shl(128, low)))
            tail := add(sar(64, mul(tail, offset)), sar(192, shl(64, low)))
            tail := add(sar(64, mul(tail, offset)), sar(192, low))
            low := mload(row)
            tail := add(sar(64, mul(tail, offset)), sar(192, shl(192, low)))
            tail := add(sar(64, mul(tail, offset)), sar(192, shl(128, low)))
            tail := add(sar(64, mul(tail, offset)), sar(192, shl(64, low)))
            tail := add(sar(64, mul(tail, offset)), sar(192, low))
        }
        if (tail < 0) return 0;
        return tail > HALF ? HALF : tail;
    }
}
