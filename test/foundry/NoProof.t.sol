// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {AdjustChange} from "@generated/AdjustChange.sol";
import {KeptPlaces} from "@generated/KeptPlaces.sol";
import {Protocol} from "@generated/Protocol.sol";
import {TransferTerms} from "@generated/TransferTerms.sol";
import {BookRegistry} from "contracts/BookRegistry.sol";
import {DutchAuction} from "contracts/engine/DutchAuction.sol";
import {Case, Kind, Stage} from "contracts/engine/EngineTypes.sol";
import {IBookRegistry} from "contracts/interfaces/IBookRegistry.sol";
import {VaultWithdrawals} from "contracts/vault/VaultWithdrawals.sol";
import {Bench} from "test/foundry/Vm.sol";
import {Proofs} from "test/foundry/Proofs.sol";
import {LotFacts, World} from "test/foundry/World.sol";

/// @notice Calls every entry that takes a proof: with the right signals and a proof of nothing, or with whatever comes.
contract Forger is Bench {
    /// A precompile that is given no point takes all the gas that there is.
    uint256 private constant CALL_GAS = 30_000_000;

    World private immutable world;
    bytes32 public opened;
    bytes32 public awarded;
    bytes32 public debtor;
    uint256 private immutable depositId;
    bool public succeeded;
    bool public refusedForAnother;
    uint256 public refusals;

    constructor(World world_) {
        world = world_;
        depositId = world_.requestDeposit(world_.accountTag(9), 5_000);
        debtor = world_.onSale(world_.accountTag(3), Kind.Full, LotFacts(100, 0, true, 40_000, 20_000, 200_000_000));
        awarded = world_.onSale(world_.accountTag(2), Kind.Full, LotFacts(40, 32, false, 40_000, 20_000, 0));
        opened = world_.open(world_.accountTag(1), Kind.Full);
        world_.pass(120);
        world_.sealedBids().finish(awarded);
        (DutchAuction dutch, address who) = (world_.dutch(), world_.bidder(0));
        uint256 tag = world_.subTag(who);
        vm.prank(who);
        dutch.take(awarded, tag, 0);
        world_.postRound();
    }

    // ---------------------------------------------------------------- right signals, a proof of nothing

    function confirm(uint256 seed) external {
        (, uint256[11] memory signals) = world.lot(opened, LotFacts(40, 32, false, 40_000, 20_000, 0));
        _try(address(world.engine()), abi.encodeCall(world.engine().confirm, (opened, _proof(seed), signals)));
    }

    function settle(uint256 seed) external {
        Case memory c = world.engine().caseAt(awarded);
        uint256 costBiasedBps = Protocol.DISCOUNT_BIAS_BPS + c.capBps + c.feeBps;
        uint256 terms =
            TransferTerms.pack(0, 40, costBiasedBps, Protocol.DISCOUNT_BIAS_BPS, c.feeBps, 10, 40_000, 0, 0);
        uint256 tag = world.subTag(world.bidder(0));
        (, uint256[12] memory signals) = world.transfer(awarded, tag, terms, false);
        _try(address(world.engine()), abi.encodeCall(world.engine().settle, (awarded, _proof(seed), signals)));
    }

    function deleverage(uint256 seed) external {
        // Nobody can pay 2 million USD, so counterparties give 5%.
        uint256 biased = Protocol.DISCOUNT_BIAS_BPS - 500;
        uint256 terms = TransferTerms.pack(2, 100, biased, biased, 0, 0, 0, 9_000, 8_000);
        (, uint256[12] memory signals) = world.transfer(debtor, world.fresh(), terms, true);
        address target = address(world.deleveraging());
        _try(target, abi.encodeCall(world.deleveraging().deleverage, (debtor, _proof(seed), signals)));
    }

    function cover(uint256 seed) external {
        (, uint256[10] memory signals) = world.coverProof(debtor, within(seed, 1, 1_000));
        _try(address(world.engine()), abi.encodeCall(world.engine().coverShortfall, (debtor, _proof(seed), signals)));
    }

    function applyDeposit(uint256 seed) external {
        uint256 change = AdjustChange.pack(Protocol.KIND_DEPOSIT, Protocol.CASH_ID, 5_000);
        uint256 context = world.vault().depositContext(depositId);
        (, uint256[10] memory signals) = world.adjust(world.accountTag(9), address(0), 5, change, context);
        _try(address(world.vault()), abi.encodeCall(world.vault().applyDeposit, (depositId, _proof(seed), signals)));
    }

    function withdraw(uint256 seed) external {
        VaultWithdrawals.Authorization memory given =
            VaultWithdrawals.Authorization(address(this), world.vault().nonces(address(this)), type(uint64).max, "");
        uint256 context = world.vault().withdrawalContext(given.recipient, given.nonce, given.deadline);
        uint256 change = AdjustChange.pack(Protocol.KIND_WITHDRAWAL, Protocol.CASH_ID, seed % 1_000);
        (, uint256[10] memory signals) = world.adjust(world.accountTag(9), address(this), 5, change, context);
        _try(address(world.vault()), abi.encodeCall(world.vault().withdraw, (_proof(seed), signals, given)));
    }

    function state(uint256 seed) external {
        bool below = seed % 2 == 0;
        (, uint256[8] memory signals) = world.statement(world.accountTag(9), seed % 4 + 1, below);
        bytes memory data = below
            ? abi.encodeCall(world.attestor().trigger, (_proof(seed), signals, world.KEEPER()))
            : abi.encodeCall(world.attestor().attest, (_proof(seed), signals, world.KEEPER()));
        _try(address(world.attestor()), data);
    }

    /// @dev The venue itself, with a book in which the held leaves are said to stand.
    function publish(uint256 seed) external {
        // After the reservation; with a round, so that what comes next is not refused for its age.
        vm.warp(vm.getBlockTimestamp() + 301);
        world.postRound();
        BookRegistry registry = world.registry();
        uint256[] memory tags = registry.heldTags();
        uint256 treeRoot = seed % Protocol.FIELD_MODULUS;
        IBookRegistry.KeptProof[] memory kept = new IBookRegistry.KeptProof[](1);
        uint256[4] memory places;
        for (uint256 i = 0; i < tags.length; ++i) {
            (, places[i], kept[0].signals[2 + i]) = registry.holdOf(tags[i]);
        }
        kept[0].signals[0] = registry.bookRootOf(treeRoot, 99);
        kept[0].signals[1] = KeptPlaces.pack(places[0], places[1], places[2], places[3]);
        kept[0].proof = _proof(seed);
        (uint64 head, address venue) = (registry.headSequence(), world.VENUE());
        vm.prank(venue);
        _tryFor(
            address(registry),
            abi.encodeCall(registry.publish, (head, treeRoot, 99, bytes32(seed), kept)),
            bytes4(keccak256("InvalidKeptProof(uint256)"))
        );
    }

    // ---------------------------------------------------------------- whatever comes

    function anything(uint256[8] memory proof, uint256[12] memory words, uint256 entry) external {
        bytes32 caseId = [opened, awarded, debtor][words[11] % 3];
        (uint256[11] memory lot, uint256[10] memory adjust) = _cut(words);
        bytes memory data;
        if (entry % 5 == 0) data = abi.encodeCall(world.engine().confirm, (caseId, proof, lot));
        else if (entry % 5 == 1) data = abi.encodeCall(world.engine().confirmInsolvent, (caseId, proof, lot));
        else if (entry % 5 == 2) data = abi.encodeCall(world.engine().settle, (caseId, proof, words));
        else if (entry % 5 == 3) data = abi.encodeCall(world.engine().coverShortfall, (caseId, proof, adjust));
        else data = abi.encodeCall(world.engine().step, (caseId, proof, words, 0));
        (bool success,) = address(world.engine()).call{gas: CALL_GAS}(data);
        if (success) succeeded = true;
    }

    // ---------------------------------------------------------------- helpers

    /// @dev On the curves, and half of the time not even that.
    function _proof(uint256 seed) private view returns (uint256[8] memory proof) {
        proof = Proofs.random(seed);
        if (seed % 2 == 1) proof[seed % 8] = seed % 1_000 + 3;
    }

    function _try(address target, bytes memory data) private {
        _tryFor(target, data, bytes4(keccak256("InvalidProof()")));
    }

    /// @dev Refused by the pairing, so everything else about the call was right.
    function _tryFor(address target, bytes memory data, bytes4 invalid) private {
        (bool success, bytes memory reason) = target.call{gas: CALL_GAS}(data);
        if (success) succeeded = true;
        bytes4 selector = selectorOf(reason);
        if (selector != invalid && selector != bytes4(keccak256("CurveOperationFailed()"))) refusedForAnother = true;
        ++refusals;
    }

    function _cut(uint256[12] memory words) private pure returns (uint256[11] memory lot, uint256[10] memory adjust) {
        for (uint256 i = 0; i < 11; ++i) {
            lot[i] = words[i];
            if (i < 10) adjust[i] = words[i];
        }
    }
}

