// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";
import {InsuranceFund} from "contracts/InsuranceFund.sol";

/**
 * @notice The money of EpochSeals, in lots of settlement cash. A bond is pulled when it is given and stays in the
 * contract; what somebody is owed is added to a number, which its owner fetches. Nobody is ever called but the token
 * and the fund.
 */
abstract contract SealBonds is ReentrancyGuard {
    using SafeERC20 for IERC20;

    InsuranceFund public immutable fund;
    IERC20 public immutable token;
    uint256 public immutable unitsPerLot;

    /// What an account may fetch.
    mapping(address account => uint256 lots) public freeLots;

    event BondsFreed(address indexed account, uint256 lots);
    event Withdrawn(address indexed account, uint256 lots);

    error NotAContract(address given);
    error LotsIsZero();
    error FreeLotsTooFew(address account, uint256 lots, uint256 freeLots);
    error TokenKeepsAShare(address token, uint256 sentUnits, uint256 receivedUnits);

    constructor(InsuranceFund fund_) {
        if (address(fund_).code.length == 0) revert NotAContract(address(fund_));
        fund = fund_;
        token = fund_.token();
        unitsPerLot = fund_.unitsPerLot();
        token.forceApprove(address(fund_), type(uint256).max);
    }

    function withdraw(uint256 lots) external nonReentrant {
        if (lots == 0) revert LotsIsZero();
        uint256 available = freeLots[msg.sender];
        if (lots > available) revert FreeLotsTooFew(msg.sender, lots, available);
        freeLots[msg.sender] = available - lots;
        emit Withdrawn(msg.sender, lots);
        token.safeTransfer(msg.sender, lots * unitsPerLot);
    }

    function _free(address account, uint256 lots) internal {
        freeLots[account] += lots;
        emit BondsFreed(account, lots);
    }

    /// @dev Neither more nor less than is booked.
    function _takeBond(address from, uint256 lots) internal {
        uint256 units = lots * unitsPerLot;
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(from, address(this), units);
        uint256 received = token.balanceOf(address(this)) - before;
        if (received != units) revert TokenKeepsAShare(address(token), units, received);
    }
}
