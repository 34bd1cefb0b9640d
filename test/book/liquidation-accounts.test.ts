import { beforeAll, describe, expect, it } from 'vitest'
import type { Account } from '../../src/book/account.ts'
import { Book } from '../../src/book/book.ts'
import { accountTag } from '../../src/book/leaf.ts'
import { sliceCommitment, transferBeta } from '../../src/book/liquidation/commitments.ts'
import { pathAfterWrite, rootAfterWrite } from '../../src/book/liquidation/paths.ts'
import { checkSubAccount } from '../../src/book/liquidation/sub-account.ts'
import { InputError } from '../../src/protocol/errors.ts'
import { MARGIN_INSTANCES } from '../../src/protocol/instances.ts'
import { type Hasher, poseidonHasher } from '../../src/protocol/poseidon.ts'
import { account, holding } from './liquidation-support.ts'

const instance = MARGIN_INSTANCES['margin-4']
let hasher: Hasher
let accounts: Account[]

beforeAll(async () => {
  hasher = await poseidonHasher()
  accounts = Array.from({ length: 12 }, (_, index) => account(50 + index, holding({ 1: BigInt(index + 1) })))
})

const bookOf = () => Book.from(accounts, hasher, instance)
const next = (before: Account, lots: bigint): Account => ({
  ...before,
  nonce: before.nonce + 1n,
  positions: holding({ 2: lots }),
})

describe('a book that changes in two places at once', () => {
  it('changes both, and finds an account by its tag', () => {
    const [book, other] = [bookOf(), bookOf()]
    book.updateAll([
      { index: 2, account: next(accounts[2]!, 5n) },
      { index: 9, account: next(accounts[9]!, -5n) },
    ])
    other.update(9, next(accounts[9]!, -5n))
    other.update(2, next(accounts[2]!, 5n))
    expect(book.root).toBe(other.root)
    expect(book.indexOfTag(accountTag(hasher, accounts[9]!.secret))).toBe(9)
    expect(book.indexOfTag(5n)).toBeUndefined()
  })

  it('changes neither when one is refused', () => {
    const book = bookOf()
    const { root } = book
    const good = { index: 2, account: next(accounts[2]!, 5n) }
    const refused = [
      { index: 9, account: accounts[9]! },
      { index: 2, account: next(accounts[2]!, 6n) },
      { index: 9, account: { ...next(accounts[9]!, 6n), secret: accounts[1]!.secret } },
      { index: 12, account: next(accounts[9]!, 6n) },
    ]
    for (const bad of refused) {
      expect(() => book.updateAll([good, bad])).toThrow(InputError)
      expect(book.root).toBe(root)
    }
    const shared = { ...next(accounts[9]!, 6n), secret: 77n }
    const both = [
      { index: 2, account: { ...good.account, secret: 77n } },
      { index: 9, account: shared },
    ]
    expect(() => book.updateAll(both)).toThrow(/that of another account/)
    expect(book.root).toBe(root)
  })
})

describe('paths around a write', () => {
  it('are those of the book after it, for neighbours, for another group and for the place itself', () => {
    const before = bookOf()
    for (const [from, to] of [
      [0, 1],
      [0, 9],
      [9, 10],
      [9, 0],
      [4, 4],
    ] as const) {
      const after = bookOf()
      after.update(from, next(accounts[from]!, 7n))
      const { path } = before.opening(from)
      const write = { index: from, leaf: after.leaves[from]!, path }
      expect(rootAfterWrite(hasher, write, before.count)).toBe(after.root)
      expect(pathAfterWrite(hasher, write, before.opening(to))).toEqual(after.opening(to).path)
    }
  })
})

describe('commitments', () => {
  it('of a slice change with the salt, the relief and every lot', () => {
    const opening = { salt: 5n, reliefBpsNano: 6n, moved: holding({ 2: -3n, 4: 9n }) }
    const commit = (change: Partial<typeof opening>) =>
      sliceCommitment(hasher, { ...opening, ...change }, instance.slots)
    const all = [
      commit({}),
      commit({ salt: 6n }),
      commit({ reliefBpsNano: 5n }),
      commit({ moved: holding({ 2: -3n, 4: 8n }) }),
      commit({ moved: holding({ 2: -3n, 5: 9n }) }),
    ]
    expect(new Set(all).size).toBe(all.length)
  })

  it('of a transfer depend on the tag and on each of the four states', () => {
    const states = { tagFrom: 1n, fromBefore: 2n, fromAfter: 3n, toBefore: 4n, toAfter: 5n }
    const betas = Object.keys(states).map((name) => transferBeta(hasher, { ...states, [name]: 9n }))
    expect(new Set([transferBeta(hasher, states), ...betas]).size).toBe(6)
  })
})

describe('a sub-account', () => {
  it('takes lots when it is its own, under its tag, and holds nothing but cash', () => {
    const own = account(7, holding({ 1: 500n }))
    const registered = { owner: own.owner, tag: accountTag(hasher, own.secret) }
    const check = (change: Partial<Account>) => () =>
      checkSubAccount(hasher, { ...own, ...change }, registered)
    expect(check({})).not.toThrow()
    expect(check({ positions: [] })).not.toThrow()
    expect(check({ owner: 1n })).toThrow(/another owner/)
    expect(check({ secret: 1n })).toThrow(/another tag/)
    expect(check({ positions: holding({ 1: 500n, 2: 1n }) })).toThrow(/nothing but cash/)
    expect(check({ positions: holding({ 1: -1n }) })).toThrow(/owes cash/)
  })
})
