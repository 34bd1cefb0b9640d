/** Options that the commands of the risk oracle share: its chain, its contract, its configurations. Boundary module: network. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { FetchRequest, JsonRpcProvider } from 'ethers'
import { type Clock, chainClock, machineClock } from '../feeder/clock.ts'
import { ChainError } from '../protocol/errors.ts'
import type { RiskConfiguration } from '../risk/configuration.ts'
import { parseConfiguration } from '../risk/configuration-file.ts'
import { DEFAULT_CONFIGURATION } from '../risk/default-configuration.ts'
import { readTextFile } from './files.ts'
import type { Output } from './output.ts'

export interface OracleOptions {
  readonly rpc: string
  readonly oracle: string
  readonly fromBlock: number
  readonly configuration?: readonly string[]
}

export function withOracle(command: Command): Command {
  return command
    .option('--rpc <url>', 'JSON-RPC of the chain', 'http://127.0.0.1:8545')
    .requiredOption('--oracle <address>', 'ChallengeableOracle contract (required)', parseAddress)
    .option('--from-block <number>', 'block that the oracle was deployed in', parseWhole, 0)
    .option(
      '--configuration <file>',
      'risk configuration that rounds name; repeat for several (default: the built-in one)',
      collect,
    )
}

/**
 * A provider that knows its chain.
 * @param answerMs how long one answer may take, with all tries; as long as ethers waits unless told
 * @throws ChainError when nothing answers: one that does not would wait for ever
 */
export async function providerOf(url: string, answerMs?: number): Promise<JsonRpcProvider> {
  const request = new FetchRequest(url)
  if (answerMs !== undefined) request.timeout = answerMs
  const probe = new JsonRpcProvider(request, 1n, { staticNetwork: true, batchMaxCount: 1 })
  try {
    const chainId = BigInt((await probe.send('eth_chainId', [])) as string)
    return new JsonRpcProvider(request, chainId, { staticNetwork: true, batchMaxCount: 1, cacheTimeout: -1 })
  } catch (cause) {
    throw new ChainError(`nothing answers at ${url}`, { cause, unavailable: true })
  } finally {
    probe.destroy()
  }
}

export function configurationsOf(files: readonly string[] | undefined): RiskConfiguration[] {
  if (files === undefined) return [DEFAULT_CONFIGURATION]
  return files.map((file) => parseConfiguration(readTextFile(file).text, file))
}

export interface ClockOptions {
  readonly clock: 'machine' | 'chain'
}

export function withClock(command: Command): Command {
  return command.addOption(
    new Option(
      '--clock <which>',
      'machine, or chain: the time of its blocks, for markets of another day on a local chain of that day',
    )
      .choices(['machine', 'chain'])
      .default('machine'),
  )
}

/** @throws SetupError for the chain's clock off a local chain */
export async function clockOf(
  { clock }: ClockOptions,
  provider: JsonRpcProvider,
  out: Output,
): Promise<Clock> {
  if (clock === 'machine') return machineClock
  const { chainId } = await provider.getNetwork()
  const made = chainClock(provider, chainId)
  out.notice(`time is that of the local chain ${chainId}: for development only`)
  return made
}

export function collect(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value]
}

export function parseAddress(text: string): string {
  if (!/^0x[0-9a-fA-F]{40}$/.test(text)) throw new InvalidArgumentError('It must be 0x and 40 hex digits.')
  return text
}

export function parseWhole(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
}
