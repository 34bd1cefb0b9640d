import type { Signer } from 'ethers'
import { roundDigest } from '../chain/client.ts'
import { postRoundWithData } from '../chain/oracle-client.ts'
import type { Sent } from '../chain/transactions.ts'
import { type Assessment, assessRound } from '../oracle/assess-round.ts'
import type { OracleParameters } from '../oracle/oracle-parameters.ts'
import { type SeenQuotes, seenAfter } from '../oracle/stuck-feeder.ts'
import { ChainError, TacitError } from '../protocol/errors.ts'
import { type AggregatorMemory, readRecord, writeRecord } from './aggregator-memory.ts'
import type { BuiltRound, MatrixMaking } from './build-round.ts'
import type { Clock } from './clock.ts'
import { Collection } from './collection.ts'
import type { AggregatorDesk, Proposal, Receipt, Verdict } from './desk.ts'
import { atQuorum } from './judge-proposal.ts'
import { listQuoted } from './list-quoted.ts'
import { missingSignatures, type OpenProposal, openProposal, refusalTexts } from './open-proposal.ts'
import type { OracleHead, OracleReader } from './oracle-reader.ts'
import {
  checkContentSignature,
  checkRefusalSignature,
  checkRoundSignature,
  type SignedMessage,
} from './signatures.ts'

/**
 * Collects what feeders say, proposes the round that follows, collects their signatures and posts it. Nobody has to trust it:
 * it can be silent, and it can choose whose contents come in time, and that is all. Boundary module.
 */
export interface AggregatorOptions {
  readonly reader: OracleReader
  readonly making: MatrixMaking
  /** Pays for rounds and their bonds. */
  readonly poster: Signer
  /** Puts instruments on the listing as soon as a quorum quotes them; without it the venue's own program does. */
  readonly lister?: Signer | undefined
  readonly memory: AggregatorMemory
  readonly clock: Clock
  readonly parameters: OracleParameters
  /** Once a quorum has spoken the others are waited for so long. */
  readonly gatherSeconds: number
}

/**
 * collecting: no round can be made yet, or others are waited for. proposed: feeders are asked to sign. posted: it is on chain.
 * dropped: the proposal came to nothing. `reasons` say why it is not posted.
 */
export type AggregatorState = 'collecting' | 'listed' | 'proposed' | 'posted' | 'dropped'

export interface AggregatorReport {
  readonly sequence: number
  readonly state: AggregatorState
  readonly reasons: readonly string[]
  readonly assessment?: Assessment
  readonly posted?: { readonly built: BuiltRound; readonly sent: Sent; readonly signers: readonly string[] }
}

export class Aggregator implements AggregatorDesk {
  readonly #options: AggregatorOptions
  #head: OracleHead | undefined
  #collection = new Collection(0)
  #seen: SeenQuotes = new Map()
  #open: OpenProposal | undefined
  #readySince: number | undefined
  #last: AggregatorReport = { sequence: 0, state: 'collecting', reasons: ['has not looked at the chain yet'] }

  constructor(options: AggregatorOptions) {
    this.#options = options
  }

  /** Of the last step. */
  get report(): AggregatorReport {
    return this.#last
  }

  /** The round that contents are taken for; 0 before the first step. */
  get collecting(): number {
    return this.#collection.sequence
  }

  // ---------------------------------------------------------------- what feeders bring

  async takeContent(message: SignedMessage): Promise<Receipt> {
    const head = this.#head
    if (head === undefined) return refuse('it has not looked at the chain yet')
    if (!head.feeders.includes(message.feeder)) return refuse(`${message.feeder} is not a feeder`)
    const rule = ruleBroken(() => checkContentSignature(head, message))
    if (rule !== undefined) return refuse(rule)
    const receipt = this.#collection.take(message)
    if (receipt.taken) await this.#save(head)
    return receipt
  }

  async proposal(): Promise<Proposal | undefined> {
    return this.#open?.proposal
  }

