// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

/// @notice What the generated verifier of the seal offers. See IVerifiers.sol for what it answers and refuses.
interface ISealVerifier {
    function verify(uint256[8] calldata proof, uint256[16] calldata signals) external view returns (bool);
}
