/** Reads blocks in order, so that what is read belongs together: every block is the child of the one before. */
import { ChainError } from '../../protocol/errors.ts'
import { SEAL_SIGNALS } from '../../protocol/solvency.ts'
import type { ChainEvent, EventDecoder, FollowedContract, RawLog } from './decode.ts'
import { SEAL_VALUES } from './fold-seal.ts'
import type { BlockInfo, ChainSource } from './source.ts'

/** Blocks of one question at first, and at most. */
const FIRST_SPAN = 512
const MOST_SPAN = 8_192
/** So many of the newest blocks are read one by one. */
const NEAR = 4

export interface ReadBlocks {
  /** Those with events, and the last; in order. */
  readonly blocks: readonly BlockInfo[]
  readonly events: readonly ChainEvent[]
}

interface ReadLogs {
  readonly blocks: readonly BlockInfo[]
  readonly logs: readonly RawLog[]
}

interface BlockKey {
  readonly block: number
  readonly hash: string
}

/** The blocks changed while they were read: read again. */
export class ChainMoved extends Error {}

export class BlockReader {
  readonly #source: ChainSource
  readonly #decoder: EventDecoder
  readonly #named: (name: string) => FollowedContract
  readonly #addresses: string[]
  readonly #topics: string[]
  #span = FIRST_SPAN

  constructor(source: ChainSource, decoder: EventDecoder, named: (name: string) => FollowedContract) {
    this.#source = source
    this.#decoder = decoder
    this.#named = named
    this.#addresses = decoder.addresses
    this.#topics = decoder.topics
  }

  /**
   * What follows a block, as far as one question goes. Throws ChainMoved when it does not follow (any more), ChainError when
   * the chain does not answer; the next question is smaller then, as nodes bound what they take.
   */
  async after(previous: BlockKey, head: BlockInfo): Promise<ReadBlocks> {
    const { blocks, logs } =
      head.number - previous.block <= NEAR
        ? await this.#near(previous, head)
        : await this.#far(previous, head)
    return { blocks, events: await this.#decode(logs, blocks, head.number) }
  }

  /**
   * Block by block, each asked for by its hash: of several nodes behind one address, one that has not seen the block refuses,
   * where a question by numbers would be answered with nothing.
   */
  async #near({ block, hash }: BlockKey, head: BlockInfo): Promise<ReadLogs> {
    const blocks: BlockInfo[] = []
    const logs: RawLog[] = []
    let parent = hash
    for (let number = block + 1; number <= head.number; number++) {
      const next = number === head.number ? head : await this.#block(number)
      if (number > 0 && next.parentHash !== parent) throw new ChainMoved()
      logs.push(...(await this.#source.logs({ blockHash: next.hash }, this.#addresses, this.#topics)))
      blocks.push(next)
      parent = next.hash
    }
    return { blocks, logs }
  }

  /** Many blocks at once, and not the newest. While the last one stands before and after, so do all before it. */
  async #far(previous: BlockKey, head: BlockInfo): Promise<ReadLogs> {
    const from = previous.block + 1
    const to = Math.min(head.number - NEAR, from + this.#span - 1)
    const last = await this.#block(to)
    const logs = await this.#range(from, to)
    const numbers = [...new Set(logs.map(({ blockNumber }) => blockNumber))].filter((number) => number !== to)
    const blocks = [...(await Promise.all(numbers.map((number) => this.#block(number)))), last]
    if (from > 0 && (await this.#block(from)).parentHash !== previous.hash) throw new ChainMoved()
    const hashes = new Map(blocks.map(({ number, hash }) => [number, hash]))
    if (logs.some(({ blockNumber, blockHash }) => hashes.get(blockNumber) !== blockHash))
      throw new ChainMoved()
    if ((await this.#block(to)).hash !== last.hash) throw new ChainMoved()
    return { blocks, logs }
  }

  async #range(fromBlock: number, toBlock: number): Promise<RawLog[]> {
    try {
      const logs = await this.#source.logs({ fromBlock, toBlock }, this.#addresses, this.#topics)
      this.#span = Math.min(MOST_SPAN, this.#span * 2)
      return logs
    } catch (error) {
      this.#span = Math.max(1, Math.floor(this.#span / 2))
      throw error
    }
  }

  async #block(number: number): Promise<BlockInfo> {
    const block = await this.#source.block(number)
    if (block === undefined) throw new ChainMoved()
    return block
  }

  async #decode(logs: readonly RawLog[], blocks: readonly BlockInfo[], head: number): Promise<ChainEvent[]> {
    const times = new Map(blocks.map(({ number, atSeconds }) => [number, atSeconds]))
    const events: ChainEvent[] = []
    for (const log of logs) {
      const event = this.#decoder.decode(log, times.get(log.blockNumber)!)
      if (event === undefined) continue
      events.push(event.name === 'SealSubmitted' ? await this.#withSignals(event, head) : event)
    }
    return events
  }

  /** A seal's event names it; what it says of the book stands in the call, and how many accounts there are at its head. */
  async #withSignals(event: ChainEvent, head: number): Promise<ChainEvent> {
    const seals = this.#named('seals')
    const call = await this.#source.call(event.transaction)
    if (call?.to?.toLowerCase() !== seals.address) return event
    const parsed = seals.abi.parseTransaction({ data: call.input })
    if (parsed?.name !== 'submit') return event
    const signals = parsed.args.signals as readonly bigint[]
    const [made] = await this.#source.view(
      this.#named('registry'),
      'headAt',
      [event.values.headSequence],
      head,
    )
    const { count } = made as { readonly count: bigint }
    const said = Object.fromEntries(
      SEAL_VALUES.map((name) => [
        name,
        name === 'count' ? `${count}` : `${signals[SEAL_SIGNALS.indexOf(name)]}`,
      ]),
    )
    return { ...event, values: { ...event.values, ...said } }
  }
}

/** What listeners and operators are told of a failure: nothing of what a node said. */
export function troubleOf(error: unknown): string {
  if (error instanceof ChainMoved) return 'the chain reorganises faster than it can be read'
  return error instanceof ChainError ? error.message : 'a fault of the service itself; it is in its logs'
}
