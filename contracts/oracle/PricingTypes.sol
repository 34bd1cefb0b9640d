// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

/// All that the risk vector of one instrument depends on.
struct PricingInput {
    /// The normal distribution's table in memory.
    uint256 table;
    /// Packed risk configuration (src/chain/oracle-configuration.ts).
    uint256[] configuration;
    int256 mmFactorBps;
    /// One bit to each scenario row; a scale applies to regular rows and to charges.
    uint256 regularMask;
    /// What multiplies the underlying's ranges and charges, basis points of 1, at least 10,000.
    int256 scaleBps;
    int256 asOfSeconds;
    /// The instrument, as a word of ListedInstrument.
    uint256 instrument;
    int256 spotNano;
    /// 0: the round has no such expiry.
    int256 forwardNano;
    /// Empty: no option is listed at this expiry.
    bytes smile;
    /// Of a perpetual or a future; `marked` says whether the round has one.
    bool marked;
    int256 markNano;
    int256 fundingNano;
}

struct RiskVector {
    /// The round has what it takes, and every rate and charge is inside the shared ranges.
    bool priced;
    int256[] ratesNano;
    int256 longChargeNano;
    int256 shortChargeNano;
}

/// What one unit is worth now and what moves it.
struct Live {
    bool moved;
    bool linear;
    bool isPut;
    int256 valueNano;
    /// Linear: shocked value = shocked price - offset.
    int256 priceNano;
    int256 offsetNano;
    // Of an option.
    int256 strikeNano;
    int256 lnStrikeQ64;
    int256 volNano;
    int256 rootYearsQ64;
    int256 termQ64;
    int256 belowForwardQ64;
}
