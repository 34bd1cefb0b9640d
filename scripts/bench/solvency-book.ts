/** A book of any even size whose derivatives net to zero: what one account is long of, its neighbour is short of. */

import type { Account, Position } from '../../src/book/account.ts'
import { Book } from '../../src/book/book.ts'
import { type LedgerEntry, ledgerOfBook, netLots } from '../../src/book/ledger.ts'
import { OWNER_BITS, SECRET_BITS } from '../../src/protocol/ranges.ts'
import { SplitMix64 } from '../../src/risk/market/prng.ts'
import type { BenchWorld } from './world.ts'

const SEED = 17n
const FIRST_ACCOUNT_ID = 1
/** Ten million dollars of cash each, in lots of a cent: nobody is in trouble, which takes a proof as long as anything else. */
const CASH_LOTS = 1_000_000_000n
const MOST_LOTS = 1_000n

export interface SolvencyBook {
  readonly book: Book
  readonly ledger: readonly LedgerEntry[]
}

/** Every account fills its slots: padding would flatter a proof. Deterministic. */
export function solvencyBook({ hasher, instance, matrix }: BenchWorld, count: number): SolvencyBook {
  if (count % 2 !== 0) throw new RangeError(`a netted book of ${count} accounts cannot be made of pairs`)
  const random = new SplitMix64(SEED)
  const cash = matrix.listing.bySymbol('USD')!.id
  const derivatives = [...matrix.vectors.keys()].filter((id) => id > cash).sort((a, b) => a - b)
  const accounts: Account[] = []
  while (accounts.length < count) {
    const legs = pickLegs(random, derivatives, instance.slots - 1)
    for (const side of [1n, -1n]) accounts.push(accountOf(random, accounts.length, cash, legs, side))
  }
  return {
    book: Book.from(accounts, hasher, instance),
    ledger: ledgerOfBook(netLots(accounts), [cash]),
  }
}

function pickLegs(random: SplitMix64, ids: readonly number[], count: number): Position[] {
  const picked = new Set<number>()
  while (picked.size < Math.min(count, ids.length))
    picked.add(ids[Number(random.between(0n, BigInt(ids.length - 1)))]!)
  return [...picked].sort((a, b) => a - b).map((id) => ({ id, quantityLots: random.between(1n, MOST_LOTS) }))
}

function accountOf(
  random: SplitMix64,
  index: number,
  cash: number,
  legs: readonly Position[],
  side: bigint,
): Account {
  return {
    accountId: FIRST_ACCOUNT_ID + index,
    owner: random.bits(OWNER_BITS),
    secret: random.bits(SECRET_BITS),
    nonce: 0n,
    positions: [
      { id: cash, quantityLots: CASH_LOTS },
      ...legs.map(({ id, quantityLots }) => ({ id, quantityLots: side * quantityLots })),
    ],
  }
}
