import { CsvError, parse } from 'csv-parse/sync'
import { InputError } from '../protocol/errors.ts'
import { quote } from '../risk/market/decimal.ts'
import type { TextFile } from '../risk/market/json.ts'
import type { Position } from './account.ts'
import {
  type BookEntry,
  checkOrder,
  type InstrumentsBySymbol,
  readAccountId,
  readName,
  readNonce,
  readOwner,
  readPosition,
  readSecret,
} from './entry.ts'
import type { ReadEntry } from './json.ts'

/** Columns of a book in CSV, in the order the writer uses; a reader takes any order, and `name` may be missing. */
export const BOOK_COLUMNS = [
  'accountId',
  'name',
  'owner',
  'secret',
  'nonce',
  'instrument',
  'quantity',
] as const
type Column = (typeof BOOK_COLUMNS)[number]
/** Said again on every row of an account, and the same each time. */
const REPEATED = ['name', 'owner', 'secret', 'nonce'] as const

interface Row {
  /** Line of the file, the header being line 1. */
  readonly line: number
  readonly cells: Readonly<Record<Column, string>>
}

/**
 * A book in CSV: a header, then one row for each position, with the account's columns repeated on each of its rows,
 * which stand together. An account without positions has one row with instrument and quantity empty. Quantities are
 * decimal numbers in units of the instrument. The rows that errors name are lines of the file, the header being 1.
 */
export function readCsvBook(file: TextFile, instruments: InstrumentsBySymbol): ReadEntry[] {
  const groups = new Map<string, Row[]>()
  let last: string | undefined
  for (const row of readRows(file)) {
    const { accountId } = row.cells
    const group = groups.get(accountId)
    if (group === undefined) groups.set(accountId, [row])
    else if (accountId === last) group.push(row)
    else {
      throw new InputError(`unsorted: the rows of account ${quote(accountId)} do not stand together`, {
        file: file.name,
        row: row.line,
        field: 'accountId',
      })
    }
    last = accountId
  }
  return [...groups.values()].map((rows) => ({
    entry: readAccount(file.name, rows, instruments),
    row: rows[0]!.line,
  }))
}

function readRows(file: TextFile): Row[] {
  const [header, ...records] = splitRecords(file)
  if (header === undefined) throw new InputError('is empty', { file: file.name })
  const columns = header.cells.map((name) => {
    const column = BOOK_COLUMNS.find((known) => known === name)
    if (column === undefined) {
      throw new InputError(`unknown column ${quote(name)}`, { file: file.name, row: header.line })
    }
    return column
  })
  for (const column of BOOK_COLUMNS) {
    const count = columns.filter((name) => name === column).length
    if (count > 1 || (count === 0 && column !== 'name')) {
      const rule = `the header must have the column ${column} once`
      throw new InputError(rule, { file: file.name, row: header.line, field: column })
    }
  }
  return records.map(({ line, cells }) => {
    if (cells.length !== columns.length) {
      const rule = `has ${cells.length} cells, and the header ${columns.length}`
      throw new InputError(rule, { file: file.name, row: line })
    }
    const named = Object.fromEntries(columns.map((column, index) => [column, cells[index]!]))
    return { line, cells: { name: '', ...named } as Record<Column, string> }
  })
}

function splitRecords(file: TextFile): { line: number; cells: string[] }[] {
  // Typed by hand: with `info` each record comes with its place, which the library's types do not say here.
  type WithInfo = { info: { lines: number }; record: string[] }
  const options = {
    bom: true,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    trim: true,
  } as const
  try {
    const records = parse(file.text, options) as unknown as WithInfo[]
    return records.map(({ info, record }) => ({ line: info.lines, cells: record }))
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause
    const line = 'lines' in cause && typeof cause.lines === 'number' ? cause.lines : undefined
    throw new InputError(`is not valid CSV: ${cause.message}`, { file: file.name, row: line }, { cause })
  }
}

function readAccount(file: string, rows: readonly Row[], instruments: InstrumentsBySymbol): BookEntry {
  const first = rows[0]!
  const at = <T>(row: Row, read: () => T): T => {
    try {
      return read()
    } catch (error) {
      throw error instanceof InputError ? error.at({ file, row: row.line }) : error
    }
  }
  const { cells } = first
  const head = at(first, () => ({
    accountId: readAccountId(cells.accountId),
    owner: readOwner(cells.owner),
    secret: readSecret(cells.secret),
    nonce: readNonce(cells.nonce),
  }))
  const positions: Position[] = []
  for (const row of rows) {
    at(row, () => {
      checkRepeated(first, row)
      const position = readRowPosition(row, rows.length, instruments)
      if (position === undefined) return
      checkOrder(positions.at(-1), position, row.cells.instrument)
      positions.push(position)
    })
  }
  const name = cells.name === '' ? undefined : at(first, () => readName(cells.name))
  return { name, account: { ...head, positions } }
}

function readRowPosition(
  { cells }: Row,
  rowsOfAccount: number,
  instruments: InstrumentsBySymbol,
): Position | undefined {
  if (cells.instrument !== '' || cells.quantity !== '') {
    return readPosition(cells.instrument, cells.quantity, instruments)
  }
  if (rowsOfAccount === 1) return undefined
  throw new InputError('is empty, but the account has other rows', { field: 'instrument' })
}

function checkRepeated(first: Row, row: Row): void {
  const field = REPEATED.find((column) => row.cells[column] !== first.cells[column])
  if (field === undefined) return
  const { accountId } = first.cells
  const rule = `account ${accountId} has two ${field === 'nonce' ? 'nonces' : `${field}s`}: line ${first.line} says otherwise`
  throw new InputError(rule, { field })
}
