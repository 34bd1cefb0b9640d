// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {Parameter, ParameterBounds} from "contracts/engine/Parameter.sol";

/**
 * @title Parameters of the liquidation engine
 *
 * What always holds:
 * - Every value lies within its fixed bounds (ParameterBounds), from the first block on.
 * - Only DEFAULT_ADMIN_ROLE changes one; a deployment gives it to a TimelockController and to nobody else.
 * - The levels of deleveraging fall: AdlEndBps < AdlStartBps.
 */
contract EngineParameters is AccessControl {
    mapping(Parameter parameter => uint256 value) private _values;

    event ParameterSet(Parameter indexed parameter, uint256 previous, uint256 value);

    error AdlLevelsDoNotFall(uint256 startBps, uint256 endBps);

    /// @param timelock the only one that may change a parameter
    constructor(address timelock) {
        _grantRole(DEFAULT_ADMIN_ROLE, timelock);
        for (uint256 i = 0; i < ParameterBounds.count(); ++i) {
            Parameter parameter = Parameter(i);
            (,, uint256 initial) = ParameterBounds.boundsOf(parameter);
            ParameterBounds.requireWithin(parameter, initial);
            _values[parameter] = initial;
        }
    }

    function set(Parameter parameter, uint256 value) external onlyRole(DEFAULT_ADMIN_ROLE) {
        ParameterBounds.requireWithin(parameter, value);
        emit ParameterSet(parameter, _values[parameter], value);
        _values[parameter] = value;
        (uint256 startBps, uint256 endBps) = (_values[Parameter.AdlStartBps], _values[Parameter.AdlEndBps]);
        if (endBps >= startBps) revert AdlLevelsDoNotFall(startBps, endBps);
    }

    function get(Parameter parameter) external view returns (uint256) {
        return _values[parameter];
    }

    function boundsOf(Parameter parameter) external pure returns (uint256 least, uint256 most) {
        (least, most,) = ParameterBounds.boundsOf(parameter);
    }
}
