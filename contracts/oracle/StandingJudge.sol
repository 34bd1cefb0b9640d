// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {ListedInstrument} from "@generated/ListedInstrument.sol";
import {OracleConstants as C} from "@generated/OracleConstants.sol";
import {IRoundJudge, RoundFacts} from "contracts/oracle/IRoundJudge.sol";
import {Evidence, RoundEvidence} from "contracts/oracle/RoundEvidence.sol";

/**
 * @title Which vector stands for a halted instrument: the last one it was priced with, and no older one
 *
 * From round to round: if the round before priced it, that round's; if the round before had halted it, whichever stood
 * there; if it was not listed then, none.
 */
contract StandingJudge is IRoundJudge {
    using RoundEvidence for Evidence;

    error NotHalted(uint256 id);
    error NotThePreviousRound(uint64 given, uint64 previous);

    /// @param evidence (id; evidence of the round, and of the one before it where there is one)
    function isWrong(RoundFacts[] calldata facts, bytes calldata evidence) external pure returns (bool) {
        (uint256 id, Evidence[] memory rounds) = abi.decode(evidence, (uint256, Evidence[]));
        rounds[0].check(facts[0]);
        (bool halted, uint64 standing) = rounds[0].haltOf(id);
        if (!halted) revert NotHalted(id);
        if (facts[0].previous == 0) return standing != 0;
        if (facts[1].sequence != facts[0].previous) revert NotThePreviousRound(facts[1].sequence, facts[0].previous);
        rounds[1].check(facts[1]);
        rounds[1].checkListing();
        uint256 instrument = rounds[1].instrumentAt(id & ((1 << uint256(C.PLACE_BITS)) - 1));
        if (ListedInstrument.id(instrument) != id) return standing != 0;
        (bool haltedBefore, uint64 standingBefore) = rounds[1].haltOf(id);
        return standing != (haltedBefore ? standingBefore : facts[1].sequence);
    }
}
