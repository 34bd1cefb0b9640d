// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

/// @notice Seals and demands as they are kept, and what is told of them.
abstract contract SealStore {
    enum Status {
        None,
        Pending,
        Final,
        Rejected,
        Overtaken
    }

    enum DemandState {
        None,
        Open,
        Answered,
        Ended
    }

    struct Seal {
        uint64 epoch;
        uint64 headSequence;
        uint64 roundSequence;
        /// Demands are taken before this second.
        uint64 demandUntil;
        address submitter;
        Status status;
        uint32 count;
        uint32 openDemands;
        uint64 bondLots;
        uint256 belowMm;
        uint256 gauge;
        uint256 chainFirst;
        uint256 chainLast;
        bytes32 stepsRoot;
        bytes32 ledgerHash;
    }

    struct Demand {
        address challenger;
        /// Answered at or before this second.
        uint64 answerUntil;
        uint64 bondLots;
        DemandState state;
    }

    struct Answer {
        uint256[8] proof;
        uint256 chainIn;
        uint256 chainOut;
        bytes32[] path;
        /// The step before ends where this one begins; of no matter for the first one.
        uint256 previousChainIn;
        bytes32[] previousPath;
    }

    /// Number of seals submitted so far; ids begin at 1.
    uint256 public sealCount;
    /// The newest seal of an epoch; 0 for none.
    mapping(uint64 epoch => uint256 id) public sealOf;
    mapping(uint256 id => Seal) internal _seals;
    mapping(uint256 id => mapping(uint256 step => Demand)) internal _demands;

    event SealSubmitted(
        uint256 indexed id, uint64 indexed epoch, uint64 indexed headSequence, uint64 roundSequence, bytes32 stepsRoot
    );
    event StepDemanded(uint256 indexed id, uint256 indexed step, address indexed challenger, uint64 answerUntil);
    event StepAnswered(uint256 indexed id, uint256 indexed step, address indexed answerer);
    event SealRejected(uint256 indexed id, uint64 indexed epoch, address indexed challenger, uint256 paidLots);
    event SealFinal(uint256 indexed id, uint64 indexed epoch, uint64 indexed headSequence, uint256 gaugeBps);
    event SealOvertaken(uint256 indexed id, uint64 indexed epoch);

    error SealStands(uint64 epoch, uint256 id);
    error EpochOvertaken(uint64 epoch, uint64 headSequence, uint64 finalSequence);
    error InvalidSeal();
    error SealNotPending(uint256 id);
    error DemandsOver(uint256 id, uint64 until);
    error StepOutOfRange(uint256 step, uint256 count);
    error StepDemandedBefore(uint256 id, uint256 step);
    error StepNotDemanded(uint256 id, uint256 step);
    error AnswerTooLate(uint256 id, uint256 step, uint64 until);
    error AnswerStillDue(uint256 id, uint256 step, uint64 until);
    error StepNotInDigest(uint256 step);
    error LinkBroken(uint256 step);
    error FirstStateMismatch(uint256 given, uint256 ofSeal);
    error LastStateMismatch(uint256 given, uint256 ofSeal);
    error InvalidStep(uint256 step);
    error DemandsStillTaken(uint256 id, uint64 until);
    error StepsUnanswered(uint256 id, uint256 open);
    error TagsTooFew(uint256 id, uint256 triggered, uint256 belowMm);
    error TagsSuffice(uint256 id, uint256 triggered, uint256 belowMm);
    error LedgerOfSealOutdated(uint256 id);
    error LedgerStands(uint256 id);
    error SealNotRejected(uint256 id);

    // ---------------------------------------------------------------- views

    function sealAt(uint256 id) external view returns (Seal memory) {
        return _seals[id];
    }

    function demandOf(uint256 id, uint256 step) external view returns (Demand memory) {
        return _demands[id][step];
    }

    // ---------------------------------------------------------------- internals

    function _pending(uint256 id) internal view returns (Seal storage one) {
        one = _seals[id];
        if (one.status != Status.Pending) revert SealNotPending(id);
    }

    function _openDemand(uint256 id, uint256 step) internal view returns (Demand storage asked) {
        asked = _demands[id][step];
        if (asked.state != DemandState.Open) revert StepNotDemanded(id, step);
    }
}
