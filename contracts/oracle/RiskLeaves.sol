// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {OracleConstants as C} from "@generated/OracleConstants.sol";
import {PoseidonWide} from "@generated/PoseidonWide.sol";
import {Protocol} from "@generated/Protocol.sol";
import {FixedPoint} from "contracts/oracle/FixedPoint.sol";
import {RiskVector} from "contracts/oracle/PricingTypes.sol";
import {RiskRates} from "contracts/oracle/RiskRates.sol";

/**
 * @title src/risk/risk-tree.ts and vector.ts: leaves, nodes and root of the risk tree
 * @dev Tables are Poseidon's, in memory. Nodes are taken as they come: a caller makes sure that each is below the field
 * modulus, or two of them would hash alike.
 */
library RiskLeaves {
    uint256 internal constant ARITY = 8;
    uint256 internal constant TOPS = 64;
    uint256 private constant GROUP = 16;

    /// @notice hash(RISK_LEAF, [id, ...15 packed elements])
    function leafOf(uint256 table16, uint256 id, RiskVector memory vector) internal pure returns (uint256) {
        uint256[] memory state = new uint256[](34);
        state[0] = Protocol.DOMAIN_RISK_LEAF;
        state[1] = id;
        uint256 limbs = uint256(C.LIMBS_PER_ELEMENT);
        uint256 bits = uint256(C.LIMB_RADIX_BITS);
        for (uint256 element = 0; element < uint256(C.RATE_ELEMENTS); ++element) {
            int256 packed = 0;
            for (uint256 limb = limbs; limb > 0; --limb) {
                packed = (packed << bits) + vector.ratesNano[element * limbs + limb - 1];
            }
            // A negative total becomes its field representative.
            state[2 + element] = packed < 0 ? uint256(packed + int256(Protocol.FIELD_MODULUS)) : uint256(packed);
        }
        state[2 + uint256(C.RATE_ELEMENTS)] =
            uint256(vector.longChargeNano) + (uint256(vector.shortChargeNano) << bits);
        return PoseidonWide.hash16(table16, _data(state));
    }

    /// @notice The leaf of the zero vector, which stands at place 0.
    function zeroLeaf(uint256 table16) internal pure returns (uint256) {
        RiskVector memory zero;
        zero.ratesNano = new int256[](uint256(C.DIMS));
        return leafOf(table16, 0, zero);
    }

    /// @notice hash(RISK_NODE, the eight children from `from` on); those beyond the end of the array are 0
    function nodeOf(uint256 table8, uint256[] memory children, uint256 from) internal pure returns (uint256) {
        uint256[] memory state = new uint256[](18);
        state[0] = Protocol.DOMAIN_RISK_NODE;
        for (uint256 i = 0; i < ARITY && from + i < children.length; ++i) {
            state[1 + i] = children[from + i];
        }
        return PoseidonWide.hash8(table8, _data(state));
    }

    /// @notice hash(RISK_ROOT, 4 x hash(RISK_TOP, 16 nodes))
    function rootOf(uint256 table16, uint256 table4, uint256[] memory tops) internal pure returns (uint256) {
        uint256[] memory top = new uint256[](34);
        uint256[] memory state = new uint256[](10);
        state[0] = Protocol.DOMAIN_RISK_ROOT;
        for (uint256 group = 0; group < TOPS / GROUP; ++group) {
            top[0] = Protocol.DOMAIN_RISK_TOP;
            for (uint256 i = 0; i < GROUP; ++i) {
                top[1 + i] = tops[group * GROUP + i];
            }
            state[1 + group] = PoseidonWide.hash16(table16, _data(top));
        }
        return PoseidonWide.hash4(table4, _data(state));
    }

    /**
     * @notice What stands for a halted instrument: the standing rates, both charges raised (src/risk/matrix.ts,
     * raiseCharges). The long raise stops where one lot's maintenance requirement reaches its value.
     */
    function raiseCharges(RiskVector memory vector, int256 mmFactorBps) internal pure {
        int256 value = vector.ratesNano[uint256(C.VALUE_DIM)];
        int256 largest = FixedPoint.absolute(value);
        int256 need = RiskRates.greeksTerm(vector.ratesNano);
        for (uint256 dim = uint256(C.FIRST_SCENARIO_DIM); dim < uint256(C.DIMS); ++dim) {
            int256 rate = vector.ratesNano[dim];
            if (-rate > need) need = -rate;
            if (FixedPoint.absolute(rate) > largest) largest = FixedPoint.absolute(rate);
        }
        int256 raise = FixedPoint.mulDivUp(C.HALT_CHARGE_BPS, largest, FixedPoint.BASIS_POINTS);
        int256 limit = (int256(1) << uint256(C.CHARGE_BITS)) - 1;
        int256 long = vector.longChargeNano + raise;
        int256 room = value - FixedPoint.mulDivUp(mmFactorBps, need, FixedPoint.BASIS_POINTS);
        if (long > room) long = room;
        if (long < vector.longChargeNano) long = vector.longChargeNano;
        vector.longChargeNano = long < limit ? long : limit;
        int256 short = vector.shortChargeNano + raise;
        vector.shortChargeNano = short < limit ? short : limit;
    }

    function _data(uint256[] memory words) private pure returns (uint256 at) {
        assembly ("memory-safe") {
            at := add(words, 32)
        }
    }
}
