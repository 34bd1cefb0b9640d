// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {RiskOracle} from "contracts/RiskOracle.sol";

/**
 * @title The engine's clock: seconds in which a bidder could have acted on a fresh price
 *
 * What always holds:
 * - It never runs faster than the chain's clock, nor faster than `maxSecondsPerBlock` for each block: a chain that
 *   stands still for an hour does not let an auction fall for an hour.
 * - It stands while paused.
 * - It stands while the latest round is stale. The end of a round's freshness is known beforehand (its time + the
 *   oracle's maximum age), so time after it never counts. When the next round came is not known, so time counts
 *   again from the first poke after it: anybody may poke, and every call of the engine does.
 */
contract EngineClock is AccessControl {
    struct State {
        uint56 elapsed;
        uint56 time;
        uint56 blockNumber;
        /// End of the freshness of the latest round, as it was at the last poke.
        uint56 freshUntil;
        bool paused;
    }

    bytes32 public constant GUARDIAN_ROLE = keccak256("GUARDIAN_ROLE");
    /// Time that no deadline ever has: zero stands for "not begun".
    uint56 private constant START = 1;

    RiskOracle public immutable oracle;
    uint64 public immutable maxSecondsPerBlock;

    State private _state;

    event Paused(address indexed guardian, uint64 engineTime);
    event Resumed(address indexed guardian, uint64 engineTime);

    error EnginePaused();
    error EngineNotPaused();
    error OracleStale(uint64 latestSequence, uint64 freshUntil);
    error SecondsPerBlockOutOfRange(uint64 given);

    constructor(address admin, address guardian, RiskOracle oracle_, uint64 maxSecondsPerBlock_) {
        if (maxSecondsPerBlock_ == 0 || maxSecondsPerBlock_ > 600) {
            revert SecondsPerBlockOutOfRange(maxSecondsPerBlock_);
        }
        oracle = oracle_;
        maxSecondsPerBlock = maxSecondsPerBlock_;
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
        _grantRole(GUARDIAN_ROLE, guardian);
        _state = State(START, uint56(block.timestamp), uint56(block.number), 0, false);
    }

    function pause() external onlyRole(GUARDIAN_ROLE) {
        if (_state.paused) revert EnginePaused();
        uint64 elapsed = poke();
        _state.paused = true;
        emit Paused(msg.sender, elapsed);
    }

    function resume() external onlyRole(GUARDIAN_ROLE) {
        if (!_state.paused) revert EngineNotPaused();
        uint64 elapsed = poke();
        _state.paused = false;
        emit Resumed(msg.sender, elapsed);
    }

    /// @notice Brings the clock up to this block. Anybody may.
    /// @return elapsed the engine's time, seconds
    function poke() public returns (uint64 elapsed) {
        State memory state = _state;
        state.elapsed = uint56(_elapsed(state));
        state.time = uint56(block.timestamp);
        state.blockNumber = uint56(block.number);
        state.freshUntil = uint56(_freshUntil());
        _state = state;
        return state.elapsed;
    }

    /// @notice Brings the clock up to this block and reverts unless it runs: what every step of a case calls.
    function tick() external returns (uint64 elapsed) {
        elapsed = poke();
        requireRunning();
    }

    function requireRunning() public view {
        requireNotPaused();
        uint256 freshUntil = _freshUntil();
        if (block.timestamp > freshUntil) revert OracleStale(oracle.latestSequence(), uint64(freshUntil));
    }

    function requireNotPaused() public view {
        if (_state.paused) revert EnginePaused();
    }

    /// @notice The engine's time, as a poke in this block would make it.
    function time() external view returns (uint64) {
        return _elapsed(_state);
    }

    function paused() external view returns (bool) {
        return _state.paused;
    }

    function _elapsed(State memory state) private view returns (uint64) {
        if (state.paused) return state.elapsed;
        uint256 end = block.timestamp < state.freshUntil ? block.timestamp : state.freshUntil;
        uint256 passed = end > state.time ? end - state.time : 0;
        uint256 byBlocks = (block.number - state.blockNumber) * maxSecondsPerBlock;
        return uint64(state.elapsed + (passed < byBlocks ? passed : byBlocks));
    }

    /// @dev 0 before the first round.
    function _freshUntil() private view returns (uint256) {
        uint256 latest = oracle.roundTime(oracle.latestSequence());
        return latest == 0 ? 0 : latest + oracle.maxAgeSeconds();
    }
}
