// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {BookRegistry} from "contracts/BookRegistry.sol";
import {CollateralVault} from "contracts/CollateralVault.sol";
import {InsuranceFund} from "contracts/InsuranceFund.sol";
import {IMarginVerifier} from "contracts/IMarginVerifier.sol";
import {MarginAttestor} from "contracts/MarginAttestor.sol";
import {RiskOracle} from "contracts/RiskOracle.sol";
import {CaseConfirmation} from "contracts/engine/CaseConfirmation.sol";
import {CaseProofs} from "contracts/engine/CaseProofs.sol";
import {CaseSettlement} from "contracts/engine/CaseSettlement.sol";
import {EngineParts} from "contracts/engine/CaseStore.sol";
import {ClearingHouse} from "contracts/engine/ClearingHouse.sol";
import {DeleveragingQueue} from "contracts/engine/DeleveragingQueue.sol";
import {DutchAuction} from "contracts/engine/DutchAuction.sol";
import {EngineClock} from "contracts/engine/EngineClock.sol";
import {EngineParameters} from "contracts/engine/EngineParameters.sol";
import {EngineTimelock} from "contracts/engine/EngineTimelock.sol";
import {Escrow} from "contracts/engine/Escrow.sol";
import {ILiquidationEngine} from "contracts/engine/ILiquidationEngine.sol";
import {LiquidationEngine} from "contracts/engine/LiquidationEngine.sol";
import {LiquidatorRegistry} from "contracts/engine/LiquidatorRegistry.sol";
import {SealedBidAuction} from "contracts/engine/SealedBidAuction.sol";
import {SoftOffers} from "contracts/engine/SoftOffers.sol";
import {StageParts} from "contracts/engine/StageBase.sol";
import {ICollateralVault} from "contracts/interfaces/ICollateralVault.sol";
import {ILotVerifier, ITransferVerifier, IAdjustVerifier, IKeptVerifier} from "contracts/interfaces/IVerifiers.sol";
import {LocalTestToken} from "contracts/test/LocalTestToken.sol";
import {ToyAdjustVerifier} from "@toy/ToyAdjustVerifier.sol";
import {ToyKeptVerifier} from "@toy/ToyKeptVerifier.sol";
import {ToyLotVerifier} from "@toy/ToyLotVerifier.sol";
import {ToyMarginVerifier} from "@toy/ToyMarginVerifier.sol";
import {ToyTransferVerifier} from "@toy/ToyTransferVerifier.sol";
import {Bench} from "test/foundry/Vm.sol";

