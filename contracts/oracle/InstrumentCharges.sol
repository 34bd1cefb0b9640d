// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {ChargesWord} from "@generated/ChargesWord.sol";
import {ListedInstrument} from "@generated/ListedInstrument.sol";
import {OracleConstants as C} from "@generated/OracleConstants.sol";
import {FixedPoint} from "contracts/oracle/FixedPoint.sol";
import {PricingInput} from "contracts/oracle/PricingTypes.sol";
import {RoundScaling} from "contracts/oracle/RoundScaling.sol";

/// @title src/risk/charges.ts, bit for bit: the charges of one lot, rounded up, before the long one is capped
library InstrumentCharges {
    function chargesOf(PricingInput memory input, int256 valueNano)
        internal
        pure
        returns (int256 longNano, int256 shortNano)
    {
        uint256 rules =
            input.configuration[uint256(C.CONFIGURATION_CHARGES) + ListedInstrument.underlying(input.instrument)];
        uint256 kind = ListedInstrument.kind(input.instrument);
        if (kind == uint256(C.KIND_SPOT)) {
            longNano = _perLotUp(input, input.spotNano, _scaled(input, ChargesWord.spotLongBps(rules)));
            shortNano = _perLotUp(input, input.spotNano, _scaled(input, ChargesWord.spotShortBps(rules)));
        } else if (kind == uint256(C.KIND_OPTION)) {
            longNano = _perLotUp(input, valueNano, _scaled(input, ChargesWord.optionLiquidityBps(rules)));
            int256 bps = _scaled(input, ChargesWord.shortOptionBps(rules));
            if (_isPinned(input, rules)) bps += _scaled(input, ChargesWord.pinBps(rules));
            shortNano = longNano + _perLotUp(input, input.spotNano, bps);
        } else {
            longNano = _perLotUp(input, input.markNano, _scaled(input, ChargesWord.linearBps(rules)));
            shortNano = longNano;
        }
    }

    /// @dev So near expiry and strike that a small move decides whether a short option is exercised.
    function _isPinned(PricingInput memory input, uint256 rules) private pure returns (bool) {
        int256 distance =
            FixedPoint.absolute(int256(ListedInstrument.strikeNano(input.instrument)) - input.spotNano);
        int256 secondsLeft = int256(ListedInstrument.expirySeconds(input.instrument)) - input.asOfSeconds;
        return secondsLeft <= int256(ChargesWord.pinWindowSeconds(rules))
            && distance * FixedPoint.BASIS_POINTS <= int256(ChargesWord.pinWidthBps(rules)) * input.spotNano;
    }

    function _scaled(PricingInput memory input, uint256 bps) private pure returns (int256) {
        return RoundScaling.charge(bps, input.scaleBps);
    }

    function _perLotUp(PricingInput memory input, int256 priceNano, int256 bps) private pure returns (int256) {
        int256 lotNano = int256(ListedInstrument.lotNano(input.instrument));
        return FixedPoint.mulDivUp(priceNano * bps, lotNano, FixedPoint.NANO * FixedPoint.BASIS_POINTS);
    }
}
