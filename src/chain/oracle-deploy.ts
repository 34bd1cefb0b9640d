import { Interface, NonceManager, type Signer } from 'ethers'
import {
  checkOracleParameters,
  DEFAULT_ORACLE_PARAMETERS,
  type SyntheticParameters,
} from '../oracle/oracle-parameters.ts'
import { DEFAULT_GUARD_PARAMETERS, type GuardParameters } from '../protocol/guard-parameters.ts'
import type { MarginInstance } from '../protocol/instances.ts'
import { riskPlaces } from '../protocol/instances.ts'
import { LISTING_PART_PLACES } from '../protocol/oracle-words.ts'
import { DEFAULT_CONFIGURATION } from '../risk/default-configuration.ts'
import { lowerLevels } from '../risk/risk-tree.ts'
import { type Artifacts, type BuildOptions, buildContracts } from './build.ts'
import { deployContract } from './deploy-contract.ts'
import { JUDGES, type Judge } from './oracle-challenge.ts'
import { scaleRules } from './oracle-scaling.ts'
import { tableContracts } from './oracle-tables.ts'
import { chainErrorOf, receiptOf } from './transactions.ts'

/** Puts the challengeable oracle on a chain: tables, judges, listing, oracle. Boundary module: network. */
export interface OracleDeployment {
  readonly chainId: bigint
  readonly oracle: string
  readonly listing: string
  readonly judges: Readonly<Record<Judge, string>>
  readonly tables: readonly string[]
  /** What each contract was deployed with, by its name. */
  readonly constructorArguments: Readonly<Record<string, readonly unknown[]>>
}

/** What a round can be challenged under. */
export interface OracleTerms {
  /** Size of the risk tree that rounds commit to. */
  readonly instance: MarginInstance
  readonly challengeSeconds: number
  /** Of the poster, with each round. */
  readonly bondWei: bigint
  /** The challenger's share of the bond. */
  readonly rewardBps: number
  /** Gets the rest. */
  readonly treasury: string
  /** Of prices; the defaults where missing. */
  readonly guards?: GuardParameters
  /** What scales follow by, and the underlyings of the configuration in its order; the defaults where missing. */
  readonly scaling?: { readonly synthetic: SyntheticParameters; readonly underlyings: readonly string[] }
}

export interface OracleOptions extends BuildOptions, OracleTerms {
  readonly deployer: Signer
  readonly admin: string
  readonly feeders: readonly string[]
  readonly quorum: number
  readonly maxAgeSeconds: number
  readonly artifacts?: Artifacts
}

const DEFAULT_SCALING = {
  synthetic: DEFAULT_ORACLE_PARAMETERS.synthetic,
  underlyings: DEFAULT_CONFIGURATION.underlyings,
}

export async function deployOracle(options: OracleOptions): Promise<OracleDeployment> {
  const { deployer, instance } = options
  const { synthetic, underlyings } = { ...DEFAULT_SCALING, ...options.scaling }
  const guards = options.guards ?? DEFAULT_GUARD_PARAMETERS
  checkOracleParameters({ ...DEFAULT_ORACLE_PARAMETERS, synthetic, guards })
  const artifacts = options.artifacts ?? (await buildContracts(options))
  const constructorArguments: Record<string, readonly unknown[]> = {}
  const put = (name: string, args: readonly unknown[]) => {
    constructorArguments[name] = args
    return deployContract(artifacts[name]!, args, deployer)
  }
  const tables = await deployTables(deployer)
  const levels = lowerLevels(instance)
  const judges: Record<Judge, string> = {
    format: await put('FormatJudge', [levels]),
    standing: await put('StandingJudge', []),
    tree: await put('TreeJudge', [tables, levels]),
    cell: await put('CellJudge', [tables, levels]),
    group: await put('GroupJudge', [tables, levels]),
    scale: await put('ScaleJudge', [scaleRules(synthetic, underlyings)]),
  }
  const parts = Math.ceil(riskPlaces(instance) / LISTING_PART_PLACES)
  const listing = await put('InstrumentListing', [options.admin, parts])
  const { admin, feeders, quorum, maxAgeSeconds, challengeSeconds, bondWei, rewardBps, treasury } = options
  const setup = {
    ...{ admin, feeders: [...feeders], quorum, maxAgeSeconds, listing },
    guards: await put('PriceGuards', [guardLimits(guards)]),
    judges: JUDGES.map((judge) => judges[judge]),
    ...{ challengeSeconds, bondWei, rewardBps, treasury },
  }
  const oracle = await put('ChallengeableOracle', [setup])
  const { chainId } = await deployer.provider!.getNetwork()
  return { chainId, oracle, listing, judges, tables, constructorArguments }
}

/** As the contract's struct. */
export function guardLimits(guards: GuardParameters): readonly unknown[] {
  const { maximumMoveBps, repeatRounds, averageWindowSeconds, maximumAverageBps } = guards
  const { breakerBps, breakerWindowSeconds } = guards
  const far = [maximumMoveBps, repeatRounds, averageWindowSeconds, maximumAverageBps]
  return [...far, [...breakerBps], breakerWindowSeconds]
}

/** Deploys the data contracts; returns their addresses in order. */
export async function deployTables(deployer: Signer): Promise<string[]> {
  const addresses: string[] = []
  for (const data of tableContracts()) {
    try {
      const response = await deployer.sendTransaction({ data })
      addresses.push((await receiptOf(response)).contractAddress!)
    } catch (error) {
      if (deployer instanceof NonceManager) deployer.reset()
      throw chainErrorOf(error, new Interface([]))
    }
  }
  return addresses
}
