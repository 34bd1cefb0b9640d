import { id, type Signer, ZeroHash } from 'ethers'
import { DEFAULT_ORACLE_PARAMETERS } from '../oracle/oracle-parameters.ts'
import { SetupError } from '../protocol/errors.ts'
import { packMarginParameters } from '../protocol/parameters.ts'
import { LOCAL_CHAIN_IDS } from '../prover/key-kind.ts'
import { marginParametersOf, type RiskConfiguration } from '../risk/configuration.ts'
import { configurationHash } from '../risk/configuration-hash.ts'
import { developmentWallets } from './local-chain.ts'
import { bindConfiguration, connectOracle, type OracleConnection } from './oracle-client.ts'
import { deployOracle, type OracleDeployment, type OracleOptions } from './oracle-deploy.ts'
import { send } from './transactions.ts'

/** A challengeable oracle by itself, ready for a first round: no engine, no vault, no proofs. Boundary module: network. */
export interface OracleAloneOptions extends OracleOptions {
  /** What rounds are made with: approved and bound. */
  readonly configuration: RiskConfiguration
  /** Who lists instruments. */
  readonly lister: string
}

export interface OracleAlone extends OracleDeployment {
  /** Nothing of it is in an earlier block. */
  readonly fromBlock: number
}

/**
 * The deployer governs until everything is set, and leaves all of it to `admin`.
 * @throws SetupError for a development account off a local chain
 */
export async function deployOracleAlone(options: OracleAloneOptions): Promise<OracleAlone> {
  const { deployer, admin, lister, feeders, treasury, configuration } = options
  const provider = deployer.provider!
  const [own, { chainId }] = [await deployer.getAddress(), await provider.getNetwork()]
  refuseDevelopmentAccounts(chainId, [own, admin, lister, treasury, ...feeders])
  const fromBlock = await provider.getBlockNumber()
  const { synthetic } = DEFAULT_ORACLE_PARAMETERS
  const scaling = options.scaling ?? { synthetic, underlyings: configuration.underlyings }
  const deployment = await deployOracle({ ...options, scaling, admin: own })
  const connection = await connectOracle(deployment.oracle, provider, options)
  await govern(connection, deployer, configuration, lister)
  if (admin !== own) await handOver(connection, deployer, admin)
  return { ...deployment, fromBlock }
}

async function govern(
  connection: OracleConnection,
  deployer: Signer,
  configuration: RiskConfiguration,
  lister: string,
): Promise<void> {
  const { oracle, listing, errors } = connection
  const hash = configurationHash(configuration)
  const word = packMarginParameters(marginParametersOf(configuration))
  await send(oracle, 'approveParameters', [word, hash], deployer, errors)
  await bindConfiguration(connection, deployer, hash, configuration)
  await send(listing, 'grantRole', [id('LISTER_ROLE'), lister], deployer, errors)
}

/** Role 0 is the one that gives and takes all others. */
async function handOver(
  { oracle, listing, errors }: OracleConnection,
  deployer: Signer,
  admin: string,
): Promise<void> {
  for (const contract of [oracle, listing]) {
    await send(contract, 'grantRole', [ZeroHash, admin], deployer, errors)
    await send(contract, 'renounceRole', [ZeroHash, await deployer.getAddress()], deployer, errors)
  }
}

function refuseDevelopmentAccounts(chainId: bigint, addresses: readonly string[]): void {
  if (LOCAL_CHAIN_IDS.includes(chainId)) return
  const known = new Set(developmentWallets().map(({ address }) => address.toLowerCase()))
  const found = addresses.find((address) => known.has(address.toLowerCase()))
  if (found === undefined) return
  throw new SetupError(`everybody has the key of ${found}, and chain ${chainId} is not a local one`, {
    refused: true,
  })
}
