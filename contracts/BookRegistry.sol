// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {PoseidonT3} from "@generated/PoseidonT3.sol";
import {Protocol} from "@generated/Protocol.sol";
import {IBookRegistry} from "contracts/interfaces/IBookRegistry.sol";
import {IPublishGuard} from "contracts/interfaces/IHooks.sol";
import {LeafHolds} from "contracts/registry/LeafHolds.sol";

/**
 * @title The one head of the book
 *
 * What always holds:
 * - There is one head. It moves only from a stated base that is the head itself, so no update is lost to another.
 * - A book root is a head at most once, ever: a state never comes back.
 * - A published book root is Poseidon(BOOK_ROOT; tree root, account count), computed here, with
 *   1 <= count < 2^COUNT_BITS. A moved one comes from a proof and keeps the count.
 * - Recent are the heads since the latest publish, the publish itself included, at most RECENT_HEADS of them. A publish
 *   may change any leaf, so nothing proven of a head before it holds for the book after it. Moves of the engine change
 *   leaves that they name, so that proofs on the heads between stay good for every other account: one deposit per
 *   block from a second account cannot keep a trigger out.
 * - touchedSequence(tag) is the head at which a move last changed an account of this tag: what was proven of an
 *   earlier head says nothing of that account as it is now.
 * - A publish keeps every held leaf in its place, which a proof shows (circuit `kept`).
 * - While a case has reserved the head, nobody else changes it; for at most MAX_RESERVATION_SECONDS at a time.
 * - finalSequence only rises. Epochs name strictly newer heads.
 *
 * ENGINE_ROLE belongs to the liquidation engine and the vault: each calls `move` only after it has verified a proof
 * that nothing but the named leaves changed. FINALITY_ROLE waits for the contract that checks seals.
 */
