import { type Command, InvalidArgumentError } from 'commander'
import { type JsonRpcProvider, parseEther, type Signer } from 'ethers'
import { deployOracleAlone, type OracleAlone } from '../../chain/oracle-alone.ts'
import { InputError } from '../../protocol/errors.ts'
import { MARGIN_INSTANCES } from '../../protocol/instances.ts'
import { type Attach, type Invocation, newCommand } from '../command.ts'
import { type DevelopmentKeys, writeDevelopmentKeys } from '../development-keys.ts'
import { readSigner } from '../engine-options.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { writeWhole } from '../files.ts'
import { type InstanceOptions, withCache, withInstance } from '../options.ts'
import { collect, configurationsOf, parseAddress, parseWhole, providerOf } from '../oracle-options.ts'
import type { Output } from '../output.ts'
import { cacheFolders } from '../prover.ts'

interface DeployCommandOptions extends InstanceOptions {
  readonly rpc: string
  readonly key?: string
  readonly development?: string
  readonly feeder?: readonly string[]
  readonly quorum?: number
  readonly lister?: string
  readonly admin?: string
  readonly treasury?: string
  readonly challengeSeconds: number
  readonly maxAgeSeconds: number
  readonly bondEth: bigint
  readonly rewardBps: number
  readonly configuration?: string
  readonly out?: string
  readonly cache?: string
}

export function oracleDeployCommand(attach: Attach): Command {
  const command = withCache(
    withInstance(
      newCommand({
        name: 'deploy',
        summary: 'put a challengeable risk oracle on a chain, ready for a first round',
        description:
          'Deploys tables, judges, listing and oracle, approves the risk configuration, binds it, and names the lister. The ' +
          'deployer governs until that is done and leaves it to --admin. With --development it uses the public keys that ' +
          'every local chain has money for, writes them to a folder, and tells the commands that come next; off a local chain ' +
          'those accounts are refused.',
        examples: [
          'oracle deploy --development build/trial',
          'oracle deploy --rpc https://... --key deployer.key --feeder 0x... --feeder 0x... --feeder 0x... --admin 0x...',
        ],
      }),
    ),
  )
    .option('--rpc <url>', 'JSON-RPC of the chain', 'http://127.0.0.1:8545')
    .option(
      '--key <file>',
      "the deployer's private key: 0x and 64 hex digits in a file that only its owner reads",
    )
    .option('--development <folder>', 'on a local chain: write the keys of its accounts here, and use them')
    .option('--feeder <address>', 'a feeder; repeat for several', collectAddress)
    .option(
      '--quorum <number>',
      'signatures that a round needs (default: more than half of the feeders)',
      parseWhole,
    )
    .option('--lister <address>', 'who lists instruments (default: the deployer)', parseAddress)
    .option('--admin <address>', 'who governs afterwards (default: the deployer)', parseAddress)
    .option('--treasury <address>', 'gets what a challenger does not (default: --admin)', parseAddress)
    .option('--challenge-seconds <number>', 'how long a round can be challenged', parseWhole, 600)
    .option('--max-age-seconds <number>', 'a round older than this is stale', parseWhole, 600)
    .option('--bond-eth <amount>', "the poster's bond with each round", parseBond, parseEther('0.01'))
    .option('--reward-bps <number>', "the challenger's share of it, basis points", parseWhole, 5_000)
    .option('--configuration <file>', 'risk configuration (default: the built-in one)')
    .option('--out <file>', 'write the addresses there as JSON')
  const bond = command.options.find((option) => option.long === '--bond-eth')!
  // The help writes defaults as JSON, which knows no bigint.
  bond.defaultValueDescription = '0.01'
  return attach<DeployCommandOptions>(command, deployAlone)
}

