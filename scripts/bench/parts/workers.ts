import { writeJsonBook } from '../../../src/book/write.ts'
import { MARGIN_INSTANCES } from '../../../src/protocol/instances.ts'
import { writeNativeMarket } from '../../../src/risk/market/native.ts'
import { type Job, TacitClient } from '../../../src/service/client/index.ts'
import { type Deployed, deployService } from '../../service/deployment.ts'
import { rounded } from '../measure.ts'
import { atLeast, type BenchPart, type Row, type Say, showSeconds } from '../part.ts'
import { solvencyBook } from '../solvency-book.ts'
import { benchWorld } from '../world.ts'

const ACCOUNTS = 64
const INSTANCE = 'margin-16'
/** Worker processes of one proving thread each share the database and the machine; plan and seal are one's alone. */
const TARGET_SCALING = 1.6
const LIQUIDITY = '1000000000'

/** A whole book through the service: from the order to the epoch, by one `tacit worker` and by two, on one PostgreSQL. */
export const workersPart: BenchPart = {
  name: 'workers',
  summary: `a ${INSTANCE} book of ${ACCOUNTS} accounts through a service on PostgreSQL, by one worker process and by two`,
  async run(_options, say) {
    const texts = await textsOf()
    const two = await measure(texts, 2, say)
    const one = two && (await measure(texts, 1, say))
    if (two === undefined || one === undefined) {
      return {
        figures: {},
        rows: [{ measure: 'worker processes on PostgreSQL', figure: 'not measured: no server runs here' }],
      }
    }
    const scaling = one / two
    const what = `a book of ${ACCOUNTS} accounts through the service on PostgreSQL`
    const rows: Row[] = [
      { measure: `${what}, one worker process`, figure: showSeconds(one) },
      { measure: 'the same with two', figure: showSeconds(two) },
      atLeast('one worker process / two', scaling, TARGET_SCALING, (value) => value.toFixed(2)),
    ]
    const figures = { accounts: ACCOUNTS, oneWorkerSeconds: rounded(one), twoWorkerSeconds: rounded(two) }
    return { figures: { ...figures, scaling: rounded(scaling) }, rows }
  },
}

interface Texts {
  readonly market: Record<string, unknown>
  readonly book: { format: string; version: number; accounts: Record<string, unknown>[] }
  readonly liquidity: Readonly<Record<string, string>>
  readonly firstAccount: number
}

async function textsOf(): Promise<Texts> {
  const world = await benchWorld(MARGIN_INSTANCES[INSTANCE])
  const { accounts } = solvencyBook(world, ACCOUNTS).book
  const entries = accounts.map((account) => ({ account }))
  const symbols = world.snapshot.underlyings.map(({ symbol }) => symbol)
  return {
    market: JSON.parse(writeNativeMarket(world.snapshot)),
    book: JSON.parse(writeJsonBook(entries, world.matrix.listing)),
    liquidity: Object.fromEntries(symbols.map((symbol) => [symbol, LIQUIDITY])),
    firstAccount: accounts[0]!.accountId,
  }
}

/** Seconds; undefined where no PostgreSQL server runs. */
async function measure(texts: Texts, workers: number, say: Say): Promise<number | undefined> {
  const deployed = await deployService({ database: 'postgres', instance: INSTANCE, workers })
  if (deployed === undefined) return undefined
  try {
    return await pass(deployed, texts, workers, say)
  } finally {
    await deployed.close()
  }
}

async function pass(
  { serve, venueToken }: Deployed,
  texts: Texts,
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
