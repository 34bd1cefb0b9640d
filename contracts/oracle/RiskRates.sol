// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {GreekShockWord} from "@generated/GreekShockWord.sol";
import {ListedInstrument} from "@generated/ListedInstrument.sol";
import {OracleConstants as C} from "@generated/OracleConstants.sol";
import {ShockWord} from "@generated/ShockWord.sol";
import {Black76} from "contracts/oracle/Black76.sol";
import {FixedPoint} from "contracts/oracle/FixedPoint.sol";
import {InstrumentCharges} from "contracts/oracle/InstrumentCharges.sol";
import {Live, PricingInput, RiskVector} from "contracts/oracle/PricingTypes.sol";
import {RoundScaling} from "contracts/oracle/RoundScaling.sol";
import {Shock, Surface} from "contracts/oracle/Surface.sol";

/**
 * @title src/risk/rates.ts and valuation.ts, bit for bit: the risk vector of one instrument
 *
 * A value in any state becomes a rate once, rounded down; all else is differences of rates. Options are always revalued
 * in full.
 */
library RiskRates {
    uint256 private constant SCENARIOS_AT = uint256(C.CONFIGURATION_SCENARIOS);

    /// @return vector not priced when the round lacks what the instrument needs or a rate is out of range
    function riskVector(PricingInput memory input) internal pure returns (RiskVector memory vector) {
        vector.ratesNano = new int256[](uint256(C.DIMS));
        (bool known, Live memory live) = _value(input);
        if (!known) return vector;
        int256 lotNano = int256(ListedInstrument.lotNano(input.instrument));
        if (lotNano == 0) return vector;
        int256 valueRate = _ratePerLot(live.valueNano, lotNano);
        vector.ratesNano[uint256(C.VALUE_DIM)] = valueRate;
        int256 longNeed;
        if (live.moved) {
            int256 greeks = _setGreeks(vector.ratesNano, input, live, lotNano);
            longNeed = _setScenarios(vector.ratesNano, input, live, lotNano);
            if (greeks > longNeed) longNeed = greeks;
            (vector.longChargeNano, vector.shortChargeNano) = InstrumentCharges.chargesOf(input, live.valueNano);
            uint256 kind = ListedInstrument.kind(input.instrument);
            if (kind == uint256(C.KIND_OPTION) || kind == uint256(C.KIND_SPOT)) {
                int256 room = valueRate - FixedPoint.mulDivUp(longNeed, input.mmFactorBps, FixedPoint.BASIS_POINTS);
                if (vector.longChargeNano > room) vector.longChargeNano = room;
            }
        }
        vector.priced = inRange(vector);
    }

    function inRange(RiskVector memory vector) internal pure returns (bool) {
        int256[] memory rates = vector.ratesNano;
        uint256 greeks = uint256(C.FIRST_GREEK_DIM);
        uint256 scenarios = uint256(C.FIRST_SCENARIO_DIM);
        return _within(rates, 0, greeks, uint256(C.RATE_BITS))
            && _within(rates, greeks, scenarios, uint256(C.GREEK_RATE_BITS))
            && _within(rates, scenarios, uint256(C.DIMS), uint256(C.RATE_BITS)) && _isCharge(vector.longChargeNano)
            && _isCharge(vector.shortChargeNano);
    }

    /// @dev Whether |rate| < 2^bits for all dimensions in [from, to).
    function _within(int256[] memory rates, uint256 from, uint256 to, uint256 bits) private pure returns (bool) {
        unchecked {
            uint256 width = (uint256(1) << (bits + 1)) - 2;
            int256 bias = (int256(1) << bits) - 1;
            for (uint256 dim = from; dim < to; ++dim) {
                if (uint256(rates[dim] + bias) > width) return false;
            }
        }
        return true;
    }

    /// @notice |delta| less gamma, at least 0, and |vega|, over all underlyings
    function greeksTerm(int256[] memory ratesNano) internal pure returns (int256 term) {
        uint256 dim = uint256(C.FIRST_GREEK_DIM);
        for (; dim < uint256(C.FIRST_SCENARIO_DIM); dim += 3) {
            int256 net = FixedPoint.absolute(ratesNano[dim]) - ratesNano[dim + 1];
            if (net > 0) term += net;
            term += FixedPoint.absolute(ratesNano[dim + 2]);
        }
    }

    // ---------------------------------------------------------------- value

    function _value(PricingInput memory input) private pure returns (bool known, Live memory live) {
        uint256 kind = ListedInstrument.kind(input.instrument);
        if (kind == uint256(C.KIND_CASH)) {
            live.valueNano = FixedPoint.NANO;
            return (true, live);
        }
        if (input.spotNano == 0 || kind > uint256(C.KIND_OPTION)) return (false, live);
        if (kind == uint256(C.KIND_OPTION)) return _valueOption(input, live);
        live.linear = true;
        live.moved = true;
        live.priceNano = kind == uint256(C.KIND_SPOT) ? input.spotNano : input.markNano;
        if (kind == uint256(C.KIND_PERPETUAL)) live.offsetNano = input.fundingNano;
        if (kind == uint256(C.KIND_FUTURE)) {
            if (_secondsLeft(input) <= 0) {
                live.valueNano = input.spotNano;
                live.moved = false;
                return (true, live);
            }
            if (input.forwardNano != 0) live.priceNano = input.forwardNano;
            live.offsetNano = live.priceNano - input.markNano;
        }
        live.valueNano = live.priceNano - live.offsetNano;
        known = kind == uint256(C.KIND_SPOT) || input.marked;
    }

    function _valueOption(PricingInput memory input, Live memory live) private pure returns (bool, Live memory) {
        live.isPut = ListedInstrument.isPut(input.instrument) == 1;
        live.strikeNano = int256(ListedInstrument.strikeNano(input.instrument));
        if (live.strikeNano == 0) return (false, live);
        int256 secondsLeft = _secondsLeft(input);
        if (secondsLeft <= 0) {
            int256 gain = live.isPut ? live.strikeNano - input.spotNano : input.spotNano - live.strikeNano;
            if (gain > 0) live.valueNano = gain;
            return (true, live);
        }
        if (input.forwardNano == 0 || Surface.pointCount(input.smile) == 0) return (false, live);
        live.moved = true;
        uint256 rules = input.configuration[uint256(C.CONFIGURATION_VOLATILITY)];
        int256 lnForwardQ64 = FixedPoint.lnIntegerQ64(input.forwardNano);
        live.lnStrikeQ64 = FixedPoint.lnIntegerQ64(live.strikeNano);
        live.volNano = Surface.volNano(input.smile, live.strikeNano, live.lnStrikeQ64);
        live.rootYearsQ64 = Black76.sqrtYearsQ64(secondsLeft);
        live.termQ64 = Surface.termFactorQ64(rules, secondsLeft);
        live.belowForwardQ64 = Surface.standardisedMoneynessQ64(
            rules,
            lnForwardQ64 - live.lnStrikeQ64,
            Surface.volNano(input.smile, input.forwardNano, lnForwardQ64),
            live.rootYearsQ64
        );
        live.valueNano = _option(input.table, live, input.forwardNano, live.volNano);
        return (true, live);
    }

    /// @dev A put by parity.
    function _option(uint256 table, Live memory live, int256 forwardNano, int256 volNano)
        private
        pure
        returns (int256)
    {
        int256 call = Black76.callNano(
            table,
            forwardNano,
            live.strikeNano,
            FixedPoint.lnIntegerQ64(forwardNano) - live.lnStrikeQ64,
            Black76.totalDeviationQ64(volNano, live.rootYearsQ64)
        );
        return live.isPut ? call - forwardNano + live.strikeNano : call;
    }

    function _shockedRate(PricingInput memory input, Live memory live, Shock memory shock, int256 lotNano)
        private
        pure
        returns (int256)
    {
        if (live.linear) {
            // Below 2^69 each: no overflow.
            return _ratePerLot(_shockedPrice(live.priceNano, shock.spotBps) - live.offsetNano, lotNano);
        }
        int256 volNano = Surface.shockedVolNano(
            input.configuration[uint256(C.CONFIGURATION_VOLATILITY)],
            shock,
            live.volNano,
            live.termQ64,
            live.belowForwardQ64
        );
        int256 forwardNano = _shockedPrice(input.forwardNano, shock.spotBps);
        return _ratePerLot(_option(input.table, live, forwardNano, volNano), lotNano);
    }

    // ---------------------------------------------------------------- dimensions

    /// @dev Fills the greeks of the instrument's own underlying; returns the greeks term of one lot held long.
    function _setGreeks(int256[] memory rates, PricingInput memory input, Live memory live, int256 lotNano)
        private
        pure
        returns (int256 term)
    {
        uint256 word = input.configuration[uint256(C.CONFIGURATION_GREEKS)];
        uint256 dim = uint256(C.FIRST_GREEK_DIM) + 3 * ListedInstrument.underlying(input.instrument);
        (int256 up, int256 down) =
            _shockedPair(input, live, Shock(int256(GreekShockWord.spotBps(word)), 0, 0, false), lotNano);
        up -= rates[uint256(C.VALUE_DIM)];
        down -= rates[uint256(C.VALUE_DIM)];
        rates[dim] = (up - down) / 2;
        term = FixedPoint.absolute(rates[dim]);
        if (live.linear) return term;
        int256 gamma = (up + down) / 2;
        if (gamma < 0) gamma = 0;
        rates[dim + 1] = gamma;
        term = term > gamma ? term - gamma : int256(0);
        (up, down) = _shockedPair(input, live, Shock(0, int256(GreekShockWord.volBps(word)), 0, false), lotNano);
        int256 vega = (up - down) / 2;
        int256 room = rates[uint256(C.VALUE_DIM)] - term;
        if (vega < 0) vega = 0;
        else if (vega > room) vega = room;
        rates[dim + 2] = vega;
        return term + vega;
    }

    /// @dev Rates under a greek shock, and under its opposite.
    function _shockedPair(PricingInput memory input, Live memory live, Shock memory shock, int256 lotNano)
        private
        pure
        returns (int256 up, int256 down)
    {
        up = _shockedRate(input, live, shock, lotNano);
        shock.spotBps = -shock.spotBps;
        shock.volBps = -shock.volBps;
        down = _shockedRate(input, live, shock, lotNano);
    }

    /// @dev Fills the scenarios; returns the worst loss of one lot held long, at least 0. Equal shocks are priced once.
    function _setScenarios(int256[] memory rates, PricingInput memory input, Live memory live, int256 lotNano)
        private
        pure
        returns (int256 worst)
    {
        unchecked {
            uint256[] memory shockWords = _shockWords(input);
            int256[] memory shockedRates = new int256[](shockWords.length);
            Shock memory shock;
            shock.floored = true;
            for (uint256 scenario = 0; scenario < shockWords.length; ++scenario) {
                uint256 shockWord = shockWords[scenario];
                if (ShockWord.present(shockWord) == 0) continue;
                uint256 same = _indexOf(shockWords, shockWord);
                if (same < scenario) {
                    shockedRates[scenario] = shockedRates[same];
                } else {
                    _setShock(shock, shockWord);
                    shockedRates[scenario] = _shockedRate(input, live, shock, lotNano);
                }
                int256 weighted = FixedPoint.mulDivDown(
                    shockedRates[scenario] - rates[uint256(C.VALUE_DIM)],
                    int256(input.configuration[SCENARIOS_AT + scenario] & ((1 << uint256(C.WEIGHT_BITS)) - 1)),
                    FixedPoint.BASIS_POINTS
                );
                rates[uint256(C.FIRST_SCENARIO_DIM) + scenario] = weighted;
                if (-weighted > worst) worst = -weighted;
            }
        }
    }

    /// @dev What each scenario does to the instrument's underlying, regular rows at the round's scale.
    function _shockWords(PricingInput memory input) private pure returns (uint256[] memory words) {
        unchecked {
            words = new uint256[](input.configuration.length - SCENARIOS_AT);
            uint256 shift =
                uint256(C.WEIGHT_BITS) + uint256(C.SHOCK_BITS) * ListedInstrument.underlying(input.instrument);
            uint256 scaled = input.scaleBps == FixedPoint.BASIS_POINTS ? 0 : input.regularMask;
            for (uint256 scenario = 0; scenario < words.length; ++scenario) {
                uint256 word = input.configuration[SCENARIOS_AT + scenario] >> shift;
                word &= (1 << uint256(C.SHOCK_BITS)) - 1;
                if (ShockWord.present(word) == 1 && (scaled >> scenario) & 1 == 1) {
                    word = _scaledShock(word, input.scaleBps);
                }
                words[scenario] = word;
            }
        }
    }

    /// @dev The first place of a word that stands in the array.
    function _indexOf(uint256[] memory words, uint256 word) private pure returns (uint256 index) {
        assembly ("memory-safe") {
            let at := add(words, 32)
            for { } iszero(eq(mload(at), word)) { at := add(at, 32) } { }
            index := sub(shr(5, sub(at, words)), 1)
        }
    }

    /// @dev The same shock with its move of spot scaled: equal words stay equal shocks, and others stay apart.
    function _scaledShock(uint256 word, int256 scaleBps) private pure returns (uint256) {
        unchecked {
            int256 spotBps = int256(ShockWord.spotBiasedBps(word)) - C.SHOCK_BIAS_BPS;
            int256 scaled = RoundScaling.spotShock(spotBps, scaleBps);
            return ShockWord.pack(
                ShockWord.present(word),
                uint256(scaled + C.SHOCK_BIAS_BPS),
                ShockWord.volBiasedBps(word),
                ShockWord.skewBiasedBps(word)
            );
        }
    }

    function _setShock(Shock memory shock, uint256 word) private pure {
        unchecked {
            shock.spotBps = int256(ShockWord.spotBiasedBps(word)) - C.SHOCK_BIAS_BPS;
            shock.volBps = int256(ShockWord.volBiasedBps(word)) - C.SHOCK_BIAS_BPS;
            shock.skewBps = int256(ShockWord.skewBiasedBps(word)) - C.SHOCK_BIAS_BPS;
        }
    }

    // ---------------------------------------------------------------- small parts

    function _secondsLeft(PricingInput memory input) private pure returns (int256) {
        return int256(ListedInstrument.expirySeconds(input.instrument)) - input.asOfSeconds;
    }

    function _shockedPrice(int256 priceNano, int256 spotBps) private pure returns (int256) {
        unchecked {
            return FixedPoint.mulDivDown(priceNano, FixedPoint.BASIS_POINTS + spotBps, FixedPoint.BASIS_POINTS);
        }
    }

    function _ratePerLot(int256 valueNano, int256 lotNano) private pure returns (int256) {
        return FixedPoint.mulDivDown(valueNano, lotNano, FixedPoint.NANO);
    }

    function _isCharge(int256 charge) private pure returns (bool) {
        return charge >= 0 && charge < int256(1) << uint256(C.CHARGE_BITS);
    }
}
