/**
 * Follows the chain: reads its blocks in order from the block of the deployment, and keeps what they say. A block that the
 * chain abandons is forgotten with all that followed from it; a chain that was started anew is read anew if it is a local
 * one, and refused if not. Boundary module: clock, network, database.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { InputError } from '../../protocol/errors.ts'
import type { Logger } from '../log.ts'
import { type ChainCursor, listRecords, readCursor } from '../storage/chain.ts'
import {
  abandon,
  addBatch,
  addStatus,
  begin,
  describe,
  knownBlocks,
  markSeen,
  markTrouble,
} from '../storage/chain-write.ts'
import type { Database } from '../storage/database.ts'
import { EventDecoder, type FollowedContract } from './decode.ts'
import { checkContracts, type FollowedChain, identityOf, readDeploymentInfo } from './open.ts'
import { BlockReader, ChainMoved, troubleOf } from './reader.ts'
import type { BlockInfo } from './source.ts'
import { StatusReader } from './status.ts'

const FIRST_WAIT_MS = 250
const LONGEST_WAIT_MS = 30_000
/** How often an idle chain is said to have been heard of. */
const SEEN_EVERY_MS = 5_000
/** Hashes that are compared at a time on the way to a common ancestor. */
const ANCESTORS = 64

/** Told for the metrics. */
export interface FollowerMeter {
  position(block: number, headBlock: number): void
  reorganised(): void
  restarted(): void
  failed(): void
}

export interface FollowerOptions {
  readonly chain: FollowedChain
  readonly database: Database
  readonly log: Logger
  readonly meter: FollowerMeter
  readonly pollMs: number
}

export class ChainFollower {
  readonly #options: FollowerOptions
  readonly #reader: BlockReader
  readonly #status: StatusReader
  readonly #stop = new AbortController()
  #loop: Promise<void> = Promise.resolve()
  #seenAtMs = 0

  private constructor(options: FollowerOptions, maxAgeSeconds: number) {
    this.#options = options
    const { contracts, source } = options.chain
    const named = (name: string): FollowedContract => contracts.find((contract) => contract.name === name)!
    this.#reader = new BlockReader(source, new EventDecoder(contracts), named)
    this.#status = new StatusReader(source, named, maxAgeSeconds)
  }

  /** Throws InputError when the database follows another chain that is not a local one. */
  static async start(options: FollowerOptions): Promise<ChainFollower> {
    const follower = await ChainFollower.prepare(options)
    follower.#loop = follower.#run()
    return follower
  }

  /** Without reading by itself: step() does. */
  static async prepare(options: FollowerOptions): Promise<ChainFollower> {
    const maxAgeSeconds = await settle(options)
    return new ChainFollower(options, maxAgeSeconds)
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await this.#loop
    this.#options.chain.source.close()
  }

  /** One question to the chain and what follows from it. True when everything is read. */
  async step(): Promise<boolean> {
    const { database, chain, meter } = this.#options
    const cursor = await readCursor(database)
    if (cursor === undefined) throw new InputError('has lost its cursor', { field: 'chain_cursor' })
    const head = await chain.source.block('latest')
    if (head === undefined) throw new ChainMoved()
    if (!(await this.#stands(cursor, head))) {
      await this.#turnBack(cursor, head)
      return false
    }
    if (head.number <= cursor.block) {
      // Nothing is new, but what the contracts say was forgotten with the blocks above.
      if (cursor.status === null && head.number === cursor.block)
        await addStatus(database, cursor, await this.#status.read(head))
      meter.position(cursor.block, head.number)
      await this.#heard(head.number)
      return true
    }
    return this.#goOn(cursor, head)
  }

  async #goOn(cursor: ChainCursor, head: BlockInfo): Promise<boolean> {
    const { database, meter } = this.#options
    const { blocks, events } = await this.#reader.after(cursor, head)
    const last = blocks.at(-1)!
    const isWhole = last.number === head.number
    if (events.some(({ name }) => name === 'ParameterSet')) this.#status.forget()
    const status = isWhole ? await this.#status.read(last) : null
    const added = await addBatch(database, {
      from: cursor,
      blocks,
      events,
      headBlock: head.number,
      status,
    })
    if (added) meter.position(last.number, head.number)
    return added && isWhole
  }

  /** Whether the block that was read last is still the chain's. */
  async #stands({ block, hash }: ChainCursor, head: BlockInfo): Promise<boolean> {
    if (block < 0) return true
    // A head below it may be a node's that lags: as long as the address still has the block, nothing was abandoned.
    const now = block === head.number ? head : await this.#options.chain.source.block(block)
    return now?.hash === hash
  }

