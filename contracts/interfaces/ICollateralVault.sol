// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

/**
 * @notice The vault as the liquidation engine and its parts use it. contracts/CollateralVault.sol.
 * Amounts are lots of the instrument. ENGINE_ROLE functions pull tokens from their caller, who must have approved the
 * vault, and pay to the address that they are told.
 */
interface ICollateralVault {
    struct Collateral {
        address token;
        /// Token units in one lot; 0 for an instrument that is no collateral.
        uint96 unitsPerLot;
        uint64 minDepositLots;
    }

    /// Whom a withdrawal of zero lots showed to own the account with a tag, and where its leaf stood.
    struct Ownership {
        address owner;
        uint32 place;
        uint64 sequence;
    }

    // ---------------------------------------------------------------- the engine's hooks (ENGINE_ROLE)

    /**
     * @notice Applies a pending deposit to an account that is in a confirmed case; otherwise as applyDeposit. The caller
     * must show in the same transaction that the account is cured. The context of the proof is the deposit's own.
     * @return tag of the account
     * @return leaf what the account's leaf became (the registry's hold has followed it)
     * @return sequence of the head that this made
     */
    function applyCure(bytes32 caseId, uint256 depositId, uint256[8] calldata proof, uint256[10] calldata signals)
        external
        returns (uint256 tag, uint256 leaf, uint64 sequence);

    /**
     * @notice A fund pays an account's debt off: an `adjust` proof of kind cover, whose context is
     * Contexts.contextOf(COVER_CONTEXT_DOMAIN, vault, caseId). Of the proof's lots, `paidLots` are pulled from the caller in
     * settlement tokens; the rest is a socialised loss and adds to deficitLots.
     * @return lots that the account owed; paidLots may not be above it
     */
    function applyCover(
        bytes32 caseId,
        uint256 tag,
        uint256 paidLots,
        uint256[8] calldata proof,
        uint256[10] calldata signals
    ) external returns (uint256 lots);

    /// @notice Cash comes into the book, as the move made just before in this transaction says: an escrow. Pulls the
    /// tokens from the caller.
    function creditBook(uint256 lots) external;

    /// @notice Cash leaves the book, as the move made just before in this transaction says: fees. Pays the tokens to
    /// the caller, who passes them on to the insurance fund.
    function debitBook(uint256 lots) external;

    // ---------------------------------------------------------------- socialised loss

    /// @notice Lots of cash that the book holds and the vault does not have. Payouts of cash scale with it.
    function deficitLots() external view returns (uint256);

    /// @notice Anybody fills up the deficit; pulls the tokens. DeficitSmaller when `lots` is more than it.
    function repayDeficit(uint256 lots) external;

    // ---------------------------------------------------------------- views

    function collateralOf(uint256 instrumentId) external view returns (Collateral memory);

    /// @notice Lots of the instrument that the book holds at the head.
    function ledgerOf(uint256 instrumentId) external view returns (uint256);

    /// @notice Lots of the instrument that the book held at that head.
    function ledgerAt(uint256 instrumentId, uint64 sequence) external view returns (uint256);

    /// @notice owner is zero when nobody has shown it. The head must not have been published anew since for place.
    function ownershipOf(uint256 tag) external view returns (Ownership memory);
}
