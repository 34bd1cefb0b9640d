// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

/// @notice What a generated verifier of an eight-signal circuit offers. See src/chain/generate-verifier.ts.
interface IMarginVerifier {
    /// A proof with the public signals that it is about.
    struct Proven {
        uint256[8] proof;
        uint256[8] signals;
    }

    /// @param proof A.x, A.y, B.x imaginary, B.x real, B.y imaginary, B.y real, C.x, C.y
    /// @return true when the proof is valid. A malformed proof (coordinate out of range, point off the curve) or a
    /// signal at or above the field modulus reverts with a named error instead.
    function verify(uint256[8] calldata proof, uint256[8] calldata signals) external view returns (bool);

    /// @notice Several proofs by one product of pairings, for less than half of what each would cost alone.
    /// @return true when all of them are valid; false tells that one at least is not, and not which. Reverts as verify
    /// does, and for none or more than MAX_BATCH of them.
    function verifyBatch(Proven[] calldata batch) external view returns (bool);
}
