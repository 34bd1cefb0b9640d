import type { z } from 'zod'
import { Refusal } from '../../refusal.ts'
import type { ApiContext } from '../context.ts'
import { Case, CaseBody, CaseId, Empty, Limit, listOf, PackageBody, PackageId, Packages } from '../schemas.ts'

interface CaseRow {
  readonly caseId: string
  /** JSON. */
  readonly record: string
  readonly updatedAt: Date
}

const COLUMNS = 'case_id as "caseId", record, updated_at as "updatedAt"'

/** Cases as the venue reads them from the chain, and lots for liquidators. A package is sealed to its reader already. */
export function caseRoutes({ route, store: { database } }: ApiContext): void {
  const find = async (caseId: string): Promise<CaseRow> => {
    const [row] = await database.query<CaseRow>(`select ${COLUMNS} from cases where case_id = $1`, [caseId])
    if (row === undefined) throw new Refusal('NOT_FOUND', 'caseId', 'no case has this id')
    return row
  }
  route('listCases', { query: Limit, answers: { 200: listOf('cases', Case) } }, async ({ query }) => {
    const rows = await database.query<CaseRow>(
      `select ${COLUMNS} from cases order by updated_at desc, case_id limit $1`,
      [query.limit],
    )
    return { cases: rows.map(caseOf) }
  })
  route('readCase', { params: CaseId, answers: { 200: Case } }, async ({ params }) =>
    caseOf(await find(params.caseId)),
  )
  route('writeCase', { params: CaseId, body: CaseBody, answers: { 200: Case } }, async ({ params, body }) => {
    await database.query(
      `insert into cases (case_id, record) values ($1, $2)
       on conflict (case_id) do update set record = excluded.record, updated_at = now()`,
      [params.caseId, JSON.stringify(body)],
    )
    return caseOf(await find(params.caseId))
  })
  const writePackage = { params: PackageId, body: PackageBody, answers: { 200: Empty } }
  route('writePackage', writePackage, async ({ params, body }) => {
    await find(params.caseId)
    await database.query(
      `insert into packages (case_id, liquidator, round, package) values ($1, $2, $3, $4)
       on conflict (case_id, liquidator, round) do update set package = excluded.package`,
      [params.caseId, params.liquidator.toLowerCase(), body.round, body.package],
    )
    return {}
  })
  route('readPackages', { params: CaseId, answers: { 200: Packages } }, async ({ params, principal }) => {
    await find(params.caseId)
    const packages = await database.query<{ round: number; package: string }>(
      'select round, package from packages where case_id = $1 and liquidator = $2 order by round desc',
      [params.caseId, principal.address!],
    )
    return { packages }
  })
}

function caseOf({ caseId, record, updatedAt }: CaseRow): z.output<typeof Case> {
  return { caseId, ...(JSON.parse(record) as z.output<typeof CaseBody>), updatedAt: updatedAt.toISOString() }
}
