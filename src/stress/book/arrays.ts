import type { Account } from '../../book/account.ts'
import { InputError } from '../../protocol/errors.ts'
import { CASH_ID } from '../../protocol/liquidation.ts'

/** A book as flat arrays, which travel between threads: accounts with at most `stride` positions beside cash. */
export interface BookArrays {
  readonly accounts: number
  readonly stride: number
  readonly counts: Uint8Array
  /** Instrument ids, by slot. */
  readonly ids: Uint32Array
  /** Whole lots, by slot. */
  readonly lots: Float64Array
  /** Whole cents. */
  readonly cash: Float64Array
}

export const MOST_POSITIONS = 64

export function emptyArrays(accounts: number, stride: number): BookArrays {
  return {
    accounts,
    stride,
    counts: new Uint8Array(accounts),
    ids: new Uint32Array(accounts * stride),
    lots: new Float64Array(accounts * stride),
    cash: new Float64Array(accounts),
  }
}

/** A venue's own book. Throws InputError, naming the account's row, for more than MOST_POSITIONS positions. */
export function arraysOfAccounts(accounts: readonly Account[]): BookArrays {
  const entries = accounts.map(({ positions }, index) => {
    const held = positions.filter(({ id }) => id !== CASH_ID)
    if (held.length > MOST_POSITIONS) {
      throw new InputError(`more than ${MOST_POSITIONS} positions`, { row: index + 1, field: 'positions' })
    }
    return { held, cash: positions.find(({ id }) => id === CASH_ID)?.quantityLots ?? 0n }
  })
  const stride = Math.max(1, ...entries.map(({ held }) => held.length))
  const book = emptyArrays(accounts.length, stride)
  for (const [account, { held, cash }] of entries.entries()) {
    book.counts[account] = held.length
    book.cash[account] = Number(cash)
    for (const [slot, { id, quantityLots }] of held.entries()) {
      book.ids[account * stride + slot] = id
      book.lots[account * stride + slot] = Number(quantityLots)
    }
  }
  return book
}

/** The same book in another size: every quantity and all cash times a factor > 0, rounded toward zero. */
export function scaledBook(book: BookArrays, factor: number): BookArrays {
  if (!(factor > 0) || !Number.isFinite(factor)) throw new RangeError(`a book times ${factor}`)
  const lots = book.lots.map((quantity) => Math.trunc(quantity * factor))
  const counts = book.counts.slice()
  const ids = book.ids.slice()
  for (let account = 0; account < book.accounts; account++) {
    const start = account * book.stride
    let kept = start
    for (let slot = start; slot < start + book.counts[account]!; slot++) {
      if (lots[slot] === 0) continue
      ids[kept] = ids[slot]!
      lots[kept++] = lots[slot]!
    }
    counts[account] = kept - start
  }
  return { ...book, counts, ids, lots, cash: book.cash.map((cents) => Math.trunc(cents * factor)) }
}
