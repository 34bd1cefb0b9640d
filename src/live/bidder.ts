/** A sample liquidator: reads its packages from the service, bids, reveals, takes its money back. Boundary module. */
import { getAddress, type Signer } from 'ethers'
import { type ListedCase, listCases, readSubAccount } from '../chain/engine-client/case-list.ts'
import { engineTime } from '../chain/engine-client/cases.ts'
import { offerSoft } from '../chain/engine-client/liquidator.ts'
import { readParameters } from '../chain/engine-client/parameters.ts'
import { ContractRefusal } from '../chain/transactions.ts'
import type { KnownRounds } from '../keeper/rounds.ts'
import {
  commit,
  type LiquidatorContext,
  openSlice,
  priceSlice,
  refund,
  reveal,
} from '../liquidator/liquidator.ts'
import { ServiceError, signInMessage, type TacitClient } from '../service/client/index.ts'

export interface BidderTerms {
  readonly name: string
  readonly context: LiquidatorContext
  /** Empty accounts of its own that lots go into. */
  readonly subTags: readonly bigint[]
  readonly venueKey: Uint8Array
  readonly rounds: KnownRounds
  readonly service: TacitClient
  readonly fromBlock: number
  /** What it wants to earn, basis points of the relief. */
  readonly wantedBps: bigint
  /** Whether it offers to take hedges too. */
  readonly takesHedges: boolean
  readonly tell: (line: string) => void
}

/** Of the highest soft penalty. */
const ASKED_PERCENT = 80n
const BPS_NANO = 10n ** 8n
/** A package that has not come after so many looks is not bound to come. */
const MOST_AWAITED = 200

type Part = 'offered' | 'committed' | 'revealed'

export class SampleBidder {
  readonly #terms: BidderTerms
  readonly #done = new Map<string, Set<Part>>()
  /** Sub-accounts by the case that they are promised to: a sealed bid locks its own only when it is opened. */
  readonly #promised = new Map<string, bigint>()
  readonly #toRefund = new Map<string, 'soft' | 'sealed'>()
  #session: TacitClient | undefined
  #steps = 0
  /** Looks in a row that found a lot on sale and no package of it yet. */
  #awaited = 0

  constructor(terms: BidderTerms) {
    this.#terms = terms
  }

  get name(): string {
    return this.#terms.name
  }

