import { type ChildProcess, spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { HDNodeWallet, JsonRpcProvider, Mnemonic, NonceManager, type TransactionRequest } from 'ethers'
import { ToolError } from '../protocol/errors.ts'

/** A chain of one's own: anvil as a child process on a free port. Boundary module: processes and network. */
export interface LocalChain {
  readonly url: string
  /** Of the chain's process. */
  readonly pid: number
  readonly chainId: bigint
  readonly provider: JsonRpcProvider
  /** Funded account number 0 to 9; the same addresses on every start. Nonces are kept by the signer itself. */
  signer(index: number): NonceManager
  /** Moves the chain's clock and mines a block. */
  advance(seconds: number): Promise<void>
  /** Time of the newest block, seconds. */
  now(): Promise<number>
  close(): Promise<void>
}

export interface LocalChainOptions {
  readonly chainId?: bigint
  readonly startSeconds?: number
  /** A free one unless given. */
  readonly port?: number
  /** An empty block so often, beside the one of every transaction: the chain's clock goes on while nobody sends. */
  readonly blockSeconds?: number
  /** How long the chain may take to answer, milliseconds. */
  readonly timeoutMs?: number
  /** Take contracts of any size: for code that was compiled without the optimiser, in tests. */
  readonly anyCodeSize?: boolean
  /** Take requests of more than two megabytes: a whole state is one. */
  readonly anyRequestSize?: boolean
}

/** The well-known phrase of development chains. Its keys are public: nothing of worth ever belongs to them. */
const MNEMONIC = 'test test test test test test test test test test test junk'
const ACCOUNTS = 10

/** The accounts of development chains, number 0 to 9: whoever reads this has their keys. */
export function developmentWallets(): HDNodeWallet[] {
  const mnemonic = Mnemonic.fromPhrase(MNEMONIC)
  return Array.from({ length: ACCOUNTS }, (_, index) =>
    HDNodeWallet.fromMnemonic(mnemonic, `m/44'/60'/0'/0/${index}`),
  )
}

export async function startLocalChain(options: LocalChainOptions = {}): Promise<LocalChain> {
  const chainId = options.chainId ?? 31337n
  const child = spawn(anvilBinary(), anvilArguments(chainId, options), { stdio: ['ignore', 'pipe', 'pipe'] })
  const release = killWithProcess(child)
  const stop = async () => {
    release()
    await stopChild(child)
  }
  try {
    const url = await listeningUrl(child, options.timeoutMs ?? 30_000)
    return connect(providerOf(url, chainId, options), { url, pid: child.pid!, chainId }, stop)
  } catch (error) {
    await stop()
    throw error
  }
}

function anvilArguments(chainId: bigint, options: LocalChainOptions): string[] {
  const given = [
    '--port',
    String(options.port ?? 0),
    '--chain-id',
    String(chainId),
    '--mnemonic',
    MNEMONIC,
    '--accounts',
    String(ACCOUNTS),
  ]
  if (options.anyCodeSize) given.push('--disable-code-size-limit')
  if (options.anyRequestSize) given.push('--no-request-size-limit')
  if (options.blockSeconds !== undefined) {
    given.push('--block-time', String(options.blockSeconds), '--mixed-mining')
  }
  if (options.startSeconds !== undefined) given.push('--timestamp', String(options.startSeconds))
  return given
}

/** Below a block's 30 million by more than the tenth that a sender adds. */
const AMPLE_GAS = 25_000_000n

/**
 * Does not search for the least gas of a call: that executes it some seventeen times, for a bound on what costs nothing here. One
 * execution tells whether it goes through, and gives the same refusal.
 */
class LocalProvider extends JsonRpcProvider {
  override async estimateGas(transaction: TransactionRequest): Promise<bigint> {
    // A creation may need more, and there are few.
    if (transaction.to === null || transaction.to === undefined) return super.estimateGas(transaction)
    await this.call(transaction)
    return AMPLE_GAS
  }
}

function providerOf(url: string, chainId: bigint, { blockSeconds }: LocalChainOptions): JsonRpcProvider {
  // Where blocks come by the clock, several transactions are to fit in one.
  const Kind = blockSeconds === undefined ? LocalProvider : JsonRpcProvider
  // A static network saves a request per call; no cache, or a balance read after a transaction is the one before it.
  const provider = new Kind(url, chainId, {
    staticNetwork: true,
    cacheTimeout: -1,
    batchMaxCount: 1,
  })
  provider.pollingInterval = 50
  return provider
}

function connect(
  provider: JsonRpcProvider,
  process: Pick<LocalChain, 'url' | 'pid' | 'chainId'>,
  stop: () => Promise<void>,
): LocalChain {
  const signers = developmentWallets().map((wallet) => new NonceManager(wallet.connect(provider)))
  return {
    ...process,
    provider,
    signer: (index) => {
      const signer = signers[index]
      if (signer === undefined)
        throw new RangeError(`a local chain has accounts 0 to ${ACCOUNTS - 1}, not ${index}`)
      return signer
    },
    advance: async (seconds) => {
      await provider.send('evm_increaseTime', [seconds])
      await provider.send('evm_mine', [])
    },
    now: async () => (await provider.getBlock('latest'))!.timestamp,
    close: async () => {
      provider.destroy()
      await stop()
    },
  }
}

/** anvil prints where it listens once it answers. */
function listeningUrl(child: ChildProcess, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = ''
    const fail = (why: string, cause?: unknown) => {
      clearTimeout(timer)
      reject(
        new ToolError(`the local chain ${why}${output === '' ? '' : `:\n${output.slice(-2_000)}`}`, {
          cause,
        }),
      )
    }
    const timer = setTimeout(() => fail(`gave no sign within ${timeoutMs / 1_000} s`), timeoutMs)
    const read = (chunk: Buffer) => {
      output += chunk.toString()
      const match = /Listening on ([\d.]+:\d+)/.exec(output)
      if (match === null) return
      clearTimeout(timer)
      child.stdout?.off('data', read)
      // Keep reading, or a full pipe would stop the chain.
      child.stdout?.resume()
      child.stderr?.resume()
      resolve(`http://${match[1]}`)
    }
    child.stdout?.on('data', read)
    child.once('error', (cause) => fail('did not start', cause))
    child.once('exit', (code) => fail(`ended at once with code ${code}`))
  })
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** No chain outlives the process that started it. Returns how to let go of the child. */
function killWithProcess(child: ChildProcess): () => void {
  const onExit = () => child.kill('SIGKILL')
  const onSignal = (signal: NodeJS.Signals) => {
    onExit()
    release()
    // Having listened took the signal's own effect away; give it back unless somebody else handles it.
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal)
  }
  const release = () => {
    process.off('exit', onExit)
    for (const signal of SIGNALS) process.off(signal, onSignal)
  }
  process.once('exit', onExit)
  for (const signal of SIGNALS) process.on(signal, onSignal)
  return release
}

function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined)
    return Promise.resolve()
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill('SIGTERM')
    setTimeout(() => child.kill('SIGKILL'), 2_000).unref()
  })
}

/** The binary itself, not the package's launcher: killing a launcher would leave the chain behind. */
function anvilBinary(): string {
  const require = createRequire(import.meta.url)
  const platform = { win32: 'win32', darwin: 'darwin' }[process.platform as string] ?? 'linux'
  const processor = process.arch === 'arm64' ? 'arm64' : 'amd64'
  const file = platform === 'win32' ? 'anvil.exe' : 'anvil'
  try {
    return require.resolve(`@foundry-rs/anvil-${platform}-${processor}/bin/${file}`)
  } catch (cause) {
    throw new ToolError(`no anvil for ${platform}-${processor}: run npm ci with optional dependencies`, {
      cause,
    })
  }
}