contract BookRegistry is LeafHolds {
    struct Reservation {
        bytes32 caseId;
        uint64 until;
    }

    bytes32 public constant VENUE_ROLE = keccak256("VENUE_ROLE");
    bytes32 public constant FINALITY_ROLE = keccak256("FINALITY_ROLE");
    uint64 public constant RECENT_HEADS = 64;
    uint64 public constant MAX_RESERVATION_SECONDS = 300;

    /// Sequence number of the head; 0 before the first publish.
    uint64 public headSequence;
    /// Sequence number of the newest head that was published rather than moved by the engine.
    uint64 public publishedSequence;
    /// Number of epochs designated so far.
    uint64 public epochCount;
    /// The newest head that is sealed and final.
    uint64 public finalSequence;

    /// Asked before a publish; none before it is set.
    IPublishGuard public publishGuard;

    /// The head's sequence number at which this was the root; 0 for a root that never was one.
    mapping(uint256 bookRoot => uint64 sequence) public sequenceOf;
    /// The head at which a move last changed an account of this tag; 0 for none.
    mapping(uint256 tag => uint64 sequence) public touchedSequence;
    /// The head that epoch 1, 2, ... is to be sealed for.
    mapping(uint64 epoch => uint64 sequence) public epochHead;
    mapping(uint64 sequence => Head) private _heads;
    Reservation private _reservation;

    event Published(
        uint64 indexed sequence, uint256 indexed bookRoot, uint256 treeRoot, uint32 count, bytes32 dataHash
    );
    event HeadMoved(uint64 indexed sequence, uint256 indexed bookRoot, bytes32 indexed caseId, bytes32 dataHash);
    event LeafMoved(uint64 indexed sequence, uint32 indexed place, uint256 leaf, uint256 indexed tag);
    event HeadReservedFor(bytes32 indexed caseId, uint64 until);
    event HeadFreed(bytes32 indexed caseId);
    event HeadFinal(uint64 indexed sequence);
    event EpochDesignated(uint64 indexed epoch, uint64 indexed headSequence, uint256 bookRoot);
    event PublishGuardSet(address guard);

    error BaseIsNotHead(uint64 baseSequence, uint64 headSequence);
    error BaseRootIsNotHead(uint256 baseRoot, uint256 headRoot);
    error TreeRootOutOfRange(uint256 treeRoot);
    error BookRootOutOfRange(uint256 bookRoot);
    error CountOutOfRange(uint256 count);
    error RootRecurs(uint256 bookRoot, uint64 sequence);
    error UnknownHead(uint64 sequence);
    error EpochHeadNotNewer(uint64 headSequence, uint64 previousHeadSequence);
    error NothingChanges();
    error HeadReserved(bytes32 caseId, uint64 until);
    error NotReserved(bytes32 caseId);
    error ReservationOutOfRange(uint64 until, uint64 latest);
    error CaseIsZero();
    error FinalNotNewer(uint64 sequence, uint64 finalSequence);

    constructor(address admin, address venue) {
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
        _grantRole(VENUE_ROLE, venue);
    }

    // ---------------------------------------------------------------- governance

    function setPublishGuard(IPublishGuard guard) external onlyRole(DEFAULT_ADMIN_ROLE) {
        if (address(guard).code.length == 0) revert NoContractAt(address(guard));
        publishGuard = guard;
        emit PublishGuardSet(address(guard));
    }

    // ---------------------------------------------------------------- the venue

    /**
     * @notice The venue publishes the next state of the book.
     * @param baseSequence the head that this state was made from; 0 for the first
     * @param treeRoot root of the account tree
     * @param count number of accounts: leaves 0 to count - 1
     * @param dataHash hash of the published leaf commitments, from which anyone can rebuild the tree
     * @param kept proofs that every held leaf stands in the new book, four to a proof in the order of heldTags()
     */
    function publish(
        uint64 baseSequence,
        uint256 treeRoot,
        uint32 count,
        bytes32 dataHash,
        KeptProof[] calldata kept
    ) external onlyRole(VENUE_ROLE) returns (uint64 sequence, uint256 bookRoot) {
        if (baseSequence != headSequence) revert BaseIsNotHead(baseSequence, headSequence);
        _requireUnreserved(bytes32(0));
        if (address(publishGuard) != address(0)) publishGuard.requirePublishable();
        // An unreduced root would hash to the root of another encoding of the same tree.
        if (treeRoot >= Protocol.FIELD_MODULUS) revert TreeRootOutOfRange(treeRoot);
        if (count == 0 || count >> Protocol.COUNT_BITS != 0) revert CountOutOfRange(count);
        bookRoot = bookRootOf(treeRoot, count);
        _requireKept(bookRoot, kept);
        sequence = _advance(bookRoot, count, dataHash);
        publishedSequence = sequence;
        emit Published(sequence, bookRoot, treeRoot, count, dataHash);
    }

    /// @notice Names the head as the one that the next epoch is sealed for.
    function designateEpoch() external onlyRole(VENUE_ROLE) returns (uint64 epoch) {
        uint64 head = headSequence;
        uint64 previous = epochHead[epochCount];
        if (head <= previous) revert EpochHeadNotNewer(head, previous);
        epoch = ++epochCount;
        epochHead[epoch] = head;
        emit EpochDesignated(epoch, head, _heads[head].bookRoot);
    }

    // ---------------------------------------------------------------- the engine and the vault

    /// @inheritdoc IBookRegistry
    function move(bytes32 caseId, uint256 baseRoot, uint256 nextRoot, Change[] calldata changes)
        external
        onlyRole(ENGINE_ROLE)
        returns (uint64 sequence)
    {
        _requireUnreserved(caseId);
        Head storage base = _heads[headSequence];
        if (baseRoot == 0 || baseRoot != base.bookRoot) revert BaseRootIsNotHead(baseRoot, base.bookRoot);
        if (nextRoot == 0 || nextRoot >= Protocol.FIELD_MODULUS) revert BookRootOutOfRange(nextRoot);
        if (changes.length == 0) revert NothingChanges();
        // The chain of hashes since the publish: with its leaves and these changes anyone rebuilds the head.
        bytes32 dataHash = keccak256(abi.encode(base.dataHash, changes));
        sequence = _advance(nextRoot, base.count, dataHash);
        for (uint256 i = 0; i < changes.length; ++i) {
            Change calldata change = changes[i];
            touchedSequence[change.tag] = sequence;
            _follow(change);
            emit LeafMoved(sequence, change.place, change.leaf, change.tag);
        }
        emit HeadMoved(sequence, nextRoot, caseId, dataHash);
    }

    /// @inheritdoc IBookRegistry
    function reserve(bytes32 caseId, uint64 until) external onlyRole(ENGINE_ROLE) {
        if (caseId == bytes32(0)) revert CaseIsZero();
        _requireUnreserved(bytes32(0));
        uint64 latest = uint64(block.timestamp) + MAX_RESERVATION_SECONDS;
        if (until <= block.timestamp || until > latest) revert ReservationOutOfRange(until, latest);
        _reservation = Reservation(caseId, until);
        emit HeadReservedFor(caseId, until);
    }

    /// @inheritdoc IBookRegistry
    function free(bytes32 caseId) external onlyRole(ENGINE_ROLE) {
        if (caseId == bytes32(0) || _reservation.caseId != caseId) revert NotReserved(caseId);
        delete _reservation;
        emit HeadFreed(caseId);
    }

    // ---------------------------------------------------------------- finality

    /// @notice The seal of this head, or of a newer one, stands and can no longer be disputed.
    function markFinal(uint64 sequence) external onlyRole(FINALITY_ROLE) {
        if (sequence <= finalSequence) revert FinalNotNewer(sequence, finalSequence);
        if (sequence > headSequence) revert UnknownHead(sequence);
        finalSequence = sequence;
        emit HeadFinal(sequence);
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc IBookRegistry
    function headRoot() external view returns (uint256) {
        return _heads[headSequence].bookRoot;
    }

    /// @inheritdoc IBookRegistry
    function headAt(uint64 sequence) external view returns (Head memory head) {
        head = _heads[sequence];
        if (head.bookRoot == 0) revert UnknownHead(sequence);
    }

    function isRecent(uint256 bookRoot) external view returns (bool recent) {
        (, recent) = findRecent(bookRoot);
    }

    /// @inheritdoc IBookRegistry
    function findRecent(uint256 bookRoot) public view returns (uint64 sequence, bool recent) {
        sequence = sequenceOf[bookRoot];
        recent = sequence != 0 && sequence >= publishedSequence && headSequence - sequence < RECENT_HEADS;
    }

    /// @inheritdoc IBookRegistry
    function findRecentFor(uint256 bookRoot, uint256 tag)
        external
        view
        returns (uint64 sequence, bool recent, uint64 touched)
    {
        (sequence, recent) = findRecent(bookRoot);
        touched = touchedSequence[tag];
    }

    /// @inheritdoc IBookRegistry
    function reservation() external view returns (bytes32 caseId, uint64 until) {
        if (block.timestamp < _reservation.until) return (_reservation.caseId, _reservation.until);
    }

    function bookRootOf(uint256 treeRoot, uint32 count) public pure returns (uint256) {
        return PoseidonT3.hash(Protocol.DOMAIN_BOOK_ROOT, treeRoot, count);
    }

    // ---------------------------------------------------------------- internals

    /// @dev The only way that the head moves.
    function _advance(uint256 bookRoot, uint32 count, bytes32 dataHash) private returns (uint64 sequence) {
        if (sequenceOf[bookRoot] != 0) revert RootRecurs(bookRoot, sequenceOf[bookRoot]);
        sequence = headSequence + 1;
        headSequence = sequence;
        sequenceOf[bookRoot] = sequence;
        _heads[sequence] = Head(bookRoot, dataHash, uint64(block.timestamp), count);
    }

    function _requireUnreserved(bytes32 caseId) private view {
        Reservation storage reserved = _reservation;
        if (block.timestamp < reserved.until && reserved.caseId != caseId) {
            revert HeadReserved(reserved.caseId, reserved.until);
        }
    }
}
