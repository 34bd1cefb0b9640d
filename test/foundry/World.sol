// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {AdjustChange} from "@generated/AdjustChange.sol";
import {LotSummary} from "@generated/LotSummary.sol";
import {LotTerms} from "@generated/LotTerms.sol";
import {Protocol} from "@generated/Protocol.sol";
import {TransferPlaces} from "@generated/TransferPlaces.sol";
import {InsuranceFund} from "contracts/InsuranceFund.sol";
import {Contexts} from "contracts/lib/Contexts.sol";
import {Case, Kind} from "contracts/engine/EngineTypes.sol";
import {Parameter} from "contracts/engine/Parameter.sol";
import {VaultWithdrawals} from "contracts/vault/VaultWithdrawals.sol";
import {Proofs} from "test/foundry/Proofs.sol";
import {Rounds} from "test/foundry/Rounds.sol";

/// What a lot says of itself.
struct LotFacts {
    uint256 percent;
    uint256 health;
    bool insolvent;
    uint256 carryLots;
    uint256 reliefLots;
    uint256 shortfallLots;
}

/// @notice Hands for everybody: each call carries a real proof of whatever the caller of this contract says.
contract World is Rounds {
    uint256 public constant RICH = 1_000_000_000;
    uint256 public constant BIDDERS = 4;

    constructor() {
        vm.prank(address(timelock));
        oracle.approveParameters(PARAMETERS, keccak256("configuration"));
        postRound();
        _endow();
        publish();
        for (uint256 i = 0; i < BIDDERS; ++i) {
            ownSubAccount(bidder(i), subTag(bidder(i)));
        }
        _ownHouseAccount();
    }

    // ---------------------------------------------------------------- who

    function bidder(uint256 index) public pure returns (address) {
        return address(uint160(0x2000 + index));
    }

    function subTag(address owner) public pure returns (uint256) {
        return uint256(keccak256(abi.encode("sub-account", owner))) % Protocol.FIELD_MODULUS;
    }

    function accountTag(uint256 index) public pure returns (uint256) {
        return uint256(keccak256(abi.encode("account", index))) % Protocol.FIELD_MODULUS;
    }

    // ---------------------------------------------------------------- statements

    function record(uint256 tag, uint256 threshold, bool below) public {
        (uint256[8] memory proof, uint256[8] memory signals) = statement(tag, threshold, below);
        if (below) attestor.trigger(proof, signals, KEEPER);
        else attestor.attest(proof, signals, KEEPER);
    }

    function statement(uint256 tag, uint256 threshold, bool below)
        public
        returns (uint256[8] memory proof, uint256[8] memory signals)
    {
        signals[0] = registry.headRoot();
        signals[1] = riskRoot();
        signals[2] = PARAMETERS;
        signals[3] = 2 * threshold + (below ? 1 : 0);
        signals[4] = tag;
        signals[7] = attestor.contextFor(KEEPER);
        uint256[] memory list = new uint256[](8);
        for (uint256 i = 0; i < 8; ++i) {
            list[i] = signals[i];
        }
        proof = Proofs.prove(list, fresh());
    }

    // ---------------------------------------------------------------- collateral

    function adjust(uint256 tag, address owner, uint256 place, uint256 change, uint256 context)
        public
        returns (uint256[8] memory proof, uint256[10] memory signals)
    {
        signals = [
            registry.headRoot(),
            fresh(),
            riskRoot(),
            PARAMETERS,
            tag,
            uint256(uint160(owner)),
            place,
            fresh(),
            change,
            context
        ];
        uint256[] memory list = new uint256[](10);
        for (uint256 i = 0; i < 10; ++i) {
            list[i] = signals[i];
        }
        proof = Proofs.prove(list, fresh());
    }

    function requestDeposit(uint256 tag, uint256 lots) public returns (uint256) {
        vm.prank(PAYER);
        return vault.requestDeposit(Protocol.CASH_ID, lots, tag, true);
    }

    function applyDeposit(uint256 depositId) public {
        (uint256 tag, uint256 lots) = (vault.depositOf(depositId).tag, vault.depositOf(depositId).lots);
        uint256 change = AdjustChange.pack(Protocol.KIND_DEPOSIT, Protocol.CASH_ID, lots);
        (uint256[8] memory proof, uint256[10] memory signals) =
            adjust(tag, address(0), 5, change, vault.depositContext(depositId));
        vault.applyDeposit(depositId, proof, signals);
    }

    function withdraw(uint256 tag, address owner, uint256 lots) public returns (uint256 payableId) {
        VaultWithdrawals.Authorization memory given =
            VaultWithdrawals.Authorization(owner, vault.nonces(owner), type(uint64).max, "");
        uint256 change = AdjustChange.pack(Protocol.KIND_WITHDRAWAL, Protocol.CASH_ID, lots);
        uint256 context = vault.withdrawalContext(owner, given.nonce, given.deadline);
        (uint256[8] memory proof, uint256[10] memory signals) = adjust(tag, owner, 5, change, context);
        vm.prank(owner);
        return vault.withdraw(proof, signals, given);
    }

    function ownSubAccount(address owner, uint256 tag) public {
        withdraw(tag, owner, 0);
        vm.prank(owner);
        liquidators.registerSubAccount(tag);
        vouch(owner, tag);
    }

    function vouch(address owner, uint256 tag) public {
        vm.prank(VENUE);
        liquidators.vouch(tag, owner);
    }

    function _ownHouseAccount() private {
        (address owner, uint256 tag) = (address(house), subTag(address(house)));
        VaultWithdrawals.Authorization memory given =
            VaultWithdrawals.Authorization(owner, vault.nonces(owner), type(uint64).max, "");
        uint256 change = AdjustChange.pack(Protocol.KIND_WITHDRAWAL, Protocol.CASH_ID, 0);
        uint256 context = vault.withdrawalContext(owner, given.nonce, given.deadline);
        (uint256[8] memory proof, uint256[10] memory signals) = adjust(tag, owner, 8, change, context);
        vm.prank(OPERATOR);
        house.registerSubAccount(proof, signals, given);
        vouch(owner, tag);
    }

    function coverProof(bytes32 caseId, uint256 lots)
        public
        returns (uint256[8] memory proof, uint256[10] memory signals)
    {
        Case memory c = engine.caseAt(caseId);
        uint256 change = AdjustChange.pack(Protocol.KIND_COVER, Protocol.CASH_ID, lots);
        uint256 context = Contexts.contextOf(Protocol.COVER_CONTEXT_DOMAIN, address(vault), caseId);
        return adjust(c.tag, address(0), c.place, change, context);
    }

    // ---------------------------------------------------------------- cases

    function open(uint256 tag, Kind kind) public returns (bytes32) {
        postRound();
        record(tag, kind == Kind.Full ? Protocol.THRESHOLD_MM : Protocol.THRESHOLD_SOFT, true);
        vm.prank(KEEPER);
        return engine.openCase(tag, kind);
    }

    function confirm(bytes32 caseId, LotFacts memory facts) public {
        (uint256[8] memory proof, uint256[11] memory signals) = lot(caseId, facts);
        if (facts.insolvent) engine.confirmInsolvent(caseId, proof, signals);
        else engine.confirm(caseId, proof, signals);
    }

    function onSale(uint256 tag, Kind kind, LotFacts memory facts) public returns (bytes32 caseId) {
        caseId = open(tag, kind);
        postRound();
        confirm(caseId, facts);
    }

    function lot(bytes32 caseId, LotFacts memory facts)
        public
        returns (uint256[8] memory proof, uint256[11] memory signals)
    {
        Case memory c = engine.caseAt(caseId);
        (bool held, uint32 place, uint256 leaf) = registry.holdOf(c.tag);
        signals[0] = registry.headRoot();
        signals[1] = riskRoot();
        signals[2] = PARAMETERS;
        signals[3] = c.tag;
        signals[4] = held ? place : 3;
        signals[5] = held ? leaf : fresh();
        signals[6] = c.kind == Kind.Full
            ? LotTerms.pack(Protocol.MODE_SLICE, facts.percent, Protocol.DISCOUNT_BIAS_BPS + mostCostBps(c.kind, facts))
            : LotTerms.pack(Protocol.MODE_SOFT, 100, Protocol.DISCOUNT_BIAS_BPS + mostCostBps(c.kind, facts));
        signals[7] = fresh();
        signals[8] = LotSummary.pack(
            facts.carryLots, facts.reliefLots, facts.shortfallLots, facts.health, facts.insolvent ? 1 : 0
        );
        signals[9] = 5;
        signals[10] = proofs.lotContext(caseId);
        uint256[] memory list = new uint256[](11);
        for (uint256 i = 0; i < 11; ++i) {
            list[i] = signals[i];
        }
        proof = Proofs.prove(list, fresh());
    }

    /// @notice The most that the sale of such a lot can cost, on its relief.
    function mostCostBps(Kind kind, LotFacts memory facts) public view returns (uint256) {
        if (facts.insolvent) return parameters.get(Parameter.InsolventMaxDiscountBps);
        uint256 capBps = parameters.get(Parameter.ReserveShareBps) * facts.health / Protocol.HEALTH_PARTS;
        if (kind == Kind.Soft) {
            uint256 penaltyBps = parameters.get(Parameter.SoftPenaltyBps);
            return capBps < penaltyBps ? capBps : penaltyBps;
        }
        uint256 roomBps = facts.health * Protocol.BASIS_POINTS / Protocol.HEALTH_PARTS - capBps;
        uint256 feeBps = parameters.get(Parameter.LiquidationFeeBps);
        return capBps + (roomBps < feeBps ? roomBps : feeBps);
    }

    /// @notice A transfer out of the case's account on these terms, with everything else as the case has it.
    function transfer(bytes32 caseId, uint256 tagTo, uint256 terms, bool onNewest)
        public
        returns (uint256[8] memory proof, uint256[12] memory signals)
    {
        Case memory c = engine.caseAt(caseId);
        signals[0] = registry.headRoot();
        signals[1] = fresh();
        signals[2] = onNewest ? riskRoot() : c.riskRoot;
        signals[3] = PARAMETERS;
        signals[4] = c.tag;
        signals[5] = tagTo;
        // A counterparty is not named.
        address ownerTo = onNewest ? address(0) : engine.awardAt(caseId).winner;
        signals[6] = TransferPlaces.pack(c.place, 6, uint160(ownerTo));
        signals[7] = fresh();
        signals[8] = fresh();
        signals[9] = terms;
        signals[10] = c.slice;
        signals[11] = proofs.transferContext(caseId);
        proof = proveTransfer(signals);
    }

    function proveTransfer(uint256[12] memory signals) public returns (uint256[8] memory) {
        uint256[] memory list = new uint256[](12);
        for (uint256 i = 0; i < 12; ++i) {
            list[i] = signals[i];
        }
        return Proofs.prove(list, fresh());
    }

    // ---------------------------------------------------------------- money to begin with

    function _endow() private {
        _fill(VENUE);
        _fill(KEEPER);
        _fill(PAYER);
        vm.prank(VENUE);
        engine.postVenueBond(20_000_000);
        vm.startPrank(PAYER);
        escrow.depositFor(address(house), 50_000_000);
        fund.donate(InsuranceFund.Tranche.Insurance, 30_000_000);
        vm.stopPrank();
        for (uint256 i = 0; i < BIDDERS; ++i) {
            address who = bidder(i);
            _fill(who);
            vm.prank(WHITELISTER);
            liquidators.whitelist(who);
            vm.startPrank(who);
            liquidators.setDisclosureKey(keccak256(abi.encode(who)));
            liquidators.bond(1_000_000);
            vm.stopPrank();
        }
    }

    function _fill(address who) private {
        token.mint(who, 4 * RICH * UNITS);
        vm.startPrank(who);
        token.approve(address(escrow), type(uint256).max);
        token.approve(address(fund), type(uint256).max);
        token.approve(address(vault), type(uint256).max);
        escrow.deposit(RICH);
        vm.stopPrank();
    }
}
