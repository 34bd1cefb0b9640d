/** Books: what a venue hands in, checked and sealed; what an owner reads of it; what a worker proves from. */
import type { Account } from '../book/account.ts'
import { Book, bookRootOf } from '../book/book.ts'
import { readBook } from '../book/read.ts'
import { type Receipt, receiptOf } from '../bundle/index.ts'
import { InputError } from '../protocol/errors.ts'
import type { MarginInstance } from '../protocol/instances.ts'
import { OctaryTree } from '../protocol/octary-tree.ts'
import type { Hasher } from '../protocol/poseidon.ts'
import { Listing } from '../risk/listing.ts'
import type { Keyring } from './keyring.ts'
import { Refusal } from './refusal.ts'
import { hex20, hex32 } from './roots.ts'
import {
  addBook,
  type BookRow,
  findBook,
  readLeaves,
  readOpenings,
  readOwnOpenings,
  type StoredAccount,
} from './storage/books.ts'
import type { Database } from './storage/database.ts'
import { roundSource } from './storage/rounds.ts'

export interface BookStore {
  readonly database: Database
  readonly keyring: Keyring
  readonly hasher: Hasher
  readonly instance: MarginInstance
}

/** A book as it is kept: public roots and leaves, openings as texts to be sealed. */
export interface ReadBook {
  readonly bookRoot: string
  readonly treeRoot: string
  readonly count: number
  readonly accounts: readonly StoredAccount[]
}

export interface BookText {
  /** JSON. */
  readonly book: string
  /** JSON of the round's listing. */
  readonly listing: string
  readonly maxAccounts: number
}

/** Parses, checks and hashes: seconds of work for a large book. Throws InputError naming row, field and rule. */
export function readBookText(
  { hasher, instance }: Pick<BookStore, 'hasher' | 'instance'>,
  { book: text, listing, maxAccounts }: BookText,
): ReadBook {
  const entries = readBook({ name: 'book', text }, Listing.parse(JSON.parse(listing)), instance)
  if (entries.length > maxAccounts) {
    throw new InputError(`has ${entries.length} accounts, and this service takes ${maxAccounts}`, {
      field: 'book.accounts',
    })
  }
  const accounts = entries.map(({ account }) => account)
  const book = Book.from(accounts, hasher, instance)
  const leaves = book.leaves
  return {
    bookRoot: hex32(book.root),
    treeRoot: hex32(book.treeRoot),
    count: book.count,
    accounts: accounts.map((account, index) => ({
      leaf: hex32(leaves[index]!),
      owner: hex20(account.owner),
      opening: writeAccount(account),
    })),
  }
}

/**
 * Reads a book with the listing of a round and keeps it, sealed account by account. The same book again is the same row.
 * Throws InputError naming row, field and rule; Refusal when there is no such round.
 * @param read readBookText, wherever it is done
 */
export async function ingestBook(
  { database, keyring }: Pick<BookStore, 'database' | 'keyring'>,
  read: (text: BookText) => Promise<ReadBook>,
  request: { readonly riskRoot: string; readonly book: string; readonly maxAccounts: number },
): Promise<{ row: BookRow; isNew: boolean }> {
  const { riskRoot, book: text, maxAccounts } = request
  const round = await roundSource(database, riskRoot)
  if (round === undefined) throw new Refusal('NOT_FOUND', 'riskRoot', 'no round has this risk root')
  const { accounts, ...book } = await read({ book: text, listing: round.listingAfter, maxAccounts })
  const isNew = await database.transaction((sql) => addBook(sql, keyring, { ...book, riskRoot }, accounts))
  return { row: (await findBook(database, book.bookRoot))!, isNew }
}

/** The book in the clear. Throws Refusal when there is none of this root. */
export async function openBook(
  { database, keyring, hasher, instance }: BookStore,
  bookRoot: string,
): Promise<Book> {
  const openings = await readOpenings(database, keyring, bookRoot)
  if (openings.length === 0) throw new Refusal('NOT_FOUND', 'bookRoot', 'no book has this root')
  return Book.from(openings.map(readAccount), hasher, instance)
}

/** Trees of the newest books' public leaves: a receipt's path needs no opening but its own. */
export class LeafTrees {
  readonly #kept = new Map<string, OctaryTree>()
  static readonly #MOST = 4

  async of({ database, hasher, instance }: BookStore, { bookRoot, count }: BookRow): Promise<OctaryTree> {
    const found = this.#kept.get(bookRoot)
    if (found !== undefined) return found
    const leaves = await readLeaves(database, bookRoot, 0, count)
    const shape = { domain: 'BOOK_NODE', levels: instance.accountLevels } as const
    const tree = OctaryTree.of(hasher, shape, leaves.map(BigInt))
    this.#kept.set(bookRoot, tree)
    if (this.#kept.size > LeafTrees.#MOST) this.#kept.delete(this.#kept.keys().next().value!)
    return tree
  }
}

/**
 * The receipts of an owner's accounts: openings with their paths to the root. Empty for who has no account, so that
 * nobody learns who does. No opening but the owner's own is decrypted.
 */
export async function ownReceipts(
  store: BookStore,
  trees: LeafTrees,
  bookRoot: string,
  owner: string,
): Promise<Receipt[]> {
  const { database, keyring, hasher, instance } = store
  const row = await findBook(database, bookRoot)
  if (row === undefined) throw new Refusal('NOT_FOUND', 'bookRoot', 'no book has this root')
  const own = await readOwnOpenings(database, keyring, bookRoot, owner)
  if (own.length === 0) return []
  const tree = await trees.of(store, row)
  return own.map(({ index, opening }) =>
    receiptOf(instance, {
      account: readAccount(opening),
      index,
      count: row.count,
      leaf: tree.node(0, index),
      path: tree.path(index),
      bookRoot: bookRootOf(hasher, tree.root, row.count),
    }),
  )
}

/** Integers as decimal texts. */
function writeAccount({ accountId, owner, secret, nonce, positions }: Account): string {
  return JSON.stringify({
    accountId,
    owner: `${owner}`,
    secret: `${secret}`,
    nonce: `${nonce}`,
    positions: positions.map(({ id, quantityLots }) => [id, `${quantityLots}`]),
  })
}

interface AccountText {
  readonly accountId: number
  readonly owner: string
  readonly secret: string
  readonly nonce: string
  readonly positions: readonly (readonly [id: number, lots: string])[]
}

function readAccount(text: string): Account {
  const { accountId, owner, secret, nonce, positions } = JSON.parse(text) as AccountText
  return {
    accountId,
    owner: BigInt(owner),
    secret: BigInt(secret),
    nonce: BigInt(nonce),
    positions: positions.map(([id, lots]) => ({ id, quantityLots: BigInt(lots) })),
  }
}
