// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {OracleConstants as C} from "@generated/OracleConstants.sol";
import {RoundSpots} from "@generated/RoundSpots.sol";
import {ExternalSpot} from "contracts/oracle/ExternalSpot.sol";
import {InstrumentListing} from "contracts/oracle/InstrumentListing.sol";
import {IRoundJudge, RoundFacts} from "contracts/oracle/IRoundJudge.sol";
import {PriceGuards} from "contracts/oracle/PriceGuards.sol";
import {RoundSections} from "contracts/oracle/RoundSections.sol";
import {RiskOracle} from "contracts/RiskOracle.sol";

/**
 * @title Rounds that come with their raw data and a bond, and that anybody can show to be wrong
 *
 * What always holds:
 * - A round stands here only with its raw data: they hash to the marketHash that the feeders signed, name the listing in
 *   force and the round's own time, and were emitted for everybody to read.
 * - No section of a round is longer than a challenge can bring (RoundSections).
 * - A round is rejected only if a judge finds it wrong, within its challenge window.
 * - A round is settleable only once its window has passed without a rejection.
 * - What guardsOf says of a round follows from the spots of rounds that stand, and from what external feeds said when those
 *   were posted; nobody is asked.
 * - The contract's balance is at least the bonds of all rounds that are neither rejected nor reclaimed, and what is owed.
 */