  /**
   * Looks at every case once and does what there is to do. A refusal by a contract is the end of that step only. Whether
   * it has done something, or waits for a package that is bound to come.
   */
  async look(): Promise<boolean> {
    const { connection } = this.#terms.context
    const [steps, awaited] = [this.#steps, this.#awaited]
    const listed = await listCases(connection, this.#terms.fromBlock)
    for (const one of listed) {
      try {
        await this.#case(one)
      } catch (error) {
        if (!(error instanceof ContractRefusal)) throw error
      }
    }
    if (this.#awaited === awaited) this.#awaited = 0
    return this.#steps > steps || (this.#awaited > 0 && this.#awaited < MOST_AWAITED)
  }

  async #case({ engineCase }: ListedCase): Promise<void> {
    const { caseId, stage, since } = engineCase
    const { takesHedges, context } = this.#terms
    if (stage !== 'sealed' && stage !== 'soft') this.#promised.delete(caseId)
    const refundable = this.#toRefund.get(caseId)
    if (refundable !== undefined && stage !== refundable && stage !== 'awarded') {
      await this.#refund(caseId, refundable)
    }
    if (stage === 'soft' && takesHedges && !this.#has(caseId, 'offered')) await this.#offer(engineCase)
    if (stage !== 'sealed' || since === 0n) return
    const [now, { commitWindow }] = await Promise.all([
      engineTime(context.connection),
      readParameters(context.connection),
    ])
    if (now < since + commitWindow) {
      if (!this.#has(caseId, 'committed')) await this.#commit(caseId)
    } else if (this.#has(caseId, 'committed') && !this.#has(caseId, 'revealed')) {
      await reveal(context, caseId)
      this.#mark(caseId, 'revealed')
    }
  }

  async #offer({ caseId, capBps }: ListedCase['engineCase']): Promise<void> {
    const { context, name, tell } = this.#terms
    const [lot, subTag] = [await this.#open(caseId), await this.#freeSub()]
    if (lot === undefined || subTag === undefined) return
    await offerSoft(context.connection, context.signer, caseId, (capBps * ASKED_PERCENT) / 100n, subTag)
    this.#mark(caseId, 'offered')
    this.#toRefund.set(caseId, 'soft')
    tell(`${name} opens the hedge (${lot.moved.length} legs) and offers to take it`)
  }

  async #commit(caseId: string): Promise<void> {
    const { context, name, tell, rounds, wantedBps } = this.#terms
    const [lot, subTag] = [await this.#open(caseId), await this.#freeSub()]
    if (lot === undefined || subTag === undefined) return
    const round = rounds.byRoot((await this.#caseOf(caseId)).riskRoot)
    if (round === undefined) return
    const marginNano = (lot.reliefBpsNano * wantedBps) / BPS_NANO
    const { bidBps } = await priceSlice(context, caseId, lot, round.risk, { marginNano })
    if (bidBps === undefined) return
    await commit(context, caseId, { discountBps: bidBps, subTag })
    this.#promised.set(caseId, subTag)
    this.#mark(caseId, 'committed')
    this.#toRefund.set(caseId, 'sealed')
    tell(`${name} opens the slice (${lot.moved.length} legs) and seals a bid`)
  }

  async #refund(caseId: string, stage: 'soft' | 'sealed'): Promise<void> {
    // Whoever was awarded has nothing to fetch; the contract says so.
    this.#toRefund.delete(caseId)
    await refund(this.#terms.context, caseId, stage)
  }

  async #caseOf(caseId: string) {
    const listed = await listCases(this.#terms.context.connection, this.#terms.fromBlock)
    return listed.find(({ engineCase }) => engineCase.caseId === caseId)!.engineCase
  }

  /** The slice that is on sale now; undefined until the venue has shown it. */
  async #open(caseId: string) {
    const { context, venueKey } = this.#terms
    const text = await this.#package(caseId, (await this.#caseOf(caseId)).round)
    if (text === undefined) this.#awaited++
    return text === undefined ? undefined : openSlice(context, caseId, text, venueKey)
  }

  async #package(caseId: string, round: bigint): Promise<string | undefined> {
    try {
      this.#session ??= await signIn(this.#terms.service, this.#terms.context.signer)
      const packages = await this.#session.packages(caseId.toLowerCase())
      return packages.find((one) => BigInt(one.round) === round)?.package
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error
      // The case is not there yet, or the session has ended.
      if (error.status === 401) this.#session = undefined
      return undefined
    }
  }

  /** One that the venue vouches for and that is bid in nowhere. */
  async #freeSub(): Promise<bigint | undefined> {
    const { context, subTags } = this.#terms
    const promised = [...this.#promised.values()]
    for (const tag of subTags) {
      if (promised.includes(tag)) continue
      const sub = await readSubAccount(context.connection, tag)
      const isVouched = sub.vouchedSequence !== 0n && sub.touchedSequence <= sub.vouchedSequence
      if (isVouched && sub.caseId === undefined) return tag
    }
    return undefined
  }

  #has(caseId: string, part: Part): boolean {
    return this.#done.get(caseId)?.has(part) === true
  }

  #mark(caseId: string, part: Part): void {
    const parts = this.#done.get(caseId) ?? new Set<Part>()
    this.#done.set(caseId, parts.add(part))
    this.#steps++
  }
}

/** As a wallet signs in (EIP-4361). */
export async function signIn(service: TacitClient, signer: Signer): Promise<TacitClient> {
  const message = signInMessage(await service.challenge(), getAddress(await signer.getAddress()))
  const { token } = await service.signIn({ message, signature: await signer.signMessage(message) })
  return service.as(token)
}
