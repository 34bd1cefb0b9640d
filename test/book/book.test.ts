import { beforeAll, describe, expect, it } from 'vitest'
import type { Account } from '../../src/book/account.ts'
import { Book, bookRootOf } from '../../src/book/book.ts'
import { accountLeaf, accountSalt, accountTag, packSlots, slotsDigest } from '../../src/book/leaf.ts'
import { toSlots } from '../../src/book/slots.ts'
import { OutOfRangeError } from '../../src/protocol/errors.ts'
import { MARGIN_INSTANCES } from '../../src/protocol/instances.ts'
import { OctaryTree, verifyPath } from '../../src/protocol/octary-tree.ts'
import { type Hasher, poseidonHasher } from '../../src/protocol/poseidon.ts'
import { expectRefusal } from '../risk/market/fixtures.ts'
import { account, OWNER, SECRET } from './fixtures.ts'

const SMALL = MARGIN_INSTANCES['margin-4']
let hasher: Hasher
beforeAll(async () => {
  hasher = await poseidonHasher()
})

const positions = [
  { id: 1, quantityLots: 500n },
  { id: 9, quantityLots: -3n },
]

describe('the leaf', () => {
  it('hashes id, owner, nonce, salt and the packed slots under its own tag', () => {
    const subject = account(7, positions, 3n)
    const salt = hasher.hash('ACCOUNT_SALT', [subject.secret, 3n])
    expect(accountSalt(hasher, subject.secret, 3n)).toBe(salt)
    const inputs = [7n, OWNER, 3n, salt, ...packSlots(toSlots(positions, 16))]
    expect(inputs).toHaveLength(10)
    expect(accountLeaf(hasher, subject, 16)).toBe(hasher.hash('ACCOUNT_LEAF', inputs))
    expect(accountTag(hasher, SECRET)).toBe(hasher.hash('ACCOUNT_TAG', [SECRET]))
  })

  it('takes 64 slots as two digests of eleven elements', () => {
    const elements = packSlots(toSlots(positions, 64))
    expect(elements).toHaveLength(22)
    const digests = [elements.slice(0, 11), elements.slice(11)].map((part) =>
      hasher.hash('ACCOUNT_SLOTS', part),
    )
    expect(slotsDigest(hasher, elements)).toEqual(digests)
    expect(slotsDigest(hasher, elements.slice(0, 12))).toEqual(elements.slice(0, 12))
    expect(() => slotsDigest(hasher, new Array<bigint>(133).fill(0n))).toThrow(OutOfRangeError)
    const subject = account(7, positions)
    const salt = accountSalt(hasher, subject.secret, 0n)
    expect(accountLeaf(hasher, subject, 64)).toBe(
      hasher.hash('ACCOUNT_LEAF', [7n, OWNER, 0n, salt, ...digests]),
    )
  })

  it('changes with every part of the opening', () => {
    const base = account(7, positions, 3n)
    const variants: Account[] = [
      base,
      { ...base, accountId: 8 },
      { ...base, owner: OWNER + 1n },
      { ...base, secret: SECRET },
      { ...base, nonce: 4n },
      { ...base, positions: [positions[0]!] },
      { ...base, positions: [positions[0]!, { id: 9, quantityLots: 3n }] },
      { ...base, positions: [positions[0]!, { id: 10, quantityLots: -3n }] },
    ]
    expect(new Set(variants.map((variant) => accountLeaf(hasher, variant, 16))).size).toBe(variants.length)
  })
})