  async takeVerdict(verdict: Verdict): Promise<Receipt> {
    const [head, open] = [this.#head, this.#open]
    if (head === undefined || open === undefined) return refuse('no round is proposed')
    const { round } = open.proposal
    if (verdict.sequence !== round.sequence) return refuse(`round ${round.sequence} is proposed`)
    const feeder = verdict.signs ? verdict.signature.signer : verdict.refusal.feeder
    if (!head.feeders.includes(feeder)) return refuse(`${feeder} is not a feeder`)
    if (!verdict.signs && verdict.refusal.round !== open.digest) return refuse('it is about another round')
    const rule = ruleBroken(() =>
      verdict.signs
        ? checkRoundSignature(head, round, verdict.signature)
        : checkRefusalSignature(head, verdict.refusal),
    )
    if (rule !== undefined) return refuse(rule)
    if (verdict.signs) open.signatures.set(feeder, verdict.signature)
    else open.refusals.set(feeder, verdict.refusal.reason)
    await this.#save(head)
    return { taken: true }
  }

  // ---------------------------------------------------------------- steps

  /**
   * Looks at the chain and does the next thing: proposes, posts, or waits.
   * @throws ChainError when the chain does not answer; a later step goes on
   */
  async step(): Promise<AggregatorReport> {
    const head = await this.#lookAtChain()
    const nowSeconds = await this.#options.clock()
    const told =
      this.#open === undefined ? await this.#collect(head, nowSeconds) : await this.#finish(head, nowSeconds)
    this.#last = { sequence: head.latestSequence + 1, ...told }
    return this.#last
  }

  /** The chain as it is now; what was collected for another round than the next is let go. */
  async #lookAtChain(): Promise<OracleHead> {
    const isFirst = this.#head === undefined
    const head = await this.#options.reader.read()
    this.#head = head
    const next = head.latestSequence + 1
    if (this.#collection.sequence !== next) {
      this.#collection = new Collection(next)
      this.#open = undefined
      this.#readySince = undefined
    }
    if (isFirst) await this.#resume(head)
    return head
  }

  async #collect(head: OracleHead, nowSeconds: number): Promise<Omit<AggregatorReport, 'sequence'>> {
    const assessment = this.#assess(head, this.#collection.messages, nowSeconds)
    if (assessment.medians === undefined) {
      this.#readySince = undefined
      return { state: 'collecting', reasons: assessment.blocked, assessment }
    }
    this.#readySince ??= nowSeconds
    const left = this.#readySince + this.#options.gatherSeconds - nowSeconds
    if (assessment.silent.length > 0 && left > 0) {
      const reasons = [`waits ${left} s more for ${assessment.silent.join(', ')}`]
      return { state: 'collecting', reasons, assessment }
    }
    const { lister, reader } = this.#options
    if (lister !== undefined) {
      const added = await listQuoted(reader.connection, lister, head, assessment.medians)
      if (added > 0)
        return { state: 'listed', reasons: [`${added} instruments were listed first`], assessment }
    }
    this.#open = await openProposal(head, assessment, this.#collection.messages, this.#options.making)
    await this.#save(head)
    return { state: 'proposed', reasons: [missingSignatures(head, this.#open)], assessment }
  }

  async #finish(head: OracleHead, nowSeconds: number): Promise<Omit<AggregatorReport, 'sequence'>> {
    const open = this.#open!
    const { assessment } = open
    const drop = async (reason: string) => {
      this.#open = undefined
      this.#readySince = undefined
      await this.#save(head)
      return { state: 'dropped' as const, reasons: [reason, ...refusalTexts(open)], assessment }
    }
    const age = nowSeconds - open.built.round.timeSeconds
    const { maximumAgeSeconds } = this.#options.parameters.guards
    if (age > maximumAgeSeconds)
      return drop(`its market is ${age} s old, and ${missingSignatures(head, open)}`)
    if (open.signatures.size >= head.quorum) return this.#post(head, open, drop)
    const mayStillSign = head.feeders.length - open.refusals.size
    if (mayStillSign < head.quorum)
      return drop(`too many feeders refuse to sign: ${missingSignatures(head, open)}`)
    return {
      state: 'proposed',
      reasons: [missingSignatures(head, open), ...refusalTexts(open)],
      assessment,
    }
  }

  async #post(
    head: OracleHead,
    open: OpenProposal,
    drop: (reason: string) => Promise<Omit<AggregatorReport, 'sequence'>>,
  ): Promise<Omit<AggregatorReport, 'sequence'>> {
    const { reader, poster } = this.#options
    const { built, assessment } = open
    const signatures = [...open.signatures.values()]
    let sent: Sent
    try {
      sent = await postRoundWithData(reader.connection, poster, built.round, signatures, built.sections)
    } catch (error) {
      // What the chain refuses it would refuse again; what did not reach it is sent again.
      if (!(error instanceof ChainError) || error.code === 'CHAIN_UNAVAILABLE') throw error
      return drop(error.message)
    }
    this.#seen = seenAfter(this.#seen, this.#newestOfEach())
    this.#collection = new Collection(head.latestSequence + 2)
    this.#open = undefined
    this.#readySince = undefined
    await this.#save(head)
    const signers = signatures.map(({ signer }) => signer)
    return { state: 'posted', reasons: [], assessment, posted: { built, sent, signers } }
  }

