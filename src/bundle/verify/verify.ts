import { InputError } from '../../protocol/errors.ts'
import type { Hasher } from '../../protocol/poseidon.ts'
import type { RandomBytes } from '../groth16/batch.ts'
import type { Chunks } from '../lines.ts'
import { readBundle } from '../read.ts'
import type { BundleHeader, BundleKey, BundleRecord, BundleStep, RecordOf } from '../records.ts'
import { type SealStatement, statementOf } from '../statement.ts'
import { StepsRoot } from '../steps-root.ts'
import { BookCheck } from './book.ts'
import { ChainCheck } from './chain.ts'
import { CheckList, fail, pass } from './check.ts'
import { checkKeys, type PinnedKey } from './keys.ts'
import { StepProofs, sealFinding } from './proofs.ts'
import {
  type BundleReport,
  figuresOf,
  REPORT_FORMAT,
  REPORT_VERSION,
  verdictOf,
  verdictWords,
} from './report.ts'
import { type CheckedRound, checkRound, RoundRecords, standingOf } from './round.ts'
import { contextFinding, figuresFinding, freshnessFinding, ledgerFinding, policyFinding } from './words.ts'

/** What verification takes of its surroundings: nothing here has a clock or a source of randomness of its own. */
export interface VerifyOptions {
  readonly hasher: Hasher
  /** Cryptographically random. */
  readonly randomBytes: RandomBytes
  /** Milliseconds, for the time that checks take. */
  readonly nowMs: () => number
  /** The time that the round is held against, unix seconds. */
  readonly asOfSeconds?: number | undefined
  readonly maxAgeSeconds?: number | undefined
  /** Keys that the reader trusts, for steps and seal. */
  readonly pins?: readonly PinnedKey[] | undefined
  /** Told now and then; what it returns is awaited, so that a page can draw. */
  readonly progress?: ((progress: VerifyProgress) => void | Promise<void>) | undefined
}

export interface VerifyProgress {
  readonly phase: 'round' | 'leaves' | 'steps'
  readonly done: number
  readonly total: number
}

/** A report, and what it was made of for whoever checks a receipt against the bundle. */
export interface VerifiedBundle {
  readonly report: BundleReport
  readonly header: BundleHeader | undefined
  readonly round: CheckedRound
  /** As they stand in the bundle, steps' first; the report says whether they are sound. */
  readonly keys: readonly BundleKey[]
}

export interface VerifyHooks {
  /** Every leaf of the book in order, checked or not. */
  readonly onLeaf?: (index: number, leaf: bigint) => void
}

/**
 * Every check of a bundle, read once from front to back. Never throws for what the bundle holds: a file that is no
 * bundle gives the verdict "refused", one that does not hold "invalid".
 */
export async function verifyBundle(
  chunks: Chunks,
  options: VerifyOptions,
  hooks: VerifyHooks = {},
): Promise<VerifiedBundle> {
  const started = options.nowMs()
  const run = new Verification(options, hooks)
  try {
    for await (const record of readBundle(chunks)) await run.take(record)
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    run.refuse(error)
  }
  return run.finish(options.nowMs() - started)
}

const LEAVES_BETWEEN_PROGRESS = 4_096

class Verification {
  readonly #options: VerifyOptions
  readonly #hooks: VerifyHooks
  readonly #checks: CheckList
  readonly #records = new RoundRecords()
  readonly #keys: BundleKey[] = []
  #header: BundleHeader | undefined
  #statement: SealStatement | undefined
  #round: CheckedRound = { configuration: undefined, snapshot: undefined, matrix: undefined }
  #book: BookCheck | undefined
  #chain: ChainCheck | undefined
  #proofs: StepProofs | undefined
  readonly #stepsRoot = new StepsRoot()
  #lines = 0
  #digest: string | undefined

  constructor(options: VerifyOptions, hooks: VerifyHooks) {
    this.#options = options
    this.#hooks = hooks
    this.#checks = new CheckList(options.nowMs)
  }

