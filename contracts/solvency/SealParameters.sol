// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {LiquidityWord} from "@generated/LiquidityWord.sol";
import {Protocol} from "@generated/Protocol.sol";

/// @notice What governance, a timelock, sets for the seals, each within fixed bounds.
abstract contract SealParameters is AccessControl {
    struct Parameters {
        /// Of the venue for each seal, and of a challenger for each demand; lots of settlement cash.
        uint64 venueBondLots;
        uint64 demandBondLots;
        /// How long steps may be demanded, and how long an answer may take at least.
        uint32 demandSeconds;
        uint32 answerSeconds;
        /// 0 predicates, 1 aggregates.
        uint8 policy;
    }

    bytes32 public constant VENUE_ROLE = keccak256("VENUE_ROLE");

    Parameters public parameters;
    /// What the market offers to hedge with, by underlying (LiquidityWord).
    uint256 public liquidity;

    event SealParametersChanged(
        uint64 venueBondLots, uint64 demandBondLots, uint32 demandSeconds, uint32 answerSeconds, uint8 policy
    );
    event LiquidityPublished(uint256 liquidity);

    error SealParameterOutOfBounds(string name, uint256 value, uint256 least, uint256 most);
    error LiquidityTooLow(uint256 underlying, uint256 nano, uint256 leastNano);
    error LiquidityHasStrayBits(uint256 word);

    constructor(address admin, address venue, Parameters memory parameters_, uint256 liquidity_) {
        _setParameters(parameters_);
        _setLiquidity(liquidity_);
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
        _grantRole(VENUE_ROLE, venue);
    }

    /// @notice For seals and demands from now on.
    function setParameters(Parameters calldata next) external onlyRole(DEFAULT_ADMIN_ROLE) {
        _setParameters(next);
    }

    /// @notice Publishes the liquidity that seals measure the gauge against from now on.
    function setLiquidity(uint256 word) external onlyRole(DEFAULT_ADMIN_ROLE) {
        _setLiquidity(word);
    }

    function _setParameters(Parameters memory next) private {
        // A bond of less than 1,000 USD deters no venue, one of a dollar pays for an answer's gas where gas is cheap.
        _requireWithin("venueBondLots", next.venueBondLots, 100_000, 1 << 37);
        _requireWithin("demandBondLots", next.demandBondLots, 100, 1_000_000);
        _requireWithin("demandSeconds", next.demandSeconds, 1 hours, 7 days);
        _requireWithin("answerSeconds", next.answerSeconds, 10 minutes, 1 days);
        _requireWithin("policy", next.policy, Protocol.POLICY_PREDICATES, Protocol.POLICY_AGGREGATES);
        parameters = next;
        emit SealParametersChanged(
            next.venueBondLots, next.demandBondLots, next.demandSeconds, next.answerSeconds, next.policy
        );
    }

    function _requireWithin(string memory name, uint256 value, uint256 least, uint256 most) private pure {
        if (value < least || value > most) revert SealParameterOutOfBounds(name, value, least, most);
    }

    function _setLiquidity(uint256 word) private {
        if (word >> LiquidityWord.BITS != 0) revert LiquidityHasStrayBits(word);
        uint256[3] memory nano = [
            LiquidityWord.liquidity0Nano(word), LiquidityWord.liquidity1Nano(word), LiquidityWord.liquidity2Nano(word)
        ];
        for (uint256 i = 0; i < nano.length; ++i) {
            if (nano[i] < Protocol.LEAST_LIQUIDITY_NANO) {
                revert LiquidityTooLow(i, nano[i], Protocol.LEAST_LIQUIDITY_NANO);
            }
        }
        liquidity = word;
        emit LiquidityPublished(word);
    }
}