contract ChallengeableOracle is RiskOracle {
    struct Setup {
        address admin;
        address[] feeders;
        uint64 quorum;
        uint64 maxAgeSeconds;
        InstrumentListing listing;
        PriceGuards guards;
        IRoundJudge[] judges;
        uint64 challengeSeconds;
        uint256 bondWei;
        /// What a challenger gets of a bond; the rest goes to the treasury, or a poster could take back all of it.
        uint256 rewardBps;
        address treasury;
    }

    struct Posting {
        address poster;
        uint64 postedAt;
        uint32 previous;
        uint256 bondWei;
    }

    /// What an underlying's spot is compared with when a round is posted. No feed: with nothing.
    struct ExternalFeed {
        ExternalSpot feed;
        uint16 boundBps;
    }

    uint256 private constant WORD = 32;
    uint256 private constant BASIS_POINTS = 10_000;
    uint256 private constant MOST_CHALLENGE_SECONDS = 7 days;
    /// What a look at the past may cost has an end, and so has what a feed may take of a poster's gas.
    uint256 private constant MOST_GUARDED_ROUNDS = uint256(C.MOST_GUARDED_ROUNDS);
    uint256 private constant FEED_GAS = 200_000;
    uint256 private constant UNDERLYINGS = uint256(C.UNDERLYINGS);
    /// Above a word of RoundSpots: PriceGuards.DOUBTED.
    uint256 private constant DOUBTED = 1 << uint256(C.SPOT_DOUBTED_BIT);

    InstrumentListing public immutable listing;
    PriceGuards public immutable guards;
    uint64 public immutable override challengeSeconds;
    uint256 public immutable bondWei;
    uint256 public immutable rewardBps;
    address public immutable treasury;

    /// The newest round that was not rejected when it was posted and has not been since.
    uint64 public latestStanding;
    IRoundJudge[] private _judges;
    mapping(uint64 sequence => Posting) public postings;
    /// Time and spot prices of a round, as a word of RoundSpots, and whether a feed doubted them.
    mapping(uint64 sequence => uint256) private _spots;
    mapping(uint256 underlying => ExternalFeed) public externalFeeds;
    /// keccak-256 of the packed form of a configuration, by the configuration's own hash.
    mapping(bytes32 configurationHash => bytes32) public packedConfigurations;
    /// What an account may withdraw, wei.
    mapping(address account => uint256) public owedWei;

    event ConfigurationBound(bytes32 indexed configurationHash, bytes32 packedHash, bytes packed);
    event RoundData(uint64 indexed sequence, address indexed poster, bytes[] sections);
    event ChallengeWon(uint64 indexed sequence, address indexed challenger, uint256 judge, uint256 rewardWei);
    event BondReclaimed(uint64 indexed sequence, address indexed poster, uint256 bondWei);
    event ExternalFeedSet(uint256 indexed underlying, address feed, uint16 boundBps);
    event SpotDoubted(uint64 indexed sequence, uint256 indexed underlying, uint256 spotNano, uint256 externalNano);
    event ExternalFeedSilent(uint64 indexed sequence, uint256 indexed underlying);

    error DataMissing();
    error ChallengeSecondsOutOfRange(uint64 given);
    error RewardOutOfRange(uint256 rewardBps);
    error ExternalFeedMalformed(uint256 underlying, uint16 boundBps);
    error ConfigurationNotBound(bytes32 configurationHash);
    error ConfigurationBoundAlready(bytes32 configurationHash);
    error WordsNotWhole(uint256 length);
    error BondMismatch(uint256 given, uint256 bondWei);
    error DataHashMismatch(bytes32 given, bytes32 signed);
    error DataTimeMismatch(uint256 given, uint64 ofRound);
    error ListingNotInForce(bytes32 given, bytes32 inForce);
    error RoundRejectedAlready(uint64 sequence);
    error ChallengeWindowOver(uint64 sequence, uint256 end);
    error ChallengeWindowOpen(uint64 sequence, uint256 end);
    error UnknownJudge(uint256 judge);
    error ChallengeFailed(uint64 sequence, uint256 judge);
    error BondGone(uint64 sequence);
    error NothingOwed(address account);
    error PaymentFailed(address account);

    constructor(Setup memory setup)
        RiskOracle(setup.admin, setup.feeders, setup.quorum, setup.maxAgeSeconds)
    {
        if (setup.challengeSeconds == 0 || setup.challengeSeconds > MOST_CHALLENGE_SECONDS) {
            revert ChallengeSecondsOutOfRange(setup.challengeSeconds);
        }
        if (setup.rewardBps == 0 || setup.rewardBps > BASIS_POINTS) revert RewardOutOfRange(setup.rewardBps);
        listing = setup.listing;
        guards = setup.guards;
        _judges = setup.judges;
        challengeSeconds = setup.challengeSeconds;
        bondWei = setup.bondWei;
        rewardBps = setup.rewardBps;
        treasury = setup.treasury;
    }

    // ---------------------------------------------------------------- governance

    /// @notice Says what words a configuration's hash stands for; once, and for good. Whoever has the configuration can
    /// check it.
    function bindConfiguration(bytes32 configurationHash, bytes calldata packed) external onlyRole(DEFAULT_ADMIN_ROLE) {
        if (packedConfigurations[configurationHash] != 0) revert ConfigurationBoundAlready(configurationHash);
        uint256 least = WORD * uint256(C.CONFIGURATION_SCENARIOS + 1);
        uint256 most = WORD * uint256(C.CONFIGURATION_SCENARIOS + C.SCENARIOS);
        if (packed.length % WORD != 0 || packed.length < least || packed.length > most) {
            revert WordsNotWhole(packed.length);
        }
        packedConfigurations[configurationHash] = keccak256(packed);
        emit ConfigurationBound(configurationHash, keccak256(packed), packed);
    }

    /// @notice Spots of rounds are compared with this feed from now on. A round that lies further off it than the bound confirms
    /// nothing until several in a row do. @param feed zero: the comparison ends
    function setExternalFeed(uint256 underlying, ExternalSpot feed, uint16 boundBps)
        external
        onlyRole(DEFAULT_ADMIN_ROLE)
    {
        bool isWhole = underlying < UNDERLYINGS && boundBps != 0 && boundBps < BASIS_POINTS;
        if (!isWhole) revert ExternalFeedMalformed(underlying, boundBps);
        externalFeeds[underlying] = ExternalFeed(feed, boundBps);
        emit ExternalFeedSet(underlying, address(feed), boundBps);
    }

    // ---------------------------------------------------------------- rounds

    /// @dev A round without its data could not be challenged.
    function postRound(Round calldata, bytes[] calldata) external pure override {
        revert DataMissing();
    }

    /// @notice Stores a round with the sections of its raw data (src/chain/oracle-data.ts), for the bond.
    function postRoundWithData(Round calldata round, bytes[] calldata signatures, bytes[] calldata sections)
        external
        payable
    {
        if (msg.value != bondWei) revert BondMismatch(msg.value, bondWei);
        if (packedConfigurations[round.configurationHash] == 0) revert ConfigurationNotBound(round.configurationHash);
        _takeData(round, sections);
        postings[round.sequence] = Posting(msg.sender, uint64(block.timestamp), uint32(latestStanding), msg.value);
        latestStanding = round.sequence;
        _postRound(round, signatures);
        emit RoundData(round.sequence, msg.sender, sections);
    }

    /**
     * @notice Shows a round to be wrong; the challenger is owed its share of the bond.
     * @param judge which of the judges
     * @param sequences the challenged round, then the other rounds that the evidence speaks of
     */
    function challenge(uint256 judge, uint64[] calldata sequences, bytes calldata evidence) external {
        if (judge >= _judges.length) revert UnknownJudge(judge);
        uint64 sequence = sequences[0];
        Posting storage posting = postings[sequence];
        if (posting.poster == address(0)) revert UnknownRound(sequence);
        if (isRejected(sequence)) revert RoundRejectedAlready(sequence);
        uint256 end = windowEnd(sequence);
        if (block.timestamp >= end) revert ChallengeWindowOver(sequence, end);
        if (!_judges[judge].isWrong(factsOf(sequences), evidence)) revert ChallengeFailed(sequence, judge);

        _reject(sequence);
        if (latestStanding == sequence) latestStanding = _newestStandingBefore(sequence);
        uint256 bond = posting.bondWei;
        posting.bondWei = 0;
        uint256 reward = bond * rewardBps / BASIS_POINTS;
        owedWei[msg.sender] += reward;
        owedWei[treasury] += bond - reward;
        emit ChallengeWon(sequence, msg.sender, judge, reward);
    }

    /// @notice Gives a poster its bond back once the window has passed. Anybody may call it.
    function reclaimBond(uint64 sequence) external {
        Posting storage posting = postings[sequence];
        if (posting.poster == address(0)) revert UnknownRound(sequence);
        if (block.timestamp < windowEnd(sequence)) revert ChallengeWindowOpen(sequence, windowEnd(sequence));
        uint256 bond = posting.bondWei;
        if (bond == 0) revert BondGone(sequence);
        posting.bondWei = 0;
        owedWei[posting.poster] += bond;
        emit BondReclaimed(sequence, posting.poster, bond);
    }

    function withdraw() external {
        uint256 amount = owedWei[msg.sender];
        if (amount == 0) revert NothingOwed(msg.sender);
        owedWei[msg.sender] = 0;
        (bool paid,) = msg.sender.call{value: amount}("");
        if (!paid) revert PaymentFailed(msg.sender);
    }

    // ---------------------------------------------------------------- views

    /// @notice Whether something may settle on this round: it stands, and nobody can challenge it any more.
    function isSettleable(uint64 sequence) public view override returns (bool) {
        return super.isSettleable(sequence) && block.timestamp >= windowEnd(sequence);
    }

    /// @notice From here on the round is final. @dev Of a round that was posted.
    function windowEnd(uint64 sequence) public view override returns (uint256) {
        return uint256(postings[sequence].postedAt) + challengeSeconds;
    }

    /// @notice Time and spot prices of a round, as a word of RoundSpots; a rejected one's as well.
    function spots(uint64 sequence) external view returns (uint256) {
        return _spots[sequence] & ~DOUBTED;
    }

    /// @notice Whether an external feed said something else when the round was posted.
    function isDoubted(uint64 sequence) external view returns (bool) {
        return _spots[sequence] & DOUBTED != 0;
    }

    /// @inheritdoc RiskOracle
    function guardsOf(uint64 sequence) public view override returns (bool confirms, uint256 level) {
        // Nothing is done on a round that does not stand; the breaker is then that of the newest before it.
        bool stands = super.isSettleable(sequence);
        (confirms, level) = guards.assess(_spotsUpTo(stands ? sequence : _newestStandingBefore(sequence)));
        confirms = confirms && stands;
    }

    function judges() external view returns (IRoundJudge[] memory) {
        return _judges;
    }

    /// @notice What judges are told of these rounds, rejected ones included.
    function factsOf(uint64[] calldata sequences) public view returns (RoundFacts[] memory facts) {
        facts = new RoundFacts[](sequences.length);
        for (uint256 i = 0; i < sequences.length; ++i) {
            Round memory round = _postedRound(sequences[i]);
            facts[i] = RoundFacts(
                round.sequence,
                postings[round.sequence].previous,
                round.riskRoot,
                round.parameters,
                packedConfigurations[round.configurationHash],
                round.marketHash
            );
        }
    }

    // ---------------------------------------------------------------- internals

    /// @dev Compares the data with what the feeders signed, and keeps the spot prices.
    function _takeData(Round calldata round, bytes[] calldata sections) private {
        RoundSections.check(sections);
        bytes32 dataHash = RoundSections.hash(sections);
        if (dataHash != round.marketHash) revert DataHashMismatch(dataHash, round.marketHash);
        bytes calldata header = sections[uint256(C.SECTION_HEADER)];
        uint256 spotsWord = _wordAt(header, uint256(C.HEADER_SPOTS));
        uint256 asOf = RoundSpots.asOfSeconds(spotsWord);
        if (asOf != round.time) revert DataTimeMismatch(asOf, round.time);
        bytes32 listed = bytes32(_wordAt(header, uint256(C.HEADER_LISTING)));
        if (listed != listing.listingHash()) revert ListingNotInForce(listed, listing.listingHash());
        _spots[round.sequence] = _isDoubtful(round.sequence, spotsWord) ? spotsWord | DOUBTED : spotsWord;
    }

    /// @dev A feed that does not answer stops nothing: nobody knows what it would have said.
    function _isDoubtful(uint64 sequence, uint256 spotsWord) private returns (bool doubtful) {
        for (uint256 underlying = 0; underlying < UNDERLYINGS; ++underlying) {
            ExternalFeed memory external_ = externalFeeds[underlying];
            uint256 spotNano = _spotOf(spotsWord, underlying);
            if (address(external_.feed) == address(0) || spotNano == 0) continue;
            try external_.feed.spot{gas: FEED_GAS}() returns (int256 answerNano, uint256) {
                uint256 externalNano = uint256(answerNano);
                uint256 apart = spotNano > externalNano ? spotNano - externalNano : externalNano - spotNano;
                if (apart * BASIS_POINTS <= external_.boundBps * externalNano) continue;
                doubtful = true;
                emit SpotDoubted(sequence, underlying, spotNano, externalNano);
            } catch {
                emit ExternalFeedSilent(sequence, underlying);
            }
        }
    }

    function _spotOf(uint256 word, uint256 underlying) private pure returns (uint256) {
        if (underlying == 0) return RoundSpots.spot0Nano(word);
        return underlying == 1 ? RoundSpots.spot1Nano(word) : RoundSpots.spot2Nano(word);
    }

    /// @dev Of the rounds that stand within the guards' longest window, and of the one before it, oldest first.
    function _spotsUpTo(uint64 sequence) private view returns (uint256[] memory words) {
        uint256[] memory newestFirst = new uint256[](MOST_GUARDED_ROUNDS);
        (uint256 window, uint256 least) = guards.lookBack();
        uint256 end = RoundSpots.asOfSeconds(_spots[sequence]);
        uint256 from = end > window ? end - window : 0;
        uint256 count = 0;
        for (uint64 at = sequence; at != 0 && count < MOST_GUARDED_ROUNDS; at = _newestStandingBefore(at)) {
            newestFirst[count++] = _spots[at];
            if (RoundSpots.asOfSeconds(_spots[at]) <= from && count >= least) break;
        }
        words = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            words[i] = newestFirst[count - 1 - i];
        }
    }

    /// @dev Walks back over the rounds of one window. What lies before a settleable round can no longer be challenged.
    function _newestSettleable() internal view override returns (uint64 newest, uint64 before) {
        newest = latestStanding;
        while (newest != 0 && !isSettleable(newest)) newest = postings[newest].previous;
        before = _newestStandingBefore(newest);
    }

    /// @dev Rounds before one may have been rejected after it was posted.
    function _newestStandingBefore(uint64 sequence) private view returns (uint64 before) {
        before = postings[sequence].previous;
        while (before != 0 && isRejected(before)) before = postings[before].previous;
    }

    function _wordAt(bytes calldata words, uint256 index) private pure returns (uint256) {
        return uint256(bytes32(words[WORD * index:WORD * (index + 1)]));
    }
}
