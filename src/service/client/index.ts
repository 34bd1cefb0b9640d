/**
 * The service's client: the same in Node and in browsers, with no dependency but fetch. Types come from the service's own
 * schemas; nothing of the service is loaded.
 */
import type { z } from 'zod'
import type * as schemas from '../api/schemas.ts'
import { readEvents } from './events.ts'

type Wire<Name extends keyof typeof schemas> = (typeof schemas)[Name] extends z.ZodType
  ? z.output<(typeof schemas)[Name]>
  : never
type Order<Name extends keyof typeof schemas> = (typeof schemas)[Name] extends z.ZodType
  ? z.input<(typeof schemas)[Name]>
  : never

export type Job = Wire<'Job'>
export type Round = Wire<'Round'>
export type BookInfo = Wire<'BookInfo'>
export type Epoch = Wire<'Epoch'>
export type ProofInfo = Wire<'ProofInfo'>
export type ProofDocument = Wire<'ProofDocument'>
export type VerifyingKey = Wire<'VerifyingKey'>
export type Challenge = Wire<'Challenge'>
export type Session = Wire<'Session'>
export type Case = Wire<'Case'>
export type ChainDeployment = Wire<'ChainDeployment'>
export type ContractAbi = Wire<'ContractAbi'>
export type Overview = Wire<'Overview'>
export type OracleRound = Wire<'OracleRound'>
export type ChainSeal = Wire<'ChainSeal'>
export type Auction = Wire<'Auction'>
export type Auctions = Wire<'Auctions'>
export type FeedItem = Wire<'FeedItem'>
export type JobCounts = Wire<'JobCounts'>
export type ClaimOrder = Order<'ClaimBody'>
export type SolvencyOrder = Order<'SolvencyBody'>
type Fault = Wire<'FieldFault'>

export interface ClientOptions {
  /** Where the service is: https://host */
  readonly url: string
  /** An API key or a session's token. */
  readonly token?: string
  readonly fetch?: typeof fetch
}

export interface OrderOptions {
  /** The same key again gives the same job back; a random one unless given. */
  readonly idempotencyKey?: string
}

/** What the service refused, which fields are at fault, and why. */
export class ServiceError extends Error {
  readonly status: number
  readonly code: string
  readonly fields: readonly Fault[]
  readonly requestId: string | undefined
  constructor(status: number, body: unknown) {
    const error = (body as Partial<Wire<'ErrorBody'>> | undefined)?.error
    super(error?.message ?? `the service answered with status ${status}`)
    this.name = 'ServiceError'
    this.status = status
    this.code = error?.code ?? 'UNKNOWN'
    this.fields = error?.fields ?? []
    this.requestId = error?.requestId
  }
}

export interface EventsOptions {
  readonly after?: number | undefined
  /** How long to listen, and no longer; for ever unless given. */
  readonly seconds?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** The id to go on from stands with every event; undefined before the first. */
export type ServiceEvent = { readonly id: number | undefined } & (
  | { readonly event: 'chain'; readonly data: FeedItem }
  | { readonly event: 'jobs'; readonly data: JobCounts }
  | { readonly event: 'reset'; readonly data: object }
)

interface Request {
  readonly body?: object | undefined
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | undefined
}

/** Every method throws ServiceError for a refusal, and what fetch throws when nothing answers. */
export class TacitClient {
  readonly #options: ClientOptions

  constructor(options: ClientOptions) {
    this.#options = { ...options, url: options.url.replace(/\/$/, '') }
  }

