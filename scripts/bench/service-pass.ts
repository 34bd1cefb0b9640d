/** A whole book through a service on PostgreSQL, proven by so many processes of `tacit worker`. */
import { writeJsonBook } from '../../src/book/write.ts'
import { MARGIN_INSTANCES } from '../../src/protocol/instances.ts'
import { writeNativeMarket } from '../../src/risk/market/native.ts'
import { type Job, TacitClient } from '../../src/service/client/index.ts'
import { type Deployed, deployService } from '../service/deployment.ts'
import { accountAt, bookOf, LIQUIDITY as LIQUIDITIES, marketAt } from '../service/venue.ts'
import type { Say } from './part.ts'
import { solvencyBook } from './solvency-book.ts'
import { benchWorld } from './world.ts'

type InstanceName = 'margin-4' | 'margin-16'
const LIQUIDITY = '1000000000'

export interface VenueTexts {
  readonly instance: InstanceName
  readonly market: Record<string, unknown>
  readonly book: { format: string; version: number; accounts: Record<string, unknown>[] }
  readonly liquidity: Readonly<Record<string, string>>
  readonly firstAccount: number
}

/** Every slot filled: padding would flatter a proof. */
export async function fullTexts(count: number): Promise<VenueTexts> {
  const instance = 'margin-16'
  const world = await benchWorld(MARGIN_INSTANCES[instance])
  const { accounts } = solvencyBook(world, count).book
  const entries = accounts.map((account) => ({ account }))
  const symbols = world.snapshot.underlyings.map(({ symbol }) => symbol)
  return {
    instance,
    market: JSON.parse(writeNativeMarket(world.snapshot)),
    book: JSON.parse(writeJsonBook(entries, world.matrix.listing)),
    liquidity: Object.fromEntries(symbols.map((symbol) => [symbol, LIQUIDITY])),
    firstAccount: accounts[0]!.accountId,
  }
}

/** Seconds from the order to the epoch; undefined where no PostgreSQL server runs. */
export async function passThroughService(
  texts: VenueTexts,
  workers: number,
  say: Say,
): Promise<number | undefined> {
  const deployed = await deployService({ database: 'postgres', instance: texts.instance, workers })
  if (deployed === undefined) return undefined
  try {
    return await pass(deployed, texts, workers, say)
  } finally {
    await deployed.close()
  }
}

/** The small market: for a look at whether it works. */
export function smallTexts(count: number): VenueTexts {
  const book = bookOf(count, 'small')
  return {
    instance: 'margin-4',
    market: marketAt(0),
    book,
    liquidity: LIQUIDITIES,
    firstAccount: accountAt(0),
  }
}

async function pass(
  { serve, venueToken }: Deployed,
  texts: VenueTexts,
  workers: number,
  say: Say,
): Promise<number> {
  const venue = new TacitClient({ url: serve.url, token: venueToken })
  const { riskRoot } = await venue.addRound({ markets: [texts.market] })
  const { bookRoot } = await venue.addBook({ riskRoot, book: texts.book })
  say('keys and witness programs are loaded')
  const claim = { riskRoot, bookRoot, account: texts.firstAccount, threshold: 'mm' } as const
  const warm = await Promise.all(Array.from({ length: 3 * workers }, () => venue.attest(claim)))
  for (const { id } of warm) succeeded(await venue.finished(id))
  const started = performance.now()
  const job = await venue.sealBook({ riskRoot, bookRoot, liquidity: texts.liquidity })
  for await (const { done, total } of venue.follow(job.id))
    say(`${done} of ${total} proofs, ${workers} workers`)
  succeeded(await venue.finished(job.id))
  return (performance.now() - started) / 1_000
}

function succeeded({ status, error }: Job): void {
  if (status !== 'succeeded') throw new Error(`a job is ${status}: ${error?.message}`)
}
