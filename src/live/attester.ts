/** Attestations of accounts in turn, proven by the service's workers and put on chain. Boundary module: network. */

import { marginIn } from '../book/liquidation/requirement.ts'
import { parseProofFile } from '../bundle/claim/proof-file.ts'
import { attest } from '../chain/client.ts'
import { ContractRefusal } from '../chain/transactions.ts'
import type { Threshold } from '../protocol/claims.ts'
import type { Tier } from '../risk/margin.ts'
import type { VenueDesk } from './venue.ts'
import type { LiveWorld } from './world.ts'

/** The strictest line that an account of a tier is at or above; none below MM. */
const STRICTEST: Readonly<Partial<Record<Tier, Threshold>>> = {
  healthy: 'im',
  reduceOnly: 'soft',
  softLiquidation: 'mm',
}

export class Attester {
  readonly #world: LiveWorld
  readonly #desk: VenueDesk
  #place = 0

  constructor(world: LiveWorld, desk: VenueDesk) {
    this.#world = world
    this.#desk = desk
  }

  /** One account: ordered, proven, sent. Overtaken by a new round or head, it is left at that. */
  async next(signal: AbortSignal): Promise<boolean> {
    const { context, stage, venue, signer, names, rounds } = this.#world
    if (!this.#desk.isGiven) return false
    const { book } = context.venueBook
    const place = this.#place++ % this.#accounts()
    const account = book.account(place)
    const { riskRoot, known } = rounds.newest
    const threshold = STRICTEST[marginIn(known.risk, account.positions).tier]
    if (threshold === undefined) return false
    const sender = signer('attester')
    const beneficiary = await sender.getAddress()
    const { chainId, attestor } = stage.deployment
    const job = await venue.attest({
      riskRoot,
      bookRoot: `0x${book.root.toString(16).padStart(64, '0')}`,
      account: account.accountId,
      threshold,
      context: { chainId: `${chainId}`, attestor, beneficiary },
      publish: true,
    })
    const { status, error } = await venue.finished(job.id, signal)
    if (status !== 'succeeded') throw new Error(`the attestation was not proven: ${error?.message ?? status}`)
    const text = JSON.stringify(await venue.proof(job.id))
    const { proof, signals } = parseProofFile({ name: 'proof', text })
    try {
      await attest(stage.connection, sender, { proof, signals, beneficiary })
    } catch (error) {
      if (error instanceof ContractRefusal) return false
      throw error
    }
    this.#world.tell(`attested: ${names[place]!} is at or above ${threshold.toUpperCase()}`)
    return true
  }

  /** Clients and makers: sub-accounts hold nothing that needs a proof. */
  #accounts(): number {
    return this.#world.places.bank
  }
}
