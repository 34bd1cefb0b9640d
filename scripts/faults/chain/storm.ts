/**
 * A storm on the chain's side: a local chain on which things happen and are undone, whose process is killed, and a node before
 * it that fails. Whoever follows the node's address must know afterwards what the chain says. Boundary module: processes,
 * network, clock.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { ContractRefusal } from '../../../src/chain/transactions.ts'
import { EngineToyWorld } from '../../../test/chain/fixtures/engine-toy-world.ts'
import { ACT_WEIGHTS, ACTS, type ActName, type Actors } from './acts.ts'
import { Dice } from './dice.ts'
import { type Fault, FaultyNode } from './faulty-node.ts'
import { RestartableChain } from './restartable-chain.ts'

/** How a chain loses blocks; they come in turn. */
export const UPHEAVALS = ['a reorganisation', 'a return to earlier', 'a restart'] as const
export type Upheaval = (typeof UPHEAVALS)[number]

export interface ChainStormOptions {
  readonly seed: number
  /** How long it goes on; or how many acts there are. */
  readonly plan: { readonly seconds: number } | { readonly acts: number }
  /** Between two acts at most. */
  readonly pauseMs: number
  /** How late an answer comes at most: longer than whoever asks waits. */
  readonly lateMs: number
  /** Acts between two losses of blocks, at least and at most. */
  readonly actsBetween: readonly [least: number, most: number]
}

export interface ChainStormCount {
  readonly acts: Readonly<Record<string, number>>
  /** Acts that the contracts refused: what they built upon had been undone. */
  readonly refused: number
  readonly upheavals: Readonly<Record<string, number>>
  /** Requests that the node failed, by kind, of all requests. */
  readonly faults: Readonly<Record<Fault, number>>
  readonly requests: number
  /** What the contracts took and must not have. */
  readonly wrong: readonly string[]
}

const MOST_REORGANISED_BLOCKS = 12
const MOST_AWAY_MS = 800

interface Snapshot {
  readonly id: string
  readonly block: number
}

export class ChainStorm {
  readonly w: EngineToyWorld
  readonly node: FaultyNode
  readonly #chain: RestartableChain
  readonly #options: ChainStormOptions
  readonly #dice: Dice
  readonly #actors: Actors
  readonly #acts: Record<string, number> = {}
  readonly #upheavals: Record<string, number> = {}
  #refused = 0
  /** To go back to: lost with every restart, and with a reorganisation of the block that it was taken at. */
  #snapshots: Snapshot[] = []

  private constructor(
    chain: RestartableChain,
    w: EngineToyWorld,
    node: FaultyNode,
    options: ChainStormOptions,
  ) {
    this.#chain = chain
    this.w = w
    this.node = node
    this.#options = options
    this.#dice = new Dice(options.seed, 'chain')
    this.#actors = { w, dice: new Dice(options.seed, 'acts'), cases: [], wrong: [], next: 0 }
  }

  /** Deploys everything; nothing happens and nothing fails yet. */
  static async start(options: ChainStormOptions): Promise<ChainStorm> {
    const chain = await RestartableChain.start()
    try {
      const w = await EngineToyWorld.start({ chain })
      const node = await FaultyNode.start(chain.url, new Dice(options.seed, 'node'), options.lateMs)
      return new ChainStorm(chain, w, node, options)
    } catch (error) {
      await chain.close()
      throw error
    }
  }

