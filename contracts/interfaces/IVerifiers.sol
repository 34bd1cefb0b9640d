// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

/**
 * What the generated verifiers of the liquidation circuits offer, one interface for each number of public signals
 * (src/chain/generate-verifier.ts; the margin circuit's is IMarginVerifier). The number of signals is part of the
 * function's selector, so a verifier of another circuit answers with a revert and never with a yes.
 *
 * proof: A.x, A.y, B.x imaginary, B.x real, B.y imaginary, B.y real, C.x, C.y.
 * Each returns true when the proof is valid. A malformed proof (coordinate out of range, point off the curve) or a
 * signal at or above the field modulus reverts with a named error instead.
 */
interface ILotVerifier {
    function verify(uint256[8] calldata proof, uint256[11] calldata signals) external view returns (bool);
}

interface ITransferVerifier {
    function verify(uint256[8] calldata proof, uint256[12] calldata signals) external view returns (bool);
}

interface IAdjustVerifier {
    function verify(uint256[8] calldata proof, uint256[10] calldata signals) external view returns (bool);
}

interface IKeptVerifier {
    function verify(uint256[8] calldata proof, uint256[6] calldata signals) external view returns (bool);
}
