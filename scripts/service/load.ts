/**
 * Load: readers and writers at once against a service that runs, for a while; afterwards every order that was accepted must
 * have come to its end. Readers pause between requests as a page does; writers hand in books and order proofs. Boundary
 * module: network, clock.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { SplitMix64 } from '../../src/risk/market/prng.ts'
import { type Job, TacitClient } from '../../src/service/client/index.ts'
import { Latencies } from './latency.ts'
import { accountAt, bookOf, type HeldBook, handIn } from './venue.ts'

export interface LoadPlan {
  readonly url: string
  readonly venueToken: string
  readonly readers: number
  readonly writers: number
  readonly seconds: number
  /** Accounts of the book that is read; as large a one is handed in once in the middle. */
  readonly accounts: number
  /** A reader waits between zero and this long before its next request. */
  readonly pauseMs: number
}

export interface LoadResult {
  readonly latencies: Latencies
  readonly seconds: number
  readonly accepted: number
  readonly succeeded: number
  readonly cancelled: number
  /** Orders that did not end as they must, with what became of them. */
  readonly lost: readonly string[]
  readonly drainSeconds: number
}

interface Order {
  readonly key: string
  readonly id: string
  readonly body: Parameters<TacitClient['attest']>[0]
  readonly isCancelled: boolean
}

const SMALL_BOOK = 8
/** Kinds of requests that change something. */
export const WRITES = [
  'POST order',
  'POST order again',
  'POST cancel',
  'POST book',
  'POST large book',
] as const
const DRAIN_SECONDS = 600

export async function runLoad(plan: LoadPlan, say: (state: string) => void): Promise<LoadResult> {
  const venue = new TacitClient({ url: plan.url, token: plan.venueToken })
  say(`a book of ${plan.accounts} accounts`)
  const held = await handIn(venue, plan.accounts, 'load')
  const run: Run = { plan, venue, held, latencies: new Latencies(), orders: [], until: 0, jobs: [] }
  // One proof before the clock starts: circuits and keys are loaded then, as in a service that has run for a while.
  run.jobs.push((await order(run, 0, 'warm')).id)
  await venue.finished(run.jobs[0]!)
  const started = performance.now()
  run.until = Date.now() + plan.seconds * 1_000
  say(`${plan.readers} readers and ${plan.writers} writers for ${plan.seconds} s`)
  await Promise.all([
    ...Array.from({ length: plan.readers }, (_, i) => reader(run, i)),
    ...Array.from({ length: plan.writers }, (_, i) => writer(run, i)),
    largeBook(run),
  ])
  const seconds = (performance.now() - started) / 1_000
  return { latencies: run.latencies, seconds, ...(await account(run, say)) }
}

interface Run {
  readonly plan: LoadPlan
  readonly venue: TacitClient
  readonly held: HeldBook
  readonly latencies: Latencies
  readonly orders: Order[]
  /** Ids that readers may ask for. */
  readonly jobs: string[]
  until: number
}

type Read = readonly [kind: string, weight: number, read: (run: Run, pick: number) => Promise<unknown>]

/** What a console and other programs ask, and how often. */
const READS: readonly Read[] = [
  ['GET ready', 2, ({ venue }) => venue.ready()],
  ['GET keys', 1, ({ venue }) => venue.keys()],
  ['GET rounds', 3, ({ venue }) => venue.rounds()],
  ['GET round', 3, ({ venue, held }) => venue.round(held.riskRoot)],
  ['GET market', 1, ({ venue, held }) => venue.market(held.riskRoot)],
  ['GET books', 3, ({ venue }) => venue.books()],
  ['GET book', 3, ({ venue, held }) => venue.book(held.bookRoot)],
  ['GET leaves', 2, ({ venue, held }, pick) => venue.leaves(held.bookRoot, pick % held.count)],
  ['GET proofs', 3, ({ venue }) => venue.proofs()],
  ['GET epochs', 2, ({ venue }) => venue.epochs()],
  ['GET cases', 3, ({ venue }) => venue.cases()],
  ['GET jobs', 2, ({ venue }) => venue.jobs()],
  ['GET job', 4, ({ venue, jobs }, pick) => venue.job(jobs[pick % jobs.length]!)],
]

