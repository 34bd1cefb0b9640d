// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

/// @notice The insurance fund with its Gamma Reserve, in lots of settlement cash. contracts/InsuranceFund.sol.
/// Everything that comes in is pulled from the caller, who must have approved the fund.
interface IInsuranceFund {
    /// @notice Fees: split between insurance and Gamma Reserve by gammaShareBps(). Anybody may pay.
    function fees(uint256 lots) external;

    /// @notice Slippage tax and penalties for it: to the Gamma Reserve whole. Anybody may pay.
    function tax(uint256 lots) external;

    /// @notice Bonds lost and penalties: to the insurance tranche whole. Anybody may pay.
    function penalty(uint256 lots) external;

    /**
     * @notice ENGINE_ROLE. Pays a loss in order: insurance, Gamma Reserve, the clearing house's capital; the tokens go to the
     * caller.
     * @return uncoveredLots what nobody paid: lots - uncoveredLots were paid to the caller, exactly
     */
    function cover(uint256 lots) external returns (uint256 uncoveredLots);

    /// @notice What cover could pay now, the clearing house's capital included.
    function coverableLots() external view returns (uint256);

    function insuranceLots() external view returns (uint256);
    function gammaLots() external view returns (uint256);

    /// @notice The Gamma Reserve's share of fees: base + slope * gauge / 10^4, in basis points.
    function gammaShareBps() external view returns (uint256);
}
