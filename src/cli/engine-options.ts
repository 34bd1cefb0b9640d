/** Options and hands that the commands of the liquidation engine share. Boundary module: files and network. */
import { statSync } from 'node:fs'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { JsonRpcProvider, NonceManager, type Signer, Wallet } from 'ethers'
import { type DeploymentFile, readDeployment } from '../chain/deployment-file.ts'
import { connectEngine, type EngineConnection } from '../chain/engine-client/connection.ts'
import { ChainError, InputError } from '../protocol/errors.ts'
import { readTextFile } from './files.ts'
import type { Io } from './io.ts'
import { cacheFolders } from './prover.ts'

export interface ChainOptions {
  readonly rpc: string
  readonly deployment: string
  readonly cache?: string
}

export function withChain(command: Command): Command {
  return command
    .option('--rpc <url>', 'JSON-RPC of the chain', 'http://127.0.0.1:8545')
    .requiredOption('--deployment <file>', 'addresses of the deployed system (required)')
}

export function withKey(command: Command): Command {
  return command.requiredOption(
    '--key <file>',
    'private key that transactions are signed with: 0x and 64 hex digits in a file that only its owner reads (required)',
  )
}

export function parseCaseId(text: string): string {
  if (!/^0x[0-9a-fA-F]{64}$/.test(text)) throw new InvalidArgumentError('It must be 0x and 64 hex digits.')
  return text.toLowerCase()
}

export function parseTag(text: string): bigint {
  if (!/^(0x[0-9a-fA-F]{1,64}|\d{1,77})$/.test(text)) {
    throw new InvalidArgumentError('It must be an account tag: a number, or 0x and hex digits.')
  }
  return BigInt(text)
}

export function parseBps(text: string): bigint {
  if (!/^\d{1,5}$/.test(text)) throw new InvalidArgumentError('It must be a whole number of basis points.')
  return BigInt(text)
}

export interface OpenChain extends DeploymentFile {
  readonly connection: EngineConnection
  readonly provider: JsonRpcProvider
  close(): void
}

/** Throws InputError for the file, ChainError when the chain does not answer or is another one. */
export async function openChain(options: ChainOptions, io: Io): Promise<OpenChain> {
  const file = readDeployment(readTextFile(options.deployment))
  const { chainId } = file.deployment
  const provider = new JsonRpcProvider(options.rpc, chainId, { staticNetwork: true, batchMaxCount: 1 })
  try {
    await requireChain(provider, chainId, options.rpc)
    const connection = await connectEngine(file.deployment, provider, cacheFolders(options, io).build)
    return { ...file, connection, provider, close: () => provider.destroy() }
  } catch (error) {
    provider.destroy()
    throw error
  }
}

async function requireChain(provider: JsonRpcProvider, chainId: bigint, url: string): Promise<void> {
  let answered: string
  try {
    answered = (await provider.send('eth_chainId', [])) as string
  } catch (cause) {
    throw new ChainError(`nothing answers at ${url}`, { cause, unavailable: true })
  }
  if (BigInt(answered) !== chainId) {
    throw new InputError(`is chain ${BigInt(answered)}, and the deployment is on chain ${chainId}`, {
      field: '--rpc',
    })
  }
}

/** Throws InputError, and never quotes the file: it is a secret. */
export function readSigner(path: string, provider: JsonRpcProvider): Signer {
  return new NonceManager(new Wallet(readSecret(path, '0x and 64 hex digits'), provider))
}

/** 32 bytes in hex, in a file that nobody but its owner may read. */
export function readSecret(path: string, what: string): string {
  const text = readTextFile(path).text.trim()
  if ((statSync(path).mode & 0o077) !== 0) {
    throw new InputError('can be read by others than its owner (chmod 600)', { file: path })
  }
  if (!/^0x[0-9a-f]{64}$/.test(text))
    throw new InputError(`must hold ${what} and nothing else`, { file: path })
  return text
}

/** The help writes defaults as JSON, which knows no bigint: so the default is told in words. */
export function bpsOption(flags: string, description: string, standard: bigint): Option {
  return new Option(flags, description).argParser(parseBps).default(standard, `${standard}`)
}
