import { type Command, InvalidArgumentError } from 'commander'
import { JsonRpcProvider } from 'ethers'
import { connectOracle } from '../../chain/oracle-client.ts'
import { OracleWatch, type WatchedRound } from '../../chain/oracle-watch.ts'
import { ChainError } from '../../protocol/errors.ts'
import { MARGIN_INSTANCES } from '../../protocol/instances.ts'
import { poseidonHasher } from '../../protocol/poseidon.ts'
import { parseConfiguration } from '../../risk/configuration-file.ts'
import { DEFAULT_CONFIGURATION } from '../../risk/default-configuration.ts'
import { type Attach, newCommand } from '../command.ts'
import { readSigner } from '../engine-options.ts'
import { EXIT } from '../exit-codes.ts'
import { readTextFile } from '../files.ts'
import { hex32 } from '../format.ts'
import { type InstanceOptions, withCache, withInstance } from '../options.ts'
import type { Output } from '../output.ts'
import { cacheFolders } from '../prover.ts'

interface WatchCommandOptions extends InstanceOptions {
  readonly rpc: string
  readonly oracle: string
  readonly fromBlock: number
  readonly configuration?: readonly string[]
  readonly key?: string
  readonly once?: boolean
  readonly everySeconds: number
  readonly cache?: string
}

export function watchCommand(attach: Attach): Command {
  const command = withCache(
    withInstance(
      newCommand({
        name: 'watch',
        summary: 'recompute every posted round and challenge the wrong ones',
        description:
          'Reads each round with its raw data from the chain, recomputes the risk matrix and compares. A wrong round is ' +
          'challenged: the contract recomputes the part that differs, rejects the round and pays the challenger out of ' +
          "the poster's bond. Without --key wrong rounds are only told. With --once the exit code is 1 if any round " +
          'was wrong, challenged or not.',
        examples: [
          'watch --oracle 0x... --rpc https://... --key challenger.key',
          'watch --oracle 0x... --once --json',
        ],
      }),
    ),
  )
    .option('--rpc <url>', 'JSON-RPC of the chain', 'http://127.0.0.1:8545')
    .requiredOption('--oracle <address>', 'ChallengeableOracle contract (required)', parseAddress)
    .option('--from-block <number>', 'block that the oracle was deployed in', parseWhole, 0)
    .option(
      '--configuration <file>',
      'risk configuration that rounds name; repeat for several (default: the built-in one)',
      collect,
    )
    .option(
      '--key <file>',
      'private key of the challenger: 0x and 64 hex digits in a file that only its owner reads',
    )
    .option('--once', 'look once and end')
    .option('--every-seconds <number>', 'pause between two looks', parseWhole, 5)
  return attach<WatchCommandOptions>(command, async ({ io, out, options }) => {
    const provider = await providerOf(options.rpc)
    try {
      const connection = await connectOracle(options.oracle, provider, cacheFolders(options, io).build)
      const watch = new OracleWatch({
        connection,
        hasher: await poseidonHasher(),
        instance: MARGIN_INSTANCES[options.instance],
        configurations: configurationsOf(options.configuration),
        fromBlock: options.fromBlock,
        challenger: options.key === undefined ? undefined : readSigner(options.key, provider),
      })
      return await follow(watch, options, out)
    } finally {
      provider.destroy()
    }
  })
}

/** A provider that knows its chain. @throws ChainError when nothing answers: one that does not would wait for ever */
async function providerOf(url: string): Promise<JsonRpcProvider> {
  const probe = new JsonRpcProvider(url, 1n, { staticNetwork: true, batchMaxCount: 1 })
  try {
    const chainId = BigInt((await probe.send('eth_chainId', [])) as string)
    return new JsonRpcProvider(url, chainId, { staticNetwork: true, batchMaxCount: 1 })
  } catch (cause) {
    throw new ChainError(`nothing answers at ${url}`, { cause, unavailable: true })
  } finally {
    probe.destroy()
  }
}

async function follow(watch: OracleWatch, options: WatchCommandOptions, out: Output) {
  for (;;) {
    const rounds = await out.task('recomputing rounds', () => stepOrWait(watch, options, out))
    for (const round of rounds) out.print(roundLine(round))
    if (options.once === true) {
      const isHonest = rounds.every(({ state }) => state === 'honest')
      if (rounds.length === 0) out.print('no round was posted')
      out.result({ rounds: rounds.map(roundJson), honest: isHonest })
      return isHonest ? EXIT.done : EXIT.no
    }
    for (const round of rounds) out.result(roundJson(round))
    await new Promise((resolve) => setTimeout(resolve, options.everySeconds * 1_000))
  }
}

/** A chain that does not answer for a while ends a single look, and not a watch. */
async function stepOrWait(
  watch: OracleWatch,
  { once }: WatchCommandOptions,
  out: Output,
): Promise<WatchedRound[]> {
  try {
    return await watch.step()
  } catch (error) {
    if (once === true || !(error instanceof ChainError)) throw error
    out.notice(error.message)
    return []
  }
}

function roundLine(round: WatchedRound): string {
  const { sequence, riskRoot, state, fault, sent, recomputeMs, failure } = round
  const what = `${fault === undefined ? '' : `: ${faultText(fault)}`}${failure === undefined ? '' : `: ${failure}`}`
  const gas = sent.map(({ gasUsed }) => gasUsed).join(' + ')
  const challenge = sent.length === 0 ? '' : `; challenged in ${sent.at(-1)!.transaction}, gas ${gas}`
  return `round ${sequence} ${hex32(riskRoot)} ${state}${what} (${recomputeMs.toFixed(0)} ms)${challenge}`
}

function faultText(fault: NonNullable<WatchedRound['fault']>): string {
  switch (fault.kind) {
    case 'format':
      return `section ${fault.section} of its raw data is malformed`
    case 'standing':
      return `another round's vector must stand for the halted instrument ${fault.id}`
    case 'scale':
      return `the scale of underlying ${fault.underlying} does not follow from what is published of it`
    case 'root':
      return 'its root is not that of its top nodes'
    case 'top':
      return `its top node ${fault.top} is not that of its groups`
    case 'group':
      return `its group ${fault.group} is not that of its raw data`
    case 'cell':
      return `its leaf at place ${fault.place} is not that of its raw data`
  }
}

function roundJson({ sent, fault, ...round }: WatchedRound) {
  return {
    ...{ ...round, riskRoot: hex32(round.riskRoot), fault: fault ?? null },
    transactions: sent.map(({ transaction, gasUsed }) => ({ transaction, gasUsed })),
  }
}

function configurationsOf(files: readonly string[] | undefined) {
  if (files === undefined) return [DEFAULT_CONFIGURATION]
  return files.map((file) => parseConfiguration(readTextFile(file).text, file))
}

function collect(file: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, file]
}

function parseAddress(text: string): string {
  if (!/^0x[0-9a-fA-F]{40}$/.test(text)) throw new InvalidArgumentError('It must be 0x and 40 hex digits.')
  return text
}

function parseWhole(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
}
