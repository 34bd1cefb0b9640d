// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {CaseConfirmation} from "contracts/engine/CaseConfirmation.sol";
import {CaseOpening} from "contracts/engine/CaseOpening.sol";
import {CaseSettlement} from "contracts/engine/CaseSettlement.sol";
import {CaseStore, EngineParts} from "contracts/engine/CaseStore.sol";
import {IStageHooks} from "contracts/engine/ILiquidationEngine.sol";

/**
 * @title The liquidation engine: one case for each account, and nothing without a proof
 *
 * Opened -> Soft -> House, or Opened -> Sealed -> Dutch -> House -> Deleveraging; from any sale to Awarded, and from there
 * settled or back to Dutch; an insolvent account from its settlement to Shortfall.
 *
 * What always holds:
 * - An account has at most one open case. It is opened on a recorded trigger on a head at which the account last changed,
 *   or a later one, so one state is liquidated at most once.
 * - A full case sells only a lot proven on a newer round than its trigger. What is settled is that lot, at the awarded
 *   discount, to the awarded sub-account, on the lot's own round: every signal of the transfer is compared.
 * - No lot is sold and nobody deleveraged on a round whose prices the rounds before it do not bear out, and nobody pays for
 *   having waited for one that they do.
 * - What cannot be undone (a settlement, a deleveraging step, a debt paid, a penalty) waits until nobody can challenge the
 *   rounds that it stands on; a case on a rejected round ends, and everybody has back what it locked.
 * - Only the contract of a case's present stage moves it on. Stages follow one another by the engine's clock, so the
 *   clearing house cannot have a lot before two auctions were open to everybody.
 * - Nothing moves while paused or while the oracle is stale, except the settlement of what is awarded and the payment of
 *   a debt (not while paused).
 * - A solvent account pays at most ReserveShareBps of its equity as discount, and keeps E >= 0 after the fee.
 *
 * A contract has at most 24,576 bytes, so two parts of the code stand in contracts of their own, fixed at deployment, and
 * run on this one's storage: CaseConfirmation and CaseSettlement.
 */
contract LiquidationEngine is CaseOpening, IStageHooks {
    address public immutable confirmation;
    address public immutable settlement;

    constructor(
        address admin,
        EngineParts memory parts,
        CaseConfirmation confirmation_,
        CaseSettlement settlement_
    ) CaseStore(admin, parts) {
        confirmation = address(confirmation_);
        settlement = address(settlement_);
    }

    // ---------------------------------------------------------------- CaseConfirmation

    function confirm(bytes32, uint256[8] calldata, uint256[11] calldata) external {
        _runs(confirmation);
    }

    function confirmInsolvent(bytes32, uint256[8] calldata, uint256[11] calldata) external {
        _runs(confirmation);
    }

    // ---------------------------------------------------------------- CaseSettlement

    function award(bytes32, address, uint256, uint256) external {
        _runs(settlement);
    }

    function pass(bytes32) external {
        _runs(settlement);
    }

    function step(bytes32, uint256[8] calldata, uint256[12] calldata, uint256) external {
        _runs(settlement);
    }

    function startSettlement(bytes32) external {
        _runs(settlement);
    }

    function settle(bytes32, uint256[8] calldata, uint256[12] calldata) external {
        _runs(settlement);
    }

    function fail(bytes32) external {
        _runs(settlement);
    }

    function coverShortfall(bytes32, uint256[8] calldata, uint256[10] calldata) external {
        _runs(settlement);
    }

    function voidCase(bytes32) external {
        _runs(settlement);
    }

    // ---------------------------------------------------------------- internals

    /// @dev Runs this very call by the code of a part, on this contract's storage. Arguments are decoded there.
    function _runs(address part) private {
        assembly ("memory-safe") {
            let input := mload(0x40)
            calldatacopy(input, 0, calldatasize())
            let success := delegatecall(gas(), part, input, calldatasize(), 0, 0)
            let output := mload(0x40)
            returndatacopy(output, 0, returndatasize())
            if iszero(success) { revert(output, returndatasize()) }
            return(output, returndatasize())
        }
    }
}