describe('the book', () => {
  const accounts = () => [account(10, positions), account(11), account(12, positions, 5n)]

  it('binds tree root and count', () => {
    const book = Book.from(accounts(), hasher, SMALL)
    const tree = OctaryTree.of(hasher, { domain: 'BOOK_NODE', levels: 2 }, [...book.leaves])
    expect(book.root).toBe(hasher.hash('BOOK_ROOT', [tree.root, 3n]))
    expect(bookRootOf(hasher, tree.root, 4)).not.toBe(book.root)
    expect(book.leaves).toEqual(accounts().map((each) => accountLeaf(hasher, each, 4)))
    expect([book.indexOf(12), book.indexOf(99)]).toEqual([2, undefined])
  })

  it('opens every account to its root, at the full depth', () => {
    for (const instance of [SMALL, MARGIN_INSTANCES['margin-16']]) {
      const book = Book.from(accounts(), hasher, instance)
      for (const index of [0, 1, 2]) {
        const opening = book.opening(index)
        expect(opening).toMatchObject({ account: accounts()[index], index, count: 3, bookRoot: book.root })
        expect(opening.path).toHaveLength(instance.accountLevels)
        const { leaf, path } = opening
        expect(verifyPath(hasher, { domain: 'BOOK_NODE', top: book.treeRoot, index, leaf, path })).toBe(true)
      }
    }
  })

  it('gives the same root by update and append as built anew', () => {
    const book = Book.from(accounts(), hasher, SMALL)
    const next = account(11, positions, 1n)
    book.update(1, next)
    const added = account(13, positions)
    expect(book.append(added)).toBe(3)
    const changed = [accounts()[0]!, next, accounts()[2]!, added]
    expect(book.root).toBe(Book.from(changed, hasher, SMALL).root)
    expect(book.accounts).toEqual(changed)
    expect(book.opening(3).count).toBe(4)
  })

  it('refuses what is no next state of the account, and stays as it was', () => {
    const book = Book.from(accounts(), hasher, SMALL)
    const root = book.root
    const next = account(11, positions, 1n)
    const unsorted = [...positions].reverse()
    const refused: [Account, string, RegExp][] = [
      [{ ...next, nonce: 0n }, 'nonce', /must be 1/],
      [{ ...next, nonce: 2n }, 'nonce', /must be 1/],
      [{ ...next, accountId: 12 }, 'accountId', /belongs to account 11/],
      [{ ...next, owner: OWNER + 1n }, 'owner', /another owner/],
      [{ ...next, secret: SECRET + 12n }, 'secret', /another account/],
      [{ ...next, secret: 1n << 248n }, 'secret', /248 bits/],
      [{ ...next, positions: unsorted }, 'positions', /slot 3: .*unsorted/],
    ]
    for (const [state, field, rule] of refused) {
      expectRefusal(() => book.update(1, state), { row: 2, field }, rule)
    }
    expectRefusal(() => book.update(3, next), { field: 'index' }, /no account stands at index 3/)
    expectRefusal(() => book.append(account(10)), { row: 4, field: 'accountId' }, /stands twice/)
    expectRefusal(
      () => book.append({ ...account(14), secret: SECRET + 10n }),
      { row: 4, field: 'secret' },
      /another/,
    )
    expect(book.root).toBe(root)
    expect(book.accounts).toEqual(accounts())
  })

  it('lets a secret change once, and its old value be used again', () => {
    const book = Book.from(accounts(), hasher, SMALL)
    book.update(0, { ...account(10, [], 1n), secret: SECRET + 99n })
    book.update(1, { ...account(11, [], 1n), secret: SECRET + 10n })
    expectRefusal(
      () => book.update(2, { ...account(12, [], 6n), secret: SECRET + 99n }),
      { row: 3, field: 'secret' },
      /another account/,
    )
  })

  it('refuses a book that is no book', () => {
    const from = (list: Account[]) => () => Book.from(list, hasher, SMALL)
    expectRefusal(from([]), { field: 'accounts' }, /at least one/)
    expectRefusal(from([account(1), account(1)]), { row: 2, field: 'accountId' }, /stands twice/)
    expectRefusal(
      from([account(1), { ...account(2), secret: SECRET + 1n }]),
      { row: 2, field: 'secret' },
      /another/,
    )
    expectRefusal(from([account(2 ** 32)]), { row: 1, field: 'accountId' }, /32 bits/)
    expectRefusal(from([{ ...account(1), owner: 1n << 160n }]), { row: 1, field: 'owner' }, /160 bits/)
    expectRefusal(from([{ ...account(1), nonce: 1n << 40n }]), { row: 1, field: 'nonce' }, /40 bits/)
    expectRefusal(from([{ ...account(1), nonce: -1n }]), { row: 1, field: 'nonce' }, /40 bits/)
    const many = Array.from({ length: 65 }, (_, index) => account(index))
    expectRefusal(from(many), { field: 'accounts' }, /64 places/)
  })
})
