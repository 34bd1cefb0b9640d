/** What a worker keeps between tasks: the newest rounds, books and plans, opened once. In memory only. */
import { createHash } from 'node:crypto'
import type { Book } from '../../book/book.ts'
import { ToolError } from '../../protocol/errors.ts'
import { blindOf } from '../../prover/book-pass/blinds.ts'
import { headerHash, passHeader } from '../../prover/book-pass/header.ts'
import { ChainPlan } from '../../prover/book-pass/plan.ts'
import type { EpochRequest, PassArtifacts } from '../../prover/book-pass/request.ts'
import type { MatrixPool } from '../../prover/matrix-pool.ts'
import { type OpenRound, openRound, riskRoundOf } from '../market.ts'
import { type JobRow, openJob } from '../storage/jobs.ts'
import { type BookStore, openBook } from '../venue.ts'
import { dollarsNano, epochContext, ledgerEntries, liquidityNano, type SolvencyRequest } from './requests.ts'

export interface OpenPass {
  readonly epoch: EpochRequest
  readonly plan: ChainPlan
  readonly round: OpenRound
  readonly request: SolvencyRequest
}

export class Contexts {
  readonly #store: BookStore
  readonly #pool: MatrixPool
  readonly #artifacts: PassArtifacts
  readonly #rounds = new Kept<OpenRound>(2)
  readonly #books = new Kept<Book>(2)
  readonly #passes = new Kept<OpenPass>(2)

  constructor(store: BookStore, pool: MatrixPool, artifacts: PassArtifacts) {
    this.#store = store
    this.#pool = pool
    this.#artifacts = artifacts
  }

  round(riskRoot: string): Promise<OpenRound> {
    const { database, instance } = this.#store
    return this.#rounds.of(riskRoot, () => openRound(database, this.#pool, instance, riskRoot))
  }

  book(bookRoot: string): Promise<Book> {
    return this.#books.of(bookRoot, () => openBook(this.#store, bookRoot))
  }

  /** Round, book and chain of a pass. Throws what makes it impossible: AccountError, WitnessError, InputError. */
  pass(job: JobRow): Promise<OpenPass> {
    return this.#passes.of(job.id, () => this.#openPass(job))
  }

  async request<T>(job: JobRow): Promise<T> {
    const text = await openJob(this.#store.database, this.#store.keyring, job.id, 'request')
    if (text === undefined) throw new ToolError('the job has lost its request')
    return JSON.parse(text) as T
  }

  async #openPass(job: JobRow): Promise<OpenPass> {
    const { database, keyring, hasher, instance } = this.#store
    const request = await this.request<SolvencyRequest>(job)
    const secret = await openJob(database, keyring, job.id, 'secret')
    if (secret === undefined)
      throw new ToolError('the pass has lost its secret: its chain cannot be continued')
    const [round, book] = await Promise.all([this.round(job.riskRoot), this.book(job.bookRoot)])
    const symbols = round.snapshot.underlyings.map(({ symbol }) => symbol)
    const epoch: EpochRequest = {
      hasher,
      instance,
      book,
      round: riskRoundOf(round.matrix),
      ledger: ledgerEntries(request.ledger, round, book),
      reservesNano: dollarsNano(request.reserves, 'reserves'),
      liquidityNano: liquidityNano(request.liquidity, symbols),
      policy: request.policy,
      context: epochContext(request),
    }
    // Blinds follow from the job's secret and the run's header: every worker finds the same chain.
    const header = headerHash(passHeader(epoch, this.#artifacts))
    const bytes = createHash('sha256').update(`tacit.service.pass\0${secret}`).digest()
    return { epoch, plan: new ChainPlan(epoch, (count) => blindOf(bytes, header, count)), round, request }
  }
}

/** The newest few of a kind; what fails is not kept. */
class Kept<T> {
  readonly #most: number
  readonly #values = new Map<string, Promise<T>>()

  constructor(most: number) {
    this.#most = most
  }

  of(key: string, make: () => Promise<T>): Promise<T> {
    const found = this.#values.get(key)
    if (found !== undefined) return found
    const value = make()
    this.#values.set(key, value)
    value.catch(() => this.#values.delete(key))
    if (this.#values.size > this.#most) this.#values.delete(this.#values.keys().next().value!)
    return value
  }
}
