// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {ListedInstrument} from "@generated/ListedInstrument.sol";
import {OracleConstants as C} from "@generated/OracleConstants.sol";
import {Protocol} from "@generated/Protocol.sol";
import {IRoundJudge, RoundFacts} from "contracts/oracle/IRoundJudge.sol";
import {OracleTables} from "contracts/oracle/OracleTables.sol";
import {RiskLeaves} from "contracts/oracle/RiskLeaves.sol";
import {PricingInput, RiskVector} from "contracts/oracle/PricingTypes.sol";
import {RiskRates} from "contracts/oracle/RiskRates.sol";
import {Evidence, RoundEvidence} from "contracts/oracle/RoundEvidence.sol";

/**
 * @title What must stand at a place of a round's risk tree, recomputed from its raw data
 *
 * A place is empty, or holds the vector of the instrument that the listing has there, or, where the round halts that
 * instrument, the vector of the round that its halt names with both charges raised; nothing, where it names none.
 */
abstract contract VectorJudge is IRoundJudge, OracleTables {
    using RoundEvidence for Evidence;

    /// Levels of nodes below the 64 top nodes: 2 in the tree of 4,096 places, 0 in the small one, whose tops are leaves.
    uint256 public immutable lowerLevels;

    /// Poseidon's and the normal distribution's tables in memory, loaded once a call.
    struct Tables {
        uint256 normal;
        uint256 poseidon16;
    }

    error RoundMissing(uint64 sequence);
    error LevelsOutOfRange(uint256 lowerLevels);
    error PlaceOutOfRange(uint256 place);

    constructor(address[] memory parts, uint256 lowerLevels_) OracleTables(parts) {
        if (lowerLevels_ != 0 && lowerLevels_ != 2) revert LevelsOutOfRange(lowerLevels_);
        lowerLevels = lowerLevels_;
    }

    function _loadTables() internal view returns (Tables memory tables) {
        tables.normal = _loadNormal();
        tables.poseidon16 = _loadPoseidon16();
    }

    function _requirePlace(uint256 place) internal view {
        if (place >= (lowerLevels == 0 ? RiskLeaves.TOPS : RiskLeaves.TOPS << 6)) revert PlaceOutOfRange(place);
    }

    /**
     * @notice The leaf at a place of the first round.
     * @param evidence one for each of the facts, all of them checked
     * @return known false where the round's own data do not make a vector, and the instrument is not halted: then no
     * leaf can be right
     */
    function _leafAt(Tables memory tables, RoundFacts[] memory facts, Evidence[] memory evidence, uint256 place)
        internal
        pure
        returns (bool known, uint256 leaf)
    {
        if (place == 0) return (true, RiskLeaves.zeroLeaf(tables.poseidon16));
        (uint256 id, uint256 at) = _sourceOf(facts, evidence[0], place);
        if (id == 0) return (true, 0);
        RiskVector memory vector = _vector(tables, facts[at], evidence[at], place, id);
        if (!vector.priced) return (false, 0);
        if (at != 0) RiskLeaves.raiseCharges(vector, _mmFactorBps(facts[0].parameters));
        return (true, RiskLeaves.leafOf(tables.poseidon16, id, vector));
    }

    /**
     * @notice Which vector stands at a place of the first round.
     * @return id 0 where none stands: nothing is listed there, or it is halted and never had one
     * @return at whose data it follows from: 0 the round's own, else that of the round that the halt names
     */
    function _sourceOf(RoundFacts[] memory facts, Evidence memory round, uint256 place)
        internal
        pure
        returns (uint256 id, uint256 at)
    {
        id = ListedInstrument.id(round.instrumentAt(place));
        if (id == 0) return (0, 0);
        (bool halted, uint64 standing) = round.haltOf(id);
        if (!halted) return (id, 0);
        return standing == 0 ? (0, 0) : (id, _indexOf(facts, standing));
    }

    /// @dev The vector that a round's data make of the instrument; not priced where its listing has another id there.
    function _vector(
        Tables memory tables,
        RoundFacts memory facts,
        Evidence memory evidence,
        uint256 place,
        uint256 id
    ) private pure returns (RiskVector memory vector) {
        uint256 instrument = evidence.instrumentAt(place);
        if (ListedInstrument.id(instrument) != id) return vector;
        evidence.checkConfiguration(facts);
        PricingInput memory input;
        input.table = tables.normal;
        input.configuration = evidence.configuration;
        input.mmFactorBps = _mmFactorBps(facts.parameters);
        input.regularMask = _regularMask(facts.parameters);
        input.asOfSeconds = evidence.asOfSeconds();
        input.instrument = instrument;
        uint256 kind = ListedInstrument.kind(instrument);
        uint256 underlying = ListedInstrument.underlying(instrument);
        if (kind != uint256(C.KIND_CASH)) input.spotNano = evidence.spotOf(underlying);
        input.scaleBps = evidence.scaleOf(underlying);
        uint256 smileAt;
        (input.forwardNano, smileAt) = evidence.forwardOf(underlying, ListedInstrument.expirySeconds(instrument));
        if (kind == uint256(C.KIND_OPTION) && input.forwardNano != 0) input.smile = evidence.section(smileAt);
        if (kind == uint256(C.KIND_PERPETUAL) || kind == uint256(C.KIND_FUTURE)) {
            (input.marked, input.markNano, input.fundingNano) = evidence.markOf(id);
            if (!_isNearSpot(input.markNano, input.spotNano)) return vector;
        }
        return RiskRates.riskVector(input);
    }

    /// @dev A mark is at least half and at most twice spot (src/risk/market/check.ts).
    function _isNearSpot(int256 markNano, int256 spotNano) private pure returns (bool) {
        return markNano * C.FORWARD_SPOT_RATIO >= spotNano && markNano <= spotNano * C.FORWARD_SPOT_RATIO;
    }

    function _mmFactorBps(uint256 parameters) private pure returns (int256) {
        uint256 mask = (1 << Protocol.MM_FACTOR_BPS_BITS) - 1;
        return int256((parameters >> Protocol.MM_FACTOR_BPS_OFFSET) & mask);
    }

    function _regularMask(uint256 parameters) private pure returns (uint256) {
        uint256 mask = (1 << Protocol.REGULAR_MASK_BITS) - 1;
        return (parameters >> Protocol.REGULAR_MASK_OFFSET) & mask;
    }

    function _indexOf(RoundFacts[] memory facts, uint64 sequence) private pure returns (uint256) {
        for (uint256 i = 1; i < facts.length; ++i) {
            if (facts[i].sequence == sequence) return i;
        }
        revert RoundMissing(sequence);
    }
}
