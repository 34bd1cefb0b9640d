import type { Signer } from 'ethers'
import { type Round, roundDigest, signRound } from '../chain/client.ts'
import type { FeederContent } from '../oracle/feeder-content.ts'
import type { OracleParameters } from '../oracle/oracle-parameters.ts'
import { type FittedMarket, fitMarket, makeContent } from '../oracle/quoted-market.ts'
import { TacitError } from '../protocol/errors.ts'
import type { Solver } from '../risk/hedge/linear-program.ts'
import type { MatrixMaking } from './build-round.ts'
import type { Clock } from './clock.ts'
import { type AggregatorDesk, LONGEST_REASON, type Proposal, type Receipt } from './desk.ts'
import { objectionTo } from './judge-proposal.ts'
import type { OracleHead, OracleReader } from './oracle-reader.ts'
import { type SignedMessage, signContent, signRefusal } from './signatures.ts'
import type { MarketSource } from './source.ts'

/**
 * One feeder: reads a market, says what it sees, and signs the round that follows from what a quorum said. It trusts its
 * source, its key and the chain, and no aggregator. Boundary module: whatever its source, desk and reader touch.
 */
export interface FeederOptions {
  readonly signer: Signer
  readonly source: MarketSource
  readonly desk: AggregatorDesk
  readonly reader: OracleReader
  readonly making: MatrixMaking
  readonly memory: FeederMemory
  readonly clock: Clock
  readonly parameters: OracleParameters
  /** Moves fitted smiles within their bid-asks; without it the curves stand as they were fitted. */
  readonly solve?: Solver
  /** A round is due so long after the one before. */
  readonly everySeconds: number
  /** A content that no round was made of is said anew after this. */
  readonly refreshSeconds: number
}

/** A round that a feeder signed. It outlives the process: see Feeder.#whyNotSign. */
export interface SignedRoundRecord {
  readonly sequence: number
  readonly asOfSeconds: number
  readonly digest: string
}

/**
 * Every signed round that is not stale yet: a reorganisation may drop several at once, and each of their sequences comes
 * again.
 */
export interface FeederMemory {
  load(): Promise<readonly SignedRoundRecord[]>
  /** Returns once the records, and no others, are kept. */
  save(records: readonly SignedRoundRecord[]): Promise<void>
}

export function memoryInProcess(): FeederMemory {
  let kept: readonly SignedRoundRecord[] = []
  return {
    load: async () => kept,
    save: async (records) => {
      kept = records
    },
  }
}

/** A feeder that has signed so many rounds that may still stand signs no other: it forgets none of them. */
export const MOST_SIGNED_ROUNDS = 1_024

/** What one step did. */
export interface FeederReport {
  /** The round that is next. */
  readonly sequence: number
  /** The market that was made in this step. */
  readonly said?: { readonly fitted: FittedMarket; readonly content: FeederContent }
  /** What the desk said to it, or to one made before that it had not taken. */
  readonly receipt?: Receipt
  /** Why no market was sent though one is due. */
  readonly silence?: string
  readonly verdict?: {
    readonly round: Round
    readonly objection: string | undefined
    readonly receipt: Receipt
  }
}

export class Feeder {
  readonly #options: FeederOptions
  #own: FeederContent | undefined
  #unsent: SignedMessage | undefined
  #judged: string | undefined

  constructor(options: FeederOptions) {
    this.#options = options
  }

  /**
   * Says its market where one is due, and answers a proposal that it has not answered yet.
   * @throws ChainError, SourceError and what the desk throws; a later step goes on
   */
  async step(): Promise<FeederReport> {
    const head = await this.#options.reader.read()
    const sequence = head.latestSequence + 1
    const nowSeconds = await this.#options.clock()
    const spoken = await this.#speak(head, nowSeconds)
    const verdict = await this.#answer(head, await this.#options.clock())
    return { sequence, ...spoken, ...(verdict === undefined ? {} : { verdict }) }
  }