  /** The same service as somebody else. */
  as(token: string): TacitClient {
    return new TacitClient({ ...this.#options, token })
  }

  readonly ready = () => this.#json<Wire<'Ready'>>('GET', '/ready')
  readonly keys = async () => (await this.#json<{ keys: VerifyingKey[] }>('GET', '/v1/keys')).keys

  readonly challenge = () => this.#json<Challenge>('POST', '/v1/sign-in/challenge')
  /** @param signed a message of EIP-4361 (see signInMessage), and its signature by the wallet */
  readonly signIn = (signed: Order<'SignInRequest'>) =>
    this.#json<Session>('POST', '/v1/sign-in', { body: signed })
  readonly signOut = () => this.#json<object>('DELETE', '/v1/session')

  readonly rounds = async (limit = 50) =>
    (await this.#json<{ rounds: Round[] }>('GET', `/v1/rounds?limit=${limit}`)).rounds
  readonly round = (riskRoot: string) => this.#json<Round>('GET', `/v1/rounds/${riskRoot}`)
  readonly market = (riskRoot: string) =>
    this.#json<Wire<'RoundMarket'>>('GET', `/v1/rounds/${riskRoot}/market`)
  readonly addRound = (body: Order<'RoundRequest'>) => this.#json<Round>('POST', '/v1/rounds', { body })

  readonly books = async (limit = 50) =>
    (await this.#json<{ books: BookInfo[] }>('GET', `/v1/books?limit=${limit}`)).books
  readonly book = (bookRoot: string) => this.#json<BookInfo>('GET', `/v1/books/${bookRoot}`)
  readonly leaves = (bookRoot: string, from = 0, limit = 512) =>
    this.#json<Wire<'Leaves'>>('GET', `/v1/books/${bookRoot}/leaves?from=${from}&limit=${limit}`)
  /** The caller's own openings with their paths: files for `tacit check-receipt`. */
  readonly receipts = async (bookRoot: string) =>
    (await this.#json<Wire<'Receipts'>>('GET', `/v1/books/${bookRoot}/receipts`)).receipts
  readonly addBook = (body: Order<'BookRequest'>) => this.#json<BookInfo>('POST', '/v1/books', { body })

  readonly attest = (body: ClaimOrder, options?: OrderOptions) =>
    this.#order('/v1/attestations', body, options)
  readonly trigger = (body: ClaimOrder, options?: OrderOptions) => this.#order('/v1/triggers', body, options)
  readonly sealBook = (body: SolvencyOrder, options?: OrderOptions) =>
    this.#order('/v1/solvency', body, options)

  readonly jobs = async (limit = 50) =>
    (await this.#json<{ jobs: Job[] }>('GET', `/v1/jobs?limit=${limit}`)).jobs
  readonly job = (id: string) => this.#json<Job>('GET', `/v1/jobs/${id}`)
  readonly cancel = (id: string) => this.#json<Job>('POST', `/v1/jobs/${id}/cancel`)

  /** The job as it goes on; the last one is over. */
  async *follow(id: string, signal?: AbortSignal): AsyncGenerator<Job> {
    const headers = { accept: 'text/event-stream' }
    const response = await this.#send('GET', `/v1/jobs/${id}/events`, { headers, signal })
    for await (const { data } of readEvents(response)) yield JSON.parse(data) as Job
  }

  /** Waits for the end of a job, over lost connections too. */
  async finished(id: string, signal?: AbortSignal): Promise<Job> {
    for (;;) {
      let last: Job | undefined
      try {
        for await (const job of this.follow(id, signal)) last = job
      } catch (error) {
        if (signal?.aborted || error instanceof ServiceError) throw error
      }
      if (last !== undefined && last.finishedAt !== null) return last
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
  }

  readonly proofs = async (limit = 50) =>
    (await this.#json<{ proofs: ProofInfo[] }>('GET', `/v1/proofs?limit=${limit}`)).proofs
  /** A file for `tacit verify`. */
  readonly proof = (id: string) => this.#json<ProofDocument>('GET', `/v1/proofs/${id}`)
  readonly epochs = async (limit = 50) =>
    (await this.#json<{ epochs: Epoch[] }>('GET', `/v1/epochs?limit=${limit}`)).epochs
  readonly epoch = (id: string) => this.#json<Epoch>('GET', `/v1/epochs/${id}`)
  /** The bytes of a bundle, for `tacit verify` or for verifyBundle. */
  async bundle(id: string): Promise<Response> {
    return this.#send('GET', `/v1/epochs/${id}/bundle`)
  }

  readonly cases = async (limit = 50) =>
    (await this.#json<{ cases: Case[] }>('GET', `/v1/cases?limit=${limit}`)).cases
  readonly case = (caseId: string) => this.#json<Case>('GET', `/v1/cases/${caseId}`)
  readonly writeCase = (caseId: string, body: Order<'CaseBody'>) =>
    this.#json<Case>('PUT', `/v1/cases/${caseId}`, { body })
  readonly writePackage = (caseId: string, liquidator: string, body: Order<'PackageBody'>) =>
    this.#json<object>('PUT', `/v1/cases/${caseId}/packages/${liquidator}`, { body })
  readonly packages = async (caseId: string) =>
    (await this.#json<Wire<'Packages'>>('GET', `/v1/cases/${caseId}/packages`)).packages

  readonly deployment = () => this.#json<ChainDeployment>('GET', '/v1/deployment')
  /** @param contract its name in the deployment: 'sealed', 'dutch', 'escrow' */
  readonly abi = (contract: string) => this.#json<ContractAbi>('GET', `/v1/deployment/abi/${contract}`)
  readonly overview = () => this.#json<Overview>('GET', '/v1/overview')
  readonly oracleRounds = async (limit = 50) =>
    (await this.#json<{ rounds: OracleRound[] }>('GET', `/v1/oracle/rounds?limit=${limit}`)).rounds
  readonly oracleRound = (sequence: number) => this.#json<OracleRound>('GET', `/v1/oracle/rounds/${sequence}`)
  readonly auctions = () => this.#json<Auctions>('GET', '/v1/auctions')

  /**
   * What happens, from now on or after an event; over lost connections too. Whoever is told `reset` reads everything anew.
   * @param after id of the last event that was seen
   */
  async *events(options: EventsOptions = {}): AsyncGenerator<ServiceEvent> {
    const { signal, seconds } = options
    let last = options.after
    const query = seconds === undefined ? '' : `?seconds=${seconds}`
    for (;;) {
      try {
        const headers = {
          accept: 'text/event-stream',
          ...(last === undefined ? {} : { 'last-event-id': `${last}` }),
        }
        const response = await this.#send('GET', `/v1/events${query}`, { headers, signal })
        for await (const { id, event, data } of readEvents(response)) {
          last = id === undefined ? last : Number(id)
          yield { id: last, event, data: JSON.parse(data) } as ServiceEvent
        }
      } catch (error) {
        if (signal?.aborted || error instanceof ServiceError) throw error
      }
      if (seconds !== undefined) return
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
  }

  readonly addLiquidator = (address: string) => this.#json<object>('PUT', `/v1/liquidators/${address}`)
  readonly removeLiquidator = (address: string) => this.#json<object>('DELETE', `/v1/liquidators/${address}`)
  readonly addApiKey = (body: Order<'ApiKeyBody'>) =>
    this.#json<Wire<'NewApiKey'>>('POST', '/v1/api-keys', { body })
  /** The sample venue's market crashes with its next round. */
  readonly crashSample = () => this.#json<object>('POST', '/v1/sample/crash')
  readonly revokeApiKey = (id: string) => this.#json<object>('DELETE', `/v1/api-keys/${id}`)

  #order(
    path: string,
    body: object,
    { idempotencyKey = crypto.randomUUID() }: OrderOptions = {},
  ): Promise<Job> {
    return this.#json<Job>('POST', path, { body, headers: { 'idempotency-key': idempotencyKey } })
  }

  async #json<T>(method: string, path: string, request: Request = {}): Promise<T> {
    return (await this.#send(method, path, request)).json() as Promise<T>
  }

  async #send(method: string, path: string, { body, headers = {}, signal }: Request = {}): Promise<Response> {
    const { url, token, fetch: send = fetch } = this.#options
    const response = await send(`${url}${path}`, {
      method,
      headers: {
        ...headers,
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
      // Nothing but the token says who is asking.
      credentials: 'omit',
    })
    if (response.ok) return response
    throw new ServiceError(response.status, await response.json().catch(() => undefined))
  }
}

/** The message that a wallet signs to sign in (EIP-4361). @param address with its checksum */
export function signInMessage(challenge: Challenge, address: string, now: Date = new Date()): string {
  const { domain, uri, chainId, nonce, statement, expiresAt } = challenge
  return [
    `${domain} wants you to sign in with your Ethereum account:`,
    address,
    '',
    statement,
    '',
    `URI: ${uri}`,
    'Version: 1',
    `Chain ID: ${chainId}`,
    `Nonce: ${nonce}`,
    `Issued At: ${now.toISOString()}`,
    `Expiration Time: ${expiresAt}`,
  ].join('\n')
}
