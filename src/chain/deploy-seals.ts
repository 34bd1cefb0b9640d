import { Contract, Interface, id, type Signer } from 'ethers'
import { liquidityWord } from '../book/ledger.ts'
import { CASH_ID } from '../protocol/liquidation.ts'
import { SEAL_POLICY_CODES, type SealPolicy } from '../protocol/solvency.ts'
import { refuseForeignChain } from '../prover/key-kind.ts'
import { type BuildOptions, buildContracts, buildVerifier } from './build.ts'
import { errorsOf } from './client.ts'
import { deployContract } from './deploy-contract.ts'
import type { CircuitKey } from './deploy-engine.ts'
import type { EngineDeployment } from './engine-client/deployment.ts'
import { send } from './transactions.ts'

/** Puts EpochSeals on a chain that has the rest. Boundary module: network. */
export interface SealsParameters {
  /** Lots of settlement cash. */
  readonly venueBondLots: bigint
  readonly demandBondLots: bigint
  readonly demandSeconds: number
  readonly answerSeconds: number
  readonly policy: SealPolicy
}

/** What a deployment of the seals is told of its own. */
export interface SealsTerms {
  /** Of the seal circuit. */
  readonly seal: CircuitKey
  /** What the market offers to hedge with: nano-USD by underlying. Governance publishes it anew. */
  readonly liquidityNano: readonly bigint[]
  /** Instrument ids of the vault's collaterals beside cash. */
  readonly collaterals?: readonly number[]
  readonly parameters?: Partial<SealsParameters>
  /**
   * Whoever wants to know the address of EpochSeals beforehand (it is in the context of every proof) has it deployed by an
   * account of its own: it is that account's second contract.
   */
  readonly deployer?: Signer
}

export interface SealsDeployOptions extends SealsTerms {
  readonly deployer: Signer
  readonly deployment: Pick<
    EngineDeployment,
    'chainId' | 'attestor' | 'registry' | 'vault' | 'fund' | 'venue'
  >
  /** Governance: sets parameters and publishes the liquidity. */
  readonly admin: string
  readonly build?: BuildOptions
}

/** A call that whoever governs the target has to make: the timelock, once the engine is deployed. */
export interface GovernanceCall {
  readonly target: string
  readonly data: string
}

export interface SealsDeployment {
  readonly seals: string
  readonly verifier: string
  /** The roles that EpochSeals needs before a first seal can be final. */
  readonly grants: readonly GovernanceCall[]
}

const DEFAULTS: SealsParameters = {
  venueBondLots: 1_000_000n,
  demandBondLots: 1_000n,
  demandSeconds: 21_600,
  answerSeconds: 3_600,
  policy: 'predicates',
}
const GRANT = Interface.from(['function grantRole(bytes32 role, address account)'])

export async function deploySeals(options: SealsDeployOptions): Promise<SealsDeployment> {
  const { deployer, deployment, seal, admin, collaterals = [], build = {} } = options
  refuseForeignChain(deployment.chainId, seal.provenance)
  const artifacts = await buildContracts(build)
  const verifier = await deployContract(await buildVerifier(seal.key, seal.provenance, build), [], deployer)
  const seals = await deployContract(
    artifacts.EpochSeals!,
    [
      admin,
      deployment.venue,
      deployment.attestor,
      verifier,
      deployment.vault,
      deployment.fund,
      sealsParameters(options.parameters),
      liquidityWord(options.liquidityNano),
    ],
    deployer,
  )
  const contract = new Contract(seals, Interface.from(artifacts.EpochSeals!.abi as never), deployer)
  for (const instrument of [CASH_ID, ...collaterals]) {
    await send(contract, 'listCollateral', [instrument], deployer, errorsOf(artifacts))
  }
  const grant = (target: string, role: string): GovernanceCall => ({
    target,
    data: GRANT.encodeFunctionData('grantRole', [id(role), seals]),
  })
  const grants = [grant(deployment.registry, 'FINALITY_ROLE'), grant(deployment.fund, 'GAUGE_ROLE')]
  return { seals, verifier, grants }
}

/** As the contract's struct; what is not given is as of a new deployment. */
export function sealsParameters(changes: Partial<SealsParameters> = {}): readonly unknown[] {
  const { venueBondLots, demandBondLots, demandSeconds, answerSeconds, policy } = { ...DEFAULTS, ...changes }
  return [venueBondLots, demandBondLots, demandSeconds, answerSeconds, SEAL_POLICY_CODES[policy]]
}
