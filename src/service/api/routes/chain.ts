import { Markets } from '../../chain/markets.ts'
import { auctionView, positionView, roundView, sealView } from '../../chain/views.ts'
import { Refusal } from '../../refusal.ts'
import {
  type ChainCursor,
  findContract,
  findRecord,
  listContracts,
  listRecords,
  readCursor,
} from '../../storage/chain.ts'
import type { Database } from '../../storage/database.ts'
import { countJobs } from '../../storage/jobs.ts'
import type { ApiContext } from '../context.ts'
import {
  Auctions,
  ChainDeployment,
  ContractAbi,
  ContractName,
  Limit,
  listOf,
  OracleRound,
  Overview,
  RoundSequence,
} from '../schemas.ts'

/** Seals that the overview shows. */
const SEALS = 100
/** Auctions at a time. */
const AUCTIONS = 200

/** What the follower has read from the chain: all of it public. */
export function chainRoutes(context: ApiContext): void {
  const { route, store } = context
  const { database } = store
  const markets = new Markets(database)
  deploymentRoutes(context)
  overviewRoute(context, markets)
  const rounds = { query: Limit, answers: { 200: listOf('rounds', OracleRound) } }
  route('listOracleRounds', rounds, async ({ query }) => {
    const cursor = await readCursor(database)
    const records = cursor === undefined ? [] : await listRecords(database, 'round', query.limit)
    const spots = await markets.spotsOf(records.map(({ riskRoot }) => riskRoot))
    return { rounds: records.map((record) => roundView(record, cursor!, spots.get(record.riskRoot))) }
  })
  const one = { params: RoundSequence, answers: { 200: OracleRound } }
  route('readOracleRound', one, async ({ params }) => {
    const cursor = await readCursor(database)
    const record = await findRecord(database, 'round', `${params.sequence}`)
    if (cursor === undefined || record === undefined)
      throw new Refusal('NOT_FOUND', 'sequence', 'no round of the chain that was read has this number')
    return roundView(record, cursor, (await markets.spotsOf([record.riskRoot])).get(record.riskRoot))
  })
  route('listAuctions', { answers: { 200: Auctions } }, async () => {
    const status = (await readCursor(database))?.status ?? null
    if (status === null) return { clock: null, auctions: [] }
    const symbols = await markets.symbols()
    const cases = await listRecords(database, 'case', AUCTIONS, true)
    return {
      clock: status.clock,
      auctions: cases.flatMap((record) => auctionView(record, status, symbols) ?? []),
    }
  })
}

function deploymentRoutes({ route, store: { database } }: ApiContext): void {
  route('readDeployment', { answers: { 200: ChainDeployment } }, async () => {
    const { deployment, status } = await followed(database)
    return {
      ...deployment,
      contracts: await listContracts(database),
      parameters: status?.parameters ?? {},
    }
  })
  const abi = { params: ContractName, answers: { 200: ContractAbi } }
  route('readAbi', abi, async ({ params }) => {
    const found = await findContract(database, params.contract)
    if (found === undefined)
      throw new Refusal('NOT_FOUND', 'contract', 'must be a name that GET /v1/deployment lists')
    return { ...found, abi: JSON.parse(found.abi) }
  })
}

function overviewRoute({ route, store: { database }, chainId }: ApiContext, markets: Markets): void {
  route('readOverview', { answers: { 200: Overview } }, async () => {
    const cursor = await readCursor(database)
    const [[head], [round], seals, open, jobs, symbols] = await Promise.all([
      listRecords(database, 'head', 1),
      listRecords(database, 'round', 1, true),
      listRecords(database, 'seal', SEALS),
      listRecords(database, 'case', AUCTIONS, true),
      countJobs(database),
      markets.symbols(),
    ])
    const spots = await markets.spotsOf(round === undefined ? [] : [round.riskRoot])
    const byStage: Record<string, number> = {}
    for (const { stage } of open) byStage[stage] = (byStage[stage] ?? 0) + 1
    return {
      chainId,
      chain: cursor === undefined ? null : positionView(cursor),
      clock: cursor?.status?.clock ?? null,
      head: head ?? null,
      finalSequence: cursor?.status?.finalSequence ?? null,
      round: round === undefined ? null : roundView(round, cursor!, spots.get(round.riskRoot)),
      seals: seals.map((seal) => sealView(seal, symbols)),
      funds: cursor?.status?.funds ?? null,
      cases: { open: open.length, byStage },
      jobs,
    }
  })
}

async function followed(database: Database): Promise<ChainCursor> {
  const cursor = await readCursor(database)
  if (cursor === undefined)
    throw new Refusal('NOT_FOUND', 'chain', 'this service follows no chain (TACIT_RPC_URL, TACIT_DEPLOYMENT)')
  return cursor
}