  /** The chain has abandoned blocks that were read: back to the newest that it has not. */
  async #turnBack(cursor: ChainCursor, head: BlockInfo): Promise<void> {
    const { database, chain, log, meter } = this.#options
    this.#status.forget()
    if (cursor.identity !== (await identityOf(chain))) {
      await checkContracts(chain.source, chain.stored)
      await settle(this.#options)
      return
    }
    const ancestor = (await this.#ancestor(cursor, head)) ?? (await beforeDeployment(chain))
    if (await abandon(database, cursor, ancestor)) {
      meter.reorganised()
      log.warn({ from: cursor.block, to: ancestor.number }, 'the chain reorganised: blocks forgotten')
    }
  }

  async #ancestor(cursor: ChainCursor, head: BlockInfo): Promise<BlockInfo | undefined> {
    const { database, chain } = this.#options
    let atMost = Math.min(cursor.block - 1, head.number)
    for (;;) {
      const known = await knownBlocks(database, atMost, ANCESTORS)
      if (known.length === 0) return undefined
      for (const { number, hash } of known) {
        const block = await chain.source.block(number)
        if (block?.hash === hash) return block
      }
      atMost = known.at(-1)!.number - 1
    }
  }

  async #heard(headBlock: number): Promise<void> {
    const now = performance.now()
    if (now - this.#seenAtMs < SEEN_EVERY_MS && this.#seenAtMs !== 0) return
    this.#seenAtMs = now
    await markSeen(this.#options.database, headBlock)
  }

  async #run(): Promise<void> {
    const { pollMs, log, meter, database } = this.#options
    let waitMs = FIRST_WAIT_MS
    while (!this.#stop.signal.aborted) {
      try {
        const isWhole = await this.step()
        waitMs = FIRST_WAIT_MS
        if (isWhole) await this.#pause(pollMs)
      } catch (error) {
        meter.failed()
        const trouble = error instanceof InputError ? error.message : troubleOf(error)
        log.warn({ err: error, trouble, waitMs }, 'the chain was not read')
        this.#seenAtMs = 0
        await markTrouble(database, trouble).catch(() => {})
        await this.#pause(waitMs)
        waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)
      }
    }
  }

  async #pause(milliseconds: number): Promise<void> {
    await sleep(milliseconds, undefined, { signal: this.#stop.signal }).catch(() => {})
  }
}

/** Makes the database follow this chain and no other; returns the oracle's maximum age. */
async function settle({ chain, database, log, meter }: FollowerOptions): Promise<number> {
  const identity = await identityOf(chain)
  const known = await readCursor(database)
  const head = await chain.source.block('latest')
  const deployment = await readDeploymentInfo(chain, head?.number ?? 0)
  if (known !== undefined && known.identity !== identity) {
    const what =
      'the database follows another chain or other contracts: its first block or an address differs'
    if (!chain.isLocal) throw new InputError(`${what}. Use another database`, { field: 'TACIT_DEPLOYMENT' })
    meter.restarted()
    log.warn(`${what}. This chain is a local one, so what was known is forgotten and everything is read anew`)
  }
  if (known?.identity === identity) await describe(database, deployment, chain.stored)
  else {
    const before = await beforeDeployment(chain)
    await begin(database, { identity, deployment, contracts: chain.stored, before })
  }
  return deployment.maxAgeSeconds
}

/** Where reading begins. Below the first block there is nothing to be the child of. */
async function beforeDeployment({ source, file }: FollowedChain): Promise<BlockInfo> {
  const number = file.fromBlock - 1
  const none = { number: -1, hash: `0x${'0'.repeat(64)}`, parentHash: '', atSeconds: 0 }
  if (number < 0) return none
  const block = await source.block(number)
  if (block === undefined)
    throw new InputError(`begins at block ${file.fromBlock}, which the chain does not have yet`, {
      field: 'TACIT_DEPLOYMENT',
    })
  return block
}

/** For tests and for measurements: what a follower knows, whatever way it came there. */
export async function knownOf(database: Database): Promise<object> {
  const cursor = await readCursor(database)
  const kinds = ['round', 'head', 'case', 'seal', 'liquidator'] as const
  const records = await Promise.all(kinds.map((kind) => listRecords(database, kind, 1_000_000)))
  const { block, hash, atSeconds, status } = cursor!
  return {
    block,
    hash,
    atSeconds,
    status,
    records: Object.fromEntries(kinds.map((kind, i) => [kind, records[i]])),
  }
}