contract NoProofTest is Bench {
    World private world;
    Forger private forger;
    uint64 private head;
    bytes32 private standing;

    function setUp() public {
        world = World(vm.deployCode("World.sol:World"));
        forger = new Forger(world);
        head = world.registry().headSequence();
        standing = _standing();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(forger);
    }

    function invariant_nothingChangesWithoutAProof() public view {
        so(!forger.succeeded(), "a proof of nothing was accepted");
        so(!forger.refusedForAnother(), "refused, but not for its proof: this shows nothing");
        same(world.registry().headSequence(), head, "head");
        so(_standing() == standing, "a case, the ledger or a record changed");
    }

    /// @notice Each entry by itself is refused for its proof and nothing else.
    function testFuzz_everyEntryIsRefusedForItsProof(uint256 seed) public {
        forger.confirm(seed);
        forger.settle(seed);
        forger.deleverage(seed);
        forger.cover(seed);
        forger.applyDeposit(seed);
        forger.withdraw(seed);
        forger.state(seed);
        forger.publish(seed);
        same(forger.refusals(), 8, "entries");
        invariant_nothingChangesWithoutAProof();
    }

    function _standing() private view returns (bytes32) {
        uint256 tag = world.accountTag(9);
        (uint64 below,) = world.attestor().newestBelow(tag, Protocol.STRICTEST_THRESHOLD);
        (uint64 covered,) = world.attestor().newestCovered(tag, Protocol.THRESHOLD_ZERO);
        return keccak256(
            abi.encode(
                _stage(forger.opened()),
                _stage(forger.awarded()),
                _stage(forger.debtor()),
                world.vault().ledgerOf(Protocol.CASH_ID),
                world.vault().payableCount(),
                below,
                covered
            )
        );
    }

    function _stage(bytes32 caseId) private view returns (Stage stage) {
        (stage,) = world.engine().stageOf(caseId);
    }
}
