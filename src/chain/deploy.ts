import { ContractFactory, Interface, NonceManager, type Signer } from 'ethers'
import { SetupError } from '../protocol/errors.ts'
import { refuseForeignChain } from '../prover/key-kind.ts'
import { type Artifact, type BuildOptions, buildContracts, buildVerifier } from './build.ts'
import type { Deployment } from './deployment.ts'
import type { Groth16VerificationKey, KeyProvenance } from './generate-verifier.ts'
import { chainErrorOf } from './transactions.ts'

export { type Deployment, refuseForeignChain }

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
}

/** Deploys verifier, oracle, registry and attestor. The admin still has to approve parameters before a first round. */
export async function deploy(options: DeployOptions): Promise<Deployment> {
  const chainId = await chainIdOf(options.deployer)
  refuseForeignChain(chainId, options.provenance)
  const contracts = await buildContracts(options)
  const verifierArtifact = await buildVerifier(options.key, options.provenance, options)
  const deployer = withNonces(options.deployer)
  const { admin, venue, feeders, quorum, maxAgeSeconds } = options
  const verifier = await deployContract(verifierArtifact, [], deployer)
  const oracle = await deployContract(
    contracts.RiskOracle!,
    [admin, [...feeders], quorum, maxAgeSeconds],
    deployer,
  )
  const registry = await deployContract(contracts.BookRegistry!, [admin, venue], deployer)
  const attestor = await deployContract(contracts.MarginAttestor!, [verifier, oracle, registry], deployer)
  return { chainId, verifier, oracle, registry, attestor }
}

/** Deploys one contract and returns its address. */
export async function deployContract(
  artifact: Artifact,
  args: readonly unknown[],
  deployer: Signer,
): Promise<string> {
  const errors = Interface.from(artifact.abi as never)
  try {
    const factory = new ContractFactory(errors, artifact.bytecode, deployer)
    const contract = await factory.deploy(...args)
    await contract.waitForDeployment()
    return await contract.getAddress()
  } catch (error) {
    if (deployer instanceof NonceManager) deployer.reset()
    throw chainErrorOf(error, errors)
  }
}

async function chainIdOf(deployer: Signer): Promise<bigint> {
  if (deployer.provider === null) throw new SetupError('the deployer is not connected to a chain')
  try {
    return (await deployer.provider.getNetwork()).chainId
  } catch (error) {
    throw chainErrorOf(error, new Interface([]))
  }
}

/** Transactions in a row: the chain's own count of a nonce lags behind what was just sent. */
function withNonces(signer: Signer): NonceManager {
  return signer instanceof NonceManager ? signer : new NonceManager(signer)
}
