// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {Protocol} from "@generated/Protocol.sol";

/// @notice The context signal of a proof: what the call is, on which chain, for which contract. So a copied proof is
/// good for nothing but the very call that it was made for. The same as contextFor in src/chain/context.ts.
library Contexts {
    /// @param domain one of Protocol's *_CONTEXT_DOMAIN
    /// @param verifying the contract that checks the proof
    /// @param binding what the call is about: a case, a deposit, a withdrawal's terms, a beneficiary
    function contextOf(bytes32 domain, address verifying, bytes32 binding) internal view returns (uint256) {
        return uint256(keccak256(abi.encode(domain, block.chainid, verifying, binding))) % Protocol.FIELD_MODULUS;
    }
}
