// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

/// What the oracle keeps of a round; a judge takes it for true and everything else from evidence that hashes to it.
struct RoundFacts {
    uint64 sequence;
    /// The newest round that stood when this one was posted; 0: none.
    uint64 previous;
    uint256 riskRoot;
    uint256 parameters;
    /// Of the packed risk configuration.
    bytes32 configurationHash;
    /// Of the sections of its raw data.
    bytes32 dataHash;
}

/// @notice One way in which a posted round can be shown to be wrong.
interface IRoundJudge {
    /**
     * @param facts the challenged round first, then whichever rounds the evidence speaks of
     * @param evidence of the judge's own shape; what does not hash to the facts reverts
     * @return whether the evidence shows the first round to be wrong
     */
    function isWrong(RoundFacts[] calldata facts, bytes calldata evidence) external view returns (bool);
}
