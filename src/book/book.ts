import { InputError, TacitError } from '../protocol/errors.ts'
import { accountPlaces, DEFAULT_INSTANCE, type MarginInstance } from '../protocol/instances.ts'
import { OctaryTree } from '../protocol/octary-tree.ts'
import type { Hasher } from '../protocol/poseidon.ts'
import { ACCOUNT_ID_BITS, NONCE_BITS, OWNER_BITS, SECRET_BITS } from '../protocol/ranges.ts'
import type { Account } from './account.ts'
import { accountLeaf, accountTag } from './leaf.ts'
import { toSlots } from './slots.ts'

/** Everything that its owner needs to prove something of one account in one book. Private. */
export interface BookOpening {
  readonly account: Account
  readonly index: number
  /** Number of accounts in the book; index is below it. */
  readonly count: number
  readonly leaf: bigint
  /** Groups of eight children, bottom-up: instance.accountLevels of them. */
  readonly path: readonly (readonly bigint[])[]
  readonly bookRoot: bigint
}

/** hash(BOOK_ROOT, [tree root, count]): the count is bound, so no leaf can stand beyond it. */
export function bookRootOf(hasher: Hasher, treeRoot: bigint, count: number): bigint {
  return hasher.hash('BOOK_ROOT', [treeRoot, BigInt(count)])
}

/**
 * The venue's book: accounts at dense indices 0 to count - 1 of an eight-way tree. It changes in place, one account
 * at a time; a refused change leaves it as it was.
 */
export class Book {
  readonly instance: MarginInstance
  readonly #hasher: Hasher
  readonly #accounts: Account[]
  readonly #leaves: bigint[]
  readonly #tree: OctaryTree
  readonly #ids: Set<number>
  readonly #secrets: Set<bigint>

  private constructor(hasher: Hasher, instance: MarginInstance, accounts: readonly Account[]) {
    this.instance = instance
    this.#hasher = hasher
    this.#accounts = [...accounts]
    this.#leaves = accounts.map((account) => accountLeaf(hasher, account, instance.slots))
    const shape = { domain: 'BOOK_NODE', levels: instance.accountLevels } as const
    this.#tree = OctaryTree.of(hasher, shape, this.#leaves)
    this.#ids = new Set(accounts.map(({ accountId }) => accountId))
    this.#secrets = new Set(accounts.map(({ secret }) => secret))
  }

  /**
   * The book of these accounts, in this order. At least one, at most 8^accountLevels. Throws InputError naming the row
   * (index + 1), the field and the rule: a field out of range, positions that are not canonical, an accountId or a
   * secret that stands twice.
   */
  static from(
    accounts: readonly Account[],
    hasher: Hasher,
    instance: MarginInstance = DEFAULT_INSTANCE,
  ): Book {
    if (accounts.length === 0)
      throw new InputError('a book needs at least one account', { field: 'accounts' })
    checkCount(accounts.length, instance)
    const ids = new Set<number>()
    const secrets = new Set<bigint>()
    for (const [index, account] of accounts.entries()) {
      checkAccount(account, instance, index)
      refuseTaken(account, ids, secrets, index)
      ids.add(account.accountId)
      secrets.add(account.secret)
    }
    return new Book(hasher, instance, accounts)
  }

  get count(): number {
    return this.#accounts.length
  }

