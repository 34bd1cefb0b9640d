// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {ListedInstrument} from "@generated/ListedInstrument.sol";
import {OracleConstants as C} from "@generated/OracleConstants.sol";

/**
 * @title Which instrument every id means
 *
 * What always holds:
 * - An id keeps its terms for as long as it is listed.
 * - A place that was given before is given again under the next generation, so an id never means two instruments.
 * - Rows stand in order of place, each place once, within the tree.
 *
 * Who may list decides when an expired instrument is released; nobody can change one.
 */
contract InstrumentListing is AccessControl {
    bytes32 public constant LISTER_ROLE = keccak256("LISTER_ROLE");
    uint256 private constant WORD = 32;
    uint256 private constant PLACES = uint256(C.LISTING_PART_PLACES);
    uint256 private constant GENERATION_STEP = uint256(1) << uint256(C.PLACE_BITS);

    /// Parts of 64 places that the tree has.
    uint256 public immutable mostParts;
    /// keccak-256 of the hashes of all parts: what a round names.
    bytes32 public listingHash;

    bytes32[] private _partHashes;
    /// One more than the latest generation of a place; 0: never given.
    mapping(uint256 place => uint256) public generationsGiven;

    event PartListed(uint256 indexed part, bytes32 listingHash, bytes rows);

    error PartOutOfRange(uint256 part, uint256 parts);
    error FormerRowsMismatch(uint256 part);
    error RowsNotWhole(uint256 length);
    error PlaceNotInOrder(uint256 id);
    error PlaceOutsidePart(uint256 id, uint256 part);
    error RowMalformed(uint256 row);
    error TermsChanged(uint256 id);
    error GenerationNotNext(uint256 id, uint256 next);

    constructor(address admin, uint256 mostParts_) {
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
        mostParts = mostParts_;
        listingHash = keccak256("");
    }

    function partHashes() external view returns (bytes32[] memory) {
        return _partHashes;
    }

    /**
     * @notice Puts a part's rows in the place of its former ones. The next part after the last may be added.
     * @param former the rows that stand now; nothing for a new part
     * @param rows words of ListedInstrument in order of place
     */
    function list(uint256 part, bytes calldata former, bytes calldata rows) external onlyRole(LISTER_ROLE) {
        if (part >= mostParts || part > _partHashes.length) revert PartOutOfRange(part, _partHashes.length);
        if (part == _partHashes.length) _partHashes.push(keccak256(""));
        if (keccak256(former) != _partHashes[part]) revert FormerRowsMismatch(part);
        if (rows.length % WORD != 0) revert RowsNotWhole(rows.length);
        uint256 at = 0;
        uint256 before = part * PLACES;
        for (uint256 i = 0; i < rows.length; i += WORD) {
            uint256 row = uint256(bytes32(rows[i:i + WORD]));
            uint256 place = _placeOf(row);
            // Place 0 is the zero vector's.
            if (place < before || place == 0) revert PlaceNotInOrder(ListedInstrument.id(row));
            if (place >= (part + 1) * PLACES) revert PlaceOutsidePart(ListedInstrument.id(row), part);
            before = place + 1;
            uint256 formerRow;
            (formerRow, at) = _formerAt(former, at, place);
            _requireTransition(formerRow, row, place);
        }
        _partHashes[part] = keccak256(rows);
        listingHash = keccak256(abi.encodePacked(_partHashes));
        emit PartListed(part, listingHash, rows);
    }

    /// @dev The same instrument as before, or a new one under the place's next generation.
    function _requireTransition(uint256 formerRow, uint256 row, uint256 place) private {
        if (row == formerRow) return;
        uint256 id = ListedInstrument.id(row);
        if (id == ListedInstrument.id(formerRow)) revert TermsChanged(id);
        uint256 next = generationsGiven[place];
        if (id != next * GENERATION_STEP + place) revert GenerationNotNext(id, next);
        if (!_isWellFormed(row)) revert RowMalformed(row);
        generationsGiven[place] = next + 1;
    }

    function _isWellFormed(uint256 row) private pure returns (bool) {
        uint256 kind = ListedInstrument.kind(row);
        if (row >> ListedInstrument.BITS != 0 || kind > uint256(C.KIND_OPTION)) return false;
        if (ListedInstrument.underlying(row) >= uint256(C.UNDERLYINGS)) return false;
        uint256 lotNano = ListedInstrument.lotNano(row);
        if (lotNano == 0 || lotNano > uint256(C.MAX_PRICE_NANO)) return false;
        bool option = kind == uint256(C.KIND_OPTION);
        uint256 strikeNano = ListedInstrument.strikeNano(row);
        if (ListedInstrument.isPut(row) > (option ? 1 : 0)) return false;
        if (option ? strikeNano == 0 || strikeNano > uint256(C.MAX_PRICE_NANO) : strikeNano != 0) return false;
        bool expires = option || kind == uint256(C.KIND_FUTURE);
        return expires == (ListedInstrument.expirySeconds(row) != 0);
    }

    /// @dev The former row of a place, or 0; both lists are in order of place, so the search goes on from `at`.
    function _formerAt(bytes calldata former, uint256 at, uint256 place) private pure returns (uint256, uint256) {
        for (; at < former.length; at += WORD) {
            uint256 row = uint256(bytes32(former[at:at + WORD]));
            if (_placeOf(row) == place) return (row, at + WORD);
            if (_placeOf(row) > place) break;
        }
        return (0, at);
    }

    function _placeOf(uint256 row) private pure returns (uint256) {
        return row & (GENERATION_STEP - 1);
    }
}
