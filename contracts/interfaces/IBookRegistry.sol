// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

/// @notice The book's one head, as the vault and the liquidation engine use it. contracts/BookRegistry.sol.
interface IBookRegistry {
    struct Head {
        uint256 bookRoot;
        bytes32 dataHash;
        uint64 time;
        uint32 count;
    }

    /// One leaf that a move of the head changed: whose, where in the book, and what stands there now.
    struct Change {
        uint256 tag;
        uint32 place;
        uint256 leaf;
    }

    /// A proof of the circuit `kept`: four leaves stand at four places of a book.
    struct KeptProof {
        uint256[8] proof;
        uint256[6] signals;
    }

    // ---------------------------------------------------------------- moves (ENGINE_ROLE: the engine and the vault)

    /**
     * @notice Moves the head against a proof that the caller has verified: only the named leaves changed from the book
     * of `baseRoot` to the book of `nextRoot`. The count is kept. Marks every named tag as touched. A held leaf that
     * changes stays held as what it became.
     * @param caseId the case that this move belongs to; zero for none. While the head is reserved, only the case that
     * reserved it moves it; the reservation stays until freed or over.
     * @param baseRoot the head's book root, which the proof starts from: BaseRootIsNotHead otherwise
     * @return sequence the new head's
     */
    function move(bytes32 caseId, uint256 baseRoot, uint256 nextRoot, Change[] calldata changes)
        external
        returns (uint64 sequence);

    // ---------------------------------------------------------------- holds (ENGINE_ROLE)

    /// @notice Every later publish must show that this leaf still stands at this place. One for each tag, 64 in all.
    function hold(uint256 tag, uint32 place, uint256 leaf) external;

    /// @notice Ends the hold of a tag; NotHeld when there is none.
    function release(uint256 tag) external;

    /// @return held false when nothing of this tag is held; place and leaf are zero then
    function holdOf(uint256 tag) external view returns (bool held, uint32 place, uint256 leaf);

    /// @notice The held tags in the order in which a publish must show them, four to a proof.
    function heldTags() external view returns (uint256[] memory);

    // ---------------------------------------------------------------- reservation (ENGINE_ROLE)

    /**
     * @notice Nobody but this case moves or publishes the head before `until` (seconds, chain time, exclusive).
     * At most MAX_RESERVATION_SECONDS ahead; HeadReserved while another or the same reservation runs.
     */
    function reserve(bytes32 caseId, uint64 until) external;

    /// @notice Gives the head free before time. NotReserved unless this case has reserved it, run out or not.
    function free(bytes32 caseId) external;

    /// @return caseId zero when nobody has reserved the head now
    function reservation() external view returns (bytes32 caseId, uint64 until);

    // ---------------------------------------------------------------- views

    /// @notice Sequence number of the head; 0 before the first publish.
    function headSequence() external view returns (uint64);

    /// @notice The head's book root; 0 before the first publish.
    function headRoot() external view returns (uint256);

    /// @notice Sequence number of the newest head that was published rather than moved.
    function publishedSequence() external view returns (uint64);

    /// @notice The newest head that is sealed and final; 0 before the first.
    function finalSequence() external view returns (uint64);

    /// @notice The head at which a move last changed this tag's account; 0 when none has.
    function touchedSequence(uint256 tag) external view returns (uint64);

    /// @notice The head's sequence number at which this was the root; 0 for a root that never was one.
    function sequenceOf(uint256 bookRoot) external view returns (uint64);

    /// @notice Reverts with UnknownHead for a head that never was.
    function headAt(uint64 sequence) external view returns (Head memory);

    /// @return sequence 0 for a root that never was one
    /// @return recent whether a proof on it is still accepted for an account that was not touched since
    function findRecent(uint256 bookRoot) external view returns (uint64 sequence, bool recent);

    /// @notice findRecent and touchedSequence in one call. A statement on `sequence` says nothing of the account as it
    /// is now when sequence < touched.
    function findRecentFor(uint256 bookRoot, uint256 tag)
        external
        view
        returns (uint64 sequence, bool recent, uint64 touched);
}
