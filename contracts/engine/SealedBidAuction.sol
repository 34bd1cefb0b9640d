// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {Case, Stage} from "contracts/engine/EngineTypes.sol";
import {Parameter} from "contracts/engine/Parameter.sol";
import {StageBase, StageParts} from "contracts/engine/StageBase.sol";

/**
 * @title Sealed bids among whitelisted, bonded liquidators who were shown the slice
 *
 * What always holds:
 * - A bid is a hash first. It names its bidder, so that a copied hash can be revealed by nobody but its author, whose
 *   bid it is not.
 * - A revealed bid has carryLots of escrow and an empty sub-account locked: it can be settled whatever its bidder does
 *   next.
 * - A discount is at most the case's cap: that is the reserve price. At least two revealed bids of distinct whitelisted
 *   liquidators, or there is no sale here.
 * - The lowest discount wins, the earliest commitment of equal ones.
 * - Who does not reveal, in an auction that came to its end, loses the bond to the insurance fund, unless the case's round
 *   was rejected. Everybody else fetches bond and escrow.
 */
contract SealedBidAuction is StageBase {
    struct Bid {
        bytes32 commitment;
        uint256 subTag;
        uint64 bondLots;
        uint64 escrowLots;
        /// Place among the commitments of the case, from 1.
        uint32 place;
        uint16 discountBps;
        bool revealed;
    }

    struct Auction {
        address best;
        uint32 commitments;
        uint32 reveals;
        /// Whether the auction came to its end, rather than the case to its own before that.
        bool finished;
    }

    mapping(bytes32 caseId => Auction) private _auctions;
    mapping(bytes32 caseId => mapping(address bidder => Bid)) private _bids;

    event Committed(bytes32 indexed caseId, address indexed bidder, bytes32 commitment, uint256 bondLots);
    event Revealed(bytes32 indexed caseId, address indexed bidder, uint256 discountBps, uint256 subTag);
    event SealedBidsFinished(bytes32 indexed caseId, uint256 commitments, uint256 reveals, address winner);
    event BidReclaimed(bytes32 indexed caseId, address indexed bidder, uint256 bondLots, uint256 escrowLots);
    event BidBondLost(bytes32 indexed caseId, address indexed bidder, uint256 bondLots);

    error CommitmentIsZero();
    error AlreadyCommitted(bytes32 caseId, address bidder);
    error NothingCommitted(bytes32 caseId, address bidder);
    error AlreadyRevealed(bytes32 caseId, address bidder);
    error CommitmentMismatch(bytes32 given, bytes32 committed);
    error BidBelowReserve(uint256 discountBps, uint256 capBps);
    error BidNotRevealed(bytes32 caseId, address bidder);
    error BidWasRevealed(bytes32 caseId, address bidder);
    error StillOnSale(bytes32 caseId);
    error AuctionNotFinished(bytes32 caseId);
    error CaseVoided(bytes32 caseId);

    constructor(StageParts memory parts) StageBase(parts) {}

    /// @notice What a bidder commits to. salt: 32 random bytes, for a bid is one of few numbers.
    function commitmentOf(bytes32 caseId, address bidder, uint16 discountBps, uint256 subTag, bytes32 salt)
        public
        view
        returns (bytes32)
    {
        return keccak256(abi.encode(block.chainid, address(this), caseId, bidder, discountBps, subTag, salt));
    }

    function commit(bytes32 caseId, bytes32 commitment) external {
        (uint64 time, uint64 since) = _tick(caseId, Stage.Sealed);
        uint64 until = since + _window(Parameter.CommitWindow);
        if (time >= until) revert TooLate(caseId, until, time);
        liquidators.requireActive(msg.sender);
        if (commitment == 0) revert CommitmentIsZero();
        Bid storage bid = _bids[caseId][msg.sender];
        if (bid.commitment != 0) revert AlreadyCommitted(caseId, msg.sender);
        uint64 bondLots = uint64(parameters.get(Parameter.BidBondLots));
        bid.commitment = commitment;
        bid.bondLots = bondLots;
        bid.place = ++_auctions[caseId].commitments;
        escrow.lock(msg.sender, bondLots);
        emit Committed(caseId, msg.sender, commitment, bondLots);
    }

    /// @notice Opens the caller's bid and locks what it needs: carryLots of free lots, and a vouched sub-account.
    function reveal(bytes32 caseId, uint16 discountBps, uint256 subTag, bytes32 salt) external {
        (uint64 time, uint64 since) = _tick(caseId, Stage.Sealed);
        uint64 from = since + _window(Parameter.CommitWindow);
        uint64 until = from + _window(Parameter.RevealWindow);
        if (time < from) revert TooEarly(caseId, from, time);
        if (time >= until) revert TooLate(caseId, until, time);
        Bid storage bid = _bids[caseId][msg.sender];
        if (bid.commitment == 0) revert NothingCommitted(caseId, msg.sender);
        if (bid.revealed) revert AlreadyRevealed(caseId, msg.sender);
        bytes32 commitment = commitmentOf(caseId, msg.sender, discountBps, subTag, salt);
        if (commitment != bid.commitment) revert CommitmentMismatch(commitment, bid.commitment);
        Case memory c = engine.caseAt(caseId);
        if (discountBps > c.capBps) revert BidBelowReserve(discountBps, c.capBps);
        _lockBid(caseId, msg.sender, subTag, c.carryLots);
        bid.revealed = true;
        bid.discountBps = discountBps;
        bid.subTag = subTag;
        bid.escrowLots = c.carryLots;
        _rank(caseId, bid);
        emit Revealed(caseId, msg.sender, discountBps, subTag);
    }

    /// @notice Both windows are over: the best of two or more bids is awarded, or the public auction is next.
    function finish(bytes32 caseId) external {
        (uint64 time, uint64 since) = _tick(caseId, Stage.Sealed);
        uint64 from = since + _window(Parameter.CommitWindow) + _window(Parameter.RevealWindow);
        if (time < from) revert TooEarly(caseId, from, time);
        Auction storage auction = _auctions[caseId];
        auction.finished = true;
        if (auction.reveals < 2 || !_isLotFresh(engine.caseAt(caseId))) {
            emit SealedBidsFinished(caseId, auction.commitments, auction.reveals, address(0));
            return engine.pass(caseId);
        }
        address best = auction.best;
        emit SealedBidsFinished(caseId, auction.commitments, auction.reveals, best);
        Bid storage won = _bids[caseId][best];
        uint64 escrowLots = won.escrowLots;
        won.escrowLots = 0;
        _unlockBid(best, won.subTag, escrowLots);
        engine.award(caseId, best, won.subTag, won.discountBps);
    }

    /**
     * @notice Gives the caller back bond and escrow, once the stage is over: of a revealed bid, the winner's bond
     * included, of any bid in an auction that the case's own end cut short, and in a case on a rejected round.
     */
    function reclaim(bytes32 caseId) external {
        clock.requireNotPaused();
        _requireOver(caseId);
        Bid memory bid = _bids[caseId][msg.sender];
        if (bid.commitment == 0) revert NothingCommitted(caseId, msg.sender);
        bool lost = !bid.revealed && _auctions[caseId].finished;
        if (lost && !engine.caseAt(caseId).voided) revert BidNotRevealed(caseId, msg.sender);
        delete _bids[caseId][msg.sender];
        escrow.unlock(msg.sender, bid.bondLots);
        if (bid.escrowLots != 0) _unlockBid(msg.sender, bid.subTag, bid.escrowLots);
        emit BidReclaimed(caseId, msg.sender, bid.bondLots, bid.escrowLots);
    }

    /// @notice Sends the bond of a bid that was not revealed to the insurance fund. Anybody may call.
    function forfeit(bytes32 caseId, address bidder) external {
        clock.requireNotPaused();
        Bid memory bid = _bids[caseId][bidder];
        if (bid.commitment == 0) revert NothingCommitted(caseId, bidder);
        if (bid.revealed) revert BidWasRevealed(caseId, bidder);
        if (!_auctions[caseId].finished) revert AuctionNotFinished(caseId);
        if (engine.caseAt(caseId).voided) revert CaseVoided(caseId);
        delete _bids[caseId][bidder];
        escrow.forfeit(bidder, bid.bondLots);
        emit BidBondLost(caseId, bidder, bid.bondLots);
    }

    // ---------------------------------------------------------------- views

    function auctionOf(bytes32 caseId) external view returns (Auction memory) {
        return _auctions[caseId];
    }

    function bidOf(bytes32 caseId, address bidder) external view returns (Bid memory) {
        return _bids[caseId][bidder];
    }

    // ---------------------------------------------------------------- internals

    function _rank(bytes32 caseId, Bid storage bid) private {
        Auction storage auction = _auctions[caseId];
        ++auction.reveals;
        Bid storage best = _bids[caseId][auction.best];
        bool better = auction.best == address(0) || bid.discountBps < best.discountBps
            || (bid.discountBps == best.discountBps && bid.place < best.place);
        if (better) auction.best = msg.sender;
    }

    function _requireOver(bytes32 caseId) private view {
        (Stage stage,) = engine.stageOf(caseId);
        if (stage == Stage.Sealed) revert StillOnSale(caseId);
    }
}
