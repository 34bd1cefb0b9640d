// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";
import {Protocol} from "@generated/Protocol.sol";
import {CaseProofs} from "contracts/engine/CaseProofs.sol";
import {EngineClock} from "contracts/engine/EngineClock.sol";
import {EngineParameters} from "contracts/engine/EngineParameters.sol";
import {Award, Case, Ending, Kind, Stage} from "contracts/engine/EngineTypes.sol";
import {Escrow} from "contracts/engine/Escrow.sol";
import {ICaseViews} from "contracts/engine/ILiquidationEngine.sol";
import {LiquidatorRegistry} from "contracts/engine/LiquidatorRegistry.sol";
import {Parameter} from "contracts/engine/Parameter.sol";
import {IBookRegistry} from "contracts/interfaces/IBookRegistry.sol";
import {ICases, IPublishGuard} from "contracts/interfaces/IHooks.sol";
import {MarginAttestor} from "contracts/MarginAttestor.sol";
import {RiskOracle} from "contracts/RiskOracle.sol";

/// What the engine is put together from.
struct EngineParts {
    address venue;
    MarginAttestor attestor;
    IBookRegistry registry;
    CaseProofs proofs;
    EngineClock clock;
    EngineParameters parameters;
    Escrow escrow;
    LiquidatorRegistry liquidators;
}