async function deployAlone({ io, out, options }: Invocation<DeployCommandOptions>): Promise<ExitCode> {
  requireOneKey(options)
  const [configuration] = configurationsOf(
    options.configuration === undefined ? undefined : [options.configuration],
  )
  const provider = await providerOf(options.rpc)
  try {
    const keys = await developmentKeysOf(options, provider, out)
    const deployer = readSigner(options.key ?? keys!.files.deployer, provider)
    const parties = await partiesOf(options, deployer, keys)
    const deployed = await out.task('deploying the oracle', () =>
      deployOracleAlone({
        ...{ ...cacheFolders(options, io).build, ...parties, deployer, configuration: configuration! },
        instance: MARGIN_INSTANCES[options.instance],
        ...{ challengeSeconds: options.challengeSeconds, maxAgeSeconds: options.maxAgeSeconds },
        ...{ bondWei: options.bondEth, rewardBps: options.rewardBps },
      }),
    )
    const result = resultOf(deployed, parties)
    if (options.out !== undefined) writeWhole(options.out, `${JSON.stringify(result, null, 2)}\n`)
    tell(deployed, parties, keys, options, out)
    out.result({ ...result, ...(keys === undefined ? {} : { keys: keys.files }) })
    return EXIT.done
  } finally {
    provider.destroy()
  }
}

function requireOneKey({ key, development, feeder }: DeployCommandOptions): void {
  if ((key === undefined) === (development === undefined)) {
    throw new InputError('or --development has to be given, and not both', { field: '--key' })
  }
  if (key !== undefined && feeder === undefined) {
    throw new InputError('has to be given at least once', { field: '--feeder' })
  }
}

async function developmentKeysOf(
  { development }: DeployCommandOptions,
  provider: JsonRpcProvider,
  out: Output,
): Promise<DevelopmentKeys | undefined> {
  if (development === undefined) return undefined
  const { chainId } = await provider.getNetwork()
  const keys = writeDevelopmentKeys(development, chainId)
  out.notice(`development keys of the local chain ${chainId}, which everybody has, are in ${development}`)
  return keys
}

interface Parties {
  readonly admin: string
  readonly lister: string
  readonly treasury: string
  readonly feeders: readonly string[]
  readonly quorum: number
}

async function partiesOf(
  options: DeployCommandOptions,
  deployer: Signer,
  keys: DevelopmentKeys | undefined,
): Promise<Parties> {
  const own = await deployer.getAddress()
  const feeders = options.feeder ?? [keys!.addresses.feeder]
  const admin = options.admin ?? own
  return {
    admin,
    lister: options.lister ?? keys?.addresses.lister ?? own,
    treasury: options.treasury ?? admin,
    feeders,
    quorum: options.quorum ?? Math.floor(feeders.length / 2) + 1,
  }
}

function resultOf({ chainId, fromBlock, oracle, listing, judges, tables }: OracleAlone, parties: Parties) {
  return { chainId: `${chainId}`, fromBlock, oracle, listing, judges, tables, ...parties }
}

function tell(
  { oracle, listing, fromBlock, chainId }: OracleAlone,
  { feeders, quorum }: Parties,
  keys: DevelopmentKeys | undefined,
  { rpc, instance, challengeSeconds }: DeployCommandOptions,
  out: Output,
): void {
  out.print(`oracle ${oracle} on chain ${chainId}, from block ${fromBlock}`)
  out.print(
    `listing ${listing}; ${quorum} of ${feeders.length} feeders; challenges for ${challengeSeconds} s`,
  )
  if (keys === undefined) return
  const { poster, lister, feeder, challenger } = keys.files
  const common = `--rpc ${rpc} --oracle ${oracle} --from-block ${fromBlock} --instance ${instance}`
  out.print('\nEach of these in a terminal of its own, the market not older than two minutes:')
  for (const line of [
    `oracle sample --out ${keys.folder}/markets`,
    `aggregator ${common} --key ${poster} --lister-key ${lister} --state ${keys.folder}/aggregator.state.json`,
    `feeder ${common} --key ${feeder} --markets ${keys.folder}/markets --aggregator http://127.0.0.1:8790`,
    `watch ${common} --key ${challenger}`,
  ]) {
    out.print(`  npm run tacit -- ${line}`)
  }
}

function collectAddress(text: string, earlier?: readonly string[]): readonly string[] {
  return collect(parseAddress(text), earlier)
}

function parseBond(text: string): bigint {
  if (!/^\d{1,9}(\.\d{1,18})?$/.test(text))
    throw new InvalidArgumentError('It must be an amount of ether, e.g. 0.01.')
  return parseEther(text)
}
