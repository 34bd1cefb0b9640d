// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {Case, Stage} from "contracts/engine/EngineTypes.sol";
import {Parameter} from "contracts/engine/Parameter.sol";
import {StageBase, StageParts} from "contracts/engine/StageBase.sol";

/**
 * @title Who takes a soft case's hedge for the least
 *
 * What always holds:
 * - Only an active liquidator offers, once for each case, at most the case's cap, with carryLots of escrow and an empty
 *   sub-account locked.
 * - The lowest ask wins, the earliest of equal ones. With no offer the case goes to the clearing house.
 * - Everybody else fetches what is theirs as soon as the stage is over.
 */
contract SoftOffers is StageBase {
    struct Offer {
        uint256 subTag;
        uint64 escrowLots;
        uint16 askBps;
    }

    mapping(bytes32 caseId => address bidder) public bestBidder;
    mapping(bytes32 caseId => mapping(address bidder => Offer)) private _offers;

    event Offered(bytes32 indexed caseId, address indexed bidder, uint256 askBps, uint256 subTag);
    event OfferReclaimed(bytes32 indexed caseId, address indexed bidder, uint256 escrowLots);

    error AlreadyOffered(bytes32 caseId, address bidder);
    error AskAboveCap(uint256 askBps, uint256 capBps);
    error NothingOffered(bytes32 caseId, address bidder);
    error StillOnSale(bytes32 caseId);

    constructor(StageParts memory parts) StageBase(parts) {}

    function offer(bytes32 caseId, uint16 askBps, uint256 subTag) external {
        (uint64 time, uint64 since) = _tick(caseId, Stage.Soft);
        uint64 until = since + _window(Parameter.SoftWindow);
        if (time >= until) revert TooLate(caseId, until, time);
        liquidators.requireActive(msg.sender);
        Offer storage given = _offers[caseId][msg.sender];
        if (given.subTag != 0) revert AlreadyOffered(caseId, msg.sender);
        Case memory c = engine.caseAt(caseId);
        if (askBps > c.capBps) revert AskAboveCap(askBps, c.capBps);
        _lockBid(caseId, msg.sender, subTag, c.carryLots);
        _offers[caseId][msg.sender] = Offer(subTag, c.carryLots, askBps);
        address best = bestBidder[caseId];
        if (best == address(0) || askBps < _offers[caseId][best].askBps) bestBidder[caseId] = msg.sender;
        emit Offered(caseId, msg.sender, askBps, subTag);
    }

    /// @notice The window is over: the best offer is awarded, or the clearing house is next. Anybody may call.
    function finish(bytes32 caseId) external {
        (uint64 time, uint64 since) = _tick(caseId, Stage.Soft);
        uint64 from = since + _window(Parameter.SoftWindow);
        if (time < from) revert TooEarly(caseId, from, time);
        address best = bestBidder[caseId];
        if (best == address(0) || !_isLotFresh(engine.caseAt(caseId))) return engine.pass(caseId);
        Offer memory won = _offers[caseId][best];
        delete _offers[caseId][best];
        _unlockBid(best, won.subTag, won.escrowLots);
        engine.award(caseId, best, won.subTag, won.askBps);
    }

    /// @notice Gives the caller back what an offer locked, once the stage is over.
    function reclaim(bytes32 caseId) external {
        clock.requireNotPaused();
        (Stage stage,) = engine.stageOf(caseId);
        if (stage == Stage.Soft) revert StillOnSale(caseId);
        Offer memory given = _offers[caseId][msg.sender];
        if (given.subTag == 0) revert NothingOffered(caseId, msg.sender);
        delete _offers[caseId][msg.sender];
        _unlockBid(msg.sender, given.subTag, given.escrowLots);
        emit OfferReclaimed(caseId, msg.sender, given.escrowLots);
    }

    function offerOf(bytes32 caseId, address bidder) external view returns (Offer memory) {
        return _offers[caseId][bidder];
    }
}
