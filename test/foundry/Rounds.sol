// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {KeptPlaces} from "@generated/KeptPlaces.sol";
import {Protocol} from "@generated/Protocol.sol";
import {RiskOracle} from "contracts/RiskOracle.sol";
import {IBookRegistry} from "contracts/interfaces/IBookRegistry.sol";
import {Deployment} from "test/foundry/Deployment.sol";
import {Proofs} from "test/foundry/Proofs.sol";

/// @notice Time, the oracle's rounds and the venue's books.
abstract contract Rounds is Deployment {
    uint256 public constant PARAMETERS = 8_000 | (10_000 << 16) | (5_000 << 32) | (15_000 << 46) | (3 << 62)
        | (0xffff << 67);
    uint256 private _fresh;

    /// @notice A field element that was not there before.
    function fresh() public returns (uint256) {
        return uint256(keccak256(abi.encode("fresh", ++_fresh))) % Protocol.FIELD_MODULUS;
    }

    /// @notice Blocks of 12 seconds; nothing else happens.
    function mine(uint256 elapsed) public {
        vm.warp(vm.getBlockTimestamp() + elapsed);
        vm.roll(vm.getBlockNumber() + elapsed / 12 + 1);
    }

    /// @notice Time as on a live chain: pokes, and rounds often enough to be fresh.
    function pass(uint256 elapsed) public {
        for (uint256 left = elapsed; left > 0;) {
            uint256 now_ = left < 240 ? left : 240;
            mine(now_);
            clock.poke();
            left -= now_;
            if (left > 0) postRound();
        }
    }

    function postRound() public {
        uint64 previous = oracle.roundTime(oracle.latestSequence());
        if (previous >= vm.getBlockTimestamp()) mine(previous - vm.getBlockTimestamp() + 1);
        RiskOracle.Round memory round;
        round.sequence = oracle.latestSequence() + 1;
        round.time = uint64(vm.getBlockTimestamp());
        round.riskRoot = fresh();
        round.parameters = PARAMETERS;
        round.configurationHash = keccak256("configuration");
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(1, oracle.roundDigest(round));
        bytes[] memory signatures = new bytes[](1);
        signatures[0] = abi.encodePacked(r, s, v);
        oracle.postRound(round, signatures);
        clock.poke();
    }

    function riskRoot() public view returns (uint256) {
        return oracle.latestRound().riskRoot;
    }

    function publish() public {
        uint256 root = fresh();
        uint256 bookRoot = registry.bookRootOf(root, 99);
        uint256[] memory tags = registry.heldTags();
        IBookRegistry.KeptProof[] memory kept = new IBookRegistry.KeptProof[]((tags.length + 3) / 4);
        for (uint256 i = 0; i < kept.length; ++i) {
            kept[i] = _kept(bookRoot, tags, 4 * i);
        }
        uint64 head = registry.headSequence();
        vm.prank(VENUE);
        registry.publish(head, root, 99, bytes32(root), kept);
    }

    function _kept(uint256 bookRoot, uint256[] memory tags, uint256 first)
        private
        returns (IBookRegistry.KeptProof memory kept)
    {
        uint256[4] memory places;
        kept.signals[0] = bookRoot;
        for (uint256 i = 0; i < 4 && first + i < tags.length; ++i) {
            (, places[i], kept.signals[2 + i]) = registry.holdOf(tags[first + i]);
        }
        kept.signals[1] = KeptPlaces.pack(places[0], places[1], places[2], places[3]);
        uint256[] memory list = new uint256[](6);
        for (uint256 i = 0; i < 6; ++i) {
            list[i] = kept.signals[i];
        }
        kept.proof = Proofs.prove(list, fresh());
    }
}
