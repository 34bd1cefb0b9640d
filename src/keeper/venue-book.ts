import type { Account } from '../book/account.ts'
import type { Book, BookOpening } from '../book/book.ts'
import { accountLeaf, accountTag } from '../book/leaf.ts'
import { addPositions } from '../book/liquidation/positions.ts'
import { InputError, ToolError } from '../protocol/errors.ts'
import type { MarginInstance } from '../protocol/instances.ts'
import type { Hasher } from '../protocol/poseidon.ts'

/** Accounts that a transaction under way makes, and the root of the book with them. */
export interface PendingMove {
  readonly nextRoot: bigint
  readonly changes: readonly { readonly index: number; readonly account: Account }[]
}

/** Where a book is kept between two runs. Boundary: the command line writes files, a test keeps nothing. */
export interface BookJournal {
  /** Before a move is sent. Undefined: none is under way. */
  writePending(pending: PendingMove | undefined): void
  /** After the book has followed a move. */
  writeBook(accounts: readonly Account[]): void
}

export const NO_JOURNAL: BookJournal = { writePending: () => {}, writeBook: () => {} }

/** A leaf that somebody moved, with what the chain says of the change. */
export interface ForeignMove {
  readonly tag: bigint
  readonly leaf: bigint
  /** What came in (positive) or went out, from the vault's events; zero lots where only an owner was shown. */
  readonly instrumentId: number
  readonly lots: bigint
}

/**
 * The venue's private book beside the chain's head. A move is written down before it is sent and applied when the head has
 * its root, so a keeper that is stopped in between finds out afterwards which of the two books is the true one.
 */
export class VenueBook {
  readonly book: Book
  readonly #hasher: Hasher
  readonly #journal: BookJournal
  readonly #indexByTag: Map<bigint, number>
  #pending: PendingMove | undefined

  constructor(
    book: Book,
    hasher: Hasher,
    options: { readonly journal?: BookJournal; readonly pending?: PendingMove | undefined } = {},
  ) {
    this.book = book
    this.#hasher = hasher
    this.#journal = options.journal ?? NO_JOURNAL
    this.#pending = options.pending
    this.#indexByTag = new Map(book.accounts.map(({ secret }, index) => [accountTag(hasher, secret), index]))
  }

  get instance(): MarginInstance {
    return this.book.instance
  }

  get tags(): readonly bigint[] {
    return [...this.#indexByTag.keys()]
  }

  indexOf(tag: bigint): number | undefined {
    return this.#indexByTag.get(tag)
  }

  /** Throws InputError for a tag that the book does not have. */
  opening(tag: bigint): BookOpening {
    const index = this.indexOf(tag)
    if (index === undefined) throw new InputError(`the book has no account with the tag ${tag}`)
    return this.book.opening(index)
  }

  append(account: Account): number {
    const index = this.book.append(account)
    this.#indexByTag.set(accountTag(this.#hasher, account.secret), index)
    return index
  }

  /** Before a move is sent. */
  begin(pending: PendingMove): void {
    this.#pending = pending
    this.#journal.writePending(pending)
  }

  /** The move was refused for certain. A move of which nobody knows stays pending until the head shows. */
  abandon(): void {
    this.#pending = undefined
    this.#journal.writePending(undefined)
  }

  /** Takes a pending move over when the head is its book. Whether the book is the head's afterwards. */
  follow(headRoot: bigint): boolean {
    if (this.#pending?.nextRoot === headRoot && this.book.root !== headRoot) {
      this.book.updateAll(this.#pending.changes)
      this.#saved()
    }
    if (this.book.root === headRoot && this.#pending !== undefined) this.abandon()
    return this.book.root === headRoot
  }

  /**
   * Takes over a change that an owner or a depositor made. Throws ToolError when the leaf on chain is not what the change
   * makes of the account: then somebody else changes the book, and this one is no use any more.
   */
  followForeign({ tag, leaf, instrumentId, lots }: ForeignMove): void {
    const { account, index } = this.opening(tag)
    const positions = addPositions(account.positions, [{ id: instrumentId, quantityLots: lots }])
    const next = { ...account, nonce: account.nonce + 1n, positions }
    if (accountLeaf(this.#hasher, next, this.instance.slots) !== leaf) {
      throw new ToolError(
        `the account with the tag ${tag} was changed on chain in a way that this book does not know`,
      )
    }
    this.book.update(index, next)
    this.#saved()
  }

  #saved(): void {
    this.#journal.writeBook(this.book.accounts)
  }
}
