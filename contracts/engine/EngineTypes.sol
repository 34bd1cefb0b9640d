// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

/// Soft: below SOFT, a hedge is sold. Full: below MM, a slice is sold.
enum Kind {
    Soft,
    Full
}

/**
 * Where a case stands.
 * Opened: a trigger is recorded; the venue has to prove what is sold. Soft, Sealed, Dutch, House: it is on sale, in this
 * order. Deleveraging: nobody took it. Awarded: it has a buyer and has to be settled. Shortfall: everything is sold and
 * a debt is left.
 */
enum Stage {
    None,
    Opened,
    Soft,
    Sealed,
    Dutch,
    House,
    Deleveraging,
    Awarded,
    Shortfall,
    Closed
}

/// Why a case ended.
enum Ending {
    Settled,
    Recovered,
    Cured,
    Lapsed,
    Escalated,
    Covered,
    Unsold,
    Voided
}

/// Seconds are the engine clock's where nothing else is said; lots are of settlement cash.
struct Case {
    uint256 tag;
    address keeper;
    Kind kind;
    Stage stage;
    bool insolvent;
    uint8 percent;
    /// E / MM in 64ths.
    uint8 health;
    uint8 restarts;
    /// Whether the registry holds the account's leaf.
    bool held;
    /// Whether a deleveraging step was made.
    bool stepped;
    /// A full case that could only sell a hedge, and goes on as a soft one.
    bool converted;
    /// A round that it stood on was rejected.
    bool voided;
    /// Highest discount of this lot.
    uint16 capBps;
    /// What goes to the fund besides, on the relief.
    uint16 feeBps;
    uint32 place;
    /// Position of the trigger, then of the newest lot or deleveraging step: what a recovery must be newer than.
    uint64 round;
    uint64 head;
    /// Newest round when the case was opened.
    uint64 openedRound;
    /// Since when the stage runs; 0 while the confirmation has to wait for a newer round.
    uint64 since;
    /// Chain time of the round that the lot was proven on.
    uint64 lotTime;
    uint64 keeperBondLots;
    uint64 carryLots;
    uint64 reliefLots;
    uint64 shortfallLots;
    /// What the fund is counted on for, while an insolvent lot is on sale.
    uint64 pledgedLots;
    /// Of the trigger that opened it: `round` is overwritten by the lot's.
    uint64 triggerRound;
    uint256 slice;
    uint256 riskRoot;
    uint256 parameters;
}

/// Who bought the lot of a case, and at what.
struct Award {
    address winner;
    /// Discount on the relief before the slippage tax.
    uint16 discountBps;
    uint16 taxBps;
    Stage soldIn;
    uint64 escrowLots;
    /// 0 until the head is reserved for the settlement.
    uint64 settleBy;
    uint256 subTag;
}
