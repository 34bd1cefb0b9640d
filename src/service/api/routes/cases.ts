import type { z } from 'zod'
import { Markets } from '../../chain/markets.ts'
import { caseView } from '../../chain/views.ts'
import { Refusal } from '../../refusal.ts'
import { findRecord, listRecords, readCursor } from '../../storage/chain.ts'
import type { Database } from '../../storage/database.ts'
import { addPackage, readPackages } from '../../storage/packages.ts'
import type { ApiContext } from '../context.ts'
import { Case, CaseBody, CaseId, Empty, Limit, listOf, PackageBody, PackageId, Packages } from '../schemas.ts'

type CaseShape = z.output<typeof Case>

/** Cases as the follower reads them, or as the venue tells them where no chain is followed; and lots for liquidators. */
export function caseRoutes(context: ApiContext): void {
  const { route, store } = context
  const { database } = store
  const markets = new Markets(database)
  const find = async (caseId: string): Promise<CaseShape> => {
    const found = (await follows(database))
      ? await chainCase(database, markets, caseId)
      : await toldCase(database, caseId)
    if (found === undefined) throw new Refusal('NOT_FOUND', 'caseId', 'no case has this id')
    return found
  }
  route('listCases', { query: Limit, answers: { 200: listOf('cases', Case) } }, async ({ query }) => {
    if (!(await follows(database))) return { cases: await toldCases(database, query.limit) }
    const records = await listRecords(database, 'case', query.limit)
    const symbols = await markets.symbols()
    return { cases: records.map((record) => caseView(record, symbols)) }
  })
  route('readCase', { params: CaseId, answers: { 200: Case } }, ({ params }) => find(params.caseId))
  route('writeCase', { params: CaseId, body: CaseBody, answers: { 200: Case } }, async ({ params, body }) => {
    if (await follows(database))
      throw new Refusal('CONFLICT', 'caseId', 'this service reads cases from the chain itself')
    await database.query(
      `insert into cases (case_id, record) values ($1, $2)
       on conflict (case_id) do update set record = excluded.record, updated_at = now()`,
      [params.caseId, JSON.stringify(body)],
    )
    return find(params.caseId)
  })
  packageRoutes(context, find)
}

function packageRoutes({ route, store: { database } }: ApiContext, find: (id: string) => Promise<CaseShape>) {
  const write = { params: PackageId, body: PackageBody, answers: { 200: Empty } }
  route('writePackage', write, async ({ params, body }) => {
    // The venue may have seen the case before the follower has.
    if (!(await follows(database))) await find(params.caseId)
    const { caseId } = params
    if (!(await addPackage(database, { ...body, caseId, liquidator: params.liquidator.toLowerCase() })))
      throw new Refusal('CONFLICT', 'caseId', 'no case has this id, and too many packages wait for theirs')
    return {}
  })
  route('readPackages', { params: CaseId, answers: { 200: Packages } }, async ({ params, principal }) => {
    await find(params.caseId)
    return { packages: await readPackages(database, params.caseId, principal.address!) }
  })
}

async function follows(database: Database): Promise<boolean> {
  return (await readCursor(database)) !== undefined
}

async function chainCase(
  database: Database,
  markets: Markets,
  caseId: string,
): Promise<CaseShape | undefined> {
  const record = await findRecord(database, 'case', caseId)
  return record && caseView(record, await markets.symbols())
}

interface CaseRow {
  readonly caseId: string
  /** JSON. */
  readonly record: string
  readonly updatedAt: Date
}

const COLUMNS = 'case_id as "caseId", record, updated_at as "updatedAt"'

async function toldCase(database: Database, caseId: string): Promise<CaseShape | undefined> {
  const [row] = await database.query<CaseRow>(`select ${COLUMNS} from cases where case_id = $1`, [caseId])
  return row && toldView(row)
}

async function toldCases(database: Database, limit: number): Promise<CaseShape[]> {
  const rows = await database.query<CaseRow>(
    `select ${COLUMNS} from cases order by updated_at desc, case_id limit $1`,
    [limit],
  )
  return rows.map(toldView)
}

function toldView({ caseId, record, updatedAt }: CaseRow): CaseShape {
  const told = JSON.parse(record) as z.output<typeof CaseBody>
  const unknown = { ending: null, lot: null, bids: [], award: null }
  return { caseId, ...told, source: 'venue', ...unknown, updatedAt: updatedAt.toISOString() }
}
