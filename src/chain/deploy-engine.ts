import { Contract, Interface, type Signer, ZeroAddress } from 'ethers'
import type { EngineCircuit } from '../protocol/instances.ts'
import { type Artifacts, buildContracts, buildLocalTestContracts, buildVerifier } from './build.ts'
import { errorsOf } from './client.ts'
import { CONTRACT_AT } from './contract-names.ts'
import { type Deployment, type DeployOptions, deploy, deployContract, refuseForeignChain } from './deploy.ts'
import { deploySeals, type SealsTerms } from './deploy-seals.ts'
import type { EngineDeployment } from './engine-client/deployment.ts'
import { type Groth16VerificationKey, type KeyProvenance, LOCAL_CHAIN_IDS } from './generate-verifier.ts'
import { send } from './transactions.ts'

/** Puts the whole system on a chain: deploy.ts and, on top of it, vault, fund and engine. Boundary module: network. */
export interface CircuitKey {
  readonly key: Groth16VerificationKey
  readonly provenance: KeyProvenance
}

export interface SettlementToken {
  readonly address: string
  /** Token units in a lot of 0.01 USD. */
  readonly unitsPerLot: bigint
}

export interface VaultParameters {
  /** Lots of cash. */
  readonly depositFeeLots: bigint
  readonly minDepositLots: bigint
  readonly reclaimSeconds: number
  readonly disputeSeconds: number
  readonly intervalSeconds: number
}

export interface FundParameters {
  /** The Gamma Reserve's share of fees at gauge 0, and what the gauge adds at most. */
  readonly baseShareBps: number
  readonly slopeShareBps: number
  readonly insuranceFloorLots: bigint
  readonly gammaFloorLots: bigint
}

export interface EngineDeployOptions extends DeployOptions {
  readonly circuits: Readonly<Record<EngineCircuit, CircuitKey>>
  readonly seals: SealsTerms
  /** Settlement cash. A test token of 6 decimals on a local chain when there is none. */
  readonly token?: SettlementToken
  /** Who proposes to the timelock; anybody executes. */
  readonly proposers: readonly string[]
  /** At least a day. */
  readonly timelockSeconds: number
  /** Pauses and resumes. */
  readonly guardian: string
  /** Admits liquidators. */
  readonly whitelister: string
  /** Works the clearing house's inventory off. */
  readonly houseOperator: string
  /** The engine's clock counts at most so much for each block. */
  readonly maxSecondsPerBlock: number
  readonly vault?: Partial<VaultParameters>
  readonly fund?: Partial<FundParameters>
}

const VAULT_DEFAULTS: VaultParameters = {
  depositFeeLots: 100n,
  minDepositLots: 1_000n,
  reclaimSeconds: 3_600,
  disputeSeconds: 86_400,
  intervalSeconds: 60,
}
const FUND_DEFAULTS: FundParameters = {
  baseShareBps: 2_000,
  slopeShareBps: 3_000,
  insuranceFloorLots: 0n,
  gammaFloorLots: 0n,
}
const TEST_TOKEN_UNITS_PER_LOT = 10_000n

/**
 * Deploys everything and wires it. Afterwards the timelock alone governs vault, fund, registry and engine; `admin` is
 * left with the oracle and its listing: there it approves parameters of the margin and names the lister.
 */
export async function deployEngine(options: EngineDeployOptions): Promise<EngineDeployment> {
  const deployer = await options.deployer.getAddress()
  const base = await deploy({ ...options, admin: deployer })
  for (const { provenance } of Object.values(options.circuits)) refuseForeignChain(base.chainId, provenance)
  refuseForeignChain(base.chainId, options.seals.seal.provenance)
  const context: Context = { options, deployer, artifacts: await buildContracts(options) }
  const verifiers = await deployVerifiers(options)
  const token = options.token ?? (await deployTestToken(base, options))
  const money = await deployMoney(context, base, verifiers, token)
  const parts = await deployParts(context, base, verifiers, money)
  const stages = await deployStages(context, money, parts)
  const { seals, verifier: sealVerifier } = await deploySeals({
    deployer: options.deployer,
    ...options.seals,
    deployment: { ...base, ...money, venue: options.venue },
    admin: money.timelock,
    build: options,
  })
  const deployment: EngineDeployment = {
    ...base,
    ...money,
    ...parts,
    ...stages,
    seals,
    sealVerifier,
    token: token.address,
    unitsPerLot: token.unitsPerLot,
    venue: options.venue,
    verifiers,
  }
  await wire(context, deployment)
  return deployment
}

