/** One way to a database, whichever it is: PGlite in a folder, or a PostgreSQL server. */

export type SqlValue = string | number | boolean | null | Date | readonly string[] | readonly number[]

export interface Sql {
  /** Rows of one statement; its values stand as $1, $2. Integers come as numbers, timestamps as Date. */
  query<Row extends object>(text: string, values?: readonly SqlValue[]): Promise<Row[]>
  /** Several statements at once, without values; the rows of the last. */
  script(text: string): Promise<object[]>
}

export interface Database extends Sql {
  readonly kind: 'embedded' | 'postgres'
  /** All of the work or nothing. Nothing else is seen of it before it is done. */
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>
  close(): Promise<void>
}

export function onlyRow<Row>(rows: readonly Row[]): Row {
  if (rows.length !== 1) throw new RangeError(`${rows.length} rows where there must be one`)
  return rows[0]!
}
