// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {AggregatorV3Interface} from "contracts/oracle/AggregatorV3Interface.sol";
import {EpochSeals} from "contracts/solvency/EpochSeals.sol";
import {SealStore} from "contracts/solvency/SealStore.sol";

/**
 * @title The proven stress gauge, read as a Chainlink feed, in basis points
 *
 * A feed's round is an epoch. A final seal does not call anybody, so somebody records it here; only a final seal of a
 * newer epoch than the last can be recorded.
 */
contract GaugeFeed is AggregatorV3Interface {
    struct Reading {
        uint64 gaugeBps;
        uint64 recordedAt;
    }

    uint8 public constant decimals = 4;
    uint256 public constant version = 1;
    string public constant description = "Tacit stress gauge";

    EpochSeals public immutable seals;
    uint64 public latestEpoch;
    mapping(uint64 epoch => Reading) private _readings;

    event GaugeRecorded(uint64 indexed epoch, uint256 gaugeBps);

    error EpochNotNewer(uint64 epoch, uint64 latestEpoch);
    error SealNotFinal(uint64 epoch);
    error NoData(uint256 roundId);

    constructor(EpochSeals seals_) {
        seals = seals_;
    }

    function record(uint64 epoch) external {
        if (epoch <= latestEpoch) revert EpochNotNewer(epoch, latestEpoch);
        SealStore.Seal memory one = seals.sealAt(seals.sealOf(epoch));
        if (one.status != SealStore.Status.Final) revert SealNotFinal(epoch);
        uint256 gauge = seals.gaugeBpsOf(one.gauge);
        latestEpoch = epoch;
        _readings[epoch] = Reading(uint64(gauge), uint64(block.timestamp));
        emit GaugeRecorded(epoch, gauge);
    }

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        return getRoundData(latestEpoch);
    }

    function getRoundData(uint80 id) public view returns (uint80, int256, uint256, uint256, uint80) {
        if (id > type(uint64).max) revert NoData(id);
        Reading memory reading = _readings[uint64(id)];
        if (reading.recordedAt == 0) revert NoData(id);
        return (id, int256(uint256(reading.gaugeBps)), reading.recordedAt, reading.recordedAt, id);
    }
}
