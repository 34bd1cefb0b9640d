/** Lots for liquidators, each sealed to its reader's key. A package may come before its case is known, and waits for it. */
import type { Database, Sql } from './database.ts'

export interface PackageRow {
  readonly caseId: string
  readonly liquidator: string
  readonly round: number
  readonly package: string
}

/** Packages that may wait for their cases, and how long: what the venue sends is not to fill the database. */
const MOST_WAITING = 2_000
const WAIT_HOURS = 24

const WAITING = `not exists (select 1 from cases c where c.case_id = p.case_id)
  and not exists (select 1 from chain_records r where r.kind = 'case' and r.id = p.case_id)`

/** False when too many packages of unknown cases are there already. */
export function addPackage(database: Database, row: PackageRow): Promise<boolean> {
  return database.transaction(async (sql) => {
    const { caseId, liquidator, round } = row
    await sql.query(
      `delete from packages p where created_at < now() - make_interval(hours => $1) and ${WAITING}`,
      [WAIT_HOURS],
    )
    await sql.query(
      `insert into packages (case_id, liquidator, round, package) values ($1, $2, $3, $4)
       on conflict (case_id, liquidator, round) do update set package = excluded.package`,
      [caseId, liquidator, round, row.package],
    )
    const [count] = await sql.query<{ waiting: number }>(
      `select count(*)::int as waiting from packages p where ${WAITING}`,
    )
    if (count!.waiting <= MOST_WAITING) return true
    await sql.query(
      `delete from packages p where case_id = $1 and liquidator = $2 and round = $3 and ${WAITING}`,
      [caseId, liquidator, round],
    )
    return false
  })
}

export function readPackages(
  sql: Sql,
  caseId: string,
  liquidator: string,
): Promise<{ round: number; package: string }[]> {
  return sql.query(
    'select round, package from packages where case_id = $1 and liquidator = $2 order by round desc',
    [caseId, liquidator],
  )
}
