/**
 * A chain as the follower reads it: blocks, logs, views at a block. Every call ends in time, and every failure is one of
 * ChainError's two kinds: it does not answer (try again), or it refuses. Addresses of nodes may hold secrets: no message
 * of a node or of the library leaves this file. Boundary module: network.
 */
import { FetchRequest, type Interface, JsonRpcProvider, toQuantity } from 'ethers'
import { ChainError } from '../../protocol/errors.ts'
import type { RawLog } from './decode.ts'

export interface BlockInfo {
  readonly number: number
  readonly hash: string
  readonly parentHash: string
  readonly atSeconds: number
}

export type WhichLogs =
  | { readonly blockHash: string }
  | { readonly fromBlock: number; readonly toBlock: number }

export interface SourceOptions {
  readonly url: string
  readonly chainId: number
  readonly timeoutMs: number
}

/** Calls to one request: what public nodes take. */
const MOST_IN_BATCH = 20
/** What a node says when it is there but cannot. */
const UNAVAILABLE = new Set(['TIMEOUT', 'NETWORK_ERROR', 'SERVER_ERROR', 'ABORT_ERR'])

type Block = {
  readonly number: string
  readonly hash: string
  readonly parentHash: string
  readonly timestamp: string
}
type Log = Omit<RawLog, 'blockNumber' | 'index'> & { readonly blockNumber: string; readonly logIndex: string }

export class ChainSource {
  readonly #provider: JsonRpcProvider
  readonly #timeoutMs: number

  constructor({ url, chainId, timeoutMs }: SourceOptions) {
    const request = new FetchRequest(url)
    request.timeout = timeoutMs
    // The library would try again for minutes where nobody sees it: the follower does, and says so.
    request.setThrottleParams({ maxAttempts: 1 })
    this.#timeoutMs = timeoutMs
    this.#provider = new JsonRpcProvider(request, chainId, {
      staticNetwork: true,
      cacheTimeout: -1,
      batchMaxCount: MOST_IN_BATCH,
    })
  }

  async chainId(): Promise<number> {
    return Number(await this.#send<string>('eth_chainId', []))
  }

  /** Undefined for a block that the chain does not have (any more). */
  async block(which: number | 'latest'): Promise<BlockInfo | undefined> {
    const tag = which === 'latest' ? which : toQuantity(which)
    const block = await this.#send<Block | null>('eth_getBlockByNumber', [tag, false])
    if (block === null) return undefined
    const { number, hash, parentHash, timestamp } = block
    return { number: Number(number), hash, parentHash, atSeconds: Number(timestamp) }
  }

  /** In order. */
  async logs(which: WhichLogs, address: readonly string[], topics: readonly string[]): Promise<RawLog[]> {
    const range =
      'blockHash' in which
        ? which
        : { fromBlock: toQuantity(which.fromBlock), toBlock: toQuantity(which.toBlock) }
    const logs = await this.#send<Log[]>('eth_getLogs', [{ ...range, address, topics: [topics] }])
    return logs
      .map(({ blockNumber, logIndex, ...log }) => ({
        ...log,
        blockNumber: Number(blockNumber),
        index: Number(logIndex),
      }))
      .sort((a, b) => a.blockNumber - b.blockNumber || a.index - b.index)
  }

  /** What a transaction called, and with what; undefined when the node does not have it. */
  async call(
    transaction: string,
  ): Promise<{ readonly to: string | null; readonly input: string } | undefined> {
    const found = await this.#send<{ to: string | null; input: string } | null>('eth_getTransactionByHash', [
      transaction,
    ])
    return found ?? undefined
  }

  async hasCode(address: string): Promise<boolean> {
    return (await this.#send<string>('eth_getCode', [address, 'latest'])).length > 2
  }

  /** A view's results as of a block. */
  async view(
    { address, abi }: { readonly address: string; readonly abi: Interface },
    method: string,
    args: readonly unknown[],
    block: number,
  ): Promise<readonly unknown[]> {
    const data = abi.encodeFunctionData(method, [...args])
    const answer = await this.#send<string>('eth_call', [{ to: address, data }, toQuantity(block)])
    return [...abi.decodeFunctionResult(method, answer)]
  }

  close(): void {
    this.#provider.destroy()
  }

  async #send<T>(method: string, params: readonly unknown[]): Promise<T> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(unavailable()), 2 * this.#timeoutMs)
      timer.unref()
    })
    try {
      return await Promise.race([this.#provider.send(method, [...params]) as Promise<T>, late])
    } catch (error) {
      throw toChainError(error)
    } finally {
      clearTimeout(timer)
    }
  }
}

function unavailable(): ChainError {
  return new ChainError('the chain does not answer', { unavailable: true })
}

/** @returns an error that says nothing of the address that was asked */
function toChainError(error: unknown): ChainError {
  if (error instanceof ChainError) return error
  const { code, cause } = error as { code?: unknown; cause?: { code?: unknown } }
  const isAway = UNAVAILABLE.has(String(code)) || /^E[A-Z]+$/.test(String(code ?? cause?.code))
  return isAway ? unavailable() : new ChainError('the chain refuses what it was asked')
}