/// @notice The cases, the venue's bond, and what every step of a case needs.
abstract contract CaseStore is ICaseViews, ICases, IPublishGuard, AccessControl, ReentrancyGuard {
    address public immutable venue;
    MarginAttestor public immutable attestor;
    IBookRegistry public immutable registry;
    CaseProofs public immutable proofs;
    EngineClock public immutable clock;
    EngineParameters public immutable parameters;
    Escrow public immutable escrow;
    LiquidatorRegistry public immutable liquidators;
    RiskOracle internal immutable oracle;

    uint256 public caseCount;
    uint256 public venueBondLots;
    /// Sum of pledgedLots over all cases.
    uint256 public pledgedLots;

    mapping(bytes32 caseId => Case) internal _cases;
    mapping(bytes32 caseId => Award) internal _awards;
    mapping(uint256 tag => bytes32 caseId) private _caseOf;
    mapping(Stage stage => address part) public stagePart;

    event CaseOpened(
        bytes32 indexed caseId,
        uint256 indexed tag,
        address indexed keeper,
        Kind kind,
        uint64 round,
        uint64 head,
        uint256 bondLots
    );
    event CaseMoved(bytes32 indexed caseId, uint256 indexed tag, Stage from, Stage to, uint64 since);
    event CaseClosed(bytes32 indexed caseId, uint256 indexed tag, Ending ending);
    event KeeperBondReturned(bytes32 indexed caseId, address indexed keeper, uint256 lots);
    event VenuePenalised(bytes32 indexed caseId, address indexed receiver, uint256 lots, uint256 venueBondLots);
    event VenueBondChanged(uint256 previousLots, uint256 lots);
    event StagesSet(address soft, address sealedBids, address dutch, address house, address deleveraging);

    error UnknownCase(bytes32 caseId);
    error CaseAlreadyOpen(uint256 tag, bytes32 caseId);
    error WrongStage(bytes32 caseId, Stage stage);
    error NotTheStage(address caller, Stage stage);
    error LotTooOld(bytes32 caseId, uint64 lotTime, uint256 maxAgeSeconds);
    error StagesAlreadySet();
    error VenueBondShort(uint256 bondLots, uint256 leastLots);
    error NotTheVenue(address caller);
    error RoundNotSettleable(uint64 round);
    error RoundHeldBack(uint64 round);

    constructor(address admin, EngineParts memory parts) {
        venue = parts.venue;
        attestor = parts.attestor;
        registry = parts.registry;
        proofs = parts.proofs;
        clock = parts.clock;
        parameters = parts.parameters;
        escrow = parts.escrow;
        liquidators = parts.liquidators;
        oracle = parts.clock.oracle();
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
    }

    /// @notice Once, at deployment: the contracts that run the stages.
    function setStages(address soft, address sealedBids, address dutch, address house, address deleveraging)
        external
        onlyRole(DEFAULT_ADMIN_ROLE)
    {
        if (stagePart[Stage.Sealed] != address(0)) revert StagesAlreadySet();
        stagePart[Stage.Soft] = soft;
        stagePart[Stage.Sealed] = sealedBids;
        stagePart[Stage.Dutch] = dutch;
        stagePart[Stage.House] = house;
        stagePart[Stage.Deleveraging] = deleveraging;
        emit StagesSet(soft, sealedBids, dutch, house, deleveraging);
    }

    // ---------------------------------------------------------------- the venue's bond

    /// @notice The venue puts free lots of the escrow under bond.
    function postVenueBond(uint256 lots) external {
        if (msg.sender != venue) revert NotTheVenue(msg.sender);
        escrow.lock(venue, lots);
        _setVenueBond(venueBondLots + lots);
    }

    /// @notice Governance lets the venue have some of its bond back. It becomes free lots of the venue.
    function returnVenueBond(uint256 lots) external onlyRole(DEFAULT_ADMIN_ROLE) {
        if (lots > venueBondLots) revert VenueBondShort(venueBondLots, lots);
        _setVenueBond(venueBondLots - lots);
        escrow.unlock(venue, lots);
    }

    /// @inheritdoc IPublishGuard
    function requirePublishable() external view {
        uint256 least = parameters.get(Parameter.VenueBondMinLots);
        if (venueBondLots < least) revert VenueBondShort(venueBondLots, least);
    }

    // ---------------------------------------------------------------- views

    /// @notice The open case of an account, or the case that a sub-account is locked for; zero for none.
    function caseOf(uint256 tag) public view override(ICases, ICaseViews) returns (bytes32 caseId) {
        caseId = _caseOf[tag];
        if (caseId == 0) caseId = liquidators.lockOf(tag);
    }

    /// @inheritdoc ICases
    function isBidIn(uint256 tag) external view returns (bool) {
        return liquidators.lockOf(tag) != 0;
    }

    function caseAt(bytes32 caseId) external view returns (Case memory) {
        return _cases[caseId];
    }

    function awardAt(bytes32 caseId) external view returns (Award memory) {
        return _awards[caseId];
    }

    function stageOf(bytes32 caseId) external view returns (Stage stage, uint64 since) {
        return (_cases[caseId].stage, _cases[caseId].since);
    }

    function requireFreshLot(bytes32 caseId) external view {
        _requireFreshLot(caseId, _cases[caseId]);
    }

    // ---------------------------------------------------------------- for every step

    function _at(bytes32 caseId) internal view returns (Case storage c) {
        c = _cases[caseId];
        if (c.stage == Stage.None) revert UnknownCase(caseId);
    }

    function _create(uint256 tag) internal returns (bytes32 caseId, Case storage c) {
        caseId = keccak256(abi.encode(tag, ++caseCount));
        _caseOf[tag] = caseId;
        c = _cases[caseId];
        c.tag = tag;
    }

    function _moveTo(bytes32 caseId, Case storage c, Stage stage, uint64 since) internal {
        emit CaseMoved(caseId, c.tag, c.stage, stage, since);
        c.stage = stage;
        c.since = since;
    }

    function _close(bytes32 caseId, Case storage c, Ending ending) internal {
        c.stage = Stage.Closed;
        delete _caseOf[c.tag];
        _setPledge(c, 0);
        _returnKeeperBond(caseId, c);
        if (c.held) {
            c.held = false;
            registry.release(c.tag);
        }
        emit CaseClosed(caseId, c.tag, ending);
    }

    function _returnKeeperBond(bytes32 caseId, Case storage c) internal {
        uint256 lots = c.keeperBondLots;
        if (lots == 0) return;
        c.keeperBondLots = 0;
        escrow.unlock(c.keeper, lots);
        emit KeeperBondReturned(caseId, c.keeper, lots);
    }

    /// @dev What the venue pays for not doing its part: more than two minutes of the lot's risk are worth.
    function _penalise(bytes32 caseId, Case storage c, address receiver) internal {
        uint256 lots = parameters.get(Parameter.VenuePenaltyLots)
            + (parameters.get(Parameter.VenuePenaltyBps) * c.carryLots) / Protocol.BASIS_POINTS;
        if (lots > venueBondLots) lots = venueBondLots;
        _setVenueBond(venueBondLots - lots);
        if (receiver == address(0)) escrow.forfeit(venue, lots);
        else escrow.seize(venue, receiver, lots);
        emit VenuePenalised(caseId, receiver, lots, venueBondLots);
    }

    function _setPledge(Case storage c, uint64 lots) internal {
        if (c.pledgedLots == lots) return;
        pledgedLots = pledgedLots - c.pledgedLots + lots;
        c.pledgedLots = lots;
    }

    function _isLotFresh(Case storage c) internal view returns (bool) {
        return block.timestamp <= c.lotTime + parameters.get(Parameter.MaxLotAge);
    }

    function _requireFreshLot(bytes32 caseId, Case storage c) internal view {
        if (!_isLotFresh(c)) revert LotTooOld(caseId, c.lotTime, parameters.get(Parameter.MaxLotAge));
    }

    /// @dev Nothing that cannot be undone stands on a round that can still be shown to be wrong.
    function _requireSettleable(uint64 round) internal view {
        if (!oracle.isSettleable(round)) revert RoundNotSettleable(round);
    }

    /// @dev No sale at a price that the rounds before it do not bear out, and no penalty for none; repeated, they do.
    function _requireConfirming(uint64 round) internal view {
        (bool confirms,) = oracle.guardsOf(round);
        if (!confirms) revert RoundHeldBack(round);
    }

    /// @dev Seconds until nobody can challenge the round any more. The engine's clock never runs ahead of the chain's.
    function _secondsToSettleable(uint64 round) internal view returns (uint64) {
        uint256 end = oracle.windowEnd(round);
        return end > block.timestamp ? uint64(end - block.timestamp) : 0;
    }

    function _setVenueBond(uint256 lots) private {
        emit VenueBondChanged(venueBondLots, lots);
        venueBondLots = lots;
    }
}
