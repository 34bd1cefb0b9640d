// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {OracleConstants as C} from "@generated/OracleConstants.sol";

/**
 * @title The tables of the recomputation, in contracts that are nothing but data
 *
 * What always holds: the parts, one after another, are the tables that src/chain/oracle-tables.ts makes. The constructor
 * compares their hash; code never changes afterwards.
 */
contract OracleTables {
    /// The first byte of a part says STOP.
    uint256 private constant PREFIX_BYTES = 1;
    uint256 private constant PART_BYTES = uint256(C.TABLE_PART_BYTES);

    address[] private _parts;

    error WrongTables(bytes32 given, bytes32 expected);

    constructor(address[] memory parts) {
        _parts = parts;
        uint256 at = _load(0, uint256(C.TABLES_LENGTH));
        bytes32 given;
        uint256 length = uint256(C.TABLES_LENGTH);
        assembly ("memory-safe") {
            given := keccak256(at, length)
        }
        if (given != C.TABLES_HASH) revert WrongTables(given, C.TABLES_HASH);
    }

    function parts() external view returns (address[] memory) {
        return _parts;
    }

    /// @dev Copies a range to new memory; where a part is too short the code behind its end reads as zeros.
    function _load(uint256 offset, uint256 length) internal view returns (uint256 at) {
        assembly ("memory-safe") {
            at := mload(0x40)
            mstore(0x40, add(at, and(add(length, 31), not(31))))
        }
        uint256 to = at;
        while (length > 0) {
            address part = _parts[offset / PART_BYTES];
            uint256 from = offset % PART_BYTES;
            uint256 size = PART_BYTES - from < length ? PART_BYTES - from : length;
            assembly ("memory-safe") {
                extcodecopy(part, to, add(from, PREFIX_BYTES), size)
            }
            (to, offset, length) = (to + size, offset + size, length - size);
        }
    }

    function _loadNormal() internal view returns (uint256) {
        return _load(uint256(C.NORMAL_OFFSET), uint256(C.NORMAL_LENGTH));
    }

    function _loadPoseidon16() internal view returns (uint256) {
        return _load(uint256(C.POSEIDON_17_OFFSET), uint256(C.POSEIDON_17_LENGTH));
    }

    function _loadPoseidon8() internal view returns (uint256) {
        return _load(uint256(C.POSEIDON_9_OFFSET), uint256(C.POSEIDON_9_LENGTH));
    }

    function _loadPoseidon4() internal view returns (uint256) {
        return _load(uint256(C.POSEIDON_5_OFFSET), uint256(C.POSEIDON_5_LENGTH));
    }
}
