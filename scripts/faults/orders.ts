/**
 * A venue that goes on through faults: it hands in rounds and books and orders proofs, each under its own key, and asks again
 * until it is answered, as docs/service.md tells clients to. Boundary module: network, clock.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { SplitMix64 } from '../../src/risk/market/prng.ts'
import { type Job, ServiceError, type TacitClient } from '../../src/service/client/index.ts'
import { accountAt, bookOf, LIQUIDITY, marketAt } from '../service/venue.ts'

type ClaimOrder = Parameters<TacitClient['attest']>[0]
type PassOrder = Parameters<TacitClient['sealBook']>[0]
export type Order = { readonly key: string; readonly accountIndex?: number } & (
  | { readonly kind: 'attestation' | 'trigger'; readonly body: ClaimOrder }
  | { readonly kind: 'solvency'; readonly body: PassOrder }
)

export interface Placed {
  readonly order: Order
  readonly jobId: string
}

export interface Handed {
  readonly hours: number
  readonly riskRoot: string
  /** Of the book that was handed in with the round, and what it was made from. */
  readonly bookRoot: string
  readonly bookSeed: string
}

export interface Trail {
  readonly placed: Placed[]
  readonly handed: Handed[]
  /** Requests that were not answered, or with "ask again". */
  unanswered: number
  /** Refusals that no fault explains. */
  readonly refused: string[]
}

const RETRY_MS = 250

/** Asks until it is answered. A refusal that does not say "ask again" is noted and thrown. */
export async function insist<T>(trail: Trail, ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (error instanceof ServiceError && error.status !== 503 && error.code !== 'UNKNOWN') {
        trail.refused.push(`${error.status} ${error.message}`)
        throw error
      }
      trail.unanswered++
      await sleep(RETRY_MS)
    }
  }
}

export function place(venue: TacitClient, { kind, key, body }: Order): Promise<Job> {
  const options = { idempotencyKey: key }
  if (kind === 'solvency') return venue.sealBook(body, options)
  return kind === 'attestation' ? venue.attest(body, options) : venue.trigger(body, options)
}

export const BOOK_ACCOUNTS = 4

export async function handInNext(venue: TacitClient, trail: Trail): Promise<Handed> {
  const hours = trail.handed.length
  const bookSeed = `book ${hours}`
  const { riskRoot } = await insist(trail, () => venue.addRound({ markets: [marketAt(hours)] }))
  const book = bookOf(BOOK_ACCOUNTS, bookSeed)
  const { bookRoot } = await insist(trail, () => venue.addBook({ riskRoot, book }))
  const handed = { hours, riskRoot, bookRoot, bookSeed }
  trail.handed.push(handed)
  return handed
}

export interface Ordering {
  readonly seed: number
  readonly pauseMs: number
  /** Hands in a round and a book now and then; one client does. */
  readonly handsIn: boolean
  readonly signal: AbortSignal
}

/** Orders one thing after the other until the signal. */
export async function orderOn(
  venue: TacitClient,
  trail: Trail,
  { seed, pauseMs, signal, handsIn }: Ordering,
): Promise<void> {
  const random = new SplitMix64(BigInt(seed))
  const draw = (most: number) => Number(random.between(0n, BigInt(most)))
  for (let turn = 0; !signal.aborted; turn++) {
    const { riskRoot, bookRoot } = trail.handed[draw(trail.handed.length - 1)]!
    const key = `${seed}-${turn}`
    const accountIndex = draw(BOOK_ACCOUNTS - 1)
    const account = accountAt(accountIndex)
    const claim = { riskRoot, bookRoot, account, threshold: 'mm', publish: true } as const
    const order: Order =
      draw(4) === 0
        ? { key, kind: 'solvency', body: { riskRoot, bookRoot, liquidity: LIQUIDITY } }
        : { key, kind: 'attestation', accountIndex, body: claim }
    const { id } = await insist(trail, () => place(venue, order))
    trail.placed.push({ order, jobId: id })
    if (handsIn && draw(2) === 0) await handInNext(venue, trail)
    await sleep(draw(pauseMs), undefined, { signal }).catch(() => {})
  }
}
