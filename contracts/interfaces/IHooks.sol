// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

/// @notice What the registry asks before a publish: the liquidation engine refuses while the venue's bond is short.
interface IPublishGuard {
    /// @notice Reverts with the engine's own named error while the venue may not publish.
    function requirePublishable() external view;
}

/// @notice What the vault asks before a withdrawal.
interface ICases {
    /// @return caseId the open case of the account with this tag, from its opening to its end; zero when there is none
    function caseOf(uint256 tag) external view returns (bytes32 caseId);

    /// @notice Whether a bid has locked this sub-account: nothing but the lot may come in.
    function isBidIn(uint256 tag) external view returns (bool);
}

/// @notice The clearing house's capital as the third payer in the loss order.
interface ILossCapital {
    /// @notice Settlement lots that payLoss would pay now.
    function capitalLots() external view returns (uint256);

    /// @notice Pays at most `lots` to the caller, which is the insurance fund and nobody else, in settlement tokens.
    /// @return paidLots what was paid, exactly
    function payLoss(uint256 lots) external returns (uint256 paidLots);
}
