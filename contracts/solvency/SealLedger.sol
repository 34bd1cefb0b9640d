// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {Protocol} from "@generated/Protocol.sol";
import {ICollateralVault} from "contracts/interfaces/ICollateralVault.sol";

/**
 * @notice The vault's ledger at a head, as the words of a seal: what the vault counts, never what it holds, so that a
 * donated token changes nothing.
 *
 * The vault does not list its collaterals, so they are listed here, by anybody: who holds one is never left out for
 * long, and a seal that was accepted before is rejected when its ledger turns out to lack one.
 */
abstract contract SealLedger {
    uint256 private constant ENTRIES = Protocol.LEDGER_WORDS * Protocol.LEDGER_ENTRIES_PER_WORD;
    uint256 private constant ENTRY_BITS = Protocol.LEDGER_LOTS_BITS + Protocol.INSTRUMENT_ID_BITS;

    ICollateralVault public immutable vault;

    /// By increasing instrument id.
    uint256[] private _collaterals;

    event CollateralListed(uint256 indexed instrumentId);

    error NotACollateral(uint256 instrumentId);
    error CollateralListedAlready(uint256 instrumentId);
    error LedgerLotsTooMany(uint256 instrumentId, uint256 lots);
    error TooManyCollaterals(uint256 held, uint256 most);

    constructor(ICollateralVault vault_) {
        vault = vault_;
    }

    /// @notice Takes a collateral of the vault into every ledger from now on. Anybody may call.
    function listCollateral(uint256 instrumentId) external {
        if (vault.collateralOf(instrumentId).unitsPerLot == 0) revert NotACollateral(instrumentId);
        uint256 at = _collaterals.length;
        _collaterals.push(instrumentId);
        for (; at > 0 && _collaterals[at - 1] >= instrumentId; --at) {
            if (_collaterals[at - 1] == instrumentId) revert CollateralListedAlready(instrumentId);
            _collaterals[at] = _collaterals[at - 1];
        }
        _collaterals[at] = instrumentId;
        emit CollateralListed(instrumentId);
    }

    function collaterals() external view returns (uint256[] memory) {
        return _collaterals;
    }

    /// @notice The ledger words of a head: entries of lots and id by increasing id, those without a lot left out. The
    /// same as ledgerWords in src/book/ledger.ts.
    function ledgerWordsAt(uint64 headSequence) public view returns (uint256[3] memory words) {
        uint256 held = 0;
        for (uint256 i = 0; i < _collaterals.length; ++i) {
            uint256 instrumentId = _collaterals[i];
            uint256 lots = vault.ledgerAt(instrumentId, headSequence);
            if (lots == 0) continue;
            // It would spill into the instrument's id.
            if (lots >> Protocol.LEDGER_LOTS_BITS != 0) revert LedgerLotsTooMany(instrumentId, lots);
            if (held == ENTRIES) revert TooManyCollaterals(held + 1, ENTRIES);
            uint256 entry = lots | (instrumentId << Protocol.LEDGER_LOTS_BITS);
            words[held / Protocol.LEDGER_ENTRIES_PER_WORD] |=
                entry << (ENTRY_BITS * (held % Protocol.LEDGER_ENTRIES_PER_WORD));
            ++held;
        }
    }

    function _ledgerHashAt(uint64 headSequence) internal view returns (bytes32) {
        return keccak256(abi.encode(ledgerWordsAt(headSequence)));
    }
}