interface Context {
  readonly options: EngineDeployOptions
  readonly deployer: string
  readonly artifacts: Artifacts
}

function place(context: Context, name: string, args: readonly unknown[]): Promise<string> {
  return deployContract(context.artifacts[name]!, args, context.options.deployer)
}

async function deployVerifiers(options: EngineDeployOptions): Promise<Record<EngineCircuit, string>> {
  const deployed = async (circuit: EngineCircuit) => {
    const { key, provenance } = options.circuits[circuit]
    return deployContract(await buildVerifier(key, provenance, options), [], options.deployer)
  }
  return {
    lot: await deployed('lot'),
    transfer: await deployed('transfer'),
    adjust: await deployed('adjust'),
    kept: await deployed('kept'),
  }
}

async function deployTestToken(base: Deployment, options: EngineDeployOptions): Promise<SettlementToken> {
  if (!LOCAL_CHAIN_IDS.includes(base.chainId)) {
    throw new RangeError(`chain ${base.chainId} is not a local one: name the settlement token`)
  }
  const artifacts = await buildLocalTestContracts(options)
  const args = ['Test US Dollar', 'TUSD', 6]
  const address = await deployContract(artifacts.LocalTestToken!, args, options.deployer)
  return { address, unitsPerLot: TEST_TOKEN_UNITS_PER_LOT }
}

type Money = Pick<EngineDeployment, 'timelock' | 'fund' | 'vault' | 'escrow'>

async function deployMoney(
  context: Context,
  base: Deployment,
  verifiers: Record<EngineCircuit, string>,
  token: SettlementToken,
): Promise<Money> {
  const { options, deployer } = context
  const timelock = await place(context, 'EngineTimelock', [options.timelockSeconds, [...options.proposers]])
  const fundParameters = { ...FUND_DEFAULTS, ...options.fund }
  const fund = await place(context, 'InsuranceFund', [
    deployer,
    token.address,
    token.unitsPerLot,
    [
      fundParameters.baseShareBps,
      fundParameters.slopeShareBps,
      fundParameters.insuranceFloorLots,
      fundParameters.gammaFloorLots,
    ],
  ])
  const limits = { ...VAULT_DEFAULTS, ...options.vault }
  const vault = await place(context, 'CollateralVault', [
    [
      deployer,
      options.venue,
      base.registry,
      base.oracle,
      base.attestor,
      verifiers.adjust,
      fund,
      [token.address, token.unitsPerLot, limits.minDepositLots],
      [limits.depositFeeLots, limits.reclaimSeconds, limits.disputeSeconds, limits.intervalSeconds],
    ],
  ])
  const escrow = await place(context, 'Escrow', [deployer, token.address, token.unitsPerLot, vault, fund])
  return { timelock, fund, vault, escrow }
}

type Parts = Pick<
  EngineDeployment,
  'parameters' | 'clock' | 'proofs' | 'liquidators' | 'confirmation' | 'settlement' | 'engine'
>

async function deployParts(
  context: Context,
  base: Deployment,
  verifiers: Record<EngineCircuit, string>,
  money: Money,
): Promise<Parts> {
  const { options, deployer } = context
  const { whitelister, venue, guardian, maxSecondsPerBlock } = options
  const parameters = await place(context, 'EngineParameters', [money.timelock, base.oracle])
  const clock = await place(context, 'EngineClock', [
    money.timelock,
    guardian,
    base.oracle,
    maxSecondsPerBlock,
  ])
  const proofs = await place(context, 'CaseProofs', [
    verifiers.lot,
    verifiers.transfer,
    base.oracle,
    base.registry,
  ])
  const liquidators = await place(context, 'LiquidatorRegistry', [
    deployer,
    whitelister,
    venue,
    parameters,
    money.escrow,
    money.vault,
    base.registry,
  ])
  const parts = [venue, base.attestor, base.registry, proofs, clock, parameters, money.escrow, liquidators]
  const confirmation = await place(context, 'CaseConfirmation', [parts])
  const settlement = await place(context, 'CaseSettlement', [parts])
  const engine = await place(context, 'LiquidationEngine', [deployer, parts, confirmation, settlement])
  return { parameters, clock, proofs, liquidators, confirmation, settlement, engine }
}

