import { Interface, type Signer } from 'ethers'
import { SetupError } from '../protocol/errors.ts'
import { refuseForeignChain } from '../prover/key-kind.ts'
import { type Artifacts, type BuildOptions, buildContracts, buildVerifier } from './build.ts'
import { deployContract, withNonces } from './deploy-contract.ts'
import type { Deployment } from './deployment.ts'
import { type Groth16VerificationKey, type KeyProvenance, LOCAL_CHAIN_IDS } from './generate-verifier.ts'
import { deployOracle, type OracleTerms } from './oracle-deploy.ts'
import { chainErrorOf } from './transactions.ts'

export { type Deployment, deployContract, refuseForeignChain }

/** Puts the contracts on a chain. Boundary module: network. */
export interface DeployOptions extends BuildOptions {
  readonly deployer: Signer
  readonly key: Groth16VerificationKey
  readonly provenance: KeyProvenance
  /** Governance: approves parameters, sets the quorum, gives roles. */
  readonly admin: string
  /** Publishes the book. */
  readonly venue: string
  readonly feeders: readonly string[]
  /** How many feeders must sign a round. */
  readonly quorum: number
  /** A round older than this is stale. */
  readonly maxAgeSeconds: number
  /**
   * What a round can be challenged under. 'plain': rounds come without their data and nobody can challenge them; for tests
   * of what does not depend on it, and refused off a local chain.
   */
  readonly challenge: OracleTerms | 'plain'
}

/**
 * Deploys verifier, oracle, registry and attestor. Before a first round the admin still has to approve parameters and, where
 * rounds can be challenged, to bind their configuration and to name who lists instruments.
 */
export async function deploy(options: DeployOptions): Promise<Deployment> {
  const chainId = await chainIdOf(options.deployer)
  refuseForeignChain(chainId, options.provenance)
  refusePlainOracle(chainId, options)
  const contracts = await buildContracts(options)
  const verifierArtifact = await buildVerifier(options.key, options.provenance, options)
  const deployer = withNonces(options.deployer)
  const { admin, venue } = options
  const verifier = await deployContract(verifierArtifact, [], deployer)
  const { oracle, listing } = await oracleOf({ ...options, deployer }, contracts)
  const registry = await deployContract(contracts.BookRegistry!, [admin, venue], deployer)
  const attestor = await deployContract(contracts.MarginAttestor!, [verifier, oracle, registry], deployer)
  return { chainId, verifier, oracle, ...(listing === undefined ? {} : { listing }), registry, attestor }
}

async function oracleOf(
  options: DeployOptions,
  artifacts: Artifacts,
): Promise<{ readonly oracle: string; readonly listing?: string }> {
  const { challenge, admin, feeders, quorum, maxAgeSeconds, deployer } = options
  if (challenge !== 'plain') return deployOracle({ ...options, ...challenge, artifacts })
  const args = [admin, [...feeders], quorum, maxAgeSeconds]
  return { oracle: await deployContract(artifacts.RiskOracle!, args, deployer) }
}

function refusePlainOracle(chainId: bigint, { challenge }: Pick<DeployOptions, 'challenge'>): void {
  if (challenge !== 'plain' || LOCAL_CHAIN_IDS.includes(chainId)) return
  throw new SetupError(`rounds that nobody can challenge are for local chains, and ${chainId} is none`, {
    refused: true,
  })
}

async function chainIdOf(deployer: Signer): Promise<bigint> {
  if (deployer.provider === null) throw new SetupError('the deployer is not connected to a chain')
  try {
    return (await deployer.provider.getNetwork()).chainId
  } catch (error) {
    throw chainErrorOf(error, new Interface([]))
  }
}
