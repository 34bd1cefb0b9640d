/** A local chain whose process is killed and started again at the same address. Boundary module: processes, network. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type LocalChain, startLocalChain } from '../../../src/chain/local-chain.ts'
import { ToolError } from '../../../src/protocol/errors.ts'

const GONE_MS = 20
const ANY_SIZE = { anyCodeSize: true, anyRequestSize: true }

export class RestartableChain implements LocalChain {
  /** Who asks: its address stays, whichever process answers there. */
  readonly #first: LocalChain
  #process: LocalChain
  /** The newest block whose state it was given. */
  #loaded = 0

  private constructor(first: LocalChain) {
    this.#first = first
    this.#process = first
  }

  static async start(): Promise<RestartableChain> {
    return new RestartableChain(await startLocalChain(ANY_SIZE))
  }

  get url() {
    return this.#first.url
  }
  get pid() {
    return this.#process.pid
  }
  get chainId() {
    return this.#first.chainId
  }
  get provider() {
    return this.#first.provider
  }
  signer(index: number) {
    return this.#first.signer(index)
  }
  advance(seconds: number) {
    return this.#first.advance(seconds)
  }
  now() {
    return this.#first.now()
  }

  /** All blocks and transactions, and what the contracts hold now. What they held before would take minutes to write. */
  dump(): Promise<string> {
    return this.provider.send('anvil_dumpState', [])
  }

  /** How many of the newest blocks it can take back by itself. */
  async undoable(): Promise<number> {
    return (await this.provider.getBlockNumber()) - this.#loaded
  }

  /** kill -9; after a while another process begins as an empty chain, and is given what was dumped. */
  async restart(dump: string, awayMs: number): Promise<void> {
    process.kill(this.pid, 'SIGKILL')
    while (isAlive(this.pid)) await sleep(GONE_MS)
    if (this.#process !== this.#first) await this.#process.close()
    await sleep(awayMs)
    this.#process = await startLocalChain({ ...ANY_SIZE, port: Number(new URL(this.url).port) })
    await this.provider.send('anvil_loadState', [dump]).catch(() => {
      // Without the library's own error, which has the whole state in it.
      throw new ToolError('the chain does not take back what it knew')
    })
    // Its clock is the storm's alone, and would begin with the machine's.
    const head = (await this.provider.getBlock('latest'))!
    await this.provider.send('evm_setNextBlockTimestamp', [head.timestamp + 1])
    await this.provider.send('evm_mine', [])
    await this.provider.send('anvil_setBlockTimestampInterval', [1])
    this.#loaded = head.number + 1
  }

  async close(): Promise<void> {
    if (this.#process !== this.#first) await this.#process.close()
    await this.#first.close()
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