  /** The chain itself, without the node before it. */
  get target() {
    return { url: this.#chain.url, deployment: this.w.base.connection.deployment }
  }

  /** Everything is answered again when it is over, and the last thing was that the chain took a case back. */
  async blow(say: (state: string) => void): Promise<ChainStormCount> {
    const { plan } = this.#options
    const until = 'seconds' in plan ? Date.now() + plan.seconds * 1_000 : undefined
    const isOver = (turn: number) => ('acts' in plan ? turn >= plan.acts : Date.now() >= until!)
    await this.#keep()
    this.node.begin()
    let left = this.#dice.between(...this.#options.actsBetween)
    for (let turn = 0; !isOver(turn); turn++) {
      await this.#act(say)
      await sleep(this.#dice.between(0, this.#options.pauseMs))
      if (--left > 0) continue
      await this.#upheave(say)
      left = this.#dice.between(...this.#options.actsBetween)
    }
    await this.node.calm()
    return {
      acts: this.#acts,
      refused: this.#refused,
      upheavals: this.#upheavals,
      faults: this.node.faults,
      requests: this.node.requests,
      wrong: this.#actors.wrong,
    }
  }

  /** A case is opened and, once it was read, taken back for good. @param read waits until whoever follows has read all */
  async takeCaseBack(read: () => Promise<void>): Promise<void> {
    await this.w.base.postRound()
    const snapshot = await this.#keep()
    await ACTS['a case'](this.#actors)
    await read()
    await this.#goBack(snapshot)
    await this.w.base.mine(36)
  }

  async close(): Promise<void> {
    await this.node.close()
    await this.#chain.close()
  }

  async #act(say: (state: string) => void): Promise<void> {
    const name: ActName = this.#dice.pick(ACT_WEIGHTS)
    try {
      await ACTS[name](this.#actors)
      this.#acts[name] = (this.#acts[name] ?? 0) + 1
    } catch (error) {
      if (!(error instanceof ContractRefusal)) throw error
      this.#refused++
      // What was refused may be so because the newest round is old.
      this.#actors.cases.pop()
      await this.w.base.restart()
      await this.w.base.postRound().catch(() => {})
    }
    if (this.#dice.isIn(20)) await this.#keep()
    say(
      `${Object.values(this.#acts).reduce((sum, count) => sum + count, 0)} things have happened on the chain`,
    )
  }

  async #upheave(say: (state: string) => void): Promise<void> {
    const before = Object.values(this.#upheavals).reduce((sum, count) => sum + count, 0)
    const kind = UPHEAVALS[before % UPHEAVALS.length]!
    this.#upheavals[kind] = (this.#upheavals[kind] ?? 0) + 1
    say(`${kind} of the chain`)
    if (kind === 'a reorganisation') {
      const depth = Math.min(this.#dice.between(1, MOST_REORGANISED_BLOCKS), await this.#chain.undoable())
      if (depth > 0) await this.#reorganise(depth)
    } else if (kind === 'a return to earlier') {
      // Later ones are lost with it.
      const [snapshot] = this.#snapshots.splice(this.#dice.between(0, this.#snapshots.length - 1))
      await this.#goBack(snapshot!)
      await this.#keep()
    } else await this.#restart(say)
    await this.w.base.mine(12 * this.#dice.between(0, 20))
  }

  /** What happened after the chain was last kept is lost. */
  async #restart(say: (state: string) => void): Promise<void> {
    const kept = await this.#chain.dump()
    for (let left = this.#dice.between(0, 3); left > 0; left--) await this.#act(say)
    await this.#chain.restart(kept, this.#dice.between(0, MOST_AWAY_MS))
    this.#snapshots = []
    await this.w.base.restart()
    await this.#keep()
  }

  async #reorganise(depth: number): Promise<void> {
    const ancestor = (await this.#chain.provider.getBlockNumber()) - depth
    await this.#chain.provider.send('anvil_reorg', [depth, []])
    this.#snapshots = this.#snapshots.filter(({ block }) => block <= ancestor)
    await this.w.base.restart()
    if (this.#snapshots.length === 0) await this.#keep()
  }

  async #goBack({ id }: Snapshot): Promise<void> {
    await this.#chain.provider.send('evm_revert', [id])
    await this.w.base.restart()
  }

  async #keep(): Promise<Snapshot> {
    const block = await this.#chain.provider.getBlockNumber()
    const snapshot = { id: await this.#chain.provider.send('evm_snapshot', []), block }
    this.#snapshots.push(snapshot)
    return snapshot
  }
}
