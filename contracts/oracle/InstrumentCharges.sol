// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {ChargesWord} from "@generated/ChargesWord.sol";
import {ListedInstrument} from "@generated/ListedInstrument.sol";
import {OracleConstants as C} from "@generated/OracleConstants.sol";
import {FixedPoint} from "contracts/oracle/FixedPoint.sol";

/// @title src/risk/charges.ts, bit for bit: the charges of one lot, rounded up, before the long one is capped
library InstrumentCharges {
    function chargesOf(
        uint256[] memory configuration,
        uint256 instrument,
        int256 asOfSeconds,
        int256 spotNano,
        int256 markNano,
        int256 valueNano
    ) internal pure returns (int256 longNano, int256 shortNano) {
        uint256 rules = configuration[uint256(C.CONFIGURATION_CHARGES) + ListedInstrument.underlying(instrument)];
        int256 lotNano = int256(ListedInstrument.lotNano(instrument));
        uint256 kind = ListedInstrument.kind(instrument);
        if (kind == uint256(C.KIND_SPOT)) {
            longNano = _perLotUp(spotNano, ChargesWord.spotLongBps(rules), lotNano);
            shortNano = _perLotUp(spotNano, ChargesWord.spotShortBps(rules), lotNano);
        } else if (kind == uint256(C.KIND_OPTION)) {
            longNano = _perLotUp(valueNano, ChargesWord.optionLiquidityBps(rules), lotNano);
            uint256 bps = ChargesWord.shortOptionBps(rules);
            if (_isPinned(rules, instrument, asOfSeconds, spotNano)) bps += ChargesWord.pinBps(rules);
            shortNano = longNano + _perLotUp(spotNano, bps, lotNano);
        } else {
            longNano = _perLotUp(markNano, ChargesWord.linearBps(rules), lotNano);
            shortNano = longNano;
        }
    }

    /// @dev So near expiry and strike that a small move decides whether a short option is exercised.
    function _isPinned(uint256 rules, uint256 instrument, int256 asOfSeconds, int256 spotNano)
        private
        pure
        returns (bool)
    {
        int256 distance = FixedPoint.absolute(int256(ListedInstrument.strikeNano(instrument)) - spotNano);
        int256 secondsLeft = int256(ListedInstrument.expirySeconds(instrument)) - asOfSeconds;
        return secondsLeft <= int256(ChargesWord.pinWindowSeconds(rules))
            && distance * FixedPoint.BASIS_POINTS <= int256(ChargesWord.pinWidthBps(rules)) * spotNano;
    }

    function _perLotUp(int256 priceNano, uint256 bps, int256 lotNano) private pure returns (int256) {
        return FixedPoint.mulDivUp(priceNano * int256(bps), lotNano, FixedPoint.NANO * FixedPoint.BASIS_POINTS);
    }
}
