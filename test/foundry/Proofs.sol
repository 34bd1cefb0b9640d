// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {Trapdoor} from "@toy/Trapdoor.sol";

/// @notice Real Groth16 proofs of any signals, by the trapdoor of the toy keys: A = a G1, B = G2, C so that the pairing holds.
library Proofs {
    /// @param a any; two proofs of one statement differ by it
    function prove(uint256[] memory signals, uint256 a) internal view returns (uint256[8] memory proof) {
        a = a % (Trapdoor.ORDER - 1) + 1;
        uint256 sum = Trapdoor.inputScalar(signals.length, 0);
        for (uint256 i = 0; i < signals.length; ++i) {
            uint256 factor = Trapdoor.inputScalar(signals.length, i + 1);
            sum = addmod(sum, mulmod(signals[i], factor, Trapdoor.ORDER), Trapdoor.ORDER);
        }
        uint256 rest = addmod(Trapdoor.ALPHA_BETA, mulmod(sum, Trapdoor.GAMMA, Trapdoor.ORDER), Trapdoor.ORDER);
        uint256 c = mulmod(
            addmod(a, Trapdoor.ORDER - rest, Trapdoor.ORDER), Trapdoor.DELTA_INVERSE, Trapdoor.ORDER
        );
        return _points(a, c);
    }

    /// @notice Well-formed, on the curves, and of nothing.
    function random(uint256 seed) internal view returns (uint256[8] memory) {
        return _points(seed % (Trapdoor.ORDER - 1) + 1, uint256(keccak256(abi.encode(seed))) % Trapdoor.ORDER);
    }

    function _points(uint256 a, uint256 c) private view returns (uint256[8] memory proof) {
        (proof[0], proof[1]) = _g1(a);
        proof[2] = 11559732032986387107991004021392285783925812861821192530917403151452391805634;
        proof[3] = 10857046999023057135944570762232829481370756359578518086990519993285655852781;
        proof[4] = 4082367875863433681332203403145435568316851327593401208105741076214120093531;
        proof[5] = 8495653923123431417604973247489272438418190587263600148770280649306958101930;
        (proof[6], proof[7]) = _g1(c);
    }

    function _g1(uint256 factor) private view returns (uint256 x, uint256 y) {
        (bool ok, bytes memory point) = address(7).staticcall(abi.encode(uint256(1), uint256(2), factor));
        require(ok, "scalar multiplication");
        return abi.decode(point, (uint256, uint256));
    }
}