async function reader(run: Run, number: number): Promise<void> {
  const random = new SplitMix64(BigInt(1_000 + number))
  const deck = READS.flatMap((read) => Array.from({ length: read[1] }, () => read))
  const draw = (most: number) => Number(random.between(0n, BigInt(most)))
  // They do not come all in the same moment.
  await sleep(draw(1_000))
  while (Date.now() < run.until) {
    const [kind, , read] = deck[draw(deck.length - 1)]!
    await run.latencies.of(kind, () => read(run, draw(1_000_000)))
    await sleep(draw(run.plan.pauseMs))
  }
}

async function writer(run: Run, number: number): Promise<void> {
  const random = new SplitMix64(BigInt(5_000 + number))
  const { latencies, venue, held } = run
  for (let turn = 0; Date.now() < run.until; turn++) {
    await sleep(Number(random.between(0n, 500n)))
    if (random.between(0n, 3n) === 0n) {
      const book = bookOf(SMALL_BOOK, `writer ${number} ${turn}`)
      await latencies.of('POST book', () => venue.addBook({ riskRoot: held.riskRoot, book }))
      continue
    }
    const isCancelled = random.between(0n, 9n) === 0n
    const place = Number(random.between(0n, BigInt(held.count - 1)))
    const job = await latencies.of('POST order', () => order(run, place, `${number}-${turn}`, isCancelled))
    if (job === undefined) continue
    run.jobs.push(job.id)
    if (isCancelled) await latencies.of('POST cancel', () => venue.cancel(job.id))
    else await followToEnd(run, job)
  }
}

/** The stream may outlast the clock: what is not over then is asked for afterwards. */
async function followToEnd({ venue, until, latencies }: Run, job: Job): Promise<void> {
  const signal = AbortSignal.timeout(Math.max(1, until - Date.now()))
  await latencies.of('stream of a job', async () => {
    await venue.finished(job.id, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error
    })
  })
}

async function order(run: Run, place: number, key: string, isCancelled = false): Promise<Job> {
  const { held, venue, latencies, orders } = run
  const { riskRoot, bookRoot } = held
  const body = { riskRoot, bookRoot, account: accountAt(place), threshold: 'mm', publish: true } as const
  const job = await venue.attest(body, { idempotencyKey: key })
  orders.push({ key, id: job.id, body, isCancelled })
  // A client that did not hear the answer asks again.
  const again = await latencies.of('POST order again', () => venue.attest(body, { idempotencyKey: key }))
  if (again !== undefined && again.id !== job.id) throw new Error('the same key gave another job')
  return job
}

/** In the middle, so that what it does to everybody else is seen. */
async function largeBook({ plan, venue, held, latencies, until }: Run): Promise<void> {
  await sleep((plan.seconds * 1_000) / 2)
  if (Date.now() >= until) return
  const book = bookOf(plan.accounts, 'large')
  const added = await latencies.of('POST large book', () => venue.addBook({ riskRoot: held.riskRoot, book }))
  if (added === undefined) return
  const { riskRoot } = held
  const body = { riskRoot, bookRoot: added.bookRoot, account: accountAt(1), threshold: 'mm' } as const
  await latencies.of('POST order', () => venue.attest(body))
}

async function account(run: Run, say: (state: string) => void) {
  const started = performance.now()
  const { venue, orders } = run
  const lost: string[] = []
  let succeeded = 0
  let cancelled = 0
  for (const [i, { key, id, body, isCancelled }] of orders.entries()) {
    say(`${i} of ${orders.length} orders accounted for`)
    const spent = (performance.now() - started) / 1_000
    const signal = AbortSignal.timeout(Math.round(Math.max(1_000, (DRAIN_SECONDS - spent) * 1_000)))
    const job = await venue.finished(id, signal).catch(() => undefined)
    const asked = await venue.attest(body, { idempotencyKey: key })
    if (job === undefined || asked.id !== id) lost.push(`${key}: ${job?.status ?? 'not over'}`)
    else if (job.status === 'succeeded' && (await venue.proof(id)).format === 'tacit.proof') succeeded++
    else if (job.status === 'cancelled' && isCancelled) cancelled++
    else lost.push(`${key}: ${job.status} ${job.error?.message ?? ''}`)
  }
  const drainSeconds = (performance.now() - started) / 1_000
  return { accepted: orders.length, succeeded, cancelled, lost, drainSeconds }
}
