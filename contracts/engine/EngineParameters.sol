// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {Parameter, ParameterBounds} from "contracts/engine/Parameter.sol";
import {RiskOracle} from "contracts/RiskOracle.sol";

/**
 * @title Parameters of the liquidation engine
 *
 * What always holds:
 * - Every value lies within its fixed bounds (ParameterBounds), from the first block on.
 * - Only DEFAULT_ADMIN_ROLE changes one; a deployment gives it to a TimelockController and to nobody else.
 * - The levels of deleveraging fall: AdlEndBps < AdlStartBps.
 * - A lot is young enough to be settled when nobody can challenge its round any more, and for a settlement's time after it:
 *   the oracle's maximum age and challenge window and SettleWindow are together within MaxLotAge.
 */
contract EngineParameters is AccessControl {
    RiskOracle public immutable oracle;
    mapping(Parameter parameter => uint256 value) private _values;

    event ParameterSet(Parameter indexed parameter, uint256 previous, uint256 value);

    error AdlLevelsDoNotFall(uint256 startBps, uint256 endBps);
    error ChallengeOutlastsLots(uint256 neededSeconds, uint256 maxLotAgeSeconds);

    /// @param timelock the only one that may change a parameter
    constructor(address timelock, RiskOracle oracle_) {
        oracle = oracle_;
        _grantRole(DEFAULT_ADMIN_ROLE, timelock);
        for (uint256 i = 0; i < ParameterBounds.count(); ++i) {
            Parameter parameter = Parameter(i);
            (,, uint256 initial) = ParameterBounds.boundsOf(parameter);
            ParameterBounds.requireWithin(parameter, initial);
            _values[parameter] = initial;
        }
        _requireTimeToSettle();
    }

    function set(Parameter parameter, uint256 value) external onlyRole(DEFAULT_ADMIN_ROLE) {
        ParameterBounds.requireWithin(parameter, value);
        emit ParameterSet(parameter, _values[parameter], value);
        _values[parameter] = value;
        (uint256 startBps, uint256 endBps) = (_values[Parameter.AdlStartBps], _values[Parameter.AdlEndBps]);
        if (endBps >= startBps) revert AdlLevelsDoNotFall(startBps, endBps);
        _requireTimeToSettle();
    }

    function get(Parameter parameter) external view returns (uint256) {
        return _values[parameter];
    }

    /// @dev A round may be posted as late as it may be old.
    function _requireTimeToSettle() private view {
        uint256 neededSeconds =
            uint256(oracle.maxAgeSeconds()) + oracle.challengeSeconds() + _values[Parameter.SettleWindow];
        uint256 maxLotAge = _values[Parameter.MaxLotAge];
        if (neededSeconds > maxLotAge) revert ChallengeOutlastsLots(neededSeconds, maxLotAge);
    }

    function boundsOf(Parameter parameter) external pure returns (uint256 least, uint256 most) {
        (least, most,) = ParameterBounds.boundsOf(parameter);
    }
}
