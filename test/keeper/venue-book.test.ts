import { beforeAll, describe, expect, it } from 'vitest'
import { Book } from '../../src/book/book.ts'
import { accountLeaf, accountTag } from '../../src/book/leaf.ts'
import { type PendingMove, VenueBook } from '../../src/keeper/venue-book.ts'
import { MARGIN_INSTANCES } from '../../src/protocol/instances.ts'
import { type Hasher, poseidonHasher } from '../../src/protocol/poseidon.ts'

const INSTANCE = MARGIN_INSTANCES['margin-4']
let hasher: Hasher
beforeAll(async () => {
  hasher = await poseidonHasher()
})

const ACCOUNTS = [0, 1].map((index) => ({
  accountId: index,
  owner: 9n,
  secret: 1_000n + BigInt(index),
  nonce: 3n,
  positions: [{ id: 1, quantityLots: 50n }],
}))
const NEXT = { ...ACCOUNTS[0]!, nonce: 4n, positions: [{ id: 1, quantityLots: 20n }] }
const bookOf = (accounts = ACCOUNTS) => Book.from(accounts, hasher, INSTANCE)
const pendingMove = (): PendingMove => ({
  nextRoot: bookOf([NEXT, ACCOUNTS[1]!]).root,
  changes: [{ index: 0, account: NEXT }],
})

describe("the venue's book", () => {
  it('takes a move over when the head has it, and not before', () => {
    const log: string[] = []
    const journal = {
      writePending: (pending: PendingMove | undefined) =>
        log.push(pending === undefined ? 'no move' : 'move'),
      writeBook: () => log.push('book'),
    }
    const venueBook = new VenueBook(bookOf(), hasher, { journal })
    const before = venueBook.book.root
    const pending = pendingMove()
    venueBook.begin(pending)
    expect(venueBook.book.root).toBe(before)
    expect(venueBook.follow(pending.nextRoot)).toBe(true)
    expect(venueBook.book.account(0)).toEqual(NEXT)
    // The move is on disk before it is sent, and forgotten only after the book is.
    expect(log).toEqual(['move', 'book', 'no move'])
  })

  it('finds out after a restart whether a move went through', () => {
    const pending = pendingMove()
    const went = new VenueBook(bookOf(), hasher, { pending })
    expect(went.follow(pending.nextRoot)).toBe(true)
    const base = bookOf().root
    const didNot = new VenueBook(bookOf(), hasher, { pending })
    expect(didNot.follow(base)).toBe(true)
    expect(didNot.book.root).toBe(base)
    const afterwards = new VenueBook(bookOf([NEXT, ACCOUNTS[1]!]), hasher, { pending })
    expect(afterwards.follow(pending.nextRoot)).toBe(true)
  })

  it('knows that another head is not its own', () => {
    expect(new VenueBook(bookOf(), hasher).follow(1n)).toBe(false)
  })

  it('follows what owners do, and refuses what it cannot explain', () => {
    const venueBook = new VenueBook(bookOf(), hasher)
    const tag = accountTag(hasher, ACCOUNTS[0]!.secret)
    const leaf = accountLeaf(hasher, NEXT, INSTANCE.slots)
    expect(() => venueBook.followForeign({ tag, leaf, instrumentId: 1, lots: -31n })).toThrow(/does not know/)
    venueBook.followForeign({ tag, leaf, instrumentId: 1, lots: -30n })
    expect(venueBook.book.root).toBe(pendingMove().nextRoot)
  })
})
