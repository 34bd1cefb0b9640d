import type { EngineCircuit } from '../protocol/instances.ts'
import type { EngineDeployment } from './engine-client/deployment.ts'

/** The listing is the oracle's to name: `ChallengeableOracle.listing()`. */
type Place = Exclude<keyof EngineDeployment, 'chainId' | 'unitsPerLot' | 'venue' | 'verifiers' | 'listing'>

/** Which contract stands at each address of a deployment: the interface to speak to it by. */
export const CONTRACT_AT = {
  verifier: 'IMarginVerifier',
  oracle: 'RiskOracle',
  registry: 'BookRegistry',
  attestor: 'MarginAttestor',
  token: 'IERC20Metadata',
  timelock: 'EngineTimelock',
  fund: 'InsuranceFund',
  vault: 'CollateralVault',
  escrow: 'Escrow',
  parameters: 'EngineParameters',
  clock: 'EngineClock',
  proofs: 'CaseProofs',
  liquidators: 'LiquidatorRegistry',
  engine: 'LiquidationEngine',
  confirmation: 'CaseConfirmation',
  settlement: 'CaseSettlement',
  soft: 'SoftOffers',
  sealed: 'SealedBidAuction',
  dutch: 'DutchAuction',
  house: 'ClearingHouse',
  deleveraging: 'DeleveragingQueue',
  seals: 'EpochSeals',
  sealVerifier: 'ISealVerifier',
} as const satisfies Record<Place, string>

/** The same of the engine's circuits. */
export const VERIFIER_OF = {
  lot: 'ILotVerifier',
  transfer: 'ITransferVerifier',
  adjust: 'IAdjustVerifier',
  kept: 'IKeptVerifier',
} as const satisfies Record<EngineCircuit, string>