  async #speak(
    head: OracleHead,
    nowSeconds: number,
  ): Promise<Pick<FeederReport, 'said' | 'receipt' | 'silence'>> {
    const sequence = head.latestSequence + 1
    if (nowSeconds < head.latestSeconds + this.#options.everySeconds) return {}
    const isFresh = nowSeconds < (this.#own?.asOfSeconds ?? 0) + this.#options.refreshSeconds
    const made = this.#own?.sequence === sequence && isFresh ? {} : await this.#make(head, nowSeconds)
    const message = this.#unsent
    if (message === undefined || message.content.sequence !== sequence) return made
    // Kept until it is taken: the desk may be away, or behind the chain.
    const receipt = await this.#options.desk.takeContent(message)
    if (receipt.taken) this.#unsent = undefined
    return { ...made, receipt }
  }

  async #make(head: OracleHead, nowSeconds: number): Promise<Pick<FeederReport, 'said' | 'silence'>> {
    const { source, signer, parameters, solve } = this.#options
    const sequence = head.latestSequence + 1
    const after = this.#own?.sequence === sequence ? this.#own.asOfSeconds : head.latestSeconds
    const market = await source.take(after)
    if (market === undefined) return { silence: `${source.name} has no newer market` }
    const { asOfSeconds } = market.snapshot
    if (asOfSeconds <= after) return { silence: 'the market is not newer than the one before' }
    if (asOfSeconds > nowSeconds + parameters.quorum.maximumSkewSeconds) {
      return { silence: `the market is ${asOfSeconds - nowSeconds} s ahead of the clock` }
    }
    const fitted = fitMarket(market, solve)
    const content = makeContent(sequence, fitted)
    this.#unsent = await signContent(head, signer, content)
    this.#own = content
    return { said: { fitted, content } }
  }

  async #answer(head: OracleHead, nowSeconds: number): Promise<FeederReport['verdict']> {
    const { desk, signer, parameters, making } = this.#options
    const proposal = await desk.proposal()
    if (proposal === undefined || proposal.round.sequence !== head.latestSequence + 1) return undefined
    const digest = roundDigest(head, proposal.round)
    if (this.#judged === digest) return undefined
    const own = this.#own
    // Without a market of its own for this round it has nothing to hold the medians against.
    if (own === undefined || own.sequence !== proposal.round.sequence) return undefined
    const judge = { head, nowSeconds, own, parameters, making }
    const objection =
      (await this.#whyNotSign(proposal, digest, nowSeconds)) ?? (await objectionSafely(proposal, judge))
    const receipt =
      objection === undefined
        ? await this.#sign(head, proposal.round, digest, nowSeconds)
        : await desk.takeVerdict({
            signs: false,
            sequence: proposal.round.sequence,
            refusal: await signRefusal(head, signer, digest, objection.slice(0, LONGEST_REASON)),
          })
    this.#judged = digest
    return { round: proposal.round, objection, receipt }
  }

  /** Kept before it is sent: a feeder that is killed in between remembers that it may have signed. */
  async #sign(head: OracleHead, round: Round, digest: string, nowSeconds: number): Promise<Receipt> {
    const { desk, memory, signer } = this.#options
    const others = (await this.#fresh(nowSeconds)).filter((signed) => signed.digest !== digest)
    const { sequence, timeSeconds: asOfSeconds } = round
    await memory.save([...others, { sequence, asOfSeconds, digest }])
    const signature = await signRound(head, signer, round)
    return desk.takeVerdict({ signs: true, sequence, signature })
  }

  /**
   * A feeder signs one round for a sequence, until that one is stale. Else whoever collects signatures could have several signed
   * rounds for one place, and post the one that suits it.
   */
  async #whyNotSign(proposal: Proposal, digest: string, nowSeconds: number): Promise<string | undefined> {
    const fresh = await this.#fresh(nowSeconds)
    if (fresh.some((signed) => signed.digest === digest)) return undefined
    const other = fresh.find(({ sequence }) => sequence === proposal.round.sequence)
    if (other !== undefined) {
      const left = this.#staleAfter(other) - nowSeconds
      return `another round ${other.sequence} is signed, and may still be posted for ${left} s`
    }
    if (fresh.length < MOST_SIGNED_ROUNDS) return undefined
    return `${fresh.length} signed rounds may still be posted, and no more are remembered`
  }

  /** What was signed and may still stand. */
  async #fresh(nowSeconds: number): Promise<readonly SignedRoundRecord[]> {
    const signed = await this.#options.memory.load()
    return signed.filter((record) => nowSeconds <= this.#staleAfter(record))
  }

  #staleAfter({ asOfSeconds }: SignedRoundRecord): number {
    return asOfSeconds + this.#options.parameters.guards.maximumAgeSeconds
  }
}

/** A proposal that cannot even be recomputed is answered as well, and not thrown at the feeder's own loop. */
async function objectionSafely(...args: Parameters<typeof objectionTo>): Promise<string | undefined> {
  try {
    return await objectionTo(...args)
  } catch (error) {
    if (!(error instanceof TacitError) || error.code === 'CHAIN_UNAVAILABLE') throw error
    return `it cannot be recomputed: ${error.message}`
  }
}