/// @notice The whole system, wired as src/chain/deploy-engine.ts wires it: the timelock alone governs.
abstract contract Deployment is Bench {
    uint256 public constant UNITS = 10_000;
    uint64 public constant MAX_AGE = 600;
    uint64 public constant SECONDS_PER_BLOCK = 30;
    uint256 public constant DELAY = 1 days;
    address public constant VENUE = address(0x1001);
    address public constant GUARDIAN = address(0x1002);
    address public constant WHITELISTER = address(0x1003);
    address public constant OPERATOR = address(0x1004);
    address public constant KEEPER = address(0x1005);
    address public constant PAYER = address(0x1006);
    address public constant FINALITY = address(0x1007);
    address public constant PROPOSER = address(0x1008);

    LocalTestToken public token;
    EngineTimelock public timelock;
    RiskOracle public oracle;
    BookRegistry public registry;
    MarginAttestor public attestor;
    InsuranceFund public fund;
    CollateralVault public vault;
    Escrow public escrow;
    EngineParameters public parameters;
    EngineClock public clock;
    CaseProofs public proofs;
    LiquidatorRegistry public liquidators;
    LiquidationEngine public engine;
    SoftOffers public soft;
    SealedBidAuction public sealedBids;
    DutchAuction public dutch;
    ClearingHouse public house;
    DeleveragingQueue public deleveraging;

    constructor() {
        vm.warp(1_800_000_000);
        vm.roll(1_000);
        address[] memory proposers = new address[](1);
        proposers[0] = PROPOSER;
        timelock = new EngineTimelock(DELAY, proposers);
        _deployBase();
        _deployMoney();
        _deployEngine();
        _deployStages();
        vm.startPrank(address(timelock));
        _wireBook();
        _wireEngine();
        vm.stopPrank();
    }

    function _deployBase() private {
        token = new LocalTestToken("Test US Dollar", "TUSD", 6);
        address[] memory feeders = new address[](1);
        feeders[0] = vm.addr(1);
        oracle = new RiskOracle(address(timelock), feeders, 1, MAX_AGE);
        registry = new BookRegistry(address(timelock), VENUE);
        attestor = new MarginAttestor(IMarginVerifier(address(new ToyMarginVerifier())), oracle, registry);
    }

    function _deployMoney() private {
        fund = new InsuranceFund(address(timelock), token, UNITS, InsuranceFund.Parameters(2_000, 3_000, 0, 0));
        CollateralVault.Setup memory setup;
        setup.admin = address(timelock);
        setup.venue = VENUE;
        setup.registry = registry;
        setup.oracle = oracle;
        setup.attestor = attestor;
        setup.verifier = IAdjustVerifier(address(new ToyAdjustVerifier()));
        setup.fund = fund;
        setup.cash = ICollateralVault.Collateral(address(token), uint96(UNITS), 1_000);
        (setup.parameters.depositFeeLots, setup.parameters.reclaimSeconds) = (100, 3_600);
        (setup.parameters.disputeSeconds, setup.parameters.intervalSeconds) = (1 days, 60);
        vault = new CollateralVault(setup);
        escrow = new Escrow(address(timelock), token, UNITS, vault, fund);
    }

    function _deployEngine() private {
        address admin = address(timelock);
        parameters = new EngineParameters(admin, oracle);
        clock = new EngineClock(admin, GUARDIAN, oracle, SECONDS_PER_BLOCK);
        proofs = new CaseProofs(
            ILotVerifier(address(new ToyLotVerifier())),
            ITransferVerifier(address(new ToyTransferVerifier())),
            oracle,
            registry
        );
        liquidators = new LiquidatorRegistry(admin, WHITELISTER, VENUE, parameters, escrow, vault, registry);
        EngineParts memory parts =
            EngineParts(VENUE, attestor, registry, proofs, clock, parameters, escrow, liquidators);
        engine = new LiquidationEngine(admin, parts, new CaseConfirmation(parts), new CaseSettlement(parts));
    }

    function _deployStages() private {
        StageParts memory parts = StageParts(ILiquidationEngine(address(engine)), clock, parameters, escrow, liquidators);
        soft = new SoftOffers(parts);
        sealedBids = new SealedBidAuction(parts);
        dutch = new DutchAuction(parts);
        house = new ClearingHouse(address(timelock), OPERATOR, parts, vault);
        deleveraging = new DeleveragingQueue(parts);
    }

    function _wireBook() private {
        registry.grantRole(registry.ENGINE_ROLE(), address(engine));
        registry.grantRole(registry.ENGINE_ROLE(), address(vault));
        registry.grantRole(registry.FINALITY_ROLE(), FINALITY);
        registry.setKeptVerifier(IKeptVerifier(address(new ToyKeptVerifier())));
        registry.setPublishGuard(engine);
        vault.grantRole(vault.ENGINE_ROLE(), address(engine));
        vault.grantRole(vault.ENGINE_ROLE(), address(escrow));
        vault.setCases(engine);
        fund.grantRole(fund.ENGINE_ROLE(), address(escrow));
        fund.grantRole(fund.GAUGE_ROLE(), FINALITY);
        fund.setVault(vault);
        fund.setCapital(house);
    }

    function _wireEngine() private {
        address[4] memory locking = [address(engine), address(liquidators), address(soft), address(sealedBids)];
        for (uint256 i = 0; i < locking.length; ++i) {
            escrow.grantRole(escrow.ENGINE_ROLE(), locking[i]);
            if (i != 1) liquidators.grantRole(liquidators.ENGINE_ROLE(), locking[i]);
        }
        engine.setStages(address(soft), address(sealedBids), address(dutch), address(house), address(deleveraging));
    }
}
