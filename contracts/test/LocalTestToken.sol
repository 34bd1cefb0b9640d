// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/**
 * @title A token of no worth, for demonstrations and tests on a local chain
 * @notice Anybody mints. Its constructor refuses every chain but a local one, as the verifiers of development keys do.
 */
contract LocalTestToken is ERC20 {
    uint8 private immutable _decimals;

    error TestTokenOnForeignChain(uint256 chainId);

    constructor(string memory name_, string memory symbol_, uint8 decimals_) ERC20(name_, symbol_) {
        if (block.chainid != 31337 && block.chainid != 1337) revert TestTokenOnForeignChain(block.chainid);
        _decimals = decimals_;
    }

    function mint(address to, uint256 units) external {
        _mint(to, units);
    }

    function decimals() public view override returns (uint8) {
        return _decimals;
    }
}
