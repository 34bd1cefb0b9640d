// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {Protocol} from "@generated/Protocol.sol";
import {PoseidonT3} from "@generated/PoseidonT3.sol";

/**
 * @title The one head of the book
 *
 * What always holds:
 * - There is one head. It moves only from a stated base that is the head itself, so no update is lost to another.
 * - A book root is a head at most once, ever: a state never comes back.
 * - A book root is Poseidon(BOOK_ROOT; tree root, account count), computed here, with 1 <= count < 2^COUNT_BITS.
 * - Recent are the heads since the latest publish, the publish itself included, at most RECENT_HEADS of them. A publish
 *   may change any leaf, so nothing proven of a head before it holds for the book after it. Moves of the engine change
 *   leaves that it names, so that proofs on the heads between stay good for every other account: one deposit per
 *   block from a second account cannot keep a trigger out.
 * - Epochs name strictly newer heads.
 *
 * ENGINE_ROLE is reserved: transfer and adjust will move the head through `_advance`, each against a proof that only
 * the named leaves changed. No function takes the role yet and nobody should be given it.
 */
contract BookRegistry is AccessControl {
    struct Head {
        uint256 bookRoot;
        bytes32 dataHash;
        uint64 time;
        uint32 count;
    }

    bytes32 public constant VENUE_ROLE = keccak256("VENUE_ROLE");
    bytes32 public constant ENGINE_ROLE = keccak256("ENGINE_ROLE");
    uint64 public constant RECENT_HEADS = 64;

    /// Sequence number of the head; 0 before the first publish.
    uint64 public headSequence;
    /// Sequence number of the newest head that was published rather than moved by the engine.
    uint64 public publishedSequence;
    /// Number of epochs designated so far.
    uint64 public epochCount;

    /// The head's sequence number at which this was the root; 0 for a root that never was one.
    mapping(uint256 bookRoot => uint64 sequence) public sequenceOf;
    /// The head that epoch 1, 2, ... is to be sealed for.
    mapping(uint64 epoch => uint64 sequence) public epochHead;
    mapping(uint64 sequence => Head) private _heads;

    event Published(
        uint64 indexed sequence, uint256 indexed bookRoot, uint256 treeRoot, uint32 count, bytes32 dataHash
    );
    event EpochDesignated(uint64 indexed epoch, uint64 indexed headSequence, uint256 bookRoot);

    error BaseIsNotHead(uint64 baseSequence, uint64 headSequence);
    error TreeRootOutOfRange(uint256 treeRoot);
    error CountOutOfRange(uint256 count);
    error RootRecurs(uint256 bookRoot, uint64 sequence);
    error UnknownHead(uint64 sequence);
    error EpochHeadNotNewer(uint64 headSequence, uint64 previousHeadSequence);

    constructor(address admin, address venue) {
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
        _grantRole(VENUE_ROLE, venue);
    }

    /**
     * @notice The venue publishes the next state of the book.
     * @param baseSequence the head that this state was made from; 0 for the first
     * @param treeRoot root of the account tree
     * @param count number of accounts: leaves 0 to count - 1
     * @param dataHash hash of the published leaf commitments, from which anyone can rebuild the tree
     */
    function publish(uint64 baseSequence, uint256 treeRoot, uint32 count, bytes32 dataHash)
        external
        onlyRole(VENUE_ROLE)
        returns (uint64 sequence, uint256 bookRoot)
    {
        (sequence, bookRoot) = _advance(baseSequence, treeRoot, count, dataHash);
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

    function headAt(uint64 sequence) external view returns (Head memory head) {
        head = _heads[sequence];
        if (head.bookRoot == 0) revert UnknownHead(sequence);
    }

    function isRecent(uint256 bookRoot) external view returns (bool recent) {
        (, recent) = findRecent(bookRoot);
    }

    /// @notice A root's place and whether proofs on it are still accepted, in one call.
    /// @return sequence 0 for a root that never was one
    function findRecent(uint256 bookRoot) public view returns (uint64 sequence, bool recent) {
        sequence = sequenceOf[bookRoot];
        recent = sequence != 0 && sequence >= publishedSequence && headSequence - sequence < RECENT_HEADS;
    }

    function bookRootOf(uint256 treeRoot, uint32 count) public pure returns (uint256) {
        return PoseidonT3.hash(Protocol.DOMAIN_BOOK_ROOT, treeRoot, count);
    }

    /// @dev The only way that the head moves.
    function _advance(uint64 baseSequence, uint256 treeRoot, uint32 count, bytes32 dataHash)
        internal
        returns (uint64 sequence, uint256 bookRoot)
    {
        if (baseSequence != headSequence) revert BaseIsNotHead(baseSequence, headSequence);
        // An unreduced root would hash to the root of another encoding of the same tree.
        if (treeRoot >= Protocol.FIELD_MODULUS) revert TreeRootOutOfRange(treeRoot);
        if (count == 0 || count >> Protocol.COUNT_BITS != 0) revert CountOutOfRange(count);
        bookRoot = bookRootOf(treeRoot, count);
        if (sequenceOf[bookRoot] != 0) revert RootRecurs(bookRoot, sequenceOf[bookRoot]);
        sequence = baseSequence + 1;
        headSequence = sequence;
        sequenceOf[bookRoot] = sequence;
        _heads[sequence] = Head(bookRoot, dataHash, uint64(block.timestamp), count);
    }
}