async function deployStages(
  context: Context,
  { escrow, vault, timelock }: Money,
  { engine, clock, parameters, liquidators }: Parts,
): Promise<Pick<EngineDeployment, 'soft' | 'sealed' | 'dutch' | 'house' | 'deleveraging'>> {
  const parts = [engine, clock, parameters, escrow, liquidators]
  return {
    soft: await place(context, CONTRACT_AT.soft, [parts]),
    sealed: await place(context, CONTRACT_AT.sealed, [parts]),
    dutch: await place(context, CONTRACT_AT.dutch, [parts]),
    house: await place(context, CONTRACT_AT.house, [timelock, context.options.houseOperator, parts, vault]),
    deleveraging: await place(context, CONTRACT_AT.deleveraging, [parts]),
  }
}

/** Every role and reference, and then the deployer's own power away. */
async function wire({ options, deployer, artifacts }: Context, all: EngineDeployment): Promise<void> {
  const errors = errorsOf(artifacts)
  const call = async (name: string, address: string, method: string, args: readonly unknown[]) => {
    const contract = new Contract(address, Interface.from(artifacts[name]!.abi as never), options.deployer)
    await send(contract, method, args, options.deployer as Signer, errors)
  }
  const role = async (name: string, address: string, wanted: string, holders: readonly string[]) => {
    const contract = new Contract(address, Interface.from(artifacts[name]!.abi as never), options.deployer)
    const id = (await contract.getFunction(wanted).staticCall()) as string
    for (const holder of holders) await call(name, address, 'grantRole', [id, holder])
  }
  const { soft, sealed, dutch, house, deleveraging, engine, escrow } = all
  await role('BookRegistry', all.registry, 'ENGINE_ROLE', [engine, all.vault])
  await role('BookRegistry', all.registry, 'FINALITY_ROLE', [all.seals])
  await call('BookRegistry', all.registry, 'setKeptVerifier', [all.verifiers.kept])
  await call('BookRegistry', all.registry, 'setPublishGuard', [engine])
  await role('CollateralVault', all.vault, 'ENGINE_ROLE', [engine, escrow])
  await call('CollateralVault', all.vault, 'setCases', [engine])
  await role('InsuranceFund', all.fund, 'ENGINE_ROLE', [escrow])
  await role('InsuranceFund', all.fund, 'GAUGE_ROLE', [all.seals])
  await call('InsuranceFund', all.fund, 'setVault', [all.vault])
  await call('InsuranceFund', all.fund, 'setCapital', [house])
  await role('Escrow', escrow, 'ENGINE_ROLE', [engine, all.liquidators, soft, sealed])
  await role('LiquidatorRegistry', all.liquidators, 'ENGINE_ROLE', [engine, soft, sealed])
  await call('LiquidationEngine', engine, 'setStages', [soft, sealed, dutch, house, deleveraging])
  const governed = [
    ['BookRegistry', all.registry],
    ['CollateralVault', all.vault],
    ['InsuranceFund', all.fund],
    ['Escrow', escrow],
    ['LiquidatorRegistry', all.liquidators],
    ['LiquidationEngine', engine],
  ] as const
  for (const [name, address] of governed) {
    await role(name, address, 'DEFAULT_ADMIN_ROLE', [all.timelock])
    await call(name, address, 'renounceRole', [ADMIN_ROLE, deployer])
  }
  if (options.admin === deployer) return
  const listing = all.listing === undefined ? [] : ([['InstrumentListing', all.listing]] as const)
  for (const [name, address] of [['RiskOracle', all.oracle] as const, ...listing]) {
    await role(name, address, 'DEFAULT_ADMIN_ROLE', [options.admin])
    await call(name, address, 'renounceRole', [ADMIN_ROLE, deployer])
  }
}

const ADMIN_ROLE = `0x${ZeroAddress.slice(2).padStart(64, '0')}`
