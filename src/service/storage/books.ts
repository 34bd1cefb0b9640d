/** Books at rest: leaves in public, openings sealed one by one, so that an owner's reading opens nobody else's. */
import type { Keyring, Sealed } from '../keyring.ts'
import type { Sql } from './database.ts'

export interface BookRow {
  readonly bookRoot: string
  readonly riskRoot: string
  readonly treeRoot: string
  readonly count: number
  readonly createdAt: Date
}

export interface StoredAccount {
  readonly leaf: string
  /** 0x and 40 hex digits, lower case. */
  readonly owner: string
  /** The opening as text. */
  readonly opening: string
}

/** Rows to one statement. */
const BATCH = 1_000
const COLUMNS = `book_root as "bookRoot", risk_root as "riskRoot", tree_root as "treeRoot", count,
  created_at as "createdAt"`

export const openingPlace = (bookRoot: string, index: number) => `opening ${bookRoot} ${index}`

export function listBooks(sql: Sql, limit: number): Promise<BookRow[]> {
  return sql.query<BookRow>(`select ${COLUMNS} from books order by created_at desc, book_root limit $1`, [
    limit,
  ])
}

export async function findBook(sql: Sql, bookRoot: string): Promise<BookRow | undefined> {
  return (await sql.query<BookRow>(`select ${COLUMNS} from books where book_root = $1`, [bookRoot]))[0]
}

/** False when the book is there already. Part of a transaction: all of it or nothing. */
export async function addBook(
  sql: Sql,
  keyring: Keyring,
  book: Omit<BookRow, 'createdAt'>,
  accounts: readonly StoredAccount[],
): Promise<boolean> {
  const { bookRoot, riskRoot, treeRoot, count } = book
  const added = await sql.query(
    `insert into books (book_root, risk_root, tree_root, count) values ($1, $2, $3, $4)
     on conflict do nothing returning book_root`,
    [bookRoot, riskRoot, treeRoot, count],
  )
  if (added.length === 0) return false
  for (let first = 0; first < accounts.length; first += BATCH) {
    const batch = accounts.slice(first, first + BATCH)
    const sealed = batch.map(({ opening }, i) => keyring.seal(opening, openingPlace(bookRoot, first + i)))
    await sql.query(
      `insert into accounts (book_root, idx, leaf, owner_index, key_id, sealed_opening)
       select $1, * from unnest($2::int[], $3::text[], $4::text[], $5::text[], $6::text[])`,
      [
        bookRoot,
        batch.map((_, i) => first + i),
        batch.map(({ leaf }) => leaf),
        batch.map(({ owner }) => keyring.index(owner)),
        sealed.map(({ keyId }) => keyId),
        sealed.map(({ text }) => text),
      ],
    )
  }
  return true
}

export async function readLeaves(sql: Sql, bookRoot: string, from: number, limit: number): Promise<string[]> {
  const rows = await sql.query<{ leaf: string }>(
    'select leaf from accounts where book_root = $1 and idx >= $2 order by idx limit $3',
    [bookRoot, from, limit],
  )
  return rows.map(({ leaf }) => leaf)
}

interface SealedRow extends Sealed {
  readonly index: number
}

/** Every opening of a book, in order. */
export async function readOpenings(sql: Sql, keyring: Keyring, bookRoot: string): Promise<string[]> {
  const rows = await sql.query<SealedRow>(
    `select idx as index, key_id as "keyId", sealed_opening as text from accounts where book_root = $1 order by idx`,
    [bookRoot],
  )
  return rows.map((row) => keyring.open(row, openingPlace(bookRoot, row.index)))
}

/** The openings of one owner, and where they stand. */
export async function readOwnOpenings(
  sql: Sql,
  keyring: Keyring,
  bookRoot: string,
  owner: string,
): Promise<{ index: number; opening: string }[]> {
  const rows = await sql.query<SealedRow>(
    `select idx as index, key_id as "keyId", sealed_opening as text from accounts
     where book_root = $1 and owner_index = any($2::text[]) order by idx`,
    [bookRoot, keyring.indices(owner)],
  )
  return rows.map((row) => ({
    index: row.index,
    opening: keyring.open(row, openingPlace(bookRoot, row.index)),
  }))
}
