// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {AccessControlEnumerable} from "@openzeppelin/contracts/access/extensions/AccessControlEnumerable.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {OracleConstants as C} from "@generated/OracleConstants.sol";
import {Protocol} from "@generated/Protocol.sol";
import {MarginParameters} from "contracts/lib/MarginParameters.sol";

/**
 * @title Rounds of the risk matrix, each signed by a quorum of feeders
 *
 * What always holds:
 * - A stored round was signed by at least `quorum` distinct feeders, over this contract on this chain.
 * - Sequence and time of the rounds strictly increase; no round lies further ahead of the chain than the skew.
 * - A round's parameters and configuration are the pair that governance had approved last when it was posted.
 * - The quorum is at least 1 and at most the number of feeders.
 *
 * What is not checked here: that the risk root is the right one for the market data behind `marketHash`. Here the feeders
 * are trusted for it; ChallengeableOracle takes a round only with its data, and rejects it when somebody shows it wrong.
 */
contract RiskOracle is AccessControlEnumerable, EIP712 {
    struct Round {
        uint64 sequence;
        uint64 time;
        uint256 riskRoot;
        uint256 parameters;
        bytes32 configurationHash;
        bytes32 marketHash;
    }

    /// Parameters and configuration stand in their own table: they change seldom, and a round costs two slots less.
    struct StoredRound {
        uint64 time;
        uint64 parameterSet;
        /// Shown to be wrong: it counts for nothing but the order of rounds.
        bool rejected;
        uint256 riskRoot;
        bytes32 marketHash;
    }

    struct ParameterSet {
        uint256 parameters;
        bytes32 configurationHash;
    }

    bytes32 public constant FEEDER_ROLE = keccak256("FEEDER_ROLE");
    bytes32 public constant ROUND_TYPEHASH = keccak256(
        "Round(uint64 sequence,uint64 time,uint256 riskRoot,uint256 parameters,bytes32 configurationHash,bytes32 marketHash)"
    );
    /// How far a feeder's clock may run ahead of the chain's.
    uint256 public constant MAX_SKEW_SECONDS = 15;
    /// Consumers pack a sequence in 32 bits; at one round a second that is 136 years.
    uint256 public constant MAX_SEQUENCE = type(uint32).max;
    /// Level of the circuit breaker from which on nothing is withdrawn.
    uint256 private constant NO_WITHDRAWALS = uint256(C.BREAKER_NO_WITHDRAWALS);

    /// A round older than this is stale.
    uint64 public immutable maxAgeSeconds;
    uint64 public quorum;
    /// Number of parameter sets approved so far; the last one is the one in force.
    uint64 public currentParameterSet;
    /// The two newest sequences stand in one slot, because every proof on chain reads both.
    uint64 public latestSequence;
    uint64 public previousSequence;

    mapping(uint64 set => ParameterSet) public parameterSets;
    mapping(uint64 sequence => StoredRound) private _rounds;

    event RoundPosted(
        uint64 indexed sequence,
        uint256 indexed riskRoot,
        uint64 time,
        uint256 parameters,
        bytes32 configurationHash,
        bytes32 marketHash
    );
    event RoundRejected(uint64 indexed sequence, uint256 indexed riskRoot);
    event ParametersApproved(uint64 indexed set, uint256 parameters, bytes32 configurationHash);
    event QuorumChanged(uint64 quorum);

    error QuorumOutOfRange(uint256 quorum, uint256 feeders);
    error MaxAgeIsZero();
    error SequenceNotNewer(uint64 sequence, uint64 latestSequence);
    error SequenceOutOfRange(uint64 sequence);
    error TimeNotNewer(uint64 time, uint64 latestTime);
    error TimeInFuture(uint64 time, uint256 chainTime);
    error RiskRootOutOfRange(uint256 riskRoot);
    error ParametersNotApproved(uint256 parameters, bytes32 configurationHash);
    error TooFewSignatures(uint256 signatures, uint256 quorum);
    error NotAFeeder(address signer);
    error SignersNotAscending(address signer, address previous);
    error UnknownRound(uint64 sequence);
    error RoundHeldBack(uint64 sequence);
    error WithdrawalsHalted(uint256 level);

    constructor(address admin, address[] memory feeders, uint64 quorum_, uint64 maxAgeSeconds_)
        EIP712("Tacit RiskOracle", "1")
    {
        if (maxAgeSeconds_ == 0) revert MaxAgeIsZero();
        maxAgeSeconds = maxAgeSeconds_;
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
        for (uint256 i = 0; i < feeders.length; ++i) {
            _grantRole(FEEDER_ROLE, feeders[i]);
        }
        _setQuorum(quorum_);
    }

    // ---------------------------------------------------------------- governance

    function setQuorum(uint64 quorum_) external onlyRole(DEFAULT_ADMIN_ROLE) {
        _setQuorum(quorum_);
    }

    /// @notice Puts a parameters word and the configuration behind it in force for all rounds posted from now on.
    function approveParameters(uint256 parameters, bytes32 configurationHash) external onlyRole(DEFAULT_ADMIN_ROLE) {
        MarginParameters.requireWellFormed(parameters);
        uint64 set = ++currentParameterSet;
        parameterSets[set] = ParameterSet(parameters, configurationHash);
        emit ParametersApproved(set, parameters, configurationHash);
    }

    // ---------------------------------------------------------------- rounds

    /**
     * @notice Stores a round. Anyone may call it: the signatures are the authority.
     * @param signatures one of each signing feeder, in ascending order of the feeders' addresses, so that none counts
     * twice
     */
    function postRound(Round calldata round, bytes[] calldata signatures) external virtual {
        _postRound(round, signatures);
    }

    function _postRound(Round calldata round, bytes[] calldata signatures) internal {
        _requireNewer(round);
        if (round.riskRoot == 0 || round.riskRoot >= Protocol.FIELD_MODULUS) {
            revert RiskRootOutOfRange(round.riskRoot);
        }
        uint64 set = _requireApproved(round.parameters, round.configurationHash);
        _requireQuorum(roundDigest(round), signatures);

        previousSequence = latestSequence;
        latestSequence = round.sequence;
        _rounds[round.sequence] = StoredRound(round.time, set, false, round.riskRoot, round.marketHash);
        emit RoundPosted(
            round.sequence,
            round.riskRoot,
            round.time,
            round.parameters,
            round.configurationHash,
            round.marketHash
        );
    }

    /// @notice What a feeder signs.
    function roundDigest(Round calldata round) public view returns (bytes32) {
        return _hashTypedDataV4(
            keccak256(
                abi.encode(
                    ROUND_TYPEHASH,
                    round.sequence,
                    round.time,
                    round.riskRoot,
                    round.parameters,
                    round.configurationHash,
                    round.marketHash
                )
            )
        );
    }

    // ---------------------------------------------------------------- views

    function roundAt(uint64 sequence) public view returns (Round memory) {
        if (isRejected(sequence)) revert UnknownRound(sequence);
        return _postedRound(sequence);
    }

    /// @dev A rejected round as well.
    function _postedRound(uint64 sequence) internal view returns (Round memory) {
        StoredRound storage stored = _rounds[sequence];
        if (stored.time == 0) revert UnknownRound(sequence);
        ParameterSet storage set = parameterSets[stored.parameterSet];
        return Round(
            sequence, stored.time, stored.riskRoot, set.parameters, set.configurationHash, stored.marketHash
        );
    }

    function latestRound() external view returns (Round memory) {
        return roundAt(latestSequence);
    }

    /// @return 0 when there is no such round, or it was rejected
    function roundTime(uint64 sequence) external view returns (uint64) {
        StoredRound storage stored = _rounds[sequence];
        return stored.rejected ? 0 : stored.time;
    }

    function isRejected(uint64 sequence) public view returns (bool) {
        return _rounds[sequence].rejected;
    }

    /// @notice Whether something may settle on this round. Here every round that stands is final at once.
    function isSettleable(uint64 sequence) public view virtual returns (bool) {
        StoredRound storage stored = _rounds[sequence];
        return stored.time != 0 && !stored.rejected;
    }

    /// @notice How long a posted round can be challenged; 0 where none can.
    function challengeSeconds() external view virtual returns (uint64) {
        return 0;
    }

    /// @notice From here on the round is final; 0 where every round is at once.
    function windowEnd(uint64) public view virtual returns (uint256) {
        return 0;
    }

    /**
     * @notice What may be done on a round, from the prices of those up to it that stand. Here nothing is known of prices, and
     * every round will do.
     * @return confirms whether something may be sold or withdrawn on it
     * @return level of the circuit breaker: 0 none, 1 nothing that adds risk, 2 no withdrawals besides, 3 awards wait for the
     * next round besides
     */
    function guardsOf(uint64) public view virtual returns (bool confirms, uint256 level) {
        return (true, 0);
    }

    /// @notice Reverts unless something may be withdrawn on this round: what has left a vault comes back to nobody.
    function requireWithdrawable(uint64 sequence) external view {
        (bool confirms, uint256 level) = guardsOf(sequence);
        if (!confirms) revert RoundHeldBack(sequence);
        // The breaker is of now: at the prices before a crash nobody leaves in it.
        if (sequence != latestSequence) (, level) = guardsOf(latestSequence);
        if (level >= NO_WITHDRAWALS) revert WithdrawalsHalted(level);
    }

    /// @return 0 when there is none
    function newestSettleable() external view returns (uint64) {
        (uint64 newest,) = _newestSettleable();
        return newest;
    }

    /**
     * @notice Finds a risk root among the two newest rounds that something may settle on. They may be old: the caller compares.
     * @return sequence 0 when neither has that root
     */
    function findSettleable(uint256 riskRoot)
        external
        view
        returns (uint64 sequence, uint64 time, uint256 parameters)
    {
        if (riskRoot == 0) return (0, 0, 0);
        (uint64 newest, uint64 before) = _newestSettleable();
        sequence = _rounds[newest].riskRoot == riskRoot ? newest : before;
        StoredRound storage round = _rounds[sequence];
        if (round.riskRoot != riskRoot) return (0, 0, 0);
        return (sequence, round.time, parameterSets[round.parameterSet].parameters);
    }

    /// @notice Whether the round is one of the last two and not stale.
    function isRecent(uint64 sequence) external view returns (bool) {
        if (sequence == 0 || (sequence != latestSequence && sequence != previousSequence)) return false;
        return !_rounds[sequence].rejected && !_isStale(_rounds[sequence].time);
    }

    /**
     * @notice Finds a risk root among the last two rounds; everything a proof's consumer needs, in one call.
     * Where both rounds have it, the newer one answers.
     * @return sequence 0 when neither round has that root
     */
    function findRecent(uint256 riskRoot)
        external
        view
        returns (uint64 sequence, uint64 time, bool stale, uint256 parameters)
    {
        sequence = latestSequence;
        // A root is never zero, so an empty place cannot match.
        if (riskRoot == 0) return (0, 0, true, 0);
        StoredRound storage round = _rounds[sequence];
        // The root first: a round that is not meant costs one slot.
        if (round.riskRoot != riskRoot || round.rejected) {
            sequence = previousSequence;
            round = _rounds[sequence];
            if (round.riskRoot != riskRoot || round.rejected) return (0, 0, true, 0);
        }
        time = round.time;
        stale = _isStale(time);
        parameters = parameterSets[round.parameterSet].parameters;
    }

    // ---------------------------------------------------------------- internals

    function _newestSettleable() internal view virtual returns (uint64 newest, uint64 before) {
        return (latestSequence, previousSequence);
    }

    /// @dev Sequence and time stay taken: nothing older may be posted in its place.
    function _reject(uint64 sequence) internal {
        StoredRound storage stored = _rounds[sequence];
        stored.rejected = true;
        emit RoundRejected(sequence, stored.riskRoot);
    }

    function _requireNewer(Round calldata round) private view {
        uint64 latest = latestSequence;
        if (round.sequence <= latest) revert SequenceNotNewer(round.sequence, latest);
        if (round.sequence > MAX_SEQUENCE) revert SequenceOutOfRange(round.sequence);
        uint64 latestTime = _rounds[latest].time;
        if (round.time <= latestTime) revert TimeNotNewer(round.time, latestTime);
        if (round.time > block.timestamp + MAX_SKEW_SECONDS) revert TimeInFuture(round.time, block.timestamp);
    }

    function _requireApproved(uint256 parameters, bytes32 configurationHash) private view returns (uint64 set) {
        set = currentParameterSet;
        ParameterSet storage approved = parameterSets[set];
        // Set 0 is the empty place before the first approval.
        if (set == 0 || approved.parameters != parameters || approved.configurationHash != configurationHash) {
            revert ParametersNotApproved(parameters, configurationHash);
        }
    }

    function _requireQuorum(bytes32 digest, bytes[] calldata signatures) private view {
        if (signatures.length < quorum) revert TooFewSignatures(signatures.length, quorum);
        address previous = address(0);
        for (uint256 i = 0; i < signatures.length; ++i) {
            address signer = ECDSA.recover(digest, signatures[i]);
            if (signer <= previous) revert SignersNotAscending(signer, previous);
            if (!hasRole(FEEDER_ROLE, signer)) revert NotAFeeder(signer);
            previous = signer;
        }
    }

    function _isStale(uint64 time) private view returns (bool) {
        return block.timestamp > uint256(time) + maxAgeSeconds;
    }

    function _setQuorum(uint64 quorum_) private {
        uint256 feeders = getRoleMemberCount(FEEDER_ROLE);
        if (quorum_ == 0 || quorum_ > feeders) revert QuorumOutOfRange(quorum_, feeders);
        quorum = quorum_;
        emit QuorumChanged(quorum_);
    }

    /// @dev A feeder who would leave fewer than the quorum can only go after the quorum was lowered.
    function _revokeRole(bytes32 role, address account) internal override returns (bool revoked) {
        revoked = super._revokeRole(role, account);
        if (revoked && role == FEEDER_ROLE) {
            uint256 feeders = getRoleMemberCount(FEEDER_ROLE);
            if (feeders < quorum) revert QuorumOutOfRange(quorum, feeders);
        }
    }
}
