/** Epochs: designated, proven by the service's workers, sealed with a bond, made final. Boundary module: network. */
import { designateEpoch } from '../chain/client.ts'
import { readEpochFacts } from '../chain/epochs.ts'
import { countableTags } from '../chain/seal-demands.ts'
import { approveBond, finalizeSeal, proveTags, sealState, sealsOf, submitSeal } from '../chain/seals.ts'
import { ToolError } from '../protocol/errors.ts'
import type { SealSignals } from '../protocol/seal-signals.ts'
import type { Proof } from '../prover/verify.ts'
import { nanoToDecimal } from '../risk/market/decimal.ts'
import type { VenueDesk } from './venue.ts'
import type { LiveWorld } from './world.ts'

export interface SealedEpoch {
  readonly epoch: number
  /** Of the service: its job, and so its bundle. */
  readonly id: string
}

export class EpochDesk {
  readonly #world: LiveWorld
  readonly #desk: VenueDesk
  #pending: number[] = []

  constructor(world: LiveWorld, desk: VenueDesk) {
    this.#world = world
    this.#desk = desk
  }

  /** Seals the book of the head; undefined where the service does not have it yet, or it was sealed already. */
  async seal(signal: AbortSignal): Promise<SealedEpoch | undefined> {
    const { rounds, stage, signer, context } = this.#world
    const { registry } = stage.connection
    const count: bigint = await registry.getFunction('epochCount').staticCall()
    const [sealedHead, head] = await Promise.all([
      registry.getFunction('epochHead').staticCall(count) as Promise<bigint>,
      registry.getFunction('headSequence').staticCall() as Promise<bigint>,
    ])
    if (!this.#desk.isGiven) return undefined
    if (head > sealedHead) await designateEpoch(stage.connection, signer('venue'))
    else if ((await sealState(sealsOf(stage.connection), Number(count))) !== undefined) return undefined
    const facts = await readEpochFacts(stage.connection)
    if (facts.bookRoot !== context.venueBook.book.root) return undefined
    return rounds.hold(() => this.#prove(facts, signal))
  }

  async #prove(facts: Awaited<ReturnType<typeof readEpochFacts>>, signal: AbortSignal): Promise<SealedEpoch> {
    const { stage, venue, rounds, signer, tell } = this.#world
    const { matrix, snapshot, riskRoot } = rounds.newest
    const { chainId, seals } = stage.deployment
    const { epoch, ledger, heldNano, liquidityNano, policy, bookRoot, count } = facts
    const symbolOf = (id: number) => matrix.listing.byId(id)!.symbol
    tell(`epoch ${epoch}: proving the whole book, ${count} accounts`)
    const job = await venue.sealBook({
      riskRoot,
      bookRoot: `0x${bookRoot.toString(16).padStart(64, '0')}`,
      policy,
      reserves: nanoToDecimal(heldNano),
      liquidity: Object.fromEntries(
        snapshot.underlyings.map(({ symbol }, u) => [symbol, nanoToDecimal(liquidityNano[u]!)]),
      ),
      ledger: Object.fromEntries(ledger.map(({ instrumentId, lots }) => [symbolOf(instrumentId), `${lots}`])),
      context: { chainId: `${chainId}`, seals, epoch: `${epoch}` },
    })
    const { status, error } = await venue.finished(job.id, signal)
    if (status !== 'succeeded')
      throw new ToolError(`epoch ${epoch} was not proven: ${error?.message ?? status}`)
    const sealed = await venue.epoch(job.id)
    const signals = Object.fromEntries(
      Object.entries(sealed.signals).map(([name, value]) => [name, BigInt(value)]),
    ) as unknown as SealSignals
    const connection = sealsOf(stage.connection)
    await approveBond(connection, signer('venue'), 'venueBondLots')
    const proof = sealed.proof as unknown as Proof
    await submitSeal(connection, signer('venue'), { epoch, signals, proof, stepsRoot: sealed.stepsRoot })
    this.#pending.push(epoch)
    const { demandUntil } = (await sealState(connection, epoch))!
    const until = new Date(demandUntil * 1_000).toISOString().slice(11, 16)
    tell(`epoch ${epoch}: sealed; steps may be demanded until ${until} UTC, then it is final`)
    return { epoch, id: job.id }
  }

  /** Makes final what nobody has spoken against and whose time is over. */
  async finalizeDue(): Promise<void> {
    const { stage, signer, tell, context } = this.#world
    const connection = sealsOf(stage.connection)
    const sender = signer('attester')
    for (const epoch of [...this.#pending]) {
      const state = (await sealState(connection, epoch))!
      if (state.status === 'pending' && (await stage.chain.now()) < state.demandUntil) continue
      if (state.status === 'pending') {
        const at = { epoch, roundSequence: state.roundSequence }
        const tags = await countableTags(context.connection, await sender.getAddress(), at, context.fromBlock)
        if (tags.length > 0) await proveTags(connection, sender, epoch, state.roundSequence, tags)
        await finalizeSeal(connection, sender, epoch)
        tell(`epoch ${epoch}: final`)
      }
      this.#pending = this.#pending.filter((other) => other !== epoch)
    }
  }
}
