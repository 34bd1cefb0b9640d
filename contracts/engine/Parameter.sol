// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

/// What governance sets, each within fixed bounds. Lots are of settlement cash; windows are seconds of the engine's
/// clock; ages are seconds of the chain's.
enum Parameter {
    KeeperBondLots,
    VenueBondMinLots,
    VenuePenaltyLots,
    VenuePenaltyBps,
    BidBondLots,
    LiquidatorBondLots,
    UnbondDelay,
    ConfirmWindow,
    SoftWindow,
    CommitWindow,
    RevealWindow,
    SettleWindow,
    DutchDuration,
    DutchMaxRestarts,
    HouseWindow,
    AdlDuration,
    AdlStartBps,
    AdlEndBps,
    AdlBandBps,
    AdlHaircutBps,
    LiquidationFeeBps,
    SoftPenaltyBps,
    ReserveShareBps,
    InsolventMaxDiscountBps,
    ModelledImpactBps,
    SlippageFreeBps,
    SlippageTaxShareBps,
    MaxLotAge,
    TriggerMaxAge,
    HouseBudgetLots,
    HouseCaseCapLots,
    HouseStepShareBps,
    HouseDepthShareBps,
    HouseStepInterval
}

/// @notice The bounds, and what a deployment begins with.
library ParameterBounds {
    uint256 private constant COUNT = 34;
    uint256 private constant LOTS = 1 << 37;

    error EngineParameterOutOfBounds(Parameter parameter, uint256 value, uint256 least, uint256 most);

    function count() internal pure returns (uint256) {
        return COUNT;
    }

    function requireWithin(Parameter parameter, uint256 value) internal pure {
        (uint256 least, uint256 most,) = boundsOf(parameter);
        if (value < least || value > most) revert EngineParameterOutOfBounds(parameter, value, least, most);
    }

    /// @return least smallest value allowed
    /// @return most largest value allowed
    /// @return initial value of a new deployment
    function boundsOf(Parameter parameter) internal pure returns (uint256 least, uint256 most, uint256 initial) {
        if (parameter <= Parameter.UnbondDelay) return _bonds(parameter);
        if (parameter <= Parameter.AdlDuration) return _windows(parameter);
        if (parameter <= Parameter.SlippageTaxShareBps) return _rates(parameter);
        return _limits(parameter);
    }

    function _bonds(Parameter parameter) private pure returns (uint256, uint256, uint256) {
        // A bond of nothing deters nothing; one beyond a million USD keeps everybody out.
        if (parameter == Parameter.KeeperBondLots) return (100, 100_000_000, 10_000);
        if (parameter == Parameter.VenueBondMinLots) return (100_000, LOTS, 10_000_000);
        if (parameter == Parameter.VenuePenaltyLots) return (1_000, 100_000_000, 100_000);
        // Of carryLots, which covers the initial margin of the lot: a loss that two minutes do not make.
        if (parameter == Parameter.VenuePenaltyBps) return (100, 10_000, 1_000);
        if (parameter == Parameter.BidBondLots) return (1_000, 100_000_000, 100_000);
        if (parameter == Parameter.LiquidatorBondLots) return (10_000, 1_000_000_000, 1_000_000);
        return (1 days, 60 days, 7 days);
    }

    function _windows(Parameter parameter) private pure returns (uint256, uint256, uint256) {
        if (parameter == Parameter.ConfirmWindow) return (60, 3_600, 300);
        if (parameter == Parameter.SoftWindow) return (10, 600, 30);
        if (parameter == Parameter.CommitWindow) return (20, 600, 60);
        if (parameter == Parameter.RevealWindow) return (20, 600, 30);
        // The registry reserves the head for 300 seconds at most.
        if (parameter == Parameter.SettleWindow) return (30, 300, 120);
        if (parameter == Parameter.DutchDuration) return (120, 7_200, 900);
        if (parameter == Parameter.DutchMaxRestarts) return (0, 5, 2);
        if (parameter == Parameter.HouseWindow) return (30, 1_800, 120);
        return (60, 7_200, 600);
    }

    function _rates(Parameter parameter) private pure returns (uint256, uint256, uint256) {
        // Levels of MM / E. A counterparty at 100% is about to be liquidated itself.
        if (parameter == Parameter.AdlStartBps) return (1_000, 10_000, 9_000);
        if (parameter == Parameter.AdlEndBps) return (0, 5_000, 0);
        if (parameter == Parameter.AdlBandBps) return (10, 5_000, 1_000);
        if (parameter == Parameter.AdlHaircutBps) return (0, 2_000, 500);
        // A lot restores the buffer after its costs, so costs enlarge it: docs/liquidation.md says why these are small.
        if (parameter == Parameter.LiquidationFeeBps) return (0, 2_000, 100);
        if (parameter == Parameter.SoftPenaltyBps) return (10, 2_000, 100);
        // What is left is the account's, and the fee must find room in it.
        if (parameter == Parameter.ReserveShareBps) return (1_000, 8_000, 3_000);
        if (parameter == Parameter.InsolventMaxDiscountBps) return (0, 5_000, 1_500);
        if (parameter == Parameter.ModelledImpactBps) return (0, 2_000, 100);
        if (parameter == Parameter.SlippageFreeBps) return (0, 100, 10);
        return (0, 8_000, 2_000);
    }

    function _limits(Parameter parameter) private pure returns (uint256, uint256, uint256) {
        if (parameter == Parameter.MaxLotAge) return (300, 7_200, 1_800);
        if (parameter == Parameter.TriggerMaxAge) return (60, 3_600, 600);
        if (parameter == Parameter.HouseBudgetLots) return (0, LOTS, 100_000_000);
        if (parameter == Parameter.HouseCaseCapLots) return (0, LOTS, 25_000_000);
        if (parameter == Parameter.HouseStepShareBps) return (1, 1_000, 1_000);
        if (parameter == Parameter.HouseDepthShareBps) return (1, 500, 500);
        return (60, 1 days, 600);
    }
}