  async take(record: BundleRecord): Promise<void> {
    this.#lines++
    if (this.#records.take(record)) return
    if (record.record === 'header') this.#begin(record)
    else if (record.record === 'key') await this.#takeKey(record)
    else if (record.record === 'leaf') await this.#takeLeaf(record)
    else if (record.record === 'step') await this.#takeStep(record)
    else if (record.record === 'seal') await this.#takeSeal(record)
    else if (record.record === 'end') this.#end(record)
  }

  refuse(error: InputError): void {
    this.#checks.set('format', fail(error.message))
  }

  finish(milliseconds: number): VerifiedBundle {
    const header = this.#header
    const statement = this.#statement
    const checks = this.#checks.list()
    const verdict = verdictOf(checks, this.#keys)
    const figures =
      header === undefined || statement === undefined ? undefined : figuresOf(header, statement, this.#round)
    const report: BundleReport = {
      format: REPORT_FORMAT,
      version: REPORT_VERSION,
      verdict,
      words: verdictWords(verdict, checks, figures, standingOf(this.#round)),
      checks,
      statement: figures,
      chain: header?.chain ?? null,
      keys: this.#keys.map(({ role, circuit, hash, setup }) => ({ role, circuit, hash, setup })),
      stepsRoot: this.#digest === undefined ? undefined : this.#stepsRoot.root,
      digest: this.#digest,
      milliseconds: Math.round(milliseconds),
    }
    return { report, header, round: this.#round, keys: this.#keys }
  }

  #begin(header: BundleHeader): void {
    this.#header = header
    this.#statement = statementOf(header)
    this.#book = new BookCheck(this.#options.hasher, header)
    this.#chain = new ChainCheck(this.#statement)
  }

  /** The first key ends the round's records, the second one the keys. */
  async #takeKey(key: BundleKey): Promise<void> {
    const { hasher, randomBytes, pins = [] } = this.#options
    this.#keys.push(key)
    if (this.#keys.length === 1) {
      await this.#tell('round', 0, this.#records.instruments.length)
      this.#round = checkRound(this.#checks, hasher, this.#header!, this.#statement!, this.#records)
      return
    }
    await checkKeys(this.#checks, this.#header!, this.#keys, pins)
    if (this.#checks.finding('keys')!.verdict === 'pass') {
      this.#proofs = await StepProofs.create(this.#keys[0]!, this.#statement!, randomBytes)
    }
  }

  async #takeLeaf({ index, leaf }: RecordOf<'leaf'>): Promise<void> {
    const value = BigInt(leaf)
    this.#checks.timed('book', () => this.#book!.take(value))
    this.#hooks.onLeaf?.(index, value)
    if (index % LEAVES_BETWEEN_PROGRESS === 0) await this.#tell('leaves', index, this.#header!.count)
  }

  async #takeStep(step: BundleStep): Promise<void> {
    if (step.index === 0) this.#checks.run('book', () => this.#book!.finding(this.#statement!))
    this.#checks.timed('chain', () => {
      this.#chain!.take(step)
      this.#stepsRoot.add(BigInt(step.chainIn), BigInt(step.chainOut))
    })
    if (this.#checks.timed('steps', () => this.#proofs?.take(step))) {
      await this.#tell('steps', step.index + 1, this.#header!.count)
    }
  }

  async #takeSeal({ proof }: RecordOf<'seal'>): Promise<void> {
    const checks = this.#checks
    const statement = this.#statement!
    const header = this.#header!
    const unsafe = fail('not verified: the keys are unsafe')
    checks.run('steps', () => this.#proofs?.finding() ?? unsafe)
    checks.run('chain', () => this.#chain!.finding())
    const started = this.#options.nowMs()
    const finding =
      this.#proofs === undefined
        ? unsafe
        : await sealFinding(this.#keys[1]!, statement, proof, this.#options.randomBytes)
    checks.set('seal', finding)
    checks.spent('seal', this.#options.nowMs() - started)
    checks.run('context', () => contextFinding(header, statement))
    checks.run('ledger', () => ledgerFinding(statement, this.#round))
    checks.run('figures', () => figuresFinding(statement, header.count, this.#round))
    checks.run('policy', () => policyFinding(statement, header.count))
    const { asOfSeconds, maxAgeSeconds } = this.#options
    checks.run('freshness', () => freshnessFinding(header, asOfSeconds, maxAgeSeconds))
  }

  #end({ digest }: RecordOf<'end'>): void {
    this.#digest = digest
    this.#checks.set('format', pass(`${this.#lines} records; digest ${digest}`))
  }

  async #tell(phase: VerifyProgress['phase'], done: number, total: number): Promise<void> {
    await this.#options.progress?.({ phase, done, total })
  }
}