  // ---------------------------------------------------------------- parts

  #assess(head: OracleHead, messages: readonly SignedMessage[], nowSeconds: number): Assessment {
    return assessRound({
      signed: messages,
      collecting: {
        sequence: head.latestSequence + 1,
        previousSeconds: head.latestSeconds,
        nowSeconds,
        feeders: head.feeders,
      },
      seen: this.#seen,
      guards: head.guards,
      parameters: atQuorum(this.#options.parameters, head),
    })
  }

  #newestOfEach(): SignedMessage[] {
    return [...new Map(this.#collection.messages.map((message) => [message.feeder, message])).values()]
  }

  async #save(head: OracleHead): Promise<void> {
    const open = this.#open
    const record = {
      sequence: this.#collection.sequence,
      contents: this.#collection.messages,
      seen: this.#seen,
      proposal:
        open === undefined ? undefined : { ...open.proposal, signatures: [...open.signatures.values()] },
    }
    await this.#options.memory.save(writeRecord(head, record))
  }

  /** Goes on where an earlier process was stopped: only with what still checks, and only if the chain has not gone on. */
  async #resume(head: OracleHead): Promise<void> {
    const text = await this.#options.memory.load()
    const record = text === undefined ? undefined : readRecord(head, text)
    if (record === undefined) return
    this.#seen = record.seen
    if (record.sequence !== head.latestSequence + 1) return
    const isFeeders = ({ feeder }: SignedMessage) => head.feeders.includes(feeder)
    const isSigned = (message: SignedMessage) =>
      ruleBroken(() => checkContentSignature(head, message)) === undefined
    for (const message of record.contents.filter(isFeeders).filter(isSigned)) this.#collection.take(message)
    const { proposal } = record
    if (proposal === undefined) return
    const messages = proposal.contents.filter(isSigned)
    const assessment = this.#assess(head, messages, await this.#options.clock())
    if (assessment.medians === undefined) return
    const open = await openProposal(head, assessment, messages, this.#options.making)
    if (open.digest !== roundDigest(head, proposal.round)) return
    this.#open = open
    for (const signature of proposal.signatures) {
      await this.takeVerdict({ signs: true, sequence: record.sequence, signature })
    }
  }
}

/** The rule that a check gave as its reason. */
function ruleBroken(check: () => void): string | undefined {
  try {
    check()
    return undefined
  } catch (error) {
    if (error instanceof TacitError) return error.message
    throw error
  }
}

function refuse(rule: string): Receipt {
  return { taken: false, rule }
}