  get accounts(): readonly Account[] {
    return [...this.#accounts]
  }

  /** Public: the commitment of every account, by index. */
  get leaves(): readonly bigint[] {
    return [...this.#leaves]
  }

  get treeRoot(): bigint {
    return this.#tree.root
  }

  get root(): bigint {
    return bookRootOf(this.#hasher, this.#tree.root, this.count)
  }

  /** Throws InputError when no account stands at the index. */
  account(index: number): Account {
    const account = Number.isSafeInteger(index) ? this.#accounts[index] : undefined
    if (account === undefined) {
      throw new InputError(`no account stands at index ${index} of a book of ${this.count}`, {
        field: 'index',
      })
    }
    return account
  }

  /** Index of an account id, or undefined. */
  indexOf(accountId: number): number | undefined {
    const index = this.#accounts.findIndex((account) => account.accountId === accountId)
    return index < 0 ? undefined : index
  }

  /** Index of the account with this public tag, or undefined: one hash an account. */
  indexOfTag(tag: bigint): number | undefined {
    const index = this.#accounts.findIndex(({ secret }) => accountTag(this.#hasher, secret) === tag)
    return index < 0 ? undefined : index
  }

  opening(index: number): BookOpening {
    return {
      account: this.account(index),
      index,
      count: this.count,
      leaf: this.#leaves[index]!,
      path: this.#tree.path(index),
      bookRoot: this.root,
    }
  }

  /**
   * The next state of one account: one leaf and one path of hashes. Throws InputError, changing nothing, unless the
   * nonce is the old one plus one (so that no state ever recurs), accountId and owner are the same, the secret is the
   * same or nobody else's, and the account is well formed.
   */
  update(index: number, account: Account): void {
    this.updateAll([{ index, account }])
  }

  /**
   * The next states of several accounts, all of them or none. Throws InputError as `update` does, changing nothing,
   * also for an index or a new secret that stands twice.
   */
  updateAll(changes: readonly { readonly index: number; readonly account: Account }[]): void {
    const indices = new Set<number>()
    const secrets = new Set(this.#secrets)
    for (const { index, account } of changes) {
      if (indices.has(index)) {
        throw new InputError(`index ${index} changes twice at once`, { row: index + 1, field: 'index' })
      }
      indices.add(index)
      this.#checkNext(index, account, secrets)
      secrets.add(account.secret)
    }
    for (const { index, account } of changes) {
      const before = this.account(index)
      this.#store(index, account)
      this.#secrets.delete(before.secret)
      this.#secrets.add(account.secret)
    }
  }

  #checkNext(index: number, account: Account, secrets: ReadonlySet<bigint>): void {
    const before = this.account(index)
    checkAccount(account, this.instance, index)
    const at = (field: string) => ({ row: index + 1, field })
    if (account.accountId !== before.accountId) {
      throw new InputError(`index ${index} belongs to account ${before.accountId}`, at('accountId'))
    }
    if (account.owner !== before.owner) {
      throw new InputError(`account ${before.accountId} has another owner`, at('owner'))
    }
    if (account.nonce !== before.nonce + 1n) {
      throw new InputError(`must be ${before.nonce + 1n}, one above the present nonce`, at('nonce'))
    }
    if (account.secret !== before.secret) refuseTaken(account, new Set(), secrets, index)
  }

  /** Adds an account at the next index and returns that index. Throws InputError as `from` does, changing nothing. */
  append(account: Account): number {
    const index = this.count
    checkCount(index + 1, this.instance)
    checkAccount(account, this.instance, index)
    refuseTaken(account, this.#ids, this.#secrets, index)
    this.#store(index, account)
    this.#ids.add(account.accountId)
    this.#secrets.add(account.secret)
    return index
  }

  #store(index: number, account: Account): void {
    const leaf = accountLeaf(this.#hasher, account, this.instance.slots)
    this.#accounts[index] = account
    this.#leaves[index] = leaf
    this.#tree.set(index, leaf)
  }
}

function checkCount(count: number, instance: MarginInstance): void {
  const places = accountPlaces(instance)
  if (count > places) {
    throw new InputError(`${count} accounts do not fit the ${places} places of ${instance.name}`, {
      field: 'accounts',
    })
  }
}

function checkAccount(account: Account, instance: MarginInstance, index: number): void {
  const { accountId } = account
  const at = (field: string) => ({ row: index + 1, field })
  if (!Number.isSafeInteger(accountId) || accountId < 0 || accountId >= 2 ** ACCOUNT_ID_BITS) {
    throw new InputError(`must be an unsigned integer of ${ACCOUNT_ID_BITS} bits`, at('accountId'))
  }
  const widths = { owner: OWNER_BITS, secret: SECRET_BITS, nonce: NONCE_BITS }
  for (const [field, bits] of Object.entries(widths)) {
    const value = account[field as keyof typeof widths]
    if (value < 0n || value >> BigInt(bits) !== 0n) {
      throw new InputError(`must be an unsigned integer of ${bits} bits`, at(field))
    }
  }
  try {
    toSlots(account.positions, instance.slots)
  } catch (cause) {
    if (!(cause instanceof TacitError)) throw cause
    throw new InputError(cause.message, at('positions'), { cause })
  }
}

function refuseTaken(
  { accountId, secret }: Account,
  ids: ReadonlySet<number>,
  secrets: ReadonlySet<bigint>,
  index: number,
): void {
  if (ids.has(accountId)) {
    throw new InputError(`account ${accountId} stands twice`, { row: index + 1, field: 'accountId' })
  }
  if (secrets.has(secret)) {
    throw new InputError('the secret is that of another account', { row: index + 1, field: 'secret' })
  }
}
